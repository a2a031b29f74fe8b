// Why does a rollout stand still? The catalogue of reason codes: what each blocks and which data it carries. Planners
// make reasons with `because`; the sentences are made elsewhere from code and data (design law 7).

import type { EpochMillis } from '../lang/time.ts';

export type Blocks = 'scale' | 'step' | 'promotion' | 'completion';

/** Data of each code. Names and counts only: nothing that changes with the clock, or a plan would differ each instant. */
export interface ReasonData {
  // The world could not be read, or refuses what is written.
  readonly specInvalid: { readonly message: string };
  readonly objectUnreadable: { readonly kind: string; readonly name: string; readonly message: string };
  readonly writeFailed: {
    readonly key: string;
    readonly class: string;
    readonly message: string;
    readonly attempts: number;
  };
  readonly wavesBackedOff: { readonly waves: number };
  readonly beingDeleted: { readonly finalizers: number };

  // Waiting for pods.
  readonly scaleUnobserved: { readonly replicaSet: string };
  readonly podsNotAvailable: {
    readonly replicaSet: string;
    readonly role: ReplicaSetRole;
    readonly available: number;
    readonly wanted: number;
  };
  readonly podsNotYetSized: {
    readonly replicaSet: string;
    readonly role: ReplicaSetRole;
    readonly replicas: number;
    readonly wanted: number;
  };
  readonly oldPodsRemain: { readonly replicaSet: string; readonly replicas: number };
  readonly replicaFailure: { readonly replicaSet: string; readonly message: string };

  // Waiting for a person or for time.
  readonly pausedByUser: Nothing;
  readonly pausedAtStep: { readonly step: number; readonly steps: number };
  readonly pausedBeforePromotion: { readonly previewReplicaSet: string };
  readonly pausedInconclusive: { readonly reason: string };
  readonly scaleDownDelayed: { readonly replicaSet: string; readonly replicas: number };
  readonly abortScaleDownDelayed: { readonly replicaSet: string; readonly replicas: number };
  readonly abortedCanaryKept: { readonly replicaSet: string; readonly replicas: number };
  readonly aborted: { readonly message: string };
  readonly progressDeadlineExceeded: { readonly message: string; readonly seconds: number };

  // Waiting for traffic.
  readonly serviceWaitsForPods: { readonly service: string; readonly replicaSet: string; readonly available: number };
  readonly trafficWaitsForStable: { readonly available: number; readonly weight: number };
  readonly abortWaitsForStable: { readonly weight: number };
  readonly trafficRoutingFailed: { readonly message: string };
  readonly ingressMisconfigured: { readonly ingress: string; readonly service: string };
  readonly weightUnverified: { readonly weight: number };
  readonly weightVerificationFailed: { readonly message: string };
  readonly stillReferenced: { readonly replicaSet: string; readonly replicas: number };
  readonly activeServiceHeld: { readonly service: string; readonly available: number; readonly wanted: number };

  // Waiting for work on pods.
  readonly restarting: { readonly oldPods: number };
  readonly restartScheduled: Nothing;
  readonly evictionsUnobserved: { readonly replicaSet: string };

  // Steps whose planner is not the core's.
  /** `kind`: prePromotion or postPromotion. */
  readonly promotionAwaitsAnalysis: { readonly kind: string };
  /** It said that it needs more time; it is asked again at `until`. */
  readonly stepPluginRuns: PluginData;
  /** It is not registered, cannot be reached, or answered with an error; it is asked again at `until`. */
  readonly stepPluginFailed: PluginData;
  readonly experimentRuns: {
    readonly experiment: string;
    readonly phase: string;
    readonly message: string;
    readonly step: number;
    readonly steps: number;
  };
  readonly experimentImpossible: { readonly message: string };
  readonly stepWaits: { readonly step: number; readonly steps: number; readonly kind: string };

  /** The next wave follows at once: nothing is being waited for. */
  readonly underWay: { readonly writes: number };
}

export type ReasonCode = keyof ReasonData;
export type ReplicaSetRole = 'new' | 'stable' | 'other';
/** `operation`: Run, Terminate or Abort; `executions`: calls so far. */
type PluginData = Readonly<Record<'plugin' | 'operation' | 'message', string> & Record<'step' | 'executions', number>>;
type Nothing = Readonly<Record<string, never>>;

/** What each code holds up. */
export const reasonCatalogue = {
  specInvalid: 'scale',
  objectUnreadable: 'scale',
  writeFailed: 'scale',
  wavesBackedOff: 'scale',
  beingDeleted: 'completion',
  scaleUnobserved: 'step',
  podsNotAvailable: 'step',
  podsNotYetSized: 'step',
  oldPodsRemain: 'completion',
  replicaFailure: 'scale',
  pausedByUser: 'step',
  pausedAtStep: 'step',
  pausedBeforePromotion: 'promotion',
  pausedInconclusive: 'step',
  scaleDownDelayed: 'completion',
  abortScaleDownDelayed: 'completion',
  abortedCanaryKept: 'completion',
  aborted: 'promotion',
  progressDeadlineExceeded: 'completion',
  serviceWaitsForPods: 'completion',
  trafficWaitsForStable: 'step',
  abortWaitsForStable: 'step',
  trafficRoutingFailed: 'step',
  ingressMisconfigured: 'step',
  weightUnverified: 'step',
  weightVerificationFailed: 'step',
  stillReferenced: 'completion',
  activeServiceHeld: 'promotion',
  restarting: 'completion',
  restartScheduled: 'completion',
  evictionsUnobserved: 'completion',
  promotionAwaitsAnalysis: 'promotion',
  stepPluginRuns: 'step',
  stepPluginFailed: 'step',
  experimentRuns: 'step',
  experimentImpossible: 'step',
  stepWaits: 'step',
  underWay: 'completion',
} as const satisfies Readonly<Record<ReasonCode, Blocks>>;

/** A reason as data: the sentence is told elsewhere. */
export interface Reason {
  readonly code: ReasonCode;
  readonly since?: EpochMillis;
  readonly until?: EpochMillis;
  readonly blocks: Blocks;
  readonly data: Readonly<Record<string, string | number | boolean>>;
}

export interface ReasonTimes {
  readonly since?: EpochMillis | undefined;
  /** When time alone ends it. */
  readonly until?: EpochMillis | undefined;
}

export function because<Code extends ReasonCode>(code: Code, data: ReasonData[Code], times: ReasonTimes = {}): Reason {
  return {
    code,
    blocks: reasonCatalogue[code],
    data,
    ...(times.since === undefined ? {} : { since: times.since }),
    ...(times.until === undefined ? {} : { until: times.until }),
  };
}
