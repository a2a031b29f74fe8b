// The shapes that hold the Experiment controller together (design.md §4): gather makes an Observed, plan turns it into a
// Plan, execute carries it out. All of it is plain JSON.

import type { KnownTemplates } from '../analysis/plan/known-templates.ts';
import type { ReplicaSet, Service } from '../api/kubernetes-types.ts';
import type { AnalysisRun, Experiment, ExperimentStatus } from '../api/types.generated.ts';
import type { EpochMillis } from '../lang/time.ts';
import type { EventRecord, Known, WaveLedger, WriteBase } from '../rollout/types.ts';

export type { EventRecord, Known, Outcome } from '../rollout/types.ts';

export type ExperimentPhase = 'Pending' | 'Running' | 'Successful' | 'Failed' | 'Error' | 'Inconclusive';
export type TemplatePhase = 'Progressing' | 'Running' | 'Successful' | 'Failed' | 'Error';

/** What the process knows and the cluster does not; losing it may repeat a write, never skip one. */
export type ExperimentLedger = WaveLedger;

/** One missing read: a live GET, where the stores do not show what must be there. */
export type ExperimentNeed =
  | { readonly kind: 'replicaSet' | 'service' | 'analysisRun'; readonly name: string }
  | { readonly kind: 'analysisTemplate'; readonly name: string; readonly isCluster: boolean };

export interface ExperimentObserved {
  readonly experiment: Experiment;
  /** Those that the Experiment controls. */
  readonly replicaSets: readonly ReplicaSet[];
  readonly services: readonly Service[];
  readonly analysisRuns: readonly AnalysisRun[];
  /** Whoever has the names that the templates ask for. */
  readonly namedServices: Readonly<Record<string, Known<Service>>>;
  /** Read on request, by name. */
  readonly live: {
    readonly replicaSets: Readonly<Record<string, Known<ReplicaSet>>>;
    readonly services: Readonly<Record<string, Known<Service>>>;
    readonly analysisRuns: Readonly<Record<string, Known<AnalysisRun>>>;
  };
  /** All that the analyses refer to, as far as somebody looked. */
  readonly templates: KnownTemplates;
  /** Services to which routes of the owning Rollout may still send requests. */
  readonly routedServices: readonly string[];
  readonly ledger: ExperimentLedger;
}

export interface ExperimentEvent extends EventRecord {
  /** Told on the Rollout that owns the Experiment too, there always as a warning (QUIRK). */
  readonly alsoOnRollout?: boolean;
}

export type ExperimentWrite = WriteBase<ExperimentEvent> &
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
        readonly kind: 'annotateReplicaSet';
        readonly name: string;
        readonly uid: string;
        readonly annotations: Readonly<Record<string, string | null>>;
      }
    | { readonly kind: 'createService'; readonly object: Service }
    | { readonly kind: 'deleteService'; readonly name: string; readonly uid: string }
    | { readonly kind: 'createAnalysisRun'; readonly object: AnalysisRun }
    | { readonly kind: 'terminateAnalysisRun'; readonly name: string; readonly uid: string }
    | {
        /** The difference of the whole status, with the version that was observed. Always last. */
        readonly kind: 'patchStatus';
        readonly status: ExperimentStatus;
      }
  );

export interface ExperimentPlan {
  /** One wave, in order; the first failure whose write says `stop` ends it. */
  readonly writes: readonly ExperimentWrite[];
  /** Whole; equal to what is stored when nothing changes. */
  readonly status: ExperimentStatus;
  /** Never empty while the experiment is not over. */
  readonly reasons: readonly ExperimentReason[];
  /** When time alone changes the plan: the first instant at which it differs. */
  readonly wakeAt?: EpochMillis;
  /** Reads that are missing. If there are any, the rest is void. */
  readonly needs: readonly ExperimentNeed[];
}

export type ExperimentReason =
  | { readonly code: 'beingDeleted' }
  | { readonly code: 'specInvalid'; readonly message: string }
  | { readonly code: 'ambiguousReplicaSets'; readonly message: string }
  | {
      readonly code: 'podsNotAvailable';
      readonly template: string;
      readonly available: number;
      readonly wanted: number;
    }
  /** Of its ReplicaSet or Service. */
  | { readonly code: 'nameTaken'; readonly template: string; readonly message: string }
  | { readonly code: 'untilDuration'; readonly until: EpochMillis }
  | { readonly code: 'analysisRunning'; readonly analysis: string; readonly run: string }
  | { readonly code: 'scaleDownDelayed'; readonly template: string; readonly until: EpochMillis }
  | { readonly code: 'stillRouted'; readonly template: string; readonly service: string }
  | { readonly code: 'objectUnreadable'; readonly kind: string; readonly name: string; readonly message: string }
  | { readonly code: 'writeFailed'; readonly key: string; readonly message: string; readonly since: EpochMillis }
  /** No duration and no required analysis: only somebody's `terminate` ends it. */
  | { readonly code: 'runsUntilTerminated' }
  /** The next wave follows at once. */
  | { readonly code: 'underWay' };
