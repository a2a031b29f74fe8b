// What a ReplicaSet's status says of its pods, and when time alone will change it (minReadySeconds).

import type { Condition, Pod, ReplicaSet } from '../../controller/api/kubernetes-types.ts';
import { formatRfc3339 } from '../../controller/lang/rfc3339.ts';
import type { EpochMillis } from '../../controller/lang/time.ts';
import { availableAt, isReady } from '../machinery/pods.ts';
import { selectsByMap } from '../machinery/selector.ts';

export interface ReplicaSetStatus {
  readonly replicas: number;
  readonly fullyLabeledReplicas?: number;
  readonly readyReplicas?: number;
  readonly availableReplicas?: number;
  readonly terminatingReplicas?: number;
  readonly observedGeneration?: number;
  readonly conditions?: readonly Condition[];
}

export interface Failure {
  readonly reason: 'FailedCreate' | 'FailedDelete';
  readonly problem: Error;
}

export function countReplicas(
  replicaSet: ReplicaSet,
  active: readonly Pod[],
  terminatingCount: number,
  now: EpochMillis,
): ReplicaSetStatus {
  const templateLabels = replicaSet.spec.template.metadata?.labels ?? {};
  const minReadySeconds = replicaSet.spec.minReadySeconds ?? 0;
  const fullyLabeled = active.filter((pod) => selectsByMap(templateLabels, pod.metadata.labels));
  const available = active.filter((pod) => (availableAt(pod, minReadySeconds) ?? Number.POSITIVE_INFINITY) <= now);
  return {
    replicas: active.length,
    ...countUnlessZero('fullyLabeledReplicas', fullyLabeled.length),
    ...countUnlessZero('readyReplicas', active.filter(isReady).length),
    ...countUnlessZero('availableReplicas', available.length),
    terminatingReplicas: terminatingCount,
    observedGeneration: Math.max(replicaSet.metadata.generation ?? 0, replicaSet.status?.observedGeneration ?? 0),
    ...(replicaSet.status?.conditions && { conditions: replicaSet.status.conditions }),
  };
}

/** The condition ReplicaFailure is there while pods cannot be made or removed, and goes when they can. */
export function withReplicaFailure(
  status: ReplicaSetStatus,
  replicaSet: ReplicaSet,
  failure: Failure | undefined,
  now: EpochMillis,
): ReplicaSetStatus {
  const present = replicaSet.status?.conditions?.find(({ type }) => type === 'ReplicaFailure');
  if ((failure === undefined) === (present === undefined)) return status;
  const others = (status.conditions ?? []).filter(({ type }) => type !== 'ReplicaFailure');
  const conditions: readonly Condition[] =
    failure === undefined
      ? others
      : [
          ...others,
          {
            type: 'ReplicaFailure',
            status: 'True',
            lastTransitionTime: formatRfc3339(now),
            reason: failure.reason,
            message: failure.problem.message,
          },
        ];
  const { conditions: _before, ...counts } = status;
  return conditions.length === 0 ? counts : { ...counts, conditions };
}

/** The next moment at which a ready pod becomes available. */
export function nextAvailabilityAt(
  active: readonly Pod[],
  minReadySeconds: number,
  now: EpochMillis,
): EpochMillis | undefined {
  const moments = active.map((pod) => availableAt(pod, minReadySeconds) ?? 0).filter((at) => at > now);
  return moments.length === 0 ? undefined : Math.min(...moments);
}

function countUnlessZero<K extends string>(name: K, count: number): { readonly [key in K]?: number } {
  return (count === 0 ? {} : { [name]: count }) as { readonly [key in K]?: number };
}
