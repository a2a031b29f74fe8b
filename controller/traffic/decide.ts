// Who gets how much of the traffic now? The decision table of traffic.md §1.5 with the corrections S1-S6, and the
// formula for aborts and rollbacks with dynamicStableScale (§1.6). Integer divisions are truncated.

import type { ReplicaSet } from '../api/kubernetes-types.ts';
import type {
  Rollout,
  RolloutStatus,
  SetHeaderRoute,
  SetMirrorRoute,
  WeightDestination,
} from '../api/types.generated.ts';
import { isAtDesired, meetsThreshold } from '../rollout/plan/replica-counts.ts';
import { hashOf } from '../rollout/plan/replica-set.ts';
import { lastingCount } from '../rollout/plan/replica-set-counts.ts';
import {
  canaryTarget,
  desiredReplicas,
  desiredWeight,
  isFullyPromoted,
  maxWeight,
  nearestSetWeight,
} from '../rollout/plan/weights.ts';
import type { DecisionBranch, TrafficDecision } from './types.ts';

export interface DecisionInput {
  readonly rollout: Rollout;
  /** The observed status: what authorises (design.md §5.1). */
  readonly status: RolloutStatus;
  readonly newRS?: ReplicaSet | undefined;
  readonly stableRS?: ReplicaSet | undefined;
  readonly others: readonly ReplicaSet[];
  /** The revision annotation. The first revision never creates routes. */
  readonly revision: number;
  /** Destinations of a running experiment (§1.7), without those that have no Service or no available pod. */
  readonly additional?: readonly WeightDestination[];
  /** What is sent to the stable Service would meet nobody. */
  readonly isStableServiceEmpty?: boolean;
}

interface Choice {
  readonly branch: DecisionBranch;
  readonly desired: number;
  readonly canaryHash?: string;
  readonly takesAdditional?: boolean;
  readonly hasRoutes?: boolean;
}

export function decideTraffic(input: DecisionInput): TrafficDecision {
  const { rollout, status, newRS, stableRS } = input;
  const max = maxWeight(rollout);
  const choice = choose(input);
  const desired = clamp(choice.desired, 0, max); // S2
  const additional = choice.takesAdditional ? (input.additional ?? []) : [];
  const isDynamic = isDynamicStableScale(rollout);
  const routes = choice.hasRoutes ? wantedRoutes(input) : { headerRoutes: [], mirrorRoutes: [] };
  const stable = Math.max(0, max - desired - additional.reduce((sum, destination) => sum + destination.weight, 0));
  const heldBy = stableGate(input, choice.branch, { desired, stable });
  return {
    branch: choice.branch,
    desired,
    stable,
    max,
    additional,
    canaryHash: choice.canaryHash ?? hashOf(newRS),
    stableHash: hashOf(stableRS),
    ...routes,
    // Stable without a pod would answer nobody: then the canary goes on serving (S6, law 10).
    pinsCanaryServiceToStable: choice.branch === 'C' && heldBy !== 'abortBlocked' && (!isDynamic || desired === 0),
    setsWeightBeforeHash: lastingCount(newRS) === 0 && (status.canary?.weights?.canary.weight ?? 0) > 0,
    ...(heldBy === undefined ? {} : { heldBy }),
  };
}

/** The first branch that applies. */
function choose(input: DecisionInput): Choice {
  const { rollout, status, newRS } = input;
  const recorded = status.canary?.weights;
  const canaryAvailable = lastingCount(newRS);
  const isDynamic = isDynamicStableScale(rollout);

  if (isFullyPromoted(status)) {
    const abandonedHash = recorded?.canary.podTemplateHash ?? '';
    const isRollingBack = recorded !== undefined && abandonedHash !== hashOf(newRS);
    if (isDynamic && isRollingBack && canaryAvailable < desiredReplicas(rollout)) {
      return { branch: 'A', desired: abortWeight(input), canaryHash: abandonedHash };
    }
    return { branch: 'B', desired: 0 };
  }
  if (status.abort) {
    const desired = abortWeight(input);
    // SLIPWAY: no Service was switched to a version without a pod; what is left of the weight is still that of the one before.
    const isOfBefore = desired > 0 && canaryAvailable === 0;
    return { branch: 'C', desired, canaryHash: (isOfBefore && recorded?.canary.podTemplateHash) || hashOf(newRS) };
  }
  if (canaryAvailable === 0) return { branch: 'D', desired: 0, takesAdditional: true };
  if (status.promoteFull) {
    const desired = isDynamic ? shareOf(rollout, canaryAvailable) : (recorded?.canary.weight ?? 0);
    return { branch: 'E', desired };
  }
  return chooseByStep(input);
}

function chooseByStep(input: DecisionInput): Choice {
  const { rollout, status } = input;
  const steps = rollout.spec.strategy?.canary?.steps ?? [];
  if (steps.length === 0) return { branch: 'I', desired: 0 }; // QUIRK: traffic never moves by weight
  const index = clamp(status.currentStepIndex ?? 0, 0, steps.length);
  // SLIPWAY (design law 10): a step down to nothing takes the traffic before the pods, not after them.
  const hasRoutes = !wantsNoPods(input);
  const weight = hasRoutes ? nearestSetWeight(rollout, index) : 0;
  if (!isAtDesired({ ...input, recordedWeights: null, plannedWeights: null })) {
    const desired = weight === 0 ? 0 : Math.min(nearestSetWeight(rollout, index - 1), capacity(input));
    return { branch: 'F', desired, takesAdditional: true, hasRoutes };
  }
  if (index < steps.length) {
    return { branch: 'G', desired: weight, takesAdditional: true, hasRoutes };
  }
  return { branch: 'H', desired: maxWeight(rollout), hasRoutes: true };
}

/** By its weight, or by a setCanaryScale of nothing. */
function wantsNoPods(input: DecisionInput): boolean {
  const target = canaryTarget(input);
  return (target.kind === 'weight' ? target.weight : target.replicas) === 0;
}

/** S1: a canary below its count gets no more than it can carry, or than it already has. */
function capacity({ rollout, status, newRS }: DecisionInput): number {
  const recorded = status.canary?.weights?.canary;
  const current = recorded?.podTemplateHash === hashOf(newRS) ? (recorded?.weight ?? 0) : 0;
  return Math.max(current, shareOf(rollout, lastingCount(newRS)));
}

/** max × available / R; without replicas (S3) everything as soon as there is a pod. */
function shareOf(rollout: Rollout, available: number): number {
  const replicas = desiredReplicas(rollout);
  const max = maxWeight(rollout);
  if (replicas === 0) return available > 0 ? max : 0;
  return Math.trunc((max * available) / replicas);
}

/** Weight of the side that is left while stable grows back (traffic.md §1.6). */
function abortWeight(input: DecisionInput): number {
  const { rollout, status, newRS, stableRS } = input;
  if (!isDynamicStableScale(rollout) || !stableRS || !newRS || desiredReplicas(rollout) === 0) return 0;
  const max = maxWeight(rollout);
  const target = desiredWeight(input);
  const stableShare = shareOf(rollout, lastingCount(stableRS));
  const leftOver = Math.max(0, max - stableShare);
  const recorded = status.canary?.weights?.canary.weight;
  // SLIPWAY (law 10): nobody knows where requests go, and a canary without pods cannot be where they are sent now.
  if (recorded === undefined) return lastingCount(newRS) > 0 ? Math.max(leftOver, target) : 0;
  if (target <= 0) return Math.min(leftOver, recorded); // never increases, even if stable flaps
  if (stableShare < max - target) return recorded; // stable still scales up
  return Math.min(target, recorded);
}

/** Point 1: traffic moves only to a stable side that can carry its share. */
function stableGate(
  input: DecisionInput,
  branch: DecisionBranch,
  { desired, stable }: Pick<TrafficDecision, 'desired' | 'stable'>,
): TrafficDecision['heldBy'] {
  const { rollout, status, newRS, stableRS } = input;
  if (!stableRS) return 'noStable';
  const available = lastingCount(stableRS);
  const replicas = desiredReplicas(rollout);
  if (branch === 'C' && !isDynamicStableScale(rollout)) {
    // Nobody is to answer: the last pods do until their delay is over, but those that an abort keeps do not (BUG-5).
    const isKept = rollout.spec.strategy?.canary?.abortScaleDownDelaySeconds === 0;
    const isEmpty = replicas === 0 && (isKept || lastingCount(newRS) === 0);
    return available > 0 || isEmpty ? undefined : 'abortBlocked'; // S6
  }
  const max = maxWeight(rollout);
  const recorded = status.canary?.weights?.stable.weight ?? stable;
  // SLIPWAY: of one replica any share is less than a pod; a side without any gets no more than it has (design law 10).
  const isEmpty = available === 0 || input.isStableServiceEmpty === true;
  if (isEmpty && replicas > 0 && stable > recorded) return 'stableUnavailable';
  const need = Math.trunc(((max - desired) * replicas) / max);
  if (available >= need || meetsThreshold(rollout, stableRS, need)) return undefined;
  return 'stableUnavailable';
}

/** S4: routes are state. Steps 0 … i are replayed; the last writer of a name wins, no `match` removes it. */
function wantedRoutes({ rollout, status, revision }: DecisionInput): {
  headerRoutes: readonly SetHeaderRoute[];
  mirrorRoutes: readonly SetMirrorRoute[];
} {
  const headers = new Map<string, SetHeaderRoute>();
  const mirrors = new Map<string, SetMirrorRoute>();
  if (revision <= 1) return { headerRoutes: [], mirrorRoutes: [] };
  const steps = rollout.spec.strategy?.canary?.steps ?? [];
  for (const { setHeaderRoute, setMirrorRoute } of steps.slice(0, (status.currentStepIndex ?? 0) + 1)) {
    if (setHeaderRoute) replay(headers, setHeaderRoute.name ?? '', setHeaderRoute);
    if (setMirrorRoute) replay(mirrors, setMirrorRoute.name, setMirrorRoute);
  }
  return { headerRoutes: [...headers.values()], mirrorRoutes: [...mirrors.values()] };
}

function replay<T extends { readonly match?: readonly unknown[] }>(
  routes: Map<string, T>,
  name: string,
  step: T,
): void {
  routes.delete(name);
  if (step.match && step.match.length > 0) routes.set(name, step);
}

function isDynamicStableScale(rollout: Rollout): boolean {
  return rollout.spec.strategy?.canary?.dynamicStableScale === true;
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(high, Math.max(low, value));
}
