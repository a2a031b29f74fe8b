// How many pods may each ReplicaSet of a Deployment have now? Up within maxSurge, down within maxUnavailable, pods that
// are not available first. A Deployment that is scaled in the middle of an update, or paused, keeps its proportions.
// Pure; the order of what is scaled is upstream's, since each scaling is an event.

import type { Deployment, IntOrString, ReplicaSet } from '../../controller/api/kubernetes-types.ts';
import { scaledValue } from '../../controller/lang/int-or-percent.ts';
import type { ReplicaSetStatus } from './replica-set-status.ts';

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

/** The ReplicaSet of the present template, where there is one, and all others. */
export interface ReplicaSets {
  readonly current: ReplicaSet | undefined;
  readonly old: readonly ReplicaSet[];
}

/** A size to give; the same size as before only brings the annotations up to date. */
export interface Scaling {
  readonly replicaSet: ReplicaSet;
  readonly replicas: number;
}

export const desiredAnnotation = 'deployment.kubernetes.io/desired-replicas';
export const maximumAnnotation = 'deployment.kubernetes.io/max-replicas';

export function surgeOf(spec: DeploymentSpec): number {
  if (isRecreated(spec)) return 0;
  return scaledValue(spec.strategy?.rollingUpdate?.maxSurge ?? '25%', wantedBy(spec), 'up') ?? 0;
}

/** How many pods may lack. */
export function unavailableOf(spec: DeploymentSpec): number {
  const wanted = wantedBy(spec);
  if (isRecreated(spec) || wanted === 0) return 0;
  const count = scaledValue(spec.strategy?.rollingUpdate?.maxUnavailable ?? '25%', wanted, 'down') ?? 0;
  // Without any room an update could never begin.
  return count === 0 && surgeOf(spec) === 0 ? 1 : Math.min(count, wanted);
}

export function isRecreated(spec: DeploymentSpec): boolean {
  return spec.strategy?.type === 'Recreate';
}

export function wantedBy(spec: DeploymentSpec): number {
  return spec.replicas ?? 1;
}

export function allOf({ current, old }: ReplicaSets): readonly ReplicaSet[] {
  return current === undefined ? old : [...old, current];
}

/** The size was changed since the ReplicaSets got theirs: they are scaled before an update goes on. */
export function isResized(spec: DeploymentSpec, sets: ReplicaSets): boolean {
  const wanted = wantedBy(spec);
  return allOf(sets).some((item) => sizeOf(item) > 0 && annotated(item, desiredAnnotation, wanted) !== wanted);
}

/** Of the ReplicaSet of the present template, which may not be there yet: as many as there is room for. */
export function nextSizeOf(spec: DeploymentSpec, sets: ReplicaSets): number {
  const wanted = wantedBy(spec);
  const size = sets.current === undefined ? 0 : sizeOf(sets.current);
  if (isRecreated(spec) || size > wanted) return wanted;
  const total = sum(allOf(sets), sizeOf);
  return size + Math.max(0, Math.min(wanted + surgeOf(spec) - total, wanted - size));
}

/** Up, or else down: one thing at a time. */
export function planRollingUpdate(spec: DeploymentSpec, sets: ReplicaSets): Scaling[] {
  const { current } = sets;
  if (current === undefined) return [];
  const replicas = nextSizeOf(spec, sets);
  return replicas === sizeOf(current) ? scaleOldDown(spec, current, sets.old) : [{ replicaSet: current, replicas }];
}

function scaleOldDown(spec: DeploymentSpec, current: ReplicaSet, old: readonly ReplicaSet[]): Scaling[] {
  const floor = wantedBy(spec) - unavailableOf(spec);
  const all = [...old, current];
  const removable = sum(all, sizeOf) - floor - (sizeOf(current) - availableOf(current));
  if (removable <= 0 || sum(old, sizeOf) === 0) return [];
  const sorted = old.toSorted(byCreation);
  const scalings: Scaling[] = [];
  const left = new Map(sorted.map((item) => [item, sizeOf(item)]));
  const takeAway = (count: number, from: (item: ReplicaSet) => number): void => {
    let rest = count;
    for (const replicaSet of sorted) {
      const taken = Math.min(rest, from(replicaSet));
      if (taken <= 0) continue;
      rest -= taken;
      const replicas = (left.get(replicaSet) ?? 0) - taken;
      left.set(replicaSet, replicas);
      scalings.push({ replicaSet, replicas });
    }
  };
  // Pods that serve nobody go first: they cost no availability.
  takeAway(removable, (item) => sizeOf(item) - availableOf(item));
  takeAway(sum(all, availableOf) - floor, (item) => left.get(item) ?? 0);
  return scalings;
}

/** Nobody of the old ones may have a pod, not even one that is about to go, before the present one gets its first. */
export function planRecreation(
  spec: DeploymentSpec,
  { current, old }: ReplicaSets,
): Scaling[] | 'make the present one' {
  const active = old.filter((item) => sizeOf(item) > 0);
  if (active.length > 0) return active.map((replicaSet) => ({ replicaSet, replicas: 0 }));
  if (old.some((item) => podCountOf(item) > 0)) return [];
  if (current === undefined) return 'make the present one';
  return sizeOf(current) === wantedBy(spec) ? [] : [{ replicaSet: current, replicas: wantedBy(spec) }];
}

/** No update goes on: the one that has pods takes the new size, or all of them in proportion. */
export function planResize(spec: DeploymentSpec, sets: ReplicaSets): Scaling[] {
  const wanted = wantedBy(spec);
  const { current, old } = sets;
  const active = allOf(sets).filter((item) => sizeOf(item) > 0);
  if (active.length <= 1) {
    const only = active[0] ?? current ?? old.toSorted(byCreation).at(-1);
    // Also where somebody has given it that size: else it would count as resized for ever, and nothing be updated.
    return only === undefined ? [] : [{ replicaSet: only, replicas: wanted }];
  }
  if (current !== undefined && isSaturated(current, wanted)) {
    return active.filter((item) => item !== current).map((replicaSet) => ({ replicaSet, replicas: 0 }));
  }
  return isRecreated(spec) ? [] : inProportion(spec, active);
}

function isSaturated(item: ReplicaSet, wanted: number): boolean {
  return [sizeOf(item), availableOf(item), annotated(item, desiredAnnotation, -1)].every((count) => count === wanted);
}

/** The largest first; of equal ones the newer is the first to grow, the older the first to shrink. */
function inProportion(spec: DeploymentSpec, active: readonly ReplicaSet[]): Scaling[] {
  const wanted = wantedBy(spec);
  const allowed = wanted > 0 ? wanted + surgeOf(spec) : 0;
  const missing = allowed - sum(active, sizeOf);
  const newerFirst = missing > 0 ? -1 : 1;
  const sorted = active.toSorted((a, b) => sizeOf(b) - sizeOf(a) || newerFirst * byCreation(a, b));
  let added = 0;
  const scalings = sorted.map((replicaSet): Scaling => {
    const share = missing === 0 ? 0 : shareOf(spec, replicaSet, allowed);
    const change = missing > 0 ? Math.min(share, missing - added) : Math.max(share, missing - added);
    added += change;
    return { replicaSet, replicas: sizeOf(replicaSet) + change };
  });
  // What rounding has left over.
  return scalings.map((one, index) => {
    return index > 0 ? one : { ...one, replicas: Math.max(0, one.replicas + missing - added) };
  });
}

function shareOf(spec: DeploymentSpec, item: ReplicaSet, allowed: number): number {
  if (wantedBy(spec) === 0) return -sizeOf(item);
  const before = annotated(item, maximumAnnotation, allowed);
  return before === 0 ? 0 : Math.round((sizeOf(item) * allowed) / before) - sizeOf(item);
}

function annotated(item: ReplicaSet, name: string, fallback: number): number {
  const value = Number(item.metadata.annotations?.[name] ?? Number.NaN);
  return Number.isInteger(value) ? value : fallback;
}

export function byCreation(a: ReplicaSet, b: ReplicaSet): number {
  const order = (item: ReplicaSet): string => `${item.metadata.creationTimestamp} ${item.metadata.name}`;
  return order(a) < order(b) ? -1 : 1;
}

/** Pods that are there, those included that are about to go. */
function podCountOf(replicaSet: ReplicaSet): number {
  const { replicas = 0, terminatingReplicas = 0 } = (replicaSet.status ?? {}) as Partial<ReplicaSetStatus>;
  return replicas + terminatingReplicas;
}

export function sizeOf(replicaSet: ReplicaSet): number {
  return replicaSet.spec.replicas ?? 1;
}

function availableOf(replicaSet: ReplicaSet): number {
  return replicaSet.status?.availableReplicas ?? 0;
}

function sum(all: readonly ReplicaSet[], of: (item: ReplicaSet) => number): number {
  return all.reduce((total, item) => total + of(item), 0);
}
