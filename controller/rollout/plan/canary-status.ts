// What does the status of a canary say after this pass (rollout.md §3.7)? The first that applies: reset, promotion, abort,
// the next step. What it authorises is acted upon in the next wave.

import { pauseReasons } from '../../api/constants.ts';
import { canaryOf } from '../../api/defaults.ts';
import type { TrafficWeights } from '../../api/types.generated.ts';
import { baseStatus } from './base-status.ts';
import { events } from './events.ts';
import { isAborted, newReplicaSet, type Pass } from './pass.ts';
import { type Persisted, persistStatus, type StatusDraft } from './persist-status.ts';
import { canaryPromotionReason, promote } from './promotion.ts';
import { hashOf } from './replica-set.ts';
import { specCount } from './replica-set-counts.ts';
import { isWithinRollbackWindow } from './rollback.ts';
import { currentStep, isStepCompleted, stepsOf, stepText } from './steps.ts';

/** Template or steps changed: everything about the update starts anew, nothing is moved yet. */
export function resetCanaryStatus(pass: Pass): Persisted {
  const draft = baseStatus(pass, pass.status.canary?.weights);
  resetDraft(pass, draft);
  const { weights, stablePingPong } = pass.status.canary ?? {};
  draft.canary = {
    ...(weights && canaryOf(pass.rollout)?.trafficRouting ? { weights } : {}),
    ...(stablePingPong ? { stablePingPong } : {}),
  };
  const count = stepsOf(pass).length;
  const told = [];
  draft.currentStepIndex = count > 0 ? 0 : undefined;
  const newRS = newReplicaSet(pass);
  if (count > 0 && newRS) {
    const isStable = (pass.status.stableRS ?? '') === hashOf(newRS);
    const isInWindow = isWithinRollbackWindow(pass) && specCount(newRS) > 0;
    if (isStable || isInWindow) {
      draft.currentStepIndex = count;
      const where = isStable ? 'stable ReplicaSets' : 'active ReplicaSets within RollbackWindow';
      told.push(events.skipSteps(`Rollback to ${where}`));
    }
  }
  return persistStatus(pass, { draft, isChanged: true, events: told });
}

/** What a reset does in both strategies: pauses, abort, a running restart and a full promotion end. */
export function resetDraft(pass: Pass, draft: StatusDraft): void {
  pass.intent.clearPauses = true;
  pass.intent.removeAbort = true;
  draft.restartedAt = pass.rollout.spec.restartAt;
  draft.promoteFull = undefined;
}

export function canaryStatus(
  pass: Pass,
  weights: TrafficWeights | undefined,
  restartedAt: string | undefined,
): Persisted {
  const draft = baseStatus(pass, weights);
  if (restartedAt !== undefined) draft.restartedAt = restartedAt;
  const count = stepsOf(pass).length;
  const skipsSteps = pass.status.promoteFull === true || isWithinRollbackWindow(pass);
  if (skipsSteps) {
    pass.intent.clearPauses = true;
    pass.intent.removeAbort = true;
    draft.currentStepIndex = count > 0 ? count : undefined;
  }
  const reason = canaryPromotionReason(pass, draft);
  if (reason !== undefined) {
    const promoted = promote(pass, draft, reason);
    return persistStatus(pass, { draft, isChanged: false, ...promoted });
  }
  if (isAborted(pass)) {
    if (count > 0) draft.currentStepIndex = pass.status.stableRS === draft.currentPodHash ? count : 0;
    return persistStatus(pass, { draft, isChanged: false, events: [] });
  }
  const current = currentStep(pass);
  if (skipsSteps || !current || !isStepCompleted(pass, current.step, weights)) {
    // A promotion of what a person has paused is two patches (§6.6): the step is resumed before the Rollout is.
    const keepsResume = pass.rollout.spec.paused === true && current?.step.pause !== undefined;
    return persistStatus(pass, { draft, isChanged: false, keepsResume, events: [] });
  }
  draft.currentStepIndex = current.index + 1;
  const { currentStepAnalysisRunStatus: _run, currentExperiment: _experiment, ...canary } = draft.canary ?? {};
  draft.canary = canary;
  pass.intent.removePause = pauseReasons.canaryPauseStep;
  const told = [events.stepCompleted(current.index + 1, count, stepText(current.step))];
  return persistStatus(pass, { draft, isChanged: false, events: told });
}

/** Traffic is blocked: counts and an abort are told, but no step ends and nothing is promoted. */
export function blockedCanaryStatus(pass: Pass, weights: TrafficWeights | undefined): Persisted {
  const draft = baseStatus(pass, weights);
  const count = stepsOf(pass).length;
  if (isAborted(pass) && count > 0 && pass.status.stableRS !== draft.currentPodHash) draft.currentStepIndex = 0;
  return persistStatus(pass, { draft, isChanged: false, keepsResume: true, events: [] });
}
