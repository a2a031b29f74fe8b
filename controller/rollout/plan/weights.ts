// Which weight is in force? The setWeight and setCanaryScale steps up to the current one, the maximum weight, and the
// weight of an abort with dynamicStableScale (rollout.md §4.2, §4.5.1; traffic.md §1.6).

import { maxTrafficWeightOf, replicasOf } from '../../api/defaults.ts';
import type { ReplicaSet } from '../../api/kubernetes-types.ts';
import type { Rollout, RolloutStatus, TrafficWeights, WeightDestination } from '../../api/types.generated.ts';
import { availableCount, lastingCount } from './replica-set-counts.ts';

export interface WeightInput {
  readonly rollout: Rollout;
  /** The observed status: what authorises (design.md §5.1). */
  readonly status: RolloutStatus;
  readonly newRS?: ReplicaSet | undefined;
  readonly stableRS?: ReplicaSet | undefined;
  /** Whatever the steps say. */
  readonly heldWeight?: number | undefined;
}

export type CanaryTarget =
  | { readonly kind: 'weight'; readonly weight: number }
  | { readonly kind: 'replicas'; readonly replicas: number };

/** `M`: only traffic routing can change it. */
export const maxWeight = maxTrafficWeightOf;
/** `n`: what spec.replicas asks for. */
export const desiredReplicas = replicasOf;

/** ceil(w·n / M) on doubles: must hold for M = 100000000 too. */
export function toReplicas(rollout: Rollout, weight: number): number {
  return Math.ceil((weight * desiredReplicas(rollout)) / maxWeight(rollout));
}

/**
 * The weights of a status in parts of the maximum that counts now: they may have been recorded under another. SLIPWAY: read
 * as they stand they would size pods for many times the requests, or for next to none (design law 10).
 */
export function inMaximum(rollout: Rollout, recorded: TrafficWeights | undefined): TrafficWeights | undefined {
  if (!recorded) return undefined;
  const { canary, stable, additional = [] } = recorded;
  const total = [canary, stable, ...additional].reduce((sum, { weight }) => sum + weight, 0);
  const max = maxWeight(rollout);
  if (total === max || total <= 0) return recorded;
  const share = ({ weight }: WeightDestination) => Math.ceil((weight * max) / total);
  return {
    ...recorded,
    canary: { ...canary, weight: share(canary) },
    stable: { ...stable, weight: share(stable) },
  };
}

/** Also true when both are empty: before the first deployment nothing is to be moved. */
export function isFullyPromoted(status: RolloutStatus): boolean {
  return (status.stableRS ?? '') === (status.currentPodHash ?? '');
}

/** Index of the step in force, or undefined when there are no steps or all of them are done. */
export function currentStepIndex(rollout: Rollout, status: RolloutStatus): number | undefined {
  const count = rollout.spec.strategy?.canary?.steps?.length ?? 0;
  const index = status.currentStepIndex ?? 0;
  return index < count ? index : undefined;
}

/** The nearest setWeight at or before `index`; 0 when there is none. */
export function nearestSetWeight(rollout: Rollout, index: number): number {
  const steps = rollout.spec.strategy?.canary?.steps ?? [];
  for (let at = Math.min(index, steps.length - 1); at >= 0; at -= 1) {
    const weight = steps[at]?.setWeight;
    if (weight !== undefined) return weight;
  }
  return 0;
}

/** The setWeight of the step list that counts now: 0 while aborted, the maximum once all steps are done. */
export function currentSetWeight({ rollout, status }: WeightInput): number {
  if (status.abort) return 0;
  const index = currentStepIndex(rollout, status);
  return index === undefined ? maxWeight(rollout) : nearestSetWeight(rollout, index);
}

/**
 * Replicas or weight that the canary is sized by (rollout.md §4.2). SLIPWAY ("never stuck"): less than nothing, which no
 * rule of §1.3 refuses, is nothing; no ReplicaSet can be sized so.
 */
export function canaryTarget(input: WeightInput): CanaryTarget {
  const { rollout, status, heldWeight } = input;
  if (heldWeight !== undefined) return { kind: 'weight', weight: heldWeight };
  if (status.promoteFull || !status.stableRS || status.currentPodHash === status.stableRS) {
    return { kind: 'weight', weight: maxWeight(rollout) };
  }
  const scale = canaryScaleInForce(rollout, status);
  if (scale) return scale;
  return { kind: 'weight', weight: desiredWeight(input) };
}

/** The setWeight in force, or the weight that an abort with dynamicStableScale may go down to. */
export function desiredWeight(input: WeightInput): number {
  const { rollout, status, newRS, stableRS } = input;
  const canary = rollout.spec.strategy?.canary;
  if (status.abort && canary?.trafficRouting && canary.dynamicStableScale && newRS && stableRS) {
    return dynamicAbortWeight(rollout, newRS, stableRS);
  }
  return currentSetWeight(input);
}

/**
 * Weight down to which an abort with dynamicStableScale may go now: the highest setWeight whose pods are fewer than
 * those that stable still lacks. SLIPWAY: pods that are there only because of minPodsPerReplicaSet do not count, else
 * the weight never reaches 0 (BUG-13).
 */
export function dynamicAbortWeight(rollout: Rollout, newRS: ReplicaSet, stableRS: ReplicaSet): number {
  const canary = rollout.spec.strategy?.canary;
  const missing = desiredReplicas(rollout) - availableCount(stableRS);
  const minPods = canary?.minPodsPerReplicaSet;
  if (minPods !== undefined && missing <= 0) return 0;
  // An explicit delay keeps the canary's pods, 0 for good (BUG-5): then only what stable lacks can tell how far it is.
  const explicitDelay = canary?.abortScaleDownDelaySeconds !== undefined;
  // Pods that are about to go count no more: else stable would be sized up and down while they do.
  const lasting = lastingCount(newRS);
  const onlyFloor = minPods !== undefined && lasting <= minPods;
  const pods = explicitDelay || onlyFloor ? missing : Math.max(missing, lasting);
  const steps = canary?.steps ?? [];
  for (let at = steps.length - 1; at >= 0; at -= 1) {
    const weight = steps[at]?.setWeight;
    if (weight !== undefined && toReplicas(rollout, weight) < pods) return weight;
  }
  return 0;
}

function canaryScaleInForce(rollout: Rollout, status: RolloutStatus): CanaryTarget | undefined {
  const canary = rollout.spec.strategy?.canary;
  const index = currentStepIndex(rollout, status);
  if (!canary?.trafficRouting || index === undefined || status.abort) return undefined;
  for (let at = index; at >= 0; at -= 1) {
    const scale = canary.steps?.[at]?.setCanaryScale;
    if (!scale) continue;
    if (scale.matchTrafficWeight) return undefined;
    if (scale.replicas !== undefined) return { kind: 'replicas', replicas: Math.max(0, scale.replicas) };
    if (scale.weight !== undefined) return { kind: 'weight', weight: Math.max(0, scale.weight) };
    return undefined; // `{}` falls through to the setWeight
  }
  return undefined;
}
