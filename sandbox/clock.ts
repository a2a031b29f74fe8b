// The two clocks of the sandbox (design law 8): `realClock()` follows the machine, `VirtualClock` stands still until it
// is told to run and then jumps from timer to timer. Same seed, same order of work, same trace.
//
// When is everything quiet? In memory all I/O of the sandbox resolves by promises, and Node empties its queue of
// promise jobs (and of nextTick) before the next `setImmediate` callback: after one such turn all that the last timer
// set off is done. A second turn lets code that itself waited for `setImmediate` finish; turns go on for as long as
// they set or cancel timers. Sockets, files and lazy imports take longer: name them with `waitFor`, or use the real clock.

import type { Clock, EpochMillis, TimerHandle } from '../controller/lang/time.ts';

/** The longest delay that setTimeout takes; longer ones are waited for in pieces. */
const longestTimeoutMs = 2 ** 31 - 1;

export function realClock(): Clock {
  return {
    now: () => Date.now(),
    schedule(delayMs, run) {
      const at = Date.now() + Math.max(0, delayMs);
      let timer: NodeJS.Timeout;
      const arm = (): void => {
        // setTimeout may fire a millisecond early by the wall clock: then it is armed again.
        const wait = Math.max(0, at - Date.now());
        timer = setTimeout(() => (Date.now() < at ? arm() : run()), Math.min(wait, longestTimeoutMs));
      };
      arm();
      return { cancel: () => clearTimeout(timer) };
    },
  };
}

export interface VirtualClockOptions {
  /** Epoch milliseconds at which the clock starts. Default 2026-01-01T00:00:00Z. */
  readonly startAt?: EpochMillis;
  /** More timers than this at one instant are taken for an endless loop. Default 20,000. */
  readonly timersPerInstantLimit?: number;
}

interface Timer {
  readonly at: EpochMillis;
  readonly sequence: number;
  readonly run: () => void;
  cancelled: boolean;
}

const hourMs = 3_600_000;

export class VirtualClock implements Clock {
  #now: EpochMillis;
  readonly #timersPerInstantLimit: number;
  /** A binary heap by (at, sequence). */
  readonly #heap: Timer[] = [];
  #cancelledCount = 0;
  #sequence = 0;
  #changes = 0;
  #awaitedCount = 0;
  #ranAtThisInstant = 0;
  #running = false;

  constructor(options: VirtualClockOptions = {}) {
    this.#now = options.startAt ?? Date.UTC(2026, 0, 1);
    this.#timersPerInstantLimit = options.timersPerInstantLimit ?? 20_000;
  }

  now(): EpochMillis {
    return this.#now;
  }

  schedule(delayMs: number, run: () => void): TimerHandle {
    if (Number.isNaN(delayMs)) throw new RangeError('a timer needs a delay in milliseconds, not NaN');
    const timer: Timer = { at: this.#now + Math.max(0, delayMs), sequence: this.#sequence++, run, cancelled: false };
    this.#push(timer);
    this.#changes++;
    return {
      cancel: () => {
        if (timer.cancelled) return;
        timer.cancelled = true;
        this.#cancelledCount++;
        this.#changes++;
        this.#compact();
      },
    };
  }

  /** When the next timer is due; undefined when there is none. */
  nextAt(): EpochMillis | undefined {
    return this.#peek()?.at;
  }

  /** No time passes until this work has ended: for what needs more than promises (a file, a lazy import). */
  async waitFor<T>(work: Promise<T>): Promise<T> {
    this.#awaitedCount++;
    try {
      return await work;
    } finally {
      this.#awaitedCount--;
      this.#changes++;
    }
  }

  /** Lets everything happen that needs no time to pass beyond this instant. */
  async settle(): Promise<void> {
    await this.#exclusively(() => this.#runTo(this.#now, () => false));
  }

  /** Lets `ms` of virtual time pass; afterwards `now()` is exactly that much later. */
  async runFor(ms: number): Promise<void> {
    const end = this.#now + ms;
    await this.#exclusively(async () => {
      await this.#runTo(end, () => false);
      this.#advance(end);
    });
  }

  /**
   * Runs until the predicate holds (it is asked before the first and after each timer, when all is quiet). Throws when
   * `limitMs` of virtual time (default one hour) passed or when no timer is left that could make it true.
   */
  async runUntil(
    predicate: () => boolean | Promise<boolean>,
    options: { readonly limitMs?: number; readonly what?: string } = {},
  ): Promise<void> {
    const limitMs = options.limitMs ?? hourMs;
    const end = this.#now + limitMs;
    await this.#exclusively(async () => {
      if (await this.#runTo(end, predicate)) return;
      const why = this.#peek() === undefined ? 'no timer is left' : `limit ${limitMs / 1000} s`;
      const what = options.what ?? 'the predicate';
      throw new Error(
        `${what} did not come true by ${new Date(this.#now).toISOString()} of the virtual clock (${why})`,
      );
    });
  }

  /** Runs until no timer is left. Throws when there still are some after `limitMs` (default one hour). */
  async runUntilIdle(options: { readonly limitMs?: number } = {}): Promise<void> {
    const limitMs = options.limitMs ?? hourMs;
    await this.#exclusively(async () => {
      await this.#runTo(this.#now + limitMs, () => false);
      if (this.#peek() === undefined) return;
      throw new Error(`the virtual clock still has ${this.#pendingCount()} timers after ${limitMs / 1000} s`);
    });
  }

  /** True: the predicate held. False: nothing is left to run up to `end` (inclusive). */
  async #runTo(end: EpochMillis, predicate: () => boolean | Promise<boolean>): Promise<boolean> {
    for (;;) {
      await this.#quiet();
      if (await predicate()) return true;
      const timer = this.#peek();
      if (timer === undefined || timer.at > end) return false;
      this.#pop();
      this.#advance(timer.at);
      this.#countAtThisInstant();
      timer.cancelled = true; // a later cancel() of a timer that ran is no change
      timer.run();
    }
  }

  async #quiet(): Promise<void> {
    let quietTurns = 0;
    for (let turns = 0; quietTurns < 2; turns++) {
      const before = this.#changes;
      await new Promise<void>((resolve) => setImmediate(resolve));
      quietTurns = before === this.#changes && this.#awaitedCount === 0 ? quietTurns + 1 : 0;
      if (turns > this.#timersPerInstantLimit && this.#awaitedCount === 0) throw this.#endlessLoop('changes of timers');
    }
  }

  #countAtThisInstant(): void {
    this.#ranAtThisInstant++;
    if (this.#ranAtThisInstant > this.#timersPerInstantLimit) throw this.#endlessLoop('timers');
  }

  #endlessLoop(of: string): Error {
    return new Error(
      `endless loop: more than ${this.#timersPerInstantLimit} ${of} at ${new Date(this.#now).toISOString()} without time moving`,
    );
  }

  #advance(to: EpochMillis): void {
    if (to <= this.#now) return;
    this.#now = to;
    this.#ranAtThisInstant = 0;
  }

  async #exclusively(work: () => Promise<unknown>): Promise<void> {
    if (this.#running) throw new Error('the virtual clock is already running: await the first run before the next');
    this.#running = true;
    try {
      await work();
    } finally {
      this.#running = false;
    }
  }

  #pendingCount(): number {
    return this.#heap.length - this.#cancelledCount;
  }

  /** Cancelled timers leave the heap when they reach its top, or all at once when they are most of it. */
  #compact(): void {
    if (this.#cancelledCount < 64 || this.#cancelledCount * 2 < this.#heap.length) return;
    const live = this.#heap.filter((timer) => !timer.cancelled).sort(byTime);
    this.#heap.length = 0;
    for (const timer of live) this.#heap.push(timer); // a sorted array is a heap
    this.#cancelledCount = 0;
  }

  #peek(): Timer | undefined {
    while (this.#heap[0]?.cancelled) {
      this.#pop();
      this.#cancelledCount--;
    }
    return this.#heap[0];
  }

  #push(timer: Timer): void {
    const heap = this.#heap;
    let index = heap.length;
    heap.push(timer);
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (byTime(heap[parent]!, timer) <= 0) break;
      heap[index] = heap[parent]!;
      index = parent;
    }
    heap[index] = timer;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && byTime(heap[child + 1]!, heap[child]!) < 0) child++;
      if (byTime(heap[child]!, last) >= 0) break;
      heap[index] = heap[child]!;
      index = child;
    }
    heap[index] = last;
  }
}

function byTime(a: Timer, b: Timer): number {
  return a.at - b.at || a.sequence - b.sequence;
}
