// Where the samples come from: what is scraped every few seconds of the clock.

import type { Clock } from '../../controller/lang/time.ts';
import { parseExposition } from './exposition.ts';
import { createSeriesStore, type Labels, type SeriesStore } from './series.ts';

export interface ScrapeOptions {
  readonly clock: Clock;
  /** The text of `/metrics`; asked at every scrape. */
  readonly metrics: () => Promise<string>;
  /** Labels of the target, e.g. `job`. */
  readonly labels?: Labels;
  /** Default 5 s: a canary step is short here. */
  readonly scrapeEveryMs?: number;
}

export function startScraper(options: ScrapeOptions): { readonly store: SeriesStore; stop(): void } {
  const { clock, labels = {}, scrapeEveryMs = 5000 } = options;
  const store = createSeriesStore();
  let stopped = false;
  const scrape = async (): Promise<void> => {
    const at = clock.now();
    for (const sample of parseExposition(await options.metrics(), labels))
      store.append(sample.labels, at, sample.value);
    store.append({ ...labels, __name__: 'up' }, at, 1);
    if (!stopped) timer = clock.schedule(scrapeEveryMs, scrape);
  };
  let timer = clock.schedule(0, scrape);
  return {
    store,
    stop() {
      stopped = true;
      timer.cancel();
    },
  };
}
