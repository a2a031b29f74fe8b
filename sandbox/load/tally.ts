// What the load saw: responses by version and failures, in total and over the last seconds. A version is what the
// pod said of itself (`x-slipway-version`, else the Service); a failure is no answer or a status of 500 and above.

import type { EpochMillis } from '../../controller/lang/time.ts';

export interface LoadResult {
  /** Undefined when no pod answered. */
  readonly version: string | undefined;
  readonly podHash: string | undefined;
  readonly failed: boolean;
  /** Why, for the log: `502`, `ECONNREFUSED`, … */
  readonly failure?: string;
  readonly latencyMs: number;
}

export interface Share {
  readonly count: number;
  readonly failed: number;
  /** Of all requests of the window, 0…100. */
  readonly percent: number;
}

export interface LoadSummary {
  readonly windowSeconds: number;
  readonly perSecond: number;
  readonly failuresPerSecond: number;
  readonly byVersion: Readonly<Record<string, Share>>;
  readonly byPodHash: Readonly<Record<string, Share>>;
  readonly total: number;
  readonly totalFailed: number;
  readonly failures: Readonly<Record<string, number>>;
}

const keptSeconds = 60;

interface Second {
  readonly at: number;
  count: number;
  failed: number;
  readonly byVersion: Map<string, { count: number; failed: number }>;
  readonly byPodHash: Map<string, { count: number; failed: number }>;
}

export class Tally {
  #seconds: Second[] = [];
  #total = 0;
  #totalFailed = 0;
  readonly #failures = new Map<string, number>();

  record(now: EpochMillis, result: LoadResult): void {
    const second = this.#secondOf(now);
    const failed = result.failed ? 1 : 0;
    second.count += 1;
    second.failed += failed;
    this.#total += 1;
    this.#totalFailed += failed;
    if (result.failure !== undefined) {
      this.#failures.set(result.failure, (this.#failures.get(result.failure) ?? 0) + 1);
    }
    add(second.byVersion, result.version ?? 'no answer', failed);
    add(second.byPodHash, result.podHash ?? '', failed);
  }

  /** Over the last `windowSeconds` whole seconds (at most 60), the running one left out. */
  summary(now: EpochMillis, windowSeconds: number): LoadSummary {
    const running = Math.floor(now / 1000);
    const window = this.#seconds.filter(({ at }) => at < running && at >= running - windowSeconds);
    const count = window.reduce((sum, second) => sum + second.count, 0);
    const failed = window.reduce((sum, second) => sum + second.failed, 0);
    const span = Math.max(1, window[0] === undefined ? 1 : running - window[0].at);
    return {
      windowSeconds,
      perSecond: count / span,
      failuresPerSecond: failed / span,
      byVersion: shares(window.map((second) => second.byVersion)),
      byPodHash: shares(window.map((second) => second.byPodHash)),
      total: this.#total,
      totalFailed: this.#totalFailed,
      failures: Object.fromEntries(this.#failures),
    };
  }

  #secondOf(now: EpochMillis): Second {
    const at = Math.floor(now / 1000);
    const last = this.#seconds.at(-1);
    if (last?.at === at) return last;
    const second: Second = { at, count: 0, failed: 0, byVersion: new Map(), byPodHash: new Map() };
    this.#seconds = [...this.#seconds.filter((kept) => kept.at > at - keptSeconds), second];
    return second;
  }
}

function add(counts: Map<string, { count: number; failed: number }>, key: string, failed: number): void {
  const entry = counts.get(key) ?? { count: 0, failed: 0 };
  entry.count += 1;
  entry.failed += failed;
  counts.set(key, entry);
}

function shares(windows: readonly ReadonlyMap<string, { count: number; failed: number }>[]): Record<string, Share> {
  const sums = new Map<string, { count: number; failed: number }>();
  let total = 0;
  for (const window of windows) {
    for (const [key, { count, failed }] of window) {
      const sum = sums.get(key) ?? { count: 0, failed: 0 };
      sums.set(key, { count: sum.count + count, failed: sum.failed + failed });
      total += count;
    }
  }
  return Object.fromEntries(
    [...sums].map(([key, { count, failed }]) => [key, { count, failed, percent: (100 * count) / total }]),
  );
}
