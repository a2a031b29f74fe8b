// What cleaners of Services and of Ingresses have in common: a queue of objects that may carry what a Rollout left behind,
// worked off by a few workers. What is to be done with one is theirs to say.

import type { Rollout } from '../api/types.generated.ts';
import type { Logger } from '../kubernetes/log.ts';
import type { Problem } from '../kubernetes/problem.ts';
import type { Store } from '../kubernetes/store.ts';
import { createWorkQueue, type WorkQueueObserver } from '../kubernetes/work-queue.ts';
import { type Outcome, startWorkers, type Workers } from '../kubernetes/workers.ts';
import type { Writer } from '../kubernetes/writer.ts';
import type { Clock } from '../lang/time.ts';
import type { LiveRollouts } from './live-rollouts.ts';

export interface CleanerDeps extends LiveRollouts {
  readonly clock: Clock;
  readonly log: Logger;
  readonly writer: Writer;
  readonly rollouts: Store<Rollout>;
  readonly workerCount: number;
  readonly observer?: WorkQueueObserver;
}

export interface Cleaner {
  add(key: string): void;
  start(): void;
  stop(): Promise<void>;
}

/** Rights are granted, and webhooks changed, by people: asking again every few seconds helps nobody. */
const refusedMs = 30_000;

/** When what was refused is tried again (design.md §5, "Error classes"); what is gone needs nothing any more. */
export function retryOf({ class: problem, retryAfterMs }: Problem): Outcome {
  if (problem === 'gone') return undefined;
  if (problem === 'denied' || problem === 'invalid') return { kind: 'after', delayMs: refusedMs };
  return problem === 'throttled' && retryAfterMs ? { kind: 'after', delayMs: retryAfterMs } : { kind: 'backOff' };
}

export function createCleaner(
  name: string,
  { clock, log, workerCount, observer }: CleanerDeps,
  process: (key: string) => Promise<Outcome>,
): Cleaner {
  const queue = createWorkQueue({ name, clock, ...(observer === undefined ? {} : { observer }) });
  let workers: Workers | undefined;
  return {
    add: (key) => queue.add(key),
    start() {
      workers = startWorkers({ queue, clock, count: workerCount, process, log });
    },
    async stop() {
      queue.close();
      await workers?.stop();
    },
  };
}
