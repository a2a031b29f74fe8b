// What an expression can be, and what of a series is seen at one moment: instant vectors look back five minutes, ranges
// reach from just after their start to the moment.

import { type Expression, PromqlError, type Selector } from './ast.ts';
import { firstAfter, type Labels, type SeriesStore } from './series.ts';

export interface Sample {
  readonly labels: Labels;
  readonly value: number;
}

export interface Window {
  readonly labels: Labels;
  readonly times: readonly number[];
  readonly values: readonly number[];
  /** Of the range: its start and end. */
  readonly from: number;
  readonly to: number;
}

export type Value =
  | { readonly type: 'scalar'; readonly value: number }
  | { readonly type: 'string'; readonly value: string }
  | { readonly type: 'vector'; readonly samples: readonly Sample[] }
  | { readonly type: 'matrix'; readonly windows: readonly Window[] };

export interface Moment {
  readonly store: SeriesStore;
  /** Milliseconds. */
  readonly at: number;
}

/** What an expression inside another is, at the same moment. */
export type Evaluate = (expression: Expression) => Value;

const lookBackMs = 300_000;

export function withoutName({ __name__: _, ...labels }: Labels): Labels {
  return labels;
}

/** Two series that lost what told them apart. */
export function checkUnique(samples: readonly Sample[], key: (labels: Labels) => string): void {
  if (new Set(samples.map(({ labels }) => key(labels))).size < samples.length) {
    throw new PromqlError('execution', 'vector cannot contain metrics with the same labelset');
  }
}

/** The newest sample of each series that is not older than five minutes, with its time. */
export function instant(selector: Selector, { store, at }: Moment): (Sample & { readonly at: number })[] {
  const moment = at - selector.offsetMs;
  return store.find(selector.matchers).flatMap(({ labels, times, values }) => {
    const index = firstAfter(times, moment) - 1;
    const [time, value] = [times[index], values[index]];
    return time === undefined || value === undefined || time <= moment - lookBackMs
      ? []
      : [{ labels, value, at: time }];
  });
}

export function windows(selector: Selector, rangeMs: number, { store, at }: Moment): Window[] {
  const to = at - selector.offsetMs;
  const from = to - rangeMs;
  return store.find(selector.matchers).flatMap(({ labels, times, values }) => {
    const [start, end] = [firstAfter(times, from), firstAfter(times, to)];
    return start >= end ? [] : [{ labels, times: times.slice(start, end), values: values.slice(start, end), from, to }];
  });
}
