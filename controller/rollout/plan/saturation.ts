// Does a ReplicaSet carry the whole Rollout (rollout.md §5.1)?

import { replicasOf } from '../../api/defaults.ts';
import type { ReplicaSet } from '../../api/kubernetes-types.ts';
import type { Rollout } from '../../api/types.generated.ts';
import { desiredReplicasOf } from './replica-set.ts';
import { availableCount, specCount } from './replica-set-counts.ts';

export function isSaturated(rollout: Rollout, replicaSet: ReplicaSet | undefined): boolean {
  if (!replicaSet) return false;
  const replicas = replicasOf(rollout);
  return (
    specCount(replicaSet) === replicas &&
    desiredReplicasOf(replicaSet) === replicas &&
    availableCount(replicaSet) === replicas
  );
}
