// How many pods should the canary and the stable ReplicaSet have now (rollout.md §4.1, §4.3-4.6)? All arithmetic is on
// doubles in the order the specification writes it. Other ReplicaSets are sized elsewhere.

import { maxSurgeOf, maxUnavailableOf } from '../../api/defaults.ts';
import type { ReplicaSet } from '../../api/kubernetes-types.ts';
import type { Rollout, TrafficWeights } from '../../api/types.generated.ts';
import { scaledValue } from '../../lang/int-or-percent.ts';
import { actualCount, availableCount, isObserved, lastingCount, specCount, totalCount } from './replica-set-counts.ts';
import { canaryTarget, desiredReplicas, maxWeight, toReplicas, type WeightInput } from './weights.ts';

export interface CountInput extends WeightInput {
  /** Owned ReplicaSets that are neither new nor stable. */
  readonly others: readonly ReplicaSet[];
  /** Weights that size the stable side: those recorded in the observed status unless given. `null`: none. */
  readonly recordedWeights?: TrafficWeights | null | undefined;
  /** Weights that size the canary: those planned in this very pass (design.md §5.1), else the recorded ones. */
  readonly plannedWeights?: TrafficWeights | null | undefined;
}

export interface ReplicaCounts {
  readonly canary: number;
  readonly stable: number;
}

/** Wanted canary and stable counts, by weights of pods or (with traffic routing) of traffic. */
export function canaryReplicaCounts(input: CountInput): ReplicaCounts {
  return input.rollout.spec.strategy?.canary?.trafficRouting ? routedCounts(input) : basicCounts(input);
}

/** Whether the wanted counts are reached (rollout.md §4.6). QUIRK: never before there is a stable ReplicaSet. */
export function isAtDesired(input: CountInput): boolean {
  const { rollout, newRS, stableRS, others } = input;
  const canary = rollout.spec.strategy?.canary;
  const counts = canaryReplicaCounts(input);
  if (!meetsThreshold(rollout, newRS, counts.canary)) return false;
  if (!(canary?.trafficRouting && canary.dynamicStableScale)) {
    if (!stableRS || !isObserved(stableRS)) return false;
    if (specCount(stableRS) !== counts.stable || actualCount(stableRS) !== counts.stable) return false;
  }
  if (canary?.trafficRouting) return true;
  return others.every(isObserved) && totalCount(others, availableCount) === 0;
}

/** Whether `replicaSet` counts as being at `desired`, by replicaProgressThreshold or exactly. */
export function meetsThreshold(rollout: Rollout, replicaSet: ReplicaSet | undefined, desired: number): boolean {
  const threshold = rollout.spec.strategy?.canary?.replicaProgressThreshold;
  if (replicaSet && !isObserved(replicaSet)) return false;
  if (!threshold || !replicaSet || threshold.value < 0) {
    return specCount(replicaSet) === desired && availableCount(replicaSet) === desired;
  }
  const isPercent = threshold.type === 'Percent';
  // SLIPWAY ("never stuck"): never more than is wanted.
  if (!isPercent) return lastingCount(replicaSet) >= Math.min(threshold.value, desired);
  const wanted = Math.min(threshold.value, 100);
  return desired === 0 || (lastingCount(replicaSet) / desired) * 100 >= wanted - 1e-10;
}

/** maxSurge as a number of pods; 0 for blue/green. */
export function maxSurge(rollout: Rollout): number {
  return surgeAndUnavailable(rollout).surge;
}

/** maxUnavailable as a number of pods. Blue/green (restart only): its own field without the fencepost rule. */
export function maxUnavailable(rollout: Rollout): number {
  const replicas = desiredReplicas(rollout);
  const blueGreen = rollout.spec.strategy?.blueGreen;
  if (blueGreen) return scaledValue(maxUnavailableOf(rollout), replicas, 'down') ?? 0;
  return replicas === 0 ? 0 : Math.min(surgeAndUnavailable(rollout).unavailable, replicas);
}

/** Canary and stable counts that come closest to the weight (`approx` of rollout.md §4.3). */
export function approximateWeight(replicas: number, weight: number, max: number, surge: number): ReplicaCounts {
  if (replicas === 0) return { canary: 0, stable: 0 };
  const ceiling = Math.ceil((replicas * weight) / max);
  const floor = Math.floor((replicas * weight) / max);
  const zeroIsFine = weight === max || weight === 0 || (replicas === 1 && surge === 0);
  const isTied = (total: number) => (total * (weight / max)) % 1 === 0.5;
  const floorIsFine = floor !== 0 || zeroIsFine;
  const options: (readonly [canary: number, total: number])[] = [];
  if (ceiling < replicas || zeroIsFine) options.push([ceiling, replicas]);
  if (!isTied(replicas) && floorIsFine) options.push([floor, replicas]);
  if (surge > 0) {
    options.push([ceiling, replicas + 1]);
    if (!isTied(replicas + 1) && floorIsFine) options.push([floor, replicas + 1]);
  }
  let best: { canary: number; stable: number; distance: number } | undefined;
  for (const [canary, total] of options) {
    const distance = Math.abs((canary * max) / total - weight);
    if (!best || distance < best.distance) best = { canary, stable: total - canary, distance };
  }
  return best ? { canary: best.canary, stable: best.stable } : { canary: 0, stable: replicas };
}

function routedCounts(input: CountInput): ReplicaCounts {
  const { rollout, status, newRS, stableRS } = input;
  const canary = rollout.spec.strategy?.canary;
  const replicas = desiredReplicas(rollout);
  const target = canaryTarget(input);
  const recorded = input.recordedWeights === undefined ? status.canary?.weights : input.recordedWeights;
  const planned = input.plannedWeights === undefined ? recorded : input.plannedWeights;
  const keepsAborted = status.abort && stableRS && canary?.abortScaleDownDelaySeconds === 0;
  const withMinPods = (count: number) =>
    count === 0 || canary?.minPodsPerReplicaSet === undefined
      ? count
      : Math.max(count, Math.min(canary.minPodsPerReplicaSet, replicas));

  const byTarget = target.kind === 'replicas' ? target.replicas : toReplicas(rollout, target.weight);
  // BUG-5: `abortScaleDownDelaySeconds: 0` keeps the aborted canary as it stands.
  if (!canary?.dynamicStableScale) {
    const count = target.kind === 'replicas' ? byTarget : withMinPods(byTarget);
    return { canary: keepsAborted ? specCount(newRS) : count, stable: replicas };
  }
  const weight = target.kind === 'weight' ? target.weight : 0;
  const stableByWeight = toReplicas(rollout, maxWeight(rollout) - weight);
  const stable = recorded ? Math.max(stableByWeight, toReplicas(rollout, recorded.stable.weight)) : stableByWeight;
  const stillServed = status.abort && planned ? toReplicas(rollout, planned.canary.weight) : 0;
  return {
    // QUIRK: only here does the minimum apply to fixed replicas too.
    canary: keepsAborted ? specCount(newRS) : withMinPods(Math.max(byTarget, stillServed)),
    stable: withMinPods(stable),
  };
}

/** The nine points of `basic` (rollout.md §4.3): shift pods within maxSurge and maxUnavailable. */
function basicCounts(input: CountInput): ReplicaCounts {
  const { rollout, newRS, others } = input;
  const replicas = desiredReplicas(rollout);
  const maxTotal = replicas + maxSurge(rollout);
  const stableRS = otherThanNew(input);
  const wanted = basicTarget(input);
  const otherCount = totalCount(others, specCount);
  const grown = grow(wanted, specCount(newRS), stableRS, maxTotal, otherCount);
  // While there are others, they shrink alone (make-room.ts has the exception).
  return otherCount > 0 ? grown : shrink({ grown, wanted, newRS, stableRS, maxTotal, rollout });
}

/** Where a basic canary is going to, without regard to surge and availability. */
export function basicTarget(input: WeightInput): ReplicaCounts {
  const { rollout } = input;
  const replicas = desiredReplicas(rollout);
  if (!otherThanNew(input)) return { canary: replicas, stable: 0 };
  const target = canaryTarget(input);
  const weight = target.kind === 'weight' ? target.weight : 0;
  return approximateWeight(replicas, weight, maxWeight(rollout), maxSurge(rollout));
}

/** BUG-20: a ReplicaSet that is both new and stable is counted once. */
function otherThanNew({ newRS, stableRS }: WeightInput): ReplicaSet | undefined {
  return stableRS?.metadata.name === newRS?.metadata.name ? undefined : stableRS;
}

/** Points 2-4: stable first, then the canary, as far as the surge allows. */
function grow(
  wanted: ReplicaCounts,
  newCount: number,
  stableRS: ReplicaSet | undefined,
  maxTotal: number,
  otherCount: number,
): ReplicaCounts {
  const stableCount = specCount(stableRS);
  let room = Math.max(0, maxTotal - (otherCount + newCount + stableCount));
  const stable = stableRS ? stableCount + Math.min(room, Math.max(0, wanted.stable - stableCount)) : 0;
  room -= stable - stableCount;
  return { stable, canary: newCount + Math.min(room, Math.max(0, wanted.canary - newCount)) };
}

interface Shrinking {
  readonly grown: ReplicaCounts;
  readonly wanted: ReplicaCounts;
  readonly newRS: ReplicaSet | undefined;
  readonly stableRS: ReplicaSet | undefined;
  readonly maxTotal: number;
  readonly rollout: Rollout;
}

/** Points 6-8: drain the side that loses weight, as far as availability allows. */
function shrink({ grown, wanted, newRS, stableRS, maxTotal, rollout }: Shrinking): ReplicaCounts {
  const minAvailable = desiredReplicas(rollout) - maxUnavailable(rollout);
  const isIncreasing = !newRS || wanted.canary >= specCount(newRS);
  // The availability of the side that is drained is ignored on purpose: a crash-looping side must make room too.
  const have = usable(newRS, !isIncreasing) + usable(stableRS, isIncreasing);
  if (have <= minAvailable || (isIncreasing && !stableRS)) return grown;
  const room = have - minAvailable;

  const drain = isIncreasing ? stableRS : newRS;
  const keep = isIncreasing ? newRS : stableRS;
  const target = isIncreasing ? wanted.stable : wanted.canary;
  let drainCount = isIncreasing ? grown.stable : grown.canary;
  let keepCount = isIncreasing ? grown.canary : grown.stable;
  if (drain && specCount(drain) > target) drainCount = Math.max(target, specCount(drain) - room);

  let over = Math.max(0, keepCount + drainCount - maxTotal);
  let available = Math.min(availableCount(drain), drainCount);
  if (keep) {
    keepCount -= over;
    available += Math.min(availableCount(keep), keepCount);
    const lost = Math.max(0, availableCount(keep) - keepCount);
    keepCount += Math.min(lost, Math.max(0, minAvailable - available));
    over = Math.max(0, keepCount + drainCount - maxTotal);
    drainCount -= over;
  }
  return isIncreasing ? { stable: drainCount, canary: keepCount } : { stable: keepCount, canary: drainCount };
}

function usable(replicaSet: ReplicaSet | undefined, ignoresAvailability: boolean): number {
  if (!replicaSet) return 0;
  const spec = specCount(replicaSet);
  const available = availableCount(replicaSet);
  return spec < available || ignoresAvailability ? spec : available;
}

function surgeAndUnavailable(rollout: Rollout): { surge: number; unavailable: number } {
  const canary = rollout.spec.strategy?.canary;
  if (!canary) return { surge: 0, unavailable: 0 };
  const replicas = desiredReplicas(rollout);
  const surge = scaledValue(maxSurgeOf(rollout), replicas, 'up');
  const unavailable = scaledValue(maxUnavailableOf(rollout), replicas, 'down');
  if (surge === undefined || unavailable === undefined) return { surge: 0, unavailable: 0 };
  // SLIPWAY ("never stuck"): less than nothing, which no rule of §1.3 refuses, would keep n from ever being reached.
  const limits = { surge: Math.max(0, surge), unavailable: Math.max(0, unavailable) };
  return limits.surge === 0 && limits.unavailable === 0 ? { surge: 0, unavailable: 1 } : limits;
}
