// Which keys wait for a worker, and when: a key is queued once however often it is added, is never processed twice at
// the same time, runs once more if it was added meanwhile, and backs off by itself (spec/kubernetes.md §2, "work
// queue"; operations.md §7).

import type { Clock, EpochMillis, TimerHandle } from '../lang/time.ts';
import { DelayedKeys } from './delayed-keys.ts';

export interface WorkQueue {
  readonly name: string;
  /** Keys that are ready and wait for a worker. */
  readonly length: number;
  add(key: string): void;
  /** Adds the key `delayMs` from now; of several such times the earliest counts. */
  addAfter(key: string, delayMs: number): void;
  /** Adds the key after its back-off, which doubles each time until `forget`. */
  addRateLimited(key: string): void;
  forget(key: string): void;
  /** How often the key has backed off since it was last forgotten. */
  retriesOf(key: string): number;
  /** The longest waiting key; the caller must call `done` for it. */
  take(): string | undefined;
  done(key: string): void;
  /** Called whenever `take` may have something, and after `close`. */
  onReady(listener: () => void): void;
  /** No key is taken in or given out any more. */
  close(): void;
  readonly isClosed: boolean;
}

/** What a queue tells its metrics (operations.md §9.2, workqueue_*). */
export interface WorkQueueObserver {
  added(queue: string, depth: number): void;
  retried(queue: string): void;
  taken(queue: string, depth: number, waitedMs: number): void;
  finished(queue: string, tookMs: number): void;
}

const noObserver: WorkQueueObserver = { added() {}, retried() {}, taken() {}, finished() {} };

export function createWorkQueue(options: {
  readonly name: string;
  readonly clock: Clock;
  readonly baseDelayMs?: number;
  readonly maxDelayMs?: number;
  readonly observer?: WorkQueueObserver;
}): WorkQueue {
  return new KeyedQueue(options);
}

/** A wall clock that is set forward makes keys due before their timer: it is looked at again this often. */
const longestWaitMs = 120_000;
/** Clocks and timers may differ by so much (operations.md §20.2). */
const toleranceMs = 1_000;

class KeyedQueue implements WorkQueue {
  readonly name: string;
  readonly #clock: Clock;
  readonly #baseDelayMs: number;
  readonly #maxDelayMs: number;
  readonly #observer: WorkQueueObserver;
  /** Ready keys, longest waiting first, with the time of their adding. */
  readonly #ready = new Map<string, EpochMillis>();
  /** Keys at work since when, and those of them that were added again meanwhile. */
  readonly #processing = new Map<string, EpochMillis>();
  readonly #again = new Set<string>();
  readonly #failures = new Map<string, number>();
  readonly #delayed = new DelayedKeys();
  readonly #listeners: (() => void)[] = [];
  #timer: { readonly at: EpochMillis; readonly handle: TimerHandle } | undefined;
  #closed = false;

  constructor(options: Parameters<typeof createWorkQueue>[0]) {
    this.name = options.name;
    this.#clock = options.clock;
    this.#baseDelayMs = options.baseDelayMs ?? 1;
    this.#maxDelayMs = options.maxDelayMs ?? 10_000;
    this.#observer = options.observer ?? noObserver;
  }

  get length(): number {
    return this.#ready.size;
  }

  get isClosed(): boolean {
    return this.#closed;
  }

  add(key: string): void {
    if (this.#closed || this.#ready.has(key) || this.#again.has(key)) return;
    if (this.#processing.has(key)) this.#again.add(key);
    else this.#ready.set(key, this.#clock.now());
    this.#observer.added(this.name, this.#ready.size);
    this.#announce();
  }

  addAfter(key: string, delayMs: number): void {
    if (this.#closed) return;
    if (!(delayMs > 0)) {
      this.add(key);
      return;
    }
    this.#delayed.add(key, this.#clock.now() + delayMs);
    this.#setTimer();
  }

  addRateLimited(key: string): void {
    const failures = this.#failures.get(key) ?? 0;
    this.#failures.set(key, failures + 1);
    this.#observer.retried(this.name);
    this.addAfter(key, Math.min(this.#baseDelayMs * 2 ** Math.min(failures, 50), this.#maxDelayMs));
  }

  forget(key: string): void {
    this.#failures.delete(key);
  }

  retriesOf(key: string): number {
    return this.#failures.get(key) ?? 0;
  }

  take(): string | undefined {
    if (this.#closed) return undefined;
    const next = this.#ready.entries().next();
    if (next.done === true) return undefined;
    const [key, addedAt] = next.value;
    const now = this.#clock.now();
    this.#ready.delete(key);
    this.#processing.set(key, now);
    this.#observer.taken(this.name, this.#ready.size, now - addedAt);
    return key;
  }

  done(key: string): void {
    const since = this.#processing.get(key);
    if (since === undefined) throw new Error(`${key} was not taken from the queue ${this.name}`);
    const now = this.#clock.now();
    this.#processing.delete(key);
    this.#observer.finished(this.name, now - since);
    if (!this.#again.delete(key) || this.#closed) return;
    this.#ready.set(key, now);
    this.#announce();
  }

  onReady(listener: () => void): void {
    this.#listeners.push(listener);
  }

  close(): void {
    this.#closed = true;
    this.#timer?.handle.cancel();
    this.#timer = undefined;
    this.#ready.clear();
    this.#again.clear();
    this.#delayed.clear();
    this.#announce();
  }

  #announce(): void {
    for (const listener of this.#listeners) listener();
  }

  #setTimer(): void {
    const at = this.#delayed.nextAt;
    if (at === undefined || (this.#timer !== undefined && this.#timer.at <= at)) return;
    this.#timer?.handle.cancel();
    const now = this.#clock.now();
    const delayMs = Math.min(longestWaitMs, Math.max(0, at - now));
    const handle = this.#clock.schedule(delayMs, () => this.#ripen(now + delayMs));
    this.#timer = { at, handle };
  }

  #ripen(expectedAt: EpochMillis): void {
    this.#timer = undefined;
    const now = this.#clock.now();
    // The wall clock was set back: no key waits that much longer, all are looked at.
    const isSetBack = now < expectedAt - toleranceMs;
    for (const key of this.#delayed.takeDue(isSetBack ? Number.POSITIVE_INFINITY : now)) this.add(key);
    this.#setTimer();
  }
}
