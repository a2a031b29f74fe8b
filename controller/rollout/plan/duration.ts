// How long did this attempt take, and how much of it was waiting for people (rollout.md §7.8)?

import { conditionReasons, conditionTypes, pauseReasons } from '../../api/constants.ts';
import { autoPromotionEnabledOf, canaryOf, replicasOf } from '../../api/defaults.ts';
import type { Rollout, RolloutDuration, RolloutStatus } from '../../api/types.generated.ts';
import { formatRfc3339, parseRfc3339 } from '../../lang/rfc3339.ts';
import { newReplicaSet, type Pass } from './pass.ts';
import { availableCount } from './replica-set-counts.ts';
import { isFastRollback, isRollback } from './rollback.ts';
import { findCondition } from './status-conditions.ts';

export interface DurationInput {
  /** The template (canary: or the steps) changed in this pass, or nothing was ever current. */
  readonly isChanged: boolean;
  readonly isAborted: boolean;
  /** Set by a promotion in this pass. */
  readonly completionStatus: string | undefined;
}

export function durationOf(pass: Pass, status: RolloutStatus, input: DurationInput): RolloutDuration | undefined {
  const before: RolloutDuration = pass.stored.duration ?? {};
  let duration: RolloutDuration = input.completionStatus
    ? { ...before, completionStatus: before.completionStatus ?? input.completionStatus }
    : before;
  const isCompleted =
    (status.stableRS ?? '') === (status.currentPodHash ?? '') &&
    availableCount(newReplicaSet(pass)) >= replicasOf(pass.rollout);

  if (isUnderWay(before)) {
    if (input.isChanged && !isRollback(pass)) duration = { rolloutStartedAt: formatRfc3339(pass.now) };
    else if (input.isChanged) {
      duration = { ...duration, completionStatus: isFastRollback(pass) ? 'FastRolledBack' : 'RolledBack' };
    }
    if (isCompleted) duration = finished(pass, duration, 'Promoted');
    else if (input.isAborted) duration = finished(pass, duration, 'Aborted');
  } else if (!isCompleted && (input.isChanged || isRetry(pass, input))) {
    duration = { rolloutStartedAt: formatRfc3339(pass.now) };
  }
  duration = withManualPause(pass, status, duration);
  return Object.keys(duration).length > 0 ? duration : undefined;
}

function isUnderWay(duration: RolloutDuration): boolean {
  return duration.rolloutStartedAt !== undefined && duration.finishedAt === undefined;
}

function isRetry(pass: Pass, input: DurationInput): boolean {
  const progressing = findCondition(pass.stored.conditions, conditionTypes.progressing);
  return progressing?.reason === conditionReasons.rolloutAborted && !input.isAborted;
}

function finished(pass: Pass, duration: RolloutDuration, status: string): RolloutDuration {
  return {
    ...withoutOpenPause(pass, duration),
    finishedAt: formatRfc3339(pass.now),
    completionStatus: duration.completionStatus ?? status,
  };
}

function withManualPause(pass: Pass, status: RolloutStatus, duration: RolloutDuration): RolloutDuration {
  if (!isUnderWay(duration)) return duration;
  if (!needsPerson(pass.rollout, status)) return withoutOpenPause(pass, duration);
  return duration.manualPauseStartedAt === undefined
    ? { ...duration, manualPauseStartedAt: formatRfc3339(pass.now) }
    : duration;
}

function withoutOpenPause(pass: Pass, duration: RolloutDuration): RolloutDuration {
  const { manualPauseStartedAt, ...rest } = duration;
  const startedAt = parseRfc3339(manualPauseStartedAt ?? '');
  if (startedAt === undefined) return rest;
  const seconds = Math.max(0, Math.trunc((pass.now - startedAt) / 1000));
  return { ...rest, totalManualPauseDurationSeconds: (duration.totalManualPauseDurationSeconds ?? 0) + seconds };
}

/** Whether a pause will not end by itself. */
function needsPerson(rollout: Rollout, status: RolloutStatus): boolean {
  if (rollout.spec.paused) return true;
  const step = canaryOf(rollout)?.steps?.[status.currentStepIndex ?? 0];
  return (status.pauseConditions ?? []).some(({ reason }) => {
    if (reason === pauseReasons.canaryPauseStep) return step?.pause !== undefined && step.pause.duration === undefined;
    if (reason === pauseReasons.blueGreenPause) return !autoPromotionEnabledOf(rollout);
    return reason === pauseReasons.inconclusiveAnalysisRun || reason === pauseReasons.inconclusiveExperiment;
  });
}
