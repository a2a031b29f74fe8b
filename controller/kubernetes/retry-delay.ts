// How long to wait after the n-th failure in a row: 0.8 s doubling to 30 s, each with up to as much again by chance,
// from the start again after two healthy minutes (spec/kubernetes.md §2; client-go's reflector).

import type { Clock, EpochMillis, Random } from '../lang/time.ts';

const firstMs = 800;
const longestMs = 30_000;
const forgetAfterMs = 120_000;

export interface RetryDelay {
  /** Milliseconds to wait now that something failed again. */
  next(): number;
}

export function createRetryDelay(clock: Clock, random: Random): RetryDelay {
  let failures = 0;
  let lastFailedAt: EpochMillis | undefined;
  return {
    next() {
      const now = clock.now();
      if (lastFailedAt !== undefined && now - lastFailedAt > forgetAfterMs) failures = 0;
      lastFailedAt = now;
      const base = Math.min(firstMs * 2 ** failures, longestMs);
      failures = Math.min(failures + 1, 20);
      return Math.round(base * (1 + random.next()));
    },
  };
}
