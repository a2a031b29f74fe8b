// How many pods may each ReplicaSet of a Deployment have now? Up within maxSurge, down within maxUnavailable, pods that
// are not available first. A Deployment that is scaled in the middle of an update, or paused, keeps its proportions.

import type { Deployment, IntOrString, ReplicaSet } from '../../controller/api/kubernetes-types.ts';
import { scaledValue } from '../../controller/lang/int-or-percent.ts';
import type { ReplicaSetStatus } from './replica-set.ts';

export type DeploymentSpec = Deployment['spec'] & {
  readonly paused?: boolean;
  readonly minReadySeconds?: number;
  readonly revisionHistoryLimit?: number;
  readonly progressDeadlineSeconds?: number;
  readonly strategy?: {
    readonly type?: string;
    readonly rollingUpdate?: { readonly maxSurge?: IntOrString; readonly maxUnavailable?: IntOrString };
  };
};

export const desiredAnnotation = 'deployment.kubernetes.io/desired-replicas';
export const maximumAnnotation = 'deployment.kubernetes.io/max-replicas';

export function surgeOf(spec: DeploymentSpec): number {
  if (spec.strategy?.type === 'Recreate') return 0;
  return scaledValue(spec.strategy?.rollingUpdate?.maxSurge ?? '25%', spec.replicas ?? 1, 'up') ?? 0;
}

export function unavailableOf(spec: DeploymentSpec): number {
  const replicas = spec.replicas ?? 1;
  const count = scaledValue(spec.strategy?.rollingUpdate?.maxUnavailable ?? '25%', replicas, 'down') ?? 0;
  // Without any room an update could never begin.
  return count === 0 && surgeOf(spec) === 0 ? 1 : Math.min(count, replicas);
}

export function planReplicas(
  spec: DeploymentSpec,
  current: ReplicaSet | undefined,
  owned: readonly ReplicaSet[],
): ReadonlyMap<ReplicaSet, number> {
  const sizes = new Map(owned.map((item) => [item, sizeOf(item)]));
  const wanted = spec.replicas ?? 1;
  const old = owned.filter((item) => item.metadata.uid !== current?.metadata.uid);
  if (spec.paused === true || current === undefined || isResized(owned, wanted)) {
    return resized(spec, sizes, current, owned);
  }
  if (spec.strategy?.type === 'Recreate') {
    for (const item of old) sizes.set(item, 0);
    const isEmpty = old.every((item) => sizeOf(item) === 0 && podCountOf(item) === 0);
    sizes.set(current, isEmpty ? wanted : Math.min(sizeOf(current), wanted));
    return sizes;
  }
  const total = owned.reduce((sum, item) => sum + sizeOf(item), 0);
  const room = Math.max(0, wanted + surgeOf(spec) - total);
  const currentSize = Math.min(wanted, sizeOf(current) + room);
  sizes.set(current, currentSize);
  if (currentSize !== sizeOf(current)) return sizes; // one thing at a time, as upstream
  return scaleOldDown(spec, sizes, current, old, total);
}

/** The size was changed since the ReplicaSets got theirs. */
function isResized(owned: readonly ReplicaSet[], wanted: number): boolean {
  return owned.some((item) => sizeOf(item) > 0 && annotated(item, desiredAnnotation, wanted) !== wanted);
}

/** No update goes on: the one that has pods takes the new size, or all of them in proportion. */
function resized(
  spec: DeploymentSpec,
  sizes: Map<ReplicaSet, number>,
  current: ReplicaSet | undefined,
  owned: readonly ReplicaSet[],
): typeof sizes {
  const wanted = spec.replicas ?? 1;
  const active = owned.filter((item) => sizeOf(item) > 0);
  if (active.length <= 1) {
    const only = active[0] ?? current ?? [...owned].sort(byCreation).at(-1);
    if (only !== undefined) sizes.set(only, wanted);
    return sizes;
  }
  if (current !== undefined && sizeOf(current) === wanted && current.status?.availableReplicas === wanted) {
    for (const item of active) if (item !== current) sizes.set(item, 0);
    return sizes;
  }
  if (spec.strategy?.type === 'Recreate') return sizes;
  return inProportion(spec, sizes, active);
}

/** The largest first; of equal ones the newer is the first to grow, the older the first to shrink. */
function inProportion(
  spec: DeploymentSpec,
  sizes: Map<ReplicaSet, number>,
  active: readonly ReplicaSet[],
): typeof sizes {
  const wanted = spec.replicas ?? 1;
  const allowed = wanted > 0 ? wanted + surgeOf(spec) : 0;
  const missing = allowed - active.reduce((sum, item) => sum + sizeOf(item), 0);
  const newerFirst = missing > 0 ? -1 : 1;
  const sorted = [...active].sort((a, b) => sizeOf(b) - sizeOf(a) || newerFirst * byCreation(a, b));
  let added = 0;
  for (const item of missing === 0 ? [] : sorted) {
    const share = shareOf(spec, item, allowed);
    const change = missing > 0 ? Math.min(share, missing - added) : Math.max(share, missing - added);
    sizes.set(item, sizeOf(item) + change);
    added += change;
  }
  const [largest] = sorted;
  if (largest !== undefined && missing !== 0) {
    sizes.set(largest, Math.max(0, (sizes.get(largest) ?? 0) + missing - added)); // what rounding has left over
  }
  return sizes;
}

function shareOf(spec: DeploymentSpec, item: ReplicaSet, allowed: number): number {
  if ((spec.replicas ?? 1) === 0) return -sizeOf(item);
  const before = annotated(item, maximumAnnotation, allowed);
  return before === 0 ? 0 : Math.round((sizeOf(item) * allowed) / before) - sizeOf(item);
}

function annotated(item: ReplicaSet, name: string, fallback: number): number {
  const value = Number(item.metadata.annotations?.[name]);
  return Number.isInteger(value) ? value : fallback;
}

function byCreation(a: ReplicaSet, b: ReplicaSet): number {
  const order = (item: ReplicaSet): string => `${item.metadata.creationTimestamp} ${item.metadata.name}`;
  return order(a) < order(b) ? -1 : 1;
}

function scaleOldDown(
  spec: DeploymentSpec,
  sizes: Map<ReplicaSet, number>,
  current: ReplicaSet,
  old: readonly ReplicaSet[],
  total: number,
): typeof sizes {
  const floor = (spec.replicas ?? 1) - unavailableOf(spec);
  const currentMissing = sizeOf(current) - (current.status?.availableReplicas ?? 0);
  let removable = total - floor - currentMissing;
  // Pods that serve nobody go first: they cost no availability.
  for (const item of old) {
    const missing = Math.max(0, sizeOf(item) - (item.status?.availableReplicas ?? 0));
    const count = Math.max(0, Math.min(missing, removable));
    sizes.set(item, sizeOf(item) - count);
    removable -= count;
  }
  const available = [...old, current].reduce((sum, item) => sum + (item.status?.availableReplicas ?? 0), 0);
  let spare = Math.min(removable, available - floor);
  for (const item of old) {
    const count = Math.max(0, Math.min(sizes.get(item) ?? 0, spare));
    sizes.set(item, (sizes.get(item) ?? 0) - count);
    spare -= count;
  }
  return sizes;
}

/** Pods that are there, those included that are about to go. */
function podCountOf(replicaSet: ReplicaSet): number {
  const { replicas = 0, terminatingReplicas = 0 } = (replicaSet.status ?? {}) as Partial<ReplicaSetStatus>;
  return replicas + terminatingReplicas;
}

function sizeOf(replicaSet: ReplicaSet): number {
  return replicaSet.spec.replicas ?? 1;
}
