// What an expression is at one moment, as Prometheus evaluates it: instant vectors look back five minutes, ranges reach
// from just after their start to the moment.

import { aggregate } from './aggregate.ts';
import { type Expression, PromqlError, type Selector } from './ast.ts';
import { binary } from './binary.ts';
import { callFunction } from './functions.ts';
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

const lookBackMs = 300_000;

export function evaluate(expression: Expression, moment: Moment): Value {
  switch (expression.kind) {
    case 'number':
      return { type: 'scalar', value: expression.value };
    case 'string':
      return { type: 'string', value: expression.value };
    case 'vector':
      return { type: 'vector', samples: instant(expression, moment) };
    case 'matrix':
      return { type: 'matrix', windows: windows(expression.vector, expression.rangeMs, moment) };
    case 'negate':
      return negate(evaluate(expression.of, moment));
    case 'call':
      return callFunction(expression, moment);
    case 'aggregate':
      return aggregate(expression, moment);
    case 'binary':
      return binary(expression, evaluate(expression.left, moment), evaluate(expression.right, moment));
  }
}

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

function windows(selector: Selector, rangeMs: number, { store, at }: Moment): Window[] {
  const to = at - selector.offsetMs;
  const from = to - rangeMs;
  return store.find(selector.matchers).flatMap(({ labels, times, values }) => {
    const [start, end] = [firstAfter(times, from), firstAfter(times, to)];
    return start >= end ? [] : [{ labels, times: times.slice(start, end), values: values.slice(start, end), from, to }];
  });
}

function negate(value: Value): Value {
  if (value.type === 'scalar') return { type: 'scalar', value: -value.value };
  if (value.type !== 'vector')
    throw new PromqlError(
      'bad_data',
      'parse error: unary expression only allowed on expressions of type scalar or instant vector',
    );
  return { type: 'vector', samples: value.samples.map((s) => ({ labels: withoutName(s.labels), value: -s.value })) };
}
