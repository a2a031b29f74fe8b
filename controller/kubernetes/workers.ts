// How keys are worked off: N loops over one queue. N only overlaps waiting for answers, since planning is synchronous.
// A failure is logged once with its key, counted, and retried with back-off (operations.md §7).

import type { Clock } from '../lang/time.ts';
import type { Logger } from './log.ts';
import { KubeError } from './transport.ts';
import type { WorkQueue } from './work-queue.ts';

/** What is to happen with a key after it was processed without an exception. */
export type Outcome =
  | undefined // nothing more; the back-off is forgotten
  | { readonly kind: 'after'; readonly delayMs: number } // again at that time; the back-off is forgotten
  | { readonly kind: 'backOff' }; // again after a back-off that doubles

export interface Workers {
  /** Takes no more keys; resolves when those at work are finished. */
  stop(): Promise<void>;
  readonly busyCount: number;
}

/** So many keys are worked off in a row before timers and answers have their turn: a resync of thousands is no pause. */
const keysPerTurn = 16;

export function startWorkers(options: {
  readonly queue: WorkQueue;
  readonly clock: Clock;
  readonly count: number;
  readonly process: (key: string) => Promise<Outcome>;
  readonly log: Logger;
  /** Called for every exception, before the key is queued again. */
  readonly onError?: (key: string, error: unknown) => void;
}): Workers {
  const { queue, clock, count, log } = options;
  let busyCount = 0;
  let keysInARow = 0;
  let stopping = false;
  let pumpQueued = false;
  let resolveIdle: (() => void) | undefined;

  const pump = (): void => {
    pumpQueued = false;
    while (!stopping && busyCount < count) {
      if (keysInARow >= keysPerTurn) {
        keysInARow = 0;
        pumpQueued = true;
        clock.schedule(0, pump);
        return;
      }
      const key = queue.take();
      if (key === undefined) {
        keysInARow = 0;
        break;
      }
      keysInARow += 1;
      busyCount += 1;
      void run(key);
    }
  };
  // Not at once: an add may come from the middle of a store's callbacks.
  const pumpSoon = (): void => {
    if (pumpQueued) return;
    pumpQueued = true;
    queueMicrotask(pump);
  };
  const run = async (key: string): Promise<void> => {
    try {
      settle(key, await options.process(key));
    } catch (error) {
      options.onError?.(key, error);
      log.error({ key, queue: queue.name, err: error }, 'Reconciliation failed');
      if (error instanceof KubeError && error.status === 404) queue.forget(key);
      else queue.addRateLimited(key);
    }
    queue.done(key);
    busyCount -= 1;
    if (stopping && busyCount === 0) resolveIdle?.();
    pumpSoon();
  };
  const settle = (key: string, outcome: Outcome): void => {
    if (outcome?.kind === 'backOff') {
      queue.addRateLimited(key);
      return;
    }
    queue.forget(key);
    if (outcome?.kind === 'after') queue.addAfter(key, outcome.delayMs);
  };

  queue.onReady(pumpSoon);
  pumpSoon();
  return {
    get busyCount() {
      return busyCount;
    },
    stop() {
      stopping = true;
      if (busyCount === 0) return Promise.resolve();
      return new Promise((resolve) => {
        resolveIdle = resolve;
      });
    },
  };
}
