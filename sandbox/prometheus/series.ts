// The recorded series: samples in the order of time, found by their labels, forgotten after the retention.

import type { Matcher } from './ast.ts';

export type Labels = Readonly<Record<string, string>>;

export interface Series {
  readonly labels: Labels;
  /** Milliseconds, ascending. */
  readonly times: number[];
  readonly values: number[];
}

export interface SeriesStore {
  append(labels: Labels, at: number, value: number): void;
  find(matchers: readonly Matcher[]): readonly Series[];
}

/** The same for the same labels in any order. */
export function labelsKey(labels: Labels): string {
  return JSON.stringify(Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1)));
}

export function createSeriesStore(retentionMs = 3_600_000): SeriesStore {
  const all = new Map<string, Series>();
  return {
    append(labels, at, value) {
      const key = labelsKey(labels);
      let series = all.get(key);
      if (series === undefined) {
        series = { labels, times: [], values: [] };
        all.set(key, series);
      }
      const last = series.times.at(-1);
      if (last !== undefined && at <= last) return;
      series.times.push(at);
      series.values.push(value);
      forget(series, at - retentionMs);
    },
    find: (matchers) =>
      [...all.values()].filter(({ labels }) => matchers.every(({ label, matches }) => matches(labels[label] ?? ''))),
  };
}

/** Cuts in blocks, so that appending stays cheap. */
function forget({ times, values }: Series, before: number): void {
  if ((times[0] ?? before) >= before || times.length < 512) return;
  const kept = times.findIndex((at) => at >= before);
  if (kept < 256) return;
  times.splice(0, kept);
  values.splice(0, kept);
}

/** The index of the first time after `at`. */
export function firstAfter(times: readonly number[], at: number): number {
  let [low, high] = [0, times.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((times[middle] ?? 0) <= at) low = middle + 1;
    else high = middle;
  }
  return low;
}
