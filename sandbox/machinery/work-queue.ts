// Which keys wait to be processed: a key is queued once however often it is added, never runs twice at a time, runs
// once more if it was added meanwhile, and backs off by itself after a failure. Keys are taken in a timer of the clock,
// so that all changes of one instant are seen together and a hot loop shows as timers without time moving.

import type { Clock, EpochMillis, TimerHandle } from '../../controller/lang/time.ts';
import { statusOf } from './client.ts';

export interface WorkQueue {
  add(key: string): void;
  /** Adds the key later; of several such times the earliest counts. */
  addAfter(key: string, delayMs: number): void;
  /** Nothing is processed before this. */
  start(): void;
  stop(): void;
}

export interface WorkQueueOptions {
  readonly name: string;
  readonly clock: Clock;
  process(key: string): Promise<void>;
  /** Told of failures other than lost races; the key is tried again after its back-off. */
  report(problem: Error): void;
  /** Default 4; work overlaps only where it waits for requests. */
  readonly workers?: number;
}

const firstBackOffMs = 5;
const longestBackOffMs = 60_000;

export function createWorkQueue(options: WorkQueueOptions): WorkQueue {
  const { clock } = options;
  const ready = new Set<string>();
  const busy = new Set<string>();
  const later = new Map<string, { readonly at: EpochMillis; readonly timer: TimerHandle }>();
  const failures = new Map<string, number>();
  const workers = options.workers ?? 4;
  let started = false;
  let stopped = false;
  let pump: TimerHandle | undefined;

  function add(key: string): void {
    if (stopped) return;
    ready.add(key);
    wake();
  }

  function addAfter(key: string, delayMs: number): void {
    if (stopped) return;
    const at = clock.now() + delayMs;
    const known = later.get(key);
    if (known !== undefined && known.at <= at) return;
    known?.timer.cancel();
    const timer = clock.schedule(delayMs, () => {
      later.delete(key);
      add(key);
    });
    later.set(key, { at, timer });
  }

  function wake(): void {
    if (!started || stopped || pump !== undefined) return;
    pump = clock.schedule(0, () => {
      pump = undefined;
      take();
    });
  }

  function take(): void {
    for (const key of ready) {
      if (busy.size >= workers || stopped) return;
      if (busy.has(key)) continue; // it runs once more when the present run has ended
      ready.delete(key);
      busy.add(key);
      void run(key);
    }
  }

  async function run(key: string): Promise<void> {
    try {
      await options.process(key);
      failures.delete(key);
    } catch (problem) {
      failed(key, problem);
    }
    busy.delete(key);
    if (ready.size > 0) wake();
  }

  function failed(key: string, problem: unknown): void {
    if (stopped) return;
    const count = failures.get(key) ?? 0;
    failures.set(key, count + 1);
    const lostRace = statusOf(problem) === 409 || statusOf(problem) === 404;
    if (!lostRace || count >= 5) {
      options.report(new Error(`${options.name}: ${key}: ${messageOf(problem)}`, { cause: problem }));
    }
    addAfter(key, Math.min(firstBackOffMs * 2 ** Math.min(count, 30), longestBackOffMs));
  }

  return {
    add,
    addAfter,
    start() {
      started = true;
      if (ready.size > 0) wake();
    },
    stop() {
      stopped = true;
      pump?.cancel();
      for (const { timer } of later.values()) timer.cancel();
      later.clear();
      ready.clear();
    },
  };
}

function messageOf(problem: unknown): string {
  return problem instanceof Error ? problem.message : String(problem);
}
