// What is still outstanding after this pass, and why (design law 7)? Reasons that the questions gave themselves are kept;
// here the state of the whole is told: pauses, abort, pods that are missing or still there.

import { conditionReasons, conditionTypes, pauseReasons } from '../../api/constants.ts';
import { canaryOf, hasTrafficRouting, progressDeadlineSecondsOf } from '../../api/defaults.ts';
import type { ReplicaSet } from '../../api/kubernetes-types.ts';
import type { RolloutStatus } from '../../api/types.generated.ts';
import { because, type ReplicaSetRole } from '../../explain/reasons.ts';
import { scaledValue } from '../../lang/int-or-percent.ts';
import { parseRfc3339 } from '../../lang/rfc3339.ts';
import { blueGreenPauseEndsAt } from './blue-green-state.ts';
import { wantedCounts } from './canary-scale.ts';
import { isHalted, isSizedForAnother } from './halt.ts';
import { addReason, newReplicaSet, otherReplicaSets, type Pass, stableReplicaSet } from './pass.ts';
import { isTimedOut, progressDeadlineAt } from './progress.ts';
import { isTerminating, nameOf } from './replica-set.ts';
import { actualCount, availableCount, failureOf, isObserved, specCount } from './replica-set-counts.ts';
import { explainNoTemplates, explainOutcome, explainPromotionAnalysis, explainRun } from './standing-analysis.ts';
import { findCondition } from './status-conditions.ts';
import { currentStep, pauseEndsAt, stepsOf } from './steps.ts';

export function explainStanding(pass: Pass, status: RolloutStatus): void {
  if (pass.reasons.some(({ code }) => code === 'specInvalid')) return; // nothing else is looked at
  explainAbort(pass, status);
  explainPauses(pass, status);
  explainPods(pass, status);
  explainLimits(pass);
  explainHalted(pass);
  explainStep(pass, status);
  explainPromotionAnalysis(pass, status);
  explainWeight(pass, status);
  explainConditions(pass, status);
}

function explainAbort(pass: Pass, status: RolloutStatus): void {
  if (!status.abort) return;
  const message = findCondition(status.conditions, conditionTypes.progressing)?.message ?? '';
  addReason(pass, because('aborted', { message }, { since: parseRfc3339(status.abortedAt ?? '') }));
  if (/ analysis phase error\/failed/.test(message)) explainOutcome(pass, ['Failed', 'Error']);
}

function explainPauses(pass: Pass, status: RolloutStatus): void {
  if (pass.rollout.spec.paused) addReason(pass, because('pausedByUser', {}));
  for (const { reason, startTime } of status.pauseConditions ?? []) {
    const since = parseRfc3339(startTime);
    const current = currentStep(pass);
    if (reason === pauseReasons.canaryPauseStep) {
      const until = current && pauseEndsAt(pass, current.step);
      const data = { step: pauseStepOf(pass, status), steps: stepsOf(pass).length };
      addReason(pass, because('pausedAtStep', data, { since, until }));
    } else if (reason === pauseReasons.blueGreenPause) {
      const data = { previewReplicaSet: pass.newName ?? '' };
      addReason(pass, because('pausedBeforePromotion', data, { since, until: blueGreenPauseEndsAt(pass) }));
    } else {
      addReason(pass, because('pausedInconclusive', { reason }, { since }));
      if (reason === pauseReasons.inconclusiveAnalysisRun) explainOutcome(pass, ['Inconclusive']);
    }
  }
}

/** Counted from 1. QUIRK (§6.6): a client that skips the step leaves its pause, which is then that of a step before. */
function pauseStepOf(pass: Pass, { currentStepIndex = 0 }: RolloutStatus): number {
  const index = stepsOf(pass).findLastIndex(({ pause }, at) => pause !== undefined && at <= currentStepIndex);
  return (index < 0 ? currentStepIndex : index) + 1;
}

function explainPods(pass: Pass, status: RolloutStatus): void {
  const newRS = newReplicaSet(pass);
  const stableRS = stableReplicaSet(pass);
  explainMissing(pass, newRS, 'new', status);
  if (pass.stableName !== pass.newName) explainMissing(pass, stableRS, 'stable', status);
  for (const other of otherReplicaSets(pass)) explainRest(pass, other);
  // An aborted one keeps the pods that serve as long as stable has too few.
  if (newRS && status.abort && pass.stableName !== pass.newName) explainRest(pass, newRS);
}

function explainRest(pass: Pass, replicaSet: ReplicaSet): void {
  const name = nameOf(replicaSet);
  if (pass.reasons.some((reason) => reason.data.replicaSet === name)) return;
  const replicas = Math.max(specCount(replicaSet), actualCount(replicaSet));
  if (replicas > 0) addReason(pass, because('oldPodsRemain', { replicaSet: name, replicas }));
  else if (!isObserved(replicaSet)) addReason(pass, because('scaleUnobserved', { replicaSet: name }));
}

/** A basic canary whose limits cannot be read may neither add a pod nor spare one. */
function explainLimits(pass: Pass): void {
  const canary = canaryOf(pass.rollout);
  if (!canary || hasTrafficRouting(pass.rollout) || pass.stableName === pass.newName) return;
  for (const field of ['maxSurge', 'maxUnavailable'] as const) {
    const value = canary[field];
    if (value === undefined || scaledValue(value, 0, 'up') !== undefined) continue;
    addReason(pass, because('limitUnreadable', { field, value: String(value) }));
  }
}

/** What a halt keeps from being sized. */
function explainHalted(pass: Pass): void {
  const newRS = newReplicaSet(pass);
  const stableRS = stableReplicaSet(pass);
  if (!newRS || !canaryOf(pass.rollout) || !isHalted(pass) || isSizedForAnother(pass)) return;
  const counts = wantedCounts(pass, pass.status.canary?.weights);
  explainSize(pass, newRS, 'new', counts.canary);
  if (stableRS && pass.stableName !== pass.newName) explainSize(pass, stableRS, 'stable', counts.stable);
}

function explainSize(pass: Pass, replicaSet: ReplicaSet, role: ReplicaSetRole, wanted: number): void {
  const replicas = specCount(replicaSet);
  if (replicas === wanted) return;
  addReason(pass, because('podsNotYetSized', { replicaSet: nameOf(replicaSet), role, replicas, wanted }));
}

function explainMissing(
  pass: Pass,
  replicaSet: ReplicaSet | undefined,
  role: ReplicaSetRole,
  status: RolloutStatus,
): void {
  if (!replicaSet) return;
  const name = nameOf(replicaSet);
  if (isTerminating(replicaSet)) return addReason(pass, because('replicaSetGoes', { replicaSet: name, role }));
  if (!isObserved(replicaSet)) addReason(pass, because('scaleUnobserved', { replicaSet: name }));
  const wanted = specCount(replicaSet);
  const available = availableCount(replicaSet);
  if (available < wanted) {
    const until = isTimedOut(pass, status, false) ? undefined : progressDeadlineAt(pass, status, status.abort === true);
    addReason(pass, because('podsNotAvailable', { replicaSet: name, role, available, wanted }, { until }));
  }
  if (available >= wanted && actualCount(replicaSet) > wanted) {
    addReason(pass, because('oldPodsRemain', { replicaSet: name, replicas: actualCount(replicaSet) }));
  }
}

/** Steps that this planner cannot complete by itself. */
function explainStep(pass: Pass, status: RolloutStatus): void {
  if (status.abort || !canaryOf(pass.rollout)) return;
  const steps = stepsOf(pass);
  const index = status.currentStepIndex ?? 0;
  const step = steps[index];
  const kind = (['experiment', 'analysis', 'plugin'] as const).find((key) => step?.[key] !== undefined);
  const isTold = pass.reasons.some(({ code }) => code === 'experimentRuns' || code === 'experimentImpossible');
  if (kind && !isTold && !step?.pause && step?.setWeight === undefined) {
    const analysis = kind === 'analysis' ? step?.analysis : undefined;
    if (analysis && explainNoTemplates(pass, analysis, `the analysis of step ${index + 1}`)) return;
    addReason(pass, because('stepWaits', { step: index + 1, steps: steps.length, kind }));
    explainRun(pass, status.canary?.currentStepAnalysisRunStatus?.name);
  }
}

function explainWeight(pass: Pass, status: RolloutStatus): void {
  const weights = status.canary?.weights;
  const isTold = pass.reasons.some(({ code }) => code === 'weightUnverified' || code === 'weightVerificationFailed');
  if (weights?.verified === false && !isTold)
    addReason(pass, because('weightUnverified', { weight: weights.canary.weight }));
}

function explainConditions(pass: Pass, status: RolloutStatus): void {
  const progressing = findCondition(status.conditions, conditionTypes.progressing);
  if (progressing?.reason === conditionReasons.progressDeadlineExceeded) {
    const data = { message: progressing.message, seconds: progressDeadlineSecondsOf(pass.rollout) };
    addReason(pass, because('progressDeadlineExceeded', data, { since: parseRfc3339(progressing.lastTransitionTime) }));
  }
  // The status copies one condition, and does not say whose (rollout.md §7.2).
  for (const replicaSet of pass.replicaSets) {
    const failure = failureOf(replicaSet);
    if (failure) {
      const data = { replicaSet: nameOf(replicaSet), message: failure.message ?? '' };
      addReason(pass, because('replicaFailure', data));
    }
  }
}
