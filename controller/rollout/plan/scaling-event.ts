// Was spec.replicas changed (rollout.md §3.2.11)? Then the ReplicaSets follow, and nothing else is touched in this pass: no
// step, no Service, no traffic.

import { blueGreenOf, replicasOf } from '../../api/defaults.ts';
import type { ReplicaSet } from '../../api/kubernetes-types.ts';
import { fillCounts } from './base-status.ts';
import { isBlueGreenChanged } from './blue-green.ts';
import { planBlueGreenScale } from './blue-green-scale.ts';
import { isCanaryChanged } from './canary.ts';
import { planCanaryScale } from './canary-scale.ts';
import { isHalted, sizedForAnother } from './halt.ts';
import { isAborted, type Pass } from './pass.ts';
import { type Persisted, persistStatus, type StatusDraft } from './persist-status.ts';
import { desiredReplicasOf } from './replica-set.ts';
import { isShrinking } from './replica-set-counts.ts';
import { inMaximum } from './weights.ts';

export function isScalingEvent(pass: Pass): boolean {
  // BUG-21: with a new template or new steps the reset comes first, or the canary would be sized by the old weight.
  if (blueGreenOf(pass.rollout) ? isBlueGreenChanged(pass) : isCanaryChanged(pass)) return false;
  // The first pass of a retry is a whole one: it has the analyses made anew, which later ones know nothing of (§6.6).
  if (pass.stored.abortedAt !== undefined && !isAborted(pass)) return false;
  // BUG-18: a canary that is halted follows in whole passes, which may be many: an abort or a route does not wait for them.
  if (!blueGreenOf(pass.rollout) && isHalted(pass)) return false;
  // What must wait for pods on their way out is sized by a whole pass: neither does a route or an abort wait for those.
  const isLarger = (replicaSet: ReplicaSet) => (desiredReplicasOf(replicaSet) ?? 0) < replicasOf(pass.rollout);
  return sizedForAnother(pass).some((replicaSet) => !(isShrinking(replicaSet) && isLarger(replicaSet)));
}

export function planScalingEvent(pass: Pass): Persisted {
  if (blueGreenOf(pass.rollout)) planBlueGreenScale(pass);
  else planCanaryScale(pass, inMaximum(pass.rollout, pass.status.canary?.weights));
  const draft: StatusDraft = { ...pass.status };
  const counts: StatusDraft = { blueGreen: pass.status.blueGreen };
  fillCounts(pass, counts);
  draft.HPAReplicas = counts.HPAReplicas;
  draft.availableReplicas = counts.availableReplicas;
  return persistStatus(pass, { draft, isChanged: false, keepsResume: true, events: [] });
}
