// Was spec.replicas changed (rollout.md §3.2.11)? Then the ReplicaSets follow, and nothing else is touched in this pass: no
// step, no Service, no traffic.

import { blueGreenOf, replicasOf } from '../../api/defaults.ts';
import { fillCounts } from './base-status.ts';
import { isBlueGreenChanged } from './blue-green.ts';
import { planBlueGreenScale } from './blue-green-scale.ts';
import { isCanaryChanged } from './canary.ts';
import { planCanaryScale } from './canary-scale.ts';
import { newReplicaSet, type Pass, stableReplicaSet } from './pass.ts';
import { type Persisted, persistStatus, type StatusDraft } from './persist-status.ts';
import { desiredReplicasOf } from './replica-set.ts';
import { specCount } from './replica-set-counts.ts';

/** QUIRK: older ReplicaSets are not looked at, or stacked updates would never come to an end. */
export function isScalingEvent(pass: Pass): boolean {
  // BUG-21: with a new template or new steps the reset comes first, or the canary would be sized by the old weight.
  if (blueGreenOf(pass.rollout) ? isBlueGreenChanged(pass) : isCanaryChanged(pass)) return false;
  const replicas = replicasOf(pass.rollout);
  return [newReplicaSet(pass), stableReplicaSet(pass)].some((replicaSet) => {
    if (!replicaSet || specCount(replicaSet) === 0) return false;
    const desired = desiredReplicasOf(replicaSet);
    return desired !== undefined && desired !== replicas;
  });
}

/** BUG-18: a user's pause does not keep the size from following: that cannot advance a step. */
export function planScalingEvent(pass: Pass): Persisted {
  if (blueGreenOf(pass.rollout)) planBlueGreenScale(pass);
  else planCanaryScale(pass, pass.status.canary?.weights);
  const draft: StatusDraft = { ...pass.status };
  const counts: StatusDraft = { blueGreen: pass.status.blueGreen };
  fillCounts(pass, counts);
  draft.HPAReplicas = counts.HPAReplicas;
  draft.availableReplicas = counts.availableReplicas;
  return persistStatus(pass, { draft, isChanged: false, keepsResume: true, events: [] });
}
