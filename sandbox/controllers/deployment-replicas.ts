// How many pods may each ReplicaSet of a Deployment have now? Up within maxSurge, down within maxUnavailable, pods that
// are not available first: upstream's rolling update without its proportional scaling.

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

export function surgeOf(spec: DeploymentSpec): number {
  if (spec.strategy?.type === 'Recreate') return 0;
  return scaledValue(spec.strategy?.rollingUpdate?.maxSurge ?? '25%', spec.replicas ?? 1, 'up') ?? 0;
}

function unavailableOf(spec: DeploymentSpec): number {
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
  if (spec.paused === true || current === undefined) return onlyResized(sizes, owned, wanted);
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

/** A paused deployment changes no template, but it is scaled: the newest one that has pods takes the new size. */
function onlyResized(sizes: Map<ReplicaSet, number>, owned: readonly ReplicaSet[], wanted: number): typeof sizes {
  const running = owned.filter((item) => sizeOf(item) > 0);
  if (running.length === 1) sizes.set(running[0]!, wanted);
  return sizes;
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
