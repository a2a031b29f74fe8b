// When the next request may go out: client-go's token bucket (operations.md §1, `--qps`, `--burst`). First come, first
// served; a request that has to wait reserves its token at once.

import { type Clock, sleep } from '../lang/time.ts';

export interface TokenBucket {
  /**
   * Resolves when a token is there, with the milliseconds waited; at once with undefined, and without reserving
   * anything, if that would take longer than `longestMs`.
   */
  take(longestMs?: number): Promise<number | undefined>;
  /** A token now, or none. */
  tryTake(): boolean;
}

/** `qps` of 0 or less: no limit. */
export function createTokenBucket(options: {
  readonly qps: number;
  readonly burst: number;
  readonly clock: Clock;
}): TokenBucket {
  const { qps, burst, clock } = options;
  let tokens = burst;
  let countedAt = clock.now();

  const refill = (): void => {
    const now = clock.now();
    tokens = Math.min(burst, tokens + (Math.max(0, now - countedAt) * qps) / 1000);
    countedAt = now;
  };
  return {
    async take(longestMs = Number.POSITIVE_INFINITY) {
      if (qps <= 0) return 0;
      refill();
      const waitMs = Math.max(0, Math.ceil(((1 - tokens) * 1000) / qps));
      if (waitMs > longestMs) return undefined;
      tokens -= 1;
      if (waitMs === 0) return 0;
      await sleep(clock, waitMs);
      return waitMs;
    },
    tryTake() {
      if (qps <= 0) return true;
      refill();
      if (tokens < 1) return false;
      tokens -= 1;
      return true;
    },
  };
}
