// The numbers of a ReplicaSet that planning trusts. While its controller has not observed the latest spec, the available
// count is at most the wanted one, and nothing is "at desired" (design.md §5.6).

import { conditionTypes } from '../../api/constants.ts';
import type { ReplicaSet } from '../../api/kubernetes-types.ts';

/** spec.replicas; 0 for a ReplicaSet that does not exist. */
export function specCount(replicaSet: ReplicaSet | undefined): number {
  if (!replicaSet) return 0;
  return replicaSet.spec.replicas ?? 1;
}

/** status.replicas: pods that exist. */
export function actualCount(replicaSet: ReplicaSet | undefined): number {
  return replicaSet?.status?.replicas ?? 0;
}

/** status.availableReplicas, capped at the spec while the ReplicaSet's controller is behind. */
export function availableCount(replicaSet: ReplicaSet | undefined): number {
  if (!replicaSet) return 0;
  const available = replicaSet.status?.availableReplicas ?? 0;
  return isObserved(replicaSet) ? available : lastingCount(replicaSet);
}

/** Available pods that stay: the status that first observes a smaller size still counts those that are being deleted. */
export function lastingCount(replicaSet: ReplicaSet | undefined): number {
  return Math.min(replicaSet?.status?.availableReplicas ?? 0, specCount(replicaSet));
}

/** Pods that are ready and stay, available or not yet: they are sent requests. */
export function answeringCount(replicaSet: ReplicaSet): number {
  return Math.max(availableCount(replicaSet), Math.min(replicaSet.status?.readyReplicas ?? 0, specCount(replicaSet)));
}

/**
 * Whether the status still counts pods that are on their way out: the spec alone tells which of them do not last. Pods that
 * cannot be deleted are not on their way: nobody waits for them to be gone.
 */
export function isShrinking(replicaSet: ReplicaSet): boolean {
  return actualCount(replicaSet) > specCount(replicaSet) && !cannotDelete(replicaSet);
}

function cannotDelete(replicaSet: ReplicaSet): boolean {
  const failure = failureOf(replicaSet);
  return failure?.status === 'True' && failure.reason === 'FailedDelete';
}

/** Its condition that pods cannot be made or deleted. */
export function failureOf({ status }: ReplicaSet) {
  return status?.conditions?.find(({ type }) => type === conditionTypes.replicaFailure);
}

/** Whether the ReplicaSet's controller has seen the latest spec. */
export function isObserved(replicaSet: ReplicaSet): boolean {
  return (replicaSet.status?.observedGeneration ?? 0) >= (replicaSet.metadata.generation ?? 0);
}

/** Sum of `count` over `replicaSets`. */
export function totalCount(
  replicaSets: readonly ReplicaSet[],
  count: (replicaSet: ReplicaSet | undefined) => number,
): number {
  return replicaSets.reduce((sum, replicaSet) => sum + count(replicaSet), 0);
}
