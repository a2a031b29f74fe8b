// How are the ReplicaSets of a blue/green update sized (rollout.md §3.6.5, §5.6)? Stable and preview in one pass, also while
// paused; what was active before keeps its size until its delay is over.

import { pauseReasons } from '../../api/constants.ts';
import { blueGreenOf, replicasOf } from '../../api/defaults.ts';
import { because } from '../../explain/reasons.ts';
import { isAbortDelayed, planAbortedReplicaSet } from './abort-delay.ts';
import { wantedPreviewCount } from './blue-green-state.ts';
import {
  addReason,
  currentVersion,
  newReplicaSet,
  otherReplicaSets,
  type Pass,
  stableReplicaSet,
  wakeAt,
} from './pass.ts';
import { isReferenced } from './references.ts';
import { byRevisionDescending, nameOf } from './replica-set.ts';
import { specCount } from './replica-set-counts.ts';
import { wayBackUntil } from './rollback.ts';
import { isSaturated } from './saturation.ts';
import { planNoDeadline, planScale } from './scale.ts';
import { type DelayCounter, delayedCount } from './scale-down-delay.ts';
import { planWorkloadProgressively } from './workload-scale-down.ts';

export function planBlueGreenScale(pass: Pass): void {
  const stableRS = stableReplicaSet(pass);
  const isStableNew = pass.stableName === pass.newName;
  if (!isAbortDelayed(pass) && !isOnTheWayBack(pass)) planNoDeadline(pass, newReplicaSet(pass));
  if (!isStableNew) planNoDeadline(pass, stableRS);
  if (stableRS && !isStableNew) planScale(pass, stableRS, replicasOf(pass.rollout));
  const newRS = newReplicaSet(pass);
  if (newRS && planAbortedReplicaSet(pass, newRS, undefined) === undefined) {
    const wanted = wantedPreviewCount(pass);
    planWorkloadProgressively(pass, wanted < specCount(newRS));
    planScale(pass, newRS, wanted);
  }
  planOthers(pass);
}

/**
 * SLIPWAY (§6.5): by its deadline the way back is known to be a fast one, so it goes no sooner than all pods are there, and
 * where the switch is to be verified no sooner than it is promoted.
 */
function isOnTheWayBack(pass: Pass): boolean {
  const until = wayBackUntil(pass);
  const isVerified = pass.observed.settings.verifiesTargetGroups === true;
  if (until === undefined || (!isVerified && isSaturated(pass.rollout, newReplicaSet(pass)))) return false;
  wakeAt(pass, until);
  return true;
}

function planOthers(pass: Pass): void {
  const { status } = pass;
  if (status.pauseConditions?.some(({ reason }) => reason === pauseReasons.inconclusiveAnalysisRun)) return;
  if (awaitsPostPromotion(pass)) return;
  const counter: DelayCounter = { count: 0 };
  for (const given of otherReplicaSets(pass).sort(byRevisionDescending)) {
    const replicaSet = currentVersion(pass, given);
    const replicas = specCount(replicaSet);
    if (replicas === 0) continue;
    if (isReferenced(pass, replicaSet)) {
      addReason(pass, because('stillReferenced', { replicaSet: nameOf(replicaSet), replicas }));
      continue;
    }
    planScale(pass, replicaSet, delayedCount(pass, replicaSet, replicasOf(pass.rollout), counter));
  }
}

/** Without a delay of its own an old revision stays until the analysis after the switch has passed. */
function awaitsPostPromotion({ rollout, status }: Pass): boolean {
  const strategy = blueGreenOf(rollout);
  if (!strategy?.postPromotionAnalysis || strategy.scaleDownDelaySeconds !== undefined) return false;
  const isSwitched =
    status.blueGreen?.activeSelector === status.currentPodHash && status.stableRS !== status.currentPodHash;
  return isSwitched && status.blueGreen?.postPromotionAnalysisRunStatus?.status !== 'Successful';
}
