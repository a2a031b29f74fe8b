// The shapes that hold the AnalysisRun controller together (design.md §4): gather makes an Observed, plan turns it into
// a Plan, execute carries it out. A measurement is a write with an answer: the answer is in the ledger that the next
// plan reads (design.md §5.14). Secrets enter none of them.

import type { AnalysisRun, AnalysisRunStatus } from '../api/types.generated.ts';
import type { EpochMillis } from '../lang/time.ts';
import type { EventRecord } from '../rollout/types.ts';

export type { EventRecord } from '../rollout/types.ts';

export type RunPhase = 'Running' | 'Pending' | 'Successful' | 'Failed' | 'Error' | 'Inconclusive';
export type CallKind = 'run' | 'resume' | 'terminate';

/** What came of a call, without secrets. */
export type CallAnswer =
  | {
      readonly is: 'measured';
      readonly kind: CallKind;
      /** Measurements that were finished when the call began: it was made for the one after them, and for no other. */
      readonly finishedBefore: number;
      readonly startedAt: EpochMillis;
      readonly answeredAt: EpochMillis;
      readonly phase: RunPhase;
      readonly message?: string;
      readonly value?: string;
      readonly metadata?: Readonly<Record<string, string>>;
      readonly resumeAt?: EpochMillis;
      /** Stored when the metric's result is created. */
      readonly resultMetadata?: Readonly<Record<string, string>>;
    }
  /** A Secret that is not there: the run ends in error. */
  | { readonly is: 'unresolved'; readonly message: string }
  /** The API server could not be asked: nothing was measured. */
  | { readonly is: 'retry'; readonly message: string };

export interface RunLedger {
  /** Calls that were started and have not been answered, by metric. */
  readonly inFlight: Readonly<Record<string, { readonly since: EpochMillis }>>;
  /** By metric; kept until a status that contains them was written. */
  readonly answers: Readonly<Record<string, CallAnswer>>;
  /** Secrets could not be read; nothing is measured before. */
  readonly retry?: { readonly message: string; readonly at: EpochMillis };
}

export interface RunObserved {
  readonly run: AnalysisRun;
  readonly ledger: RunLedger;
}

export type RunWrite =
  | {
      /** Starts a call and does not wait for it. */
      readonly kind: 'measure';
      readonly metric: string;
      readonly call: CallKind;
    }
  /** These calls, or their answers, are not wanted any more. */
  | { readonly kind: 'abandon'; readonly metrics: readonly string[] }
  | { readonly kind: 'garbageCollect'; readonly metric: string; readonly limit: number }
  | { readonly kind: 'deleteRun' }
  | {
      readonly kind: 'patchStatus';
      readonly status: AnalysisRunStatus;
      /** Metrics whose answers are in it. */
      readonly answered: readonly string[];
      readonly events: readonly EventRecord[];
    };

export interface RunPlan {
  readonly writes: readonly RunWrite[];
  readonly status: AnalysisRunStatus;
  /** What is waited for; never empty while the run is not finished. */
  readonly reasons: readonly RunReason[];
  readonly wakeAt?: EpochMillis;
}

export type RunReason =
  | { readonly code: 'measuring'; readonly metric: string; readonly since: EpochMillis }
  | { readonly code: 'untilNextMeasurement'; readonly metric: string; readonly until: EpochMillis }
  | { readonly code: 'othersMeasure' }
  | { readonly code: 'secretsUnreadable'; readonly message: string; readonly until: EpochMillis }
  | { readonly code: 'untilDeletion'; readonly until: EpochMillis };
