// The real clock and real chance: the only place of the product's controller and CLI that reads them.

import type { Clock, Random } from '../lang/time.ts';

/** Timers of Node fire at once beyond 2^31-1 ms: longer waits are cut into pieces (operations.md §20.2). */
const longestTimerMs = 2 ** 31 - 1;

export const systemClock: Clock = {
  now: () => Date.now(),
  schedule(delayMs, run) {
    // Monotonic, so that a step of the wall clock moves no timer.
    const dueAt = performance.now() + Math.max(0, delayMs);
    let timer: NodeJS.Timeout;
    const wait = (): void => {
      const left = dueAt - performance.now();
      timer = left > longestTimerMs ? setTimeout(wait, longestTimerMs) : setTimeout(run, Math.max(0, Math.ceil(left)));
    };
    wait();
    return { cancel: () => clearTimeout(timer) };
  },
};

/** Time that only goes forward, for leases and rate limits: its `now` is not the wall clock's. */
export const monotonicClock: Clock = {
  now: () => performance.timeOrigin + performance.now(),
  schedule: systemClock.schedule,
};

export const systemRandom: Random = { next: () => Math.random() };
