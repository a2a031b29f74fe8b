// histogram_quantile: linear within the bucket in which the rank falls, as Prometheus does it for classic histograms.

import { type Labels, labelsKey } from './series.ts';
import type { Sample } from './values.ts';

interface Bucket {
  readonly upTo: number;
  readonly count: number;
}

export function histogramQuantile(share: number, samples: readonly Sample[]): Sample[] {
  const histograms = new Map<string, { readonly labels: Labels; readonly buckets: Bucket[] }>();
  for (const { labels: all, value } of samples) {
    const { le, __name__: _, ...labels } = all;
    const upTo = le === undefined ? Number.NaN : parseBound(le);
    if (Number.isNaN(upTo)) continue;
    const key = labelsKey(labels);
    const histogram = histograms.get(key) ?? { labels, buckets: [] };
    histogram.buckets.push({ upTo, count: value });
    histograms.set(key, histogram);
  }
  return [...histograms.values()].map(({ labels, buckets }) => ({ labels, value: ofBuckets(share, buckets) }));
}

function parseBound(text: string): number {
  return /^\+?inf$/i.test(text) ? Infinity : Number(text === '' ? Number.NaN : text);
}

function ofBuckets(share: number, given: readonly Bucket[]): number {
  if (Number.isNaN(share)) return Number.NaN;
  if (share < 0) return -Infinity;
  if (share > 1) return Infinity;
  const buckets = cumulative(given);
  const last = buckets.at(-1);
  if (last?.upTo !== Infinity || buckets.length < 2 || last.count === 0 || Number.isNaN(last.count)) return Number.NaN;
  const rank = share * last.count;
  const index = buckets.findIndex(({ count }, at) => count >= rank || at === buckets.length - 1);
  const [bucket, below] = [buckets[index], buckets[index - 1]];
  if (bucket === undefined) return Number.NaN;
  if (index === buckets.length - 1) return below?.upTo ?? Number.NaN;
  if (below === undefined) return bucket.upTo <= 0 ? bucket.upTo : bucket.upTo * (rank / bucket.count);
  return below.upTo + (bucket.upTo - below.upTo) * ((rank - below.count) / (bucket.count - below.count));
}

/** Sorted, those of equal bounds added up, never falling (samples of one scrape may come from several processes). */
function cumulative(given: readonly Bucket[]): Bucket[] {
  const made: Bucket[] = [];
  for (const bucket of [...given].sort((a, b) => a.upTo - b.upTo)) {
    const last = made.at(-1);
    if (last?.upTo === bucket.upTo) made[made.length - 1] = { upTo: last.upTo, count: last.count + bucket.count };
    else made.push(bucket);
  }
  let most = -Infinity;
  return made.map(({ upTo, count }) => {
    most = Math.max(most, count);
    return { upTo, count: most };
  });
}
