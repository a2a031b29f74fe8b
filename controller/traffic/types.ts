// The contract between the traffic decision and those who carry it out: a router is a folder of this directory that
// turns a decision into writes of its own objects (traffic.md §1.1). All of it is pure; what must be asked of the
// outside (weight verification) comes as answers in the ledger.

import type {
  Rollout,
  RolloutStatus,
  SetHeaderRoute,
  SetMirrorRoute,
  TrafficWeights,
  WeightDestination,
} from '../api/types.generated.ts';
import type { EpochMillis } from '../lang/time.ts';
import type { EventRecord, Need, Observed, Reason, Write } from '../rollout/types.ts';

/** Row of the decision table of traffic.md §1.5. */
export type DecisionBranch = 'A' | 'B' | 'C' | 'D' | 'E' | 'F' | 'G' | 'H' | 'I';

export interface TrafficDecision {
  readonly branch: DecisionBranch;
  /** Weight of the canary, 0 … max. */
  readonly desired: number;
  /** max − desired − Σ additional, at least 0. */
  readonly stable: number;
  readonly max: number;
  readonly additional: readonly WeightDestination[];
  readonly canaryHash: string;
  readonly stableHash: string;
  /** The managed routes that should exist now, in the order of their steps. Every other managed route is removed. */
  readonly headerRoutes: readonly SetHeaderRoute[];
  readonly mirrorRoutes: readonly SetMirrorRoute[];
  /** An abort: the canary Service belongs on the stable ReplicaSet, whatever its availability. */
  readonly pinsCanaryServiceToStable: boolean;
  /** A third revision arrived: the weight must be written before the router hears of the new hash (point 3). */
  readonly setsWeightBeforeHash: boolean;
  /** Why weights are left as they are, if they are. Managed routes are removed all the same. */
  readonly heldBy?: 'noStable' | 'stableUnavailable' | 'abortBlocked' | 'targetsUnverified';
}

export interface RouterInput {
  readonly observed: Observed;
  readonly now: EpochMillis;
  readonly rollout: Rollout;
  /** The observed status: roles of ping and pong are read from it. */
  readonly status: RolloutStatus;
  readonly decision: TrafficDecision;
}

export interface RouterPlan {
  /** Routes first, then the weight; each stops the wave. Those that failed before are put last by who calls. */
  readonly writes: readonly Write[];
  readonly needs: readonly Need[];
  /** What stands in the way, told as `TrafficRoutingError`. The pass then neither scales nor promotes. */
  readonly problems: readonly string[];
  readonly reasons: readonly Reason[];
  /** What is told beside those of the writes. */
  readonly events?: readonly EventRecord[];
  /** Absent: the router cannot verify its weights. */
  readonly verification?: Verification;
}

/** Whether the data plane obeys the weights of the decision. */
export interface Verification {
  /** `undefined`: not applicable now. */
  readonly verified?: boolean;
  /** Calls to be started. */
  readonly writes: readonly Write[];
  readonly events: readonly EventRecord[];
  readonly reasons: readonly Reason[];
  /** When to ask again. */
  readonly wakeAt?: EpochMillis;
  /** What the status says of load balancers; absent: what it said before. */
  readonly loadBalancers?: LoadBalancers;
}

export type LoadBalancers = Pick<RolloutStatus, 'alb' | 'albs'>;

export interface Router {
  /** As upstream shows it. */
  readonly type: string;
  plan(input: RouterInput): RouterPlan;
}

/** What the rollout's planner gets to know of traffic routing in one pass. */
export interface TrafficPlan {
  readonly decision: TrafficDecision;
  readonly writes: readonly Write[];
  readonly needs: readonly Need[];
  readonly reasons: readonly Reason[];
  /** What the new status says of the weights. */
  readonly weights: TrafficWeights | undefined;
  /** `TrafficWeightUpdated` and what routers tell: told after the writes above. */
  readonly events: readonly EventRecord[];
  readonly loadBalancers?: LoadBalancers;
  readonly wakeAt?: EpochMillis;
  /** Something failed, is not supported or not yet verified: the rest of the pass neither scales, steps nor promotes. */
  readonly blocked?: {
    readonly event?: EventRecord;
    /** By the weight of the promotion before this update. */
    readonly isPromotions?: true;
  };
}
