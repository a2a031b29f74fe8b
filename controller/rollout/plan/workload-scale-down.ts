// Does the Deployment that the Rollout took over go down (rollout.md §8)? Only revision 1 ever scales it, and only a
// Deployment (BUG-16).

import { replicasOf } from '../../api/defaults.ts';
import type { Deployment } from '../../api/kubernetes-types.ts';
import type { RolloutStatus } from '../../api/types.generated.ts';
import { addWrite, newReplicaSet, type Pass } from './pass.ts';
import { revisionTextOf } from './replica-set.ts';

/** `onsuccess`: to 0 once the first revision was healthy and is promoted again. */
export function planWorkloadOnSuccess(pass: Pass, status: RolloutStatus): void {
  if (pass.rollout.spec.workloadRef?.scaleDown !== 'onsuccess' || pass.revision !== '1') return;
  const isPromoted = (status.stableRS ?? '') !== '' && status.stableRS === status.currentPodHash;
  if (isPromoted && pass.stored.phase === 'Healthy') planWorkloadScale(pass, 0);
}

/** `progressively`: as pods of the Rollout get ready, those of the Deployment go. */
export function planWorkloadProgressively(pass: Pass, isShrinking: boolean): void {
  const newRS = newReplicaSet(pass);
  if (pass.rollout.spec.workloadRef?.scaleDown !== 'progressively' || revisionTextOf(newRS) !== '1') return;
  const ready = newRS?.status?.readyReplicas ?? 0;
  if (pass.stored.phase === 'Healthy') planWorkloadScale(pass, 0);
  else if (ready > 0 || isShrinking) planWorkloadScale(pass, Math.max(0, replicasOf(pass.rollout) - ready));
}

function planWorkloadScale(pass: Pass, replicas: number): void {
  const { workload } = pass.observed;
  const reference = pass.rollout.spec.workloadRef;
  if (workload.is !== 'present' || reference?.kind !== 'Deployment') return;
  const deployment = workload.value as Deployment;
  if ((deployment.spec.replicas ?? 1) === replicas) return;
  addWrite(pass, {
    kind: 'scaleWorkload',
    key: `workload/${reference.name}`,
    onFailure: 'continue',
    name: reference.name ?? '',
    replicas,
  });
}
