// Do the conditions say what the user did: paused, resumed, retried (rollout.md §3.3)? A pass of its own, so that pausing
// and resuming restart the progress clock before anything else is judged. Conditions are taken as stored.

import { conditionReasons, conditionTypes } from '../../api/constants.ts';
import { phaseOf } from '../../api/phase.ts';
import type { RolloutStatus } from '../../api/types.generated.ts';
import { formatRfc3339 } from '../../lang/rfc3339.ts';
import { durationOf } from './duration.ts';
import type { Pass } from './pass.ts';
import type { StatusDraft } from './persist-status.ts';
import { isPromoted } from './progress.ts';
import { settleStatus } from './settle-status.ts';
import { type Conditions, findCondition, renewCondition } from './status-conditions.ts';

/** The status with the conditions put right, or undefined when they are. */
export function syncPauseConditions(pass: Pass): RolloutStatus | undefined {
  const { rollout, stored, status } = pass;
  if (stored.observedGeneration !== String(rollout.metadata.generation ?? 0)) return undefined;
  const isPaused = (status.pauseConditions?.length ?? 0) > 0 || rollout.spec.paused === true;
  const progressing = findCondition(stored.conditions, conditionTypes.progressing);
  const isMarkedAborted = progressing?.reason === conditionReasons.rolloutAborted;
  const isMarkedPaused = progressing?.reason === conditionReasons.rolloutPaused;
  const before = stored.conditions ?? [];
  const conditions: Conditions = { list: before, nowText: formatRfc3339(pass.now) };

  if (isPaused !== isMarkedPaused && !isMarkedAborted && !isPromoted(status)) {
    renewCondition(conditions, {
      type: conditionTypes.progressing,
      status: 'Unknown',
      reason: isPaused ? conditionReasons.rolloutPaused : conditionReasons.rolloutResumed,
      message: isPaused ? 'Rollout is paused' : 'Rollout is resumed',
    });
  }
  if (!status.abort && isMarkedAborted) {
    renewCondition(conditions, {
      type: conditionTypes.progressing,
      status: 'Unknown',
      reason: conditionReasons.rolloutRetry,
      message: 'Retrying Rollout after abort',
    });
  }
  const isConditionPaused = findCondition(stored.conditions, conditionTypes.paused)?.status === 'True';
  if (isPaused !== isConditionPaused && !isMarkedAborted) {
    renewCondition(conditions, {
      type: conditionTypes.paused,
      status: isPaused ? 'True' : 'False',
      reason: conditionReasons.rolloutPaused, // QUIRK: reason and message are those of a pause in both cases
      message: 'Rollout is paused',
    });
  }
  if (conditions.list === before) return undefined;
  return settled(pass, conditions);
}

function settled(pass: Pass, conditions: Conditions): RolloutStatus {
  const draft: StatusDraft = { ...pass.stored, conditions: conditions.list };
  const { phase, message } = phaseOf(pass.rollout.spec, draft);
  draft.phase = phase;
  draft.message = message;
  const input = { isChanged: false, isAborted: pass.status.abort === true, completionStatus: undefined };
  draft.duration = durationOf(pass, draft, input);
  return settleStatus(pass.stored, draft);
}
