// The shapes that hold the rollout controller together (design.md §4): gather makes Observed, plan turns it into a
// Plan, execute carries the Plan out. All of it is plain JSON, so that an Observed written to a file replays.

import type { DecodedRollout } from '../api/decode-rollout.ts';
import type {
  Deployment,
  Ingress,
  KubernetesObject,
  OwnerReference,
  Pod,
  ReplicaSet,
  Service,
  StringMap,
} from '../api/kubernetes-types.ts';
import type {
  AnalysisRun,
  AnalysisTemplate,
  CanaryStep,
  Experiment,
  Rollout,
  RolloutStatus,
} from '../api/types.generated.ts';
import type { Reason, ReasonCode } from '../explain/reasons.ts';
import type { EpochMillis } from '../lang/time.ts';
import type { LoadBalancerFacts, LoadBalancerQuestion } from '../traffic/alb/facts.ts';
import type { IngressSharer } from '../traffic/alb/sharing.ts';
import type { TargetFacts, TargetQuestion } from '../traffic/alb/target-facts.ts';

/** Version of Observed's shape: `npm run replay` reads this one and the one before (replay-observed.ts). */
export const observedSchema = 2;

/** What is known of something outside the planner. A kind whose CRD is not installed is `absent`. */
export type Known<T> =
  | { readonly is: 'present'; readonly value: T }
  | { readonly is: 'absent' }
  | { readonly is: 'unread' }
  | { readonly is: 'failed'; readonly problem: Problem; readonly since: EpochMillis };

/** The only classes of failure that leave the writer (design.md §5). */
export type ErrorClass =
  | 'conflict'
  | 'exists'
  | 'gone'
  | 'denied'
  | 'invalid'
  | 'throttled'
  | 'unreachable'
  | 'unknown';

export interface Problem {
  readonly class: ErrorClass;
  readonly message: string;
  readonly retryAfterMs?: number;
  /** The process may not write any more: nothing was tried, and nothing is to be told. */
  readonly isUnsent?: boolean;
}

/** One missing read. The same need twice in one gathering is a bug. */
export type Need =
  | { readonly kind: 'service'; readonly name: string }
  | { readonly kind: 'ingress'; readonly name: string }
  | { readonly kind: 'replicaSet'; readonly name: string } // a live GET, after "already exists"
  | { readonly kind: 'analysisRun'; readonly name: string } // a live GET, after "already exists", or where a status names it
  | { readonly kind: 'experiment'; readonly name: string } // a live GET, after "already exists"
  | { readonly kind: 'analysisTemplate'; readonly name: string; readonly isCluster: boolean }
  | { readonly kind: 'pods' } // the pods that match spec.selector
  | { readonly kind: 'workload'; readonly apiVersion: string; readonly workloadKind: string; readonly name: string };

/** What came of the waves for one object. */
export interface WaveLedger {
  /** Failed writes, by their key. A success deletes the entry. */
  readonly outcomes: Readonly<Record<string, Outcome>>;
  /** Waves in a row without a foreign change. */
  readonly wavesWithoutChange: number;
}

/** What the process knows and the cluster does not. Plain JSON, bounded; losing it may repeat a call, never skip one. */
export interface Ledger extends WaveLedger {
  /** Metadata of running pods that this process has verified: `<replicaSet uid>` → JSON of the metadata. */
  readonly verifiedPodMetadata: Readonly<Record<string, string>>;
  /** The version of a ReplicaSet whose pods were evicted, and when: the next pass waits for it to move, or 30 s. */
  readonly evictions: Readonly<Record<string, { readonly resourceVersion: string; readonly at: EpochMillis }>>;
  /** Questions to the outside: what goes on, and what was answered. */
  readonly calls?: CallLedger;
  /** Present while older weights than those written last may still be served, and are known. */
  readonly servedWeights?: ServedWeights | undefined;
  /** Counts that are not told yet (hold-status.ts). */
  readonly heldStatus?: HeldStatus | undefined;
}

export interface HeldStatus {
  /** What the API server has. */
  readonly stored: RolloutStatus;
  readonly status: RolloutStatus;
  readonly since: EpochMillis;
}

/** The most that each side may still be sent. */
export interface ServedWeights {
  readonly canary: number;
  readonly stable: number;
  /** From then on the recorded weights are all; absent: until they are verified. */
  readonly until?: EpochMillis;
}

export interface Outcome {
  readonly problem: Problem;
  readonly since: EpochMillis;
  readonly attempts: number;
  /** Of the last attempt; absent in records of older versions. */
  readonly triedAt?: EpochMillis;
  /** What the refused write was about (retry-writes.ts). */
  readonly about?: number;
}

/** What is asked of the outside. */
export type OutsideCall =
  | { readonly kind: 'loadBalancers'; readonly questions: readonly LoadBalancerQuestion[] }
  | { readonly kind: 'targets'; readonly question: TargetQuestion }
  | {
      readonly kind: 'stepPlugin';
      readonly operation: PluginOperation;
      readonly plugin: NonNullable<CanaryStep['plugin']>;
      /** As the plugin left it last. */
      readonly status?: Readonly<Record<string, unknown>> | undefined;
      readonly rollout: Rollout;
    };

export type PluginOperation = 'Run' | 'Terminate' | 'Abort';

/** What came of it. */
export type OutsideAnswer =
  | { readonly is: 'loadBalancers'; readonly facts: readonly LoadBalancerFacts[] }
  | { readonly is: 'targets'; readonly facts: TargetFacts }
  | {
      readonly is: 'stepPlugin';
      readonly phase: 'Running' | 'Successful' | 'Failed' | 'Error';
      readonly message?: string;
      readonly status?: Readonly<Record<string, unknown>>;
      readonly requeueAfterMs?: number;
      /** The ConfigMap switches the plugin off: it counts as successful. */
      readonly isDisabled?: true;
    }
  | {
      readonly is: 'failed';
      readonly message: string;
      readonly isThrottled: boolean;
      /** What could not be asked for, where it is one thing: the ARN of a target group. */
      readonly subject?: string;
    };

export interface CallInFlight {
  readonly about: string;
  readonly since: EpochMillis;
  /** What the same question was answered before, if it was. */
  readonly before?: AnsweredCall;
}

export interface AnsweredCall {
  /** The question, as text. */
  readonly about: string;
  readonly startedAt: EpochMillis;
  readonly answeredAt: EpochMillis;
  /** Not to be asked again before: who was asked has too much to do. */
  readonly notBefore?: EpochMillis;
  /** How often in a row the question has failed, this time included. */
  readonly failures?: number;
  readonly answer: OutsideAnswer;
}

export interface CallLedger {
  readonly inFlight: Readonly<Record<string, CallInFlight>>;
  readonly answers: Readonly<Record<string, AnsweredCall>>;
}

/** Settings of the process that planning depends on. */
export interface Settings {
  readonly verifyRetryIntervalMs: number;
  /** Ask AWS whether load balancers obey, and have the targets (`--aws-verify-target-group`). */
  readonly verifiesTargetGroups?: boolean;
}

/** What one planner may look at: complete, plain, read only. */
export interface Observed {
  readonly schema: typeof observedSchema;
  readonly rollout: DecodedRollout;
  /** ReplicaSets of the namespace that this Rollout controls or could adopt (they carry the hash label). */
  readonly replicaSets: readonly ReplicaSet[];
  readonly services: Readonly<Record<string, Known<Service>>>;
  readonly ingresses: Readonly<Record<string, Known<Ingress>>>;
  /** The other Rollouts that name one of the Ingresses; absent in records of older versions. */
  readonly sharers?: readonly IngressSharer[];
  /** Read live on request, by name: only after a creation answered "already exists". */
  readonly liveReplicaSets: Readonly<Record<string, Known<ReplicaSet>>>;
  readonly pods: Known<readonly Pod[]>;
  readonly workload: Known<Deployment | KubernetesObject>;
  /** AnalysisRuns that this Rollout controls. */
  readonly analysisRuns: readonly AnalysisRun[];
  readonly liveAnalysisRuns: Readonly<Record<string, Known<AnalysisRun>>>;
  /** Read on request; those of the cluster as `cluster/<name>`. */
  readonly templates: Readonly<Record<string, Known<AnalysisTemplate>>>;
  /** Experiments that this Rollout controls. */
  readonly experiments: readonly Experiment[];
  readonly liveExperiments: Readonly<Record<string, Known<Experiment>>>;
  readonly ledger: Ledger;
  readonly settings: Settings;
}

/** What a failed write does to the rest of its wave: `stop` ends it, `continue` is housekeeping. */
export type OnFailure = 'stop' | 'continue';

/** What every write says of itself, whichever controller plans it. */
export interface WriteBase<Event extends EventRecord = EventRecord> {
  /** Identifies the write over time, e.g. `scale/web-6b4f7c9d8`: the key of ledger.outcomes. */
  readonly key: string;
  readonly onFailure: OnFailure;
  /** Told, in order, after this write succeeded (or was found to be done already). */
  readonly events?: readonly Event[];
  /** Told when this write failed for good in this wave; `{error}` stands for why. */
  readonly failureEvent?: Event;
}

/** Every write the rollout controller can do. `execute` is one exhaustive switch over it. */
export type Write = WriteBase &
  (
    | { readonly kind: 'createReplicaSet'; readonly object: ReplicaSet }
    | {
        readonly kind: 'scaleReplicaSet';
        readonly name: string;
        readonly uid: string;
        /** Present on scale-down: the write is refused when the object has moved on. */
        readonly resourceVersion?: string;
        readonly replicas: number;
        /** Annotations changed together with the size; null removes one. */
        readonly annotations?: Readonly<Record<string, string | null>>;
      }
    | {
        /** Annotations, minReadySeconds, ephemeral metadata or affinity of a ReplicaSet: a merge patch. */
        readonly kind: 'patchReplicaSet';
        readonly name: string;
        readonly uid: string;
        readonly resourceVersion?: string;
        readonly patch: unknown;
      }
    | { readonly kind: 'adoptReplicaSet'; readonly name: string; readonly uid: string; readonly owner: OwnerReference }
    | { readonly kind: 'releaseReplicaSet'; readonly name: string; readonly uid: string; readonly ownerUid: string }
    | {
        readonly kind: 'deleteReplicaSet';
        readonly name: string;
        readonly uid: string;
        readonly resourceVersion: string;
      }
    | {
        /** Merge patch of metadata or spec of the Rollout itself: revision annotation, spec.replicas. */
        readonly kind: 'patchRollout';
        readonly patch: unknown;
      }
    | {
        /** JSON patch that removes unparsable quantities, guarded by `test` operations. */
        readonly kind: 'repairRollout';
        readonly operations: readonly unknown[];
      }
    | {
        /** The selector key, and the managed-by annotation where it is missing. */
        readonly kind: 'patchService';
        readonly name: string;
        readonly patch: unknown;
      }
    | { readonly kind: 'createIngress'; readonly object: Ingress }
    | { readonly kind: 'patchIngress'; readonly name: string; readonly patch: unknown }
    | {
        readonly kind: 'patchPodMetadata';
        readonly replicaSetUid: string;
        readonly podName: string;
        readonly patch: unknown;
        /** Written into ledger.verifiedPodMetadata when the last of the ReplicaSet's pods is right. */
        readonly fingerprint: string;
      }
    | { readonly kind: 'evictPod'; readonly name: string; readonly uid: string; readonly replicaSetUid: string }
    | { readonly kind: 'createAnalysisRun'; readonly object: AnalysisRun }
    | { readonly kind: 'patchAnalysisRun'; readonly name: string; readonly uid: string; readonly patch: unknown }
    | { readonly kind: 'deleteAnalysisRun'; readonly name: string; readonly uid: string }
    | { readonly kind: 'createExperiment'; readonly object: Experiment }
    | { readonly kind: 'terminateExperiment'; readonly name: string; readonly uid: string }
    | { readonly kind: 'deleteExperiment'; readonly name: string; readonly uid: string }
    | { readonly kind: 'scaleWorkload'; readonly name: string; readonly replicas: number }
    | {
        /** A question to the outside: started, not waited for. */
        readonly kind: 'startCall';
        readonly about: string;
        readonly call: OutsideCall;
      }
    | {
        /** The difference of the whole status, with the resourceVersion that was observed. Always last. */
        readonly kind: 'patchStatus';
        readonly status: RolloutStatus;
      }
  );

export interface EventRecord {
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  readonly message: string;
  /** It tells of a state: plans name it as long as it lasts, and it is told once, and again when its message changes. */
  readonly lasts?: string;
}

export interface Plan {
  /** One wave, in order; the first failure whose write says `stop` ends the wave. The status is the last write. */
  readonly writes: readonly Write[];
  /** Whole; equal to what is stored when nothing changes. */
  readonly status: RolloutStatus;
  /** Events that belong to no single write: told when the whole wave (with its status) succeeded. */
  readonly events: readonly EventRecord[];
  /** Never empty while something is outstanding. */
  readonly reasons: readonly Reason[];
  /** When time alone changes the plan: the first instant at which it differs. */
  readonly wakeAt?: EpochMillis;
  /** Reads that are missing. If there are any, the rest is void. */
  readonly needs: readonly Need[];
}

export type { Reason, ReasonCode, StringMap };
