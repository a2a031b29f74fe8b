// What the parts of a blue/green pass ask each other (rollout.md §5.1): how many pods the preview wants, whether it is
// ready, and whether the pause before the switch is over.

import { pauseReasons } from '../../api/constants.ts';
import {
  autoPromotionEnabledOf,
  autoPromotionSecondsOf,
  blueGreenOf,
  previewReplicaCountOf,
  replicasOf,
} from '../../api/defaults.ts';
import { parseRfc3339 } from '../../lang/rfc3339.ts';
import type { EpochMillis } from '../../lang/time.ts';
import { newReplicaSet, type Pass } from './pass.ts';
import { hashOf } from './replica-set.ts';
import { availableCount, specCount } from './replica-set-counts.ts';
import { isFastRollback } from './rollback.ts';
import { selectedHash } from './services.ts';
import { isResumed } from './steps.ts';

/** Pods that the new ReplicaSet should have (rollout.md §5.2). */
export function wantedPreviewCount(pass: Pass): number {
  const { rollout, status } = pass;
  const preview = previewReplicaCountOf(rollout);
  const replicas = replicasOf(rollout);
  // Stable is never smaller than the whole (§3.6.5b), also when it is on its way back.
  if (preview === undefined || (pass.newName !== undefined && pass.newName === pass.stableName)) return replicas;
  const hash = hashOf(newReplicaSet(pass));
  const active = status.blueGreen?.activeSelector ?? '';
  const hasActive = active !== '' && pass.replicaSets.some((replicaSet) => hashOf(replicaSet) === active);
  if (!hasActive || active === hash || status.promoteFull) return replicas;
  if (hash !== status.currentPodHash) return preview;
  const isPaused = rollout.spec.paused === true || (status.pauseConditions?.length ?? 0) > 0;
  return !isPaused && status.blueGreen?.scaleUpPreviewCheckPoint ? replicas : preview;
}

/** All of its pods are there: the update may be paused or go on. */
export function isReadyForPause(pass: Pass): boolean {
  const newRS = newReplicaSet(pass);
  const wanted = wantedPreviewCount(pass);
  return newRS !== undefined && specCount(newRS) === wanted && availableCount(newRS) === wanted;
}

/** No pause and no analysis: a way back, a full promotion, or a Service that selects nothing else. */
export function isFastTracked(pass: Pass): boolean {
  if (isFastRollback(pass) || pass.status.promoteFull) return true;
  const active = selectedHash(pass, blueGreenOf(pass.rollout)?.activeService) ?? '';
  return active === '' || active === hashOf(newReplicaSet(pass));
}

/** What passed before an abort does not count: a retry starts over (rollout.md §6.6). */
export function isPrePromotionDone(pass: Pass): boolean {
  if (!blueGreenOf(pass.rollout)?.prePromotionAnalysis) return true;
  if (pass.stored.abortedAt !== undefined) return false;
  return pass.status.blueGreen?.prePromotionAnalysisRunStatus?.status === 'Successful';
}

export function blueGreenPauseStartedAt(pass: Pass): EpochMillis | undefined {
  const condition = pass.status.pauseConditions?.find(({ reason }) => reason === pauseReasons.blueGreenPause);
  return condition && parseRfc3339(condition.startTime);
}

/** The last instant of a pause that ends by itself. */
export function blueGreenPauseEndsAt(pass: Pass): EpochMillis | undefined {
  const startedAt = blueGreenPauseStartedAt(pass);
  const seconds = autoPromotionSecondsOf(pass.rollout);
  if (startedAt === undefined || !autoPromotionEnabledOf(pass.rollout) || seconds <= 0) return undefined;
  return startedAt + seconds * 1000;
}

export function isBlueGreenPauseOver(pass: Pass): boolean {
  const { rollout, status } = pass;
  if (pass.intent.addPause !== undefined) return false;
  if (status.blueGreen?.scaleUpPreviewCheckPoint) return true;
  const isEnabled = autoPromotionEnabledOf(rollout);
  if (isEnabled && autoPromotionSecondsOf(rollout) <= 0) return true;
  // BUG-19: with auto promotion, too, a person who takes the condition away has resumed.
  if (blueGreenPauseStartedAt(pass) === undefined) return isResumed(pass);
  const endsAt = blueGreenPauseEndsAt(pass);
  return endsAt !== undefined && pass.now > endsAt;
}
