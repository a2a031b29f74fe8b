// What this process knows of each run and the cluster does not: calls that go on, and answers that no status has yet
// (design.md §5.14). An answer for a run that is gone, finished or ended is dropped.

import type { EpochMillis } from '../lang/time.ts';
import type { CallAnswer, RunLedger } from './types.ts';

export interface Calls {
  /** Of the run with this uid, not of another one that had its name. */
  ledgerOf(key: string, uid: string): RunLedger;
  /** Starts a call unless one for this metric goes on; `answered` is told when its answer is in the ledger. */
  start(key: string, uid: string, metric: string, make: (signal: AbortSignal) => Promise<CallAnswer>): void;
  /** Aborts what goes on, and drops what was answered. */
  abandon(key: string, metrics: readonly string[]): void;
  /** A status with these answers was written. */
  stored(key: string, metrics: readonly string[]): void;
  forget(key: string): void;
  /** Aborts everything that goes on. */
  close(): void;
}

interface Entry {
  readonly uid: string;
  readonly inFlight: Map<string, { readonly since: EpochMillis; readonly abort: AbortController }>;
  readonly answers: Map<string, CallAnswer>;
  retry?: { readonly message: string; readonly at: EpochMillis };
}

const retryMs = 10_000;

export function createCalls(options: {
  readonly now: () => EpochMillis;
  readonly answered: (key: string) => void;
  readonly failed: (key: string, error: unknown) => void;
  /** Nothing is measured for a while, through no fault of the run. */
  readonly delayed: (key: string, message: string) => void;
}): Calls {
  const { now, answered, failed, delayed } = options;
  const entries = new Map<string, Entry>();

  /** Of this very run: what is known of another one that had its name is forgotten. */
  function entryOf(key: string, uid: string): Entry | undefined {
    const known = entries.get(key);
    if (known === undefined || known.uid === uid) return known;
    end(key, [...known.inFlight.keys()]);
    entries.delete(key);
    return undefined;
  }

  function settle(key: string, entry: Entry, metric: string, answer: CallAnswer): void {
    if (answer.is !== 'retry') {
      entry.answers.set(metric, answer);
      return;
    }
    const { message } = answer;
    entry.retry = { message, at: now() + retryMs };
    delayed(key, message);
  }

  function end(key: string, metrics: Iterable<string>): void {
    const entry = entries.get(key);
    for (const metric of [...metrics]) {
      entry?.inFlight.get(metric)?.abort.abort();
      entry?.inFlight.delete(metric);
      entry?.answers.delete(metric);
    }
  }

  return {
    ledgerOf(key, uid) {
      const entry = entryOf(key, uid);
      if (!entry) return { inFlight: {}, answers: {} };
      const inFlight = [...entry.inFlight].map(([metric, { since }]) => [metric, { since }] as const);
      return {
        inFlight: Object.fromEntries(inFlight),
        answers: Object.fromEntries(entry.answers),
        ...(entry.retry === undefined ? {} : { retry: entry.retry }),
      };
    },

    start(key, uid, metric, make) {
      const entry = entryOf(key, uid) ?? { uid, inFlight: new Map(), answers: new Map() };
      entries.set(key, entry);
      if (entry.inFlight.has(metric) || entry.answers.has(metric)) return;
      const abort = new AbortController();
      const flight = { since: now(), abort };
      entry.inFlight.set(metric, flight);
      const done = (settled: () => void) => {
        if (entry.inFlight.get(metric) !== flight) return; // abandoned meanwhile
        entry.inFlight.delete(metric);
        settled();
        answered(key);
      };
      make(abort.signal).then(
        (answer) => done(() => settle(key, entry, metric, answer)),
        (error: unknown) => {
          done(() => settle(key, entry, metric, { is: 'retry', message: String(error) }));
          failed(key, error);
        },
      );
    },

    abandon: end,

    stored(key, metrics) {
      const entry = entries.get(key);
      for (const metric of metrics) entry?.answers.delete(metric);
    },

    forget(key) {
      end(key, entries.get(key)?.inFlight.keys() ?? []);
      entries.delete(key);
    },

    close() {
      for (const key of [...entries.keys()]) this.forget(key);
    },
  };
}
