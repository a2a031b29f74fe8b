// Calls to the outside that this process has started for each Rollout, and their answers (design.md §5.14). One call for
// each key of a Rollout at a time; what was superseded, dropped or forgotten is aborted, and its answer is not heard.

import type { Clock, EpochMillis, Random } from '../lang/time.ts';
import type { AnsweredCall, CallLedger, OutsideAnswer, OutsideCall } from './types.ts';

export interface StartedCall {
  readonly key: string;
  readonly about: string;
  readonly call: OutsideCall;
}

export interface Calls {
  of(rollout: string): CallLedger;
  start(rollout: string, call: StartedCall): void;
  /** What was asked or answered under this key does not count any more. */
  drop(rollout: string, key: string): void;
  forget(rollout: string): void;
  /** Aborts everything that goes on. */
  close(): void;
}

/** Does the call. A rejection is a bug; expected trouble is an answer. */
export type Ask = (call: OutsideCall, signal: AbortSignal) => Promise<OutsideAnswer>;

interface Flight {
  readonly about: string;
  readonly since: EpochMillis;
  readonly before: AnsweredCall | undefined;
  readonly abort: AbortController;
}

interface Entry {
  readonly inFlight: Map<string, Flight>;
  readonly answers: Map<string, AnsweredCall>;
}

/** Who has too much to do is left alone for 10 to 20 s (traffic.md §2.9). */
const throttledMs = 10_000;

export function createCalls(options: {
  readonly clock: Clock;
  readonly random: Random;
  readonly ask: Ask;
  readonly answered: (rollout: string) => void;
  readonly failed: (rollout: string, error: unknown) => void;
}): Calls {
  const { clock, random, ask, answered, failed } = options;
  const entries = new Map<string, Entry>();

  function entryOf(rollout: string): Entry {
    const entry = entries.get(rollout) ?? { inFlight: new Map(), answers: new Map() };
    entries.set(rollout, entry);
    return entry;
  }

  function settle(rollout: string, { key, about }: StartedCall, flight: Flight, answer: OutsideAnswer): void {
    const entry = entries.get(rollout);
    if (entry?.inFlight.get(key) !== flight) return; // nobody wants to know any more
    entry.inFlight.delete(key);
    const now = clock.now();
    const isThrottled = answer.is === 'failed' && answer.isThrottled;
    const notBefore = now + throttledMs * (1 + random.next());
    const { since: startedAt, before } = flight;
    entry.answers.set(key, {
      about,
      startedAt,
      answeredAt: now,
      answer,
      ...(isThrottled ? { notBefore } : {}),
      ...(answer.is === 'failed' ? { failures: (before?.failures ?? 0) + 1 } : {}),
    });
    answered(rollout);
  }

  function drop(rollout: string, key: string): void {
    const entry = entries.get(rollout);
    entry?.inFlight.get(key)?.abort.abort();
    entry?.inFlight.delete(key);
    entry?.answers.delete(key);
  }

  function forget(rollout: string): void {
    for (const { abort } of entries.get(rollout)?.inFlight.values() ?? []) abort.abort();
    entries.delete(rollout);
  }

  return {
    of(rollout) {
      const entry = entries.get(rollout);
      if (!entry) return { inFlight: {}, answers: {} };
      const flights = [...entry.inFlight].map(
        ([key, { about, since, before }]) => [key, { about, since, ...(before ? { before } : {}) }] as const,
      );
      return { inFlight: Object.fromEntries(flights), answers: Object.fromEntries(entry.answers) };
    },
    start(rollout, started) {
      const { key, about, call } = started;
      const { inFlight, answers } = entryOf(rollout);
      if (inFlight.get(key)?.about === about) return;
      const last = answers.get(key);
      drop(rollout, key);
      const before = last?.about === about ? last : undefined;
      const flight: Flight = { about, since: clock.now(), before, abort: new AbortController() };
      inFlight.set(key, flight);
      ask(call, flight.abort.signal).then(
        (answer) => settle(rollout, started, flight, answer),
        (error: unknown) => {
          if (!flight.abort.signal.aborted) failed(rollout, error);
          settle(rollout, started, flight, { is: 'failed', message: String(error), isThrottled: false });
        },
      );
    },
    drop,
    forget,
    close() {
      for (const rollout of [...entries.keys()]) forget(rollout);
    },
  };
}
