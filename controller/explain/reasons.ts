// Why does a rollout stand still? The catalogue of reasons, in one table: what each holds up, the data that it carries,
// and what ends it. Planners make reasons with `because`; sentences are made elsewhere from code and data (design law 7).
// docs/reasons.md is generated from it.

import type { EpochMillis } from '../lang/time.ts';

export type Blocks = 'scale' | 'step' | 'promotion' | 'completion';
export type ReplicaSetRole = 'new' | 'stable' | 'other';

export interface CatalogueRow {
  readonly blocks: Blocks;
  /** Types of the data by example. Names and counts only: nothing that changes with the clock, or plans would too. */
  readonly data: Readonly<Record<string, string | number>>;
  /** Completes "It ends when …" for the manual. */
  readonly ends: string;
  /** What comes at `until`, where that is not the end: completes "… in 12s." */
  readonly next?: string;
  /** Where only a person can end it: what to do. */
  readonly yours?: string;
}

const text: string = '';
const amount: number = 0;
const role = 'new' as ReplicaSetRole;

export const reasonCatalogue = {
  // The world could not be read, or refuses what is written.
  specInvalid: {
    blocks: 'scale',
    data: { message: text },
    ends: 'the spec, or what it refers to, is put right; looked at again with each change, and every 20 seconds',
    yours: 'It goes on by itself as soon as the spec, or what it refers to, is put right.',
  },
  specInvalidWhileAborting: {
    blocks: 'promotion',
    data: { message: text },
    ends: 'the spec, or what it refers to, is put right; the abort goes on meanwhile, because it does not need it',
  },
  objectUnreadable: {
    blocks: 'scale',
    data: { kind: text, name: text, message: text },
    ends: 'the object can be read again; tried every few seconds',
  },
  writeFailed: {
    blocks: 'scale',
    data: { key: text, class: text, message: text, attempts: amount },
    ends: 'the write succeeds; tried again at `until`',
    next: 'It is tried again',
  },
  replicaSetRefused: {
    blocks: 'scale',
    data: { message: text },
    ends: 'whoever refuses the ReplicaSet lets it in, or another version comes; tried again every minute',
  },
  wavesBackedOff: { blocks: 'scale', data: { waves: amount }, ends: 'the pause before the next try is over' },
  beingDeleted: { blocks: 'completion', data: { finalizers: amount }, ends: 'whoever set the finalizers removes them' },
  // Waiting for pods.
  scaleUnobserved: {
    blocks: 'step',
    data: { replicaSet: text },
    ends: "the cluster's ReplicaSet controller has acted",
  },
  replicaSetGoes: {
    blocks: 'step',
    data: { replicaSet: text, role: role },
    ends: 'it is gone: its pods are, and whoever set finalizers has removed them',
  },
  podsNotAvailable: {
    blocks: 'step',
    data: { replicaSet: text, role: role, available: amount, wanted: amount },
    ends: 'the pods are ready, and have been for minReadySeconds; `until` is the progress deadline',
    next: 'Its progress deadline ends',
  },
  /** Only told by who looks: planners do not read pods. */
  podWaits: {
    blocks: 'step',
    data: { pod: text, status: text, message: text, others: amount },
    ends: 'the pod gets ready, or another version comes',
  },
  podsNotYetSized: {
    blocks: 'step',
    data: { replicaSet: text, role: role, replicas: amount, wanted: amount },
    ends: 'the Rollout is resumed, so that it is sized again',
  },
  oldPodsRemain: {
    blocks: 'completion',
    data: { replicaSet: text, replicas: amount },
    ends: 'the pods are gone, or enough others are available to spare them',
  },
  /** The reference counts 0 for both, without the one that keeps things moving (rollout.md §4.1). */
  limitUnreadable: {
    blocks: 'scale',
    data: { field: text, value: text },
    ends: 'the field is a number of pods or a percentage',
    yours: 'It goes on as soon as the field is a number of pods or a percentage.',
  },
  replicaFailure: {
    blocks: 'scale',
    data: { replicaSet: text, message: text },
    ends: 'the quota, or whoever refuses the pods, lets them in',
  },
  // Waiting for a person or for time.
  pausedByUser: {
    blocks: 'step',
    data: {},
    ends: 'somebody promotes or resumes',
    yours: 'It goes on after `slipway promote`.',
  },
  pausedAtStep: {
    blocks: 'step',
    data: { step: amount, steps: amount },
    ends: "the pause's duration is over, or somebody promotes",
    yours: 'It goes on after `slipway promote`.',
  },
  pausedBeforePromotion: {
    blocks: 'promotion',
    data: { previewReplicaSet: text },
    ends: 'autoPromotionSeconds are over, or somebody promotes',
    yours: 'It goes on after `slipway promote`.',
  },
  pausedInconclusive: {
    blocks: 'step',
    data: { reason: text },
    ends: 'somebody promotes or aborts',
    yours: 'It goes on after `slipway promote`, or ends with `slipway abort`.',
  },
  scaleDownDelayed: {
    blocks: 'completion',
    data: { replicaSet: text, replicas: amount },
    ends: 'the delay is over (`until`)',
  },
  abortScaleDownDelayed: {
    blocks: 'completion',
    data: { replicaSet: text, replicas: amount },
    ends: 'the delay is over (`until`)',
  },
  abortedCanaryKept: {
    blocks: 'completion',
    data: { replicaSet: text, replicas: amount },
    ends: 'the update is retried, or another version comes',
  },
  aborted: {
    blocks: 'promotion',
    data: { message: text },
    ends: 'the update is retried, or another version comes',
    yours: 'It starts again with `slipway retry rollout`, or with another version.',
  },
  /** One for each metric that made the run fail. */
  analysisFailed: {
    blocks: 'promotion',
    data: { run: text, metric: text, phase: text, values: text, condition: text },
    ends: 'the update is retried, or another version comes',
  },
  progressDeadlineExceeded: {
    blocks: 'completion',
    data: { message: text, seconds: amount },
    ends: 'pods become available, or another version comes',
  },
  // Waiting for traffic.
  serviceWaitsForPods: {
    blocks: 'completion',
    data: { service: text, replicaSet: text, available: amount },
    ends: 'enough pods of the ReplicaSet are available',
  },
  trafficWaitsForStable: {
    blocks: 'step',
    data: { available: amount, weight: amount },
    ends: 'enough stable pods are available',
  },
  abortWaitsForStable: { blocks: 'step', data: { weight: amount }, ends: 'a stable pod is available' },
  trafficRoutingFailed: {
    blocks: 'step',
    data: { message: text },
    ends: "what the message names is put right; looked at with each change of the router's objects",
  },
  ingressMisconfigured: {
    blocks: 'step',
    data: { ingress: text, service: text },
    ends: 'the Ingress names the port use-annotation',
    yours: 'It goes on as soon as the Ingress names the port use-annotation.',
  },
  weightUnverified: {
    blocks: 'step',
    data: { weight: amount },
    ends: 'the load balancer has the weight; asked again at `until`',
    next: 'It is asked again',
  },
  /** With an ALB and a dynamic stable side: weights until now. */
  weightPropagates: {
    blocks: 'completion',
    data: { canary: amount, stable: amount },
    ends: 'every node of the load balancer has the weights (`until`)',
  },
  weightVerificationFailed: {
    blocks: 'step',
    data: { message: text },
    ends: 'AWS can be asked again; tried at `until`',
    next: 'It is tried again',
  },
  /** `wanted` 0: it is not known yet. */
  weightAwaitsTargets: {
    blocks: 'completion',
    data: { service: text, registered: amount, healthy: amount, wanted: amount },
    ends: 'the target groups of the stable Service have all its pods, nine of ten healthy, or progressDeadlineSeconds are over; asked again at `until`',
    next: 'It is asked again',
  },
  promotionAwaitsTargets: {
    blocks: 'promotion',
    data: { service: text, registered: amount, healthy: amount, wanted: amount },
    ends: 'the target groups of the active Service have all its pods, or somebody aborts; asked again at `until`',
    next: 'It is asked again',
  },
  oldPodsAwaitTargets: {
    blocks: 'completion',
    data: { service: text, registered: amount, healthy: amount, wanted: amount },
    ends: 'the target groups of the stable Service have all its pods; asked again at `until`',
    next: 'It is asked again',
  },
  targetVerificationFailed: {
    blocks: 'promotion',
    data: { service: text, message: text },
    ends: 'AWS and the cluster can be asked which targets there are; tried at `until`',
    next: 'It is tried again',
  },
  stillReferenced: {
    blocks: 'completion',
    data: { replicaSet: text, replicas: amount },
    ends: 'no Service, weight or router refers to the ReplicaSet',
  },
  activeServiceHeld: {
    blocks: 'promotion',
    data: { service: text, available: amount, wanted: amount },
    ends: 'all pods of the new ReplicaSet are available',
  },
  // Waiting for work on pods.
  restarting: {
    blocks: 'completion',
    data: { oldPods: amount },
    ends: 'the old pods are replaced; looked at every 30 seconds',
  },
  evictionRefused: {
    blocks: 'completion',
    data: { pod: text, message: text },
    ends: 'the disruption budget allows it; tried again every 30 seconds',
    next: 'It is tried again',
    yours: 'It goes on as soon as the disruption budget allows it.',
  },
  restartScheduled: { blocks: 'completion', data: {}, ends: 'its time has come (`until`)' },
  evictionsUnobserved: {
    blocks: 'completion',
    data: { replicaSet: text },
    ends: 'the ReplicaSet reports new counts, after 30 seconds at the latest',
  },
  // Steps whose planner is not the core's.
  /** `kind`: prePromotion or postPromotion. */
  promotionAwaitsAnalysis: { blocks: 'promotion', data: { kind: text }, ends: 'the AnalysisRun has ended' },
  /** One for each metric that is not done. `wanted` 0: measured without end; `failuresLeft` -1: any number. */
  analysisMeasures: {
    blocks: 'step',
    data: {
      run: text,
      metric: text,
      count: amount,
      wanted: amount,
      failuresLeft: amount,
      inconclusiveLeft: amount,
      errorsLeft: amount,
      lastProblem: text,
    },
    ends: 'the metric was measured often enough, or was bad too often; measured next at `until`',
    next: 'The next measurement is',
  },
  analysisImpossible: {
    blocks: 'step',
    data: { message: text },
    ends: 'what the message names is put right; looked at with each change of the Rollout or of a template',
  },
  /** It said that it needs more time; it is asked again at `until`. */
  stepPluginRuns: {
    blocks: 'step',
    data: { plugin: text, operation: text, step: amount, message: text, executions: amount },
    ends: 'the plugin says that it is done; asked again at `until`',
    next: 'It is asked again',
  },
  /** It is not registered, cannot be reached, or answered with an error; it is asked again at `until`. */
  stepPluginFailed: {
    blocks: 'step',
    data: { plugin: text, operation: text, step: amount, message: text, executions: amount },
    ends: 'the plugin is registered and answers; tried again at `until`',
    next: 'It is tried again',
  },
  experimentRuns: {
    blocks: 'step',
    data: { experiment: text, phase: text, message: text, step: amount, steps: amount },
    ends: 'the Experiment has ended',
  },
  experimentImpossible: {
    blocks: 'step',
    data: { message: text },
    ends: 'the templates that it names are put right, or another version comes',
  },
  stepWaits: {
    blocks: 'step',
    data: { step: amount, steps: amount, kind: text },
    ends: 'the experiment, analysis or plugin of the step has ended',
  },
  /** Only told by who looks: what the controller should have done long ago it has not. */
  controllerBehind: {
    blocks: 'scale',
    data: { writes: amount },
    ends: 'the controller runs, may write, and looks after the namespace and the instance id of the Rollout',
    yours: 'See that it runs, what it warned of, and that it looks after this namespace and instance id.',
  },
  /** The next wave follows at once: nothing is being waited for. */
  underWay: { blocks: 'completion', data: { writes: amount }, ends: 'the next wave is written, at once' },
} as const satisfies Readonly<Record<string, CatalogueRow>>;

export type ReasonCode = keyof typeof reasonCatalogue;
/** The data of each code. */
export type ReasonData = { readonly [Code in ReasonCode]: Readonly<(typeof reasonCatalogue)[Code]['data']> };

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
    blocks: reasonCatalogue[code].blocks,
    data,
    ...(times.since === undefined ? {} : { since: times.since }),
    ...(times.until === undefined ? {} : { until: times.until }),
  };
}
