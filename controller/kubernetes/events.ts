// How events reach the cluster: core/v1, in order per object, repetitions as count patches, a limit per object that
// never holds back what users wait for (spec/kubernetes.md §2, "events"; operations.md §10; design.md §5.11).

import type { Clock } from '../lang/time.ts';
import type { Logger } from './log.ts';
import type { Transport } from './transport.ts';

export interface ObjectReference {
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly resourceVersion?: string;
}

export interface RecordedEvent {
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  readonly message: string;
}

export interface EventRecorder {
  /** Returns at once; the event is written in the background. */
  record(about: ObjectReference, event: RecordedEvent): void;
  /** Resolves when everything recorded so far is written, or after `deadlineMs`. */
  flush(deadlineMs: number): Promise<void>;
  /** Nothing is written any more. */
  stop(): void;
}

export interface EventRecorderOptions {
  readonly transport: Transport;
  readonly clock: Clock;
  readonly log: Logger;
  /** `source.component`. */
  readonly component: string;
  /** Events that no limit may hold back. */
  readonly isImportant: (event: RecordedEvent) => boolean;
  /** Sees every event before any limit, e.g. metrics and notifications. */
  readonly onRecord?: (about: ObjectReference, event: RecordedEvent) => void;
}
