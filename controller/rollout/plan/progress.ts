// Does the update make progress, is it healthy, has its deadline passed (rollout.md §7.4-7.6)?

import { conditionReasons, conditionTypes } from '../../api/constants.ts';
import { blueGreenOf, canaryOf, progressDeadlineSecondsOf, replicasOf } from '../../api/defaults.ts';
import type { Rollout, RolloutStatus } from '../../api/types.generated.ts';
import { parseRfc3339 } from '../../lang/rfc3339.ts';
import type { EpochMillis } from '../../lang/time.ts';
import { otherReplicaSets, type Pass } from './pass.ts';
import { deadlineOf } from './replica-set.ts';
import { isObserved } from './replica-set-counts.ts';
import { findCondition } from './status-conditions.ts';

/** Everything of the update is done and there; `stored` says whether the spec had been observed before. */
export function isHealthy(rollout: Rollout, stored: RolloutStatus, status: RolloutStatus): boolean {
  const replicas = replicasOf(rollout);
  const current = status.currentPodHash ?? '';
  if ((status.updatedReplicas ?? 0) !== replicas || (status.availableReplicas ?? 0) !== replicas) return false;
  if (stored.observedGeneration !== String(rollout.metadata.generation ?? 0)) return false;
  const blueGreen = blueGreenOf(rollout);
  if (blueGreen) {
    const { activeSelector, previewSelector } = status.blueGreen ?? {};
    return activeSelector === current && (!blueGreen.previewService || previewSelector === current);
  }
  const steps = canaryOf(rollout)?.steps ?? [];
  const areStepsDone =
    steps.length === 0 || status.currentStepIndex === undefined || status.currentStepIndex === steps.length;
  return areStepsDone && isPromoted(status) && (status.replicas ?? 0) === replicas;
}

/** The current revision is the stable one. */
export function isPromoted(status: RolloutStatus): boolean {
  return (status.stableRS ?? '') !== '' && status.stableRS === (status.currentPodHash ?? '');
}

export function hasProgressed(rollout: Rollout, stored: RolloutStatus, status: RolloutStatus): boolean {
  const old = (of: RolloutStatus) => (of.replicas ?? 0) - (of.updatedReplicas ?? 0);
  if ((status.updatedReplicas ?? 0) !== (stored.updatedReplicas ?? 0) || old(status) < old(stored)) return true;
  if ((status.readyReplicas ?? 0) > (stored.readyReplicas ?? 0)) return true;
  if ((status.availableReplicas ?? 0) > (stored.availableReplicas ?? 0)) return true;
  if (blueGreenOf(rollout)) {
    return (
      (status.blueGreen?.activeSelector ?? '') !== (stored.blueGreen?.activeSelector ?? '') ||
      (status.blueGreen?.previewSelector ?? '') !== (stored.blueGreen?.previewSelector ?? '')
    );
  }
  const isIndexNew =
    status.currentStepIndex !== undefined &&
    stored.currentStepIndex !== undefined &&
    status.currentStepIndex !== stored.currentStepIndex;
  return (
    isIndexNew ||
    (status.stableRS ?? '') !== (stored.stableRS ?? '') ||
    (status.currentStepHash ?? '') !== (stored.currentStepHash ?? '')
  );
}

/**
 * When the progress deadline passes (its last instant), or undefined where it is not looked at: aborted, paused, in a
 * step that may take its time, while an old ReplicaSet waits for its own deadline, or while a scale of ours or the spec
 * has not been observed.
 */
export function progressDeadlineAt(pass: Pass, status: RolloutStatus, isAborted: boolean): EpochMillis | undefined {
  const { rollout, stored } = pass;
  const progressing = findCondition(status.conditions, conditionTypes.progressing);
  if (!progressing || isAborted) return undefined;
  if (progressing.reason === conditionReasons.rolloutAborted) return undefined;
  if (progressing.reason === conditionReasons.rolloutPaused) return undefined;
  if (findCondition(status.conditions, conditionTypes.paused)?.status === 'True') return undefined;
  const step = canaryOf(rollout)?.steps?.[stored.currentStepIndex ?? 0];
  if (step?.experiment || step?.analysis || step?.pause) return undefined;
  if (otherReplicaSets(pass).some((replicaSet) => deadlineOf(replicaSet).kind !== 'none')) return undefined;
  if (pass.replicaSets.some((replicaSet) => !isObserved(replicaSet))) return undefined;
  if (stored.observedGeneration !== String(rollout.metadata.generation ?? 0)) return undefined;
  const lastUpdateAt = parseRfc3339(progressing.lastUpdateTime);
  return lastUpdateAt === undefined ? undefined : lastUpdateAt + progressDeadlineSecondsOf(rollout) * 1000;
}

/** Whether the deadline has passed; once exceeded it stays so until progress is seen. */
export function isTimedOut(pass: Pass, status: RolloutStatus, isAborted: boolean): boolean {
  const deadlineAt = progressDeadlineAt(pass, status, isAborted);
  if (deadlineAt === undefined) return false;
  const progressing = findCondition(status.conditions, conditionTypes.progressing);
  return progressing?.reason === conditionReasons.progressDeadlineExceeded || deadlineAt < pass.now;
}
