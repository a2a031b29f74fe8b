// Has a person or an inconclusive analysis stopped the sizing (rollout.md §3.4.1)? And is another spec.replicas to be followed
// (§3.2.11), which a stopped canary does all the same (BUG-18)?

import { pauseReasons } from '../../api/constants.ts';
import { replicasOf } from '../../api/defaults.ts';
import type { ReplicaSet } from '../../api/kubernetes-types.ts';
import { newReplicaSet, type Pass, stableReplicaSet } from './pass.ts';
import { desiredReplicasOf } from './replica-set.ts';
import { specCount } from './replica-set-counts.ts';

export function isHalted(pass: Pass): boolean {
  if (pass.rollout.spec.paused) return true;
  return pass.status.pauseConditions?.some(({ reason }) => reason === pauseReasons.inconclusiveAnalysisRun) ?? false;
}

/** Halted before its first pod: another spec.replicas is no reason to begin it. */
export function isHeldBack(pass: Pass): boolean {
  const newRS = newReplicaSet(pass);
  if (!newRS || !isHalted(pass) || pass.newName === pass.stableName) return false;
  return specCount(newRS) === 0 && desiredReplicasOf(newRS) !== 0;
}

export function isSizedForAnother(pass: Pass): boolean {
  return sizedForAnother(pass).length > 0;
}

/**
 * New and stable, as far as they still have the size of another spec.replicas. QUIRK: older ReplicaSets are not looked at,
 * or stacked updates would never come to an end.
 */
export function sizedForAnother(pass: Pass): ReplicaSet[] {
  const replicas = replicasOf(pass.rollout);
  const sized = [newReplicaSet(pass), stableReplicaSet(pass)].flatMap((replicaSet) => replicaSet ?? []);
  return sized.filter((replicaSet) => {
    const desired = desiredReplicasOf(replicaSet);
    if (desired === undefined || desired === replicas) return false;
    // Where nothing else is sized, what has no pods because none were wanted waits for this too.
    return specCount(replicaSet) > 0 || (desired === 0 && isHalted(pass));
  });
}
