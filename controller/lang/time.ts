// Time and chance as values that are passed in (design law 8). Only types live here: the real clock is
// kubernetes/system-clock.ts, the virtual one sandbox/clock.ts.

/** Milliseconds since 1970-01-01T00:00:00Z. */
export type EpochMillis = number;

export interface TimerHandle {
  cancel(): void;
}

export interface Clock {
  now(): EpochMillis;
  /** Calls `run` once, `delayMs` (≥ 0) from now. Timers of equal time run in the order in which they were set. */
  schedule(delayMs: number, run: () => void): TimerHandle;
}

export interface Random {
  /** A number in [0, 1). */
  next(): number;
}

/** Resolves after `delayMs` on the given clock. */
export function sleep(clock: Clock, delayMs: number): Promise<void> {
  return new Promise((resolve) => {
    clock.schedule(delayMs, resolve);
  });
}

/** Whether `work` was done within `longestMs`. It is not cancelled; only the wait for it ends. */
export function within(clock: Clock, longestMs: number, work: Promise<unknown>): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const timer = clock.schedule(longestMs, () => resolve(false));
    work.then(
      () => {
        timer.cancel();
        resolve(true);
      },
      (error: unknown) => {
        timer.cancel();
        reject(error);
      },
    );
  });
}
