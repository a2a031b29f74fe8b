// The functions of PromQL that templates use: rates of counters, …_over_time, quantiles of histograms, rounding, clamping.

import { quantile, reduceNumbers } from './aggregate.ts';
import { type Expression, PromqlError } from './ast.ts';
import { histogramQuantile } from './histogram.ts';
import { labelsKey } from './series.ts';
import {
  checkUnique,
  type Evaluate,
  instant,
  type Moment,
  type Sample,
  type Value,
  type Window,
  withoutName,
} from './values.ts';

type Call = Extract<Expression, { kind: 'call' }>;

export function callFunction(call: Call, moment: Moment, evaluate: Evaluate): Value {
  const { name } = call;
  const args = (): Value[] => call.args.map(evaluate);
  const perNumber = numberFunctions[name];
  if (perNumber) {
    const [first = vectorOfTime(moment), ...rest] = args();
    const parameters = rest.map((arg) => expect(name, arg, 'scalar').value);
    const [least = 0, most = 0] = parameters;
    if (name === 'clamp' && most < least) return { type: 'vector', samples: [] };
    return mapVector(expect(name, first, 'vector').samples, (value) => perNumber(value, parameters));
  }
  const perWindow = windowFunctions[name];
  if (perWindow) return overWindows(name, expect(name, args()[0], 'matrix').windows, perWindow);
  if (name === 'quantile_over_time') {
    const [share, over] = args();
    const { value } = expect(name, share, 'scalar');
    return overWindows(name, expect(name, over, 'matrix').windows, ({ values }) => quantile(value, values));
  }
  if (name.endsWith('_over_time')) {
    const reduction = name.slice(0, -'_over_time'.length);
    const over = expect(name, args()[0], 'matrix').windows;
    return overWindows(name, over, ({ values }) => reduceNumbers(reduction, values));
  }
  switch (name) {
    case 'time':
      return { type: 'scalar', value: moment.at / 1000 };
    case 'vector':
      return { type: 'vector', samples: [{ labels: {}, value: expect(name, args()[0], 'scalar').value }] };
    case 'scalar': {
      const { samples } = expect(name, args()[0], 'vector');
      return { type: 'scalar', value: samples.length === 1 ? (samples[0]?.value ?? Number.NaN) : Number.NaN };
    }
    case 'histogram_quantile': {
      const [share, buckets] = args();
      const samples = histogramQuantile(expect(name, share, 'scalar').value, expect(name, buckets, 'vector').samples);
      return { type: 'vector', samples };
    }
    case 'absent':
      return absent(call, expect(name, args()[0], 'vector').samples);
    case 'timestamp':
      return timestamp(call, moment, expect(name, args()[0], 'vector').samples);
    case 'sort':
    case 'sort_desc': {
      const sign = name === 'sort' ? 1 : -1;
      const { samples } = expect(name, args()[0], 'vector');
      return { type: 'vector', samples: [...samples].sort((a, b) => sign * (a.value - b.value)) };
    }
    default:
      throw new PromqlError('bad_data', `this Prometheus of the sandbox does not know the function ${name}`);
  }
}

const typeNames = { scalar: 'scalar', string: 'string', vector: 'instant vector', matrix: 'range vector' } as const;

function expect<T extends Value['type']>(name: string, value: Value | undefined, type: T): Extract<Value, { type: T }> {
  if (value?.type === type) return value as Extract<Value, { type: T }>;
  if (value === undefined) throw new PromqlError('bad_data', `parse error: too few arguments in call to "${name}"`);
  const [want, got] = [typeNames[type], typeNames[value.type]];
  throw new PromqlError('bad_data', `parse error: expected type ${want} in call to function "${name}", got ${got}`);
}

function mapVector(samples: readonly Sample[], change: (value: number) => number): Value {
  const changed = samples.map(({ labels, value }) => ({ labels: withoutName(labels), value: change(value) }));
  checkUnique(changed, labelsKey);
  return { type: 'vector', samples: changed };
}

function overWindows(name: string, windows: readonly Window[], of: (window: Window) => number | undefined): Value {
  const samples = windows.flatMap((window) => {
    const value = of(window);
    if (value === undefined) return [];
    return [{ labels: name === 'last_over_time' ? window.labels : withoutName(window.labels), value }];
  });
  checkUnique(samples, labelsKey);
  return { type: 'vector', samples };
}

function vectorOfTime({ at }: Moment): Value {
  return { type: 'vector', samples: [{ labels: {}, value: at / 1000 }] };
}

/** Prometheus rounds halves up, and to the nearest multiple of the second argument. */
function round(value: number, [to = 1]: readonly number[]): number {
  return Math.floor(value / to + 0.5) * to;
}

/** As Go's Max and Min: an infinity wins over NaN. */
function larger(a: number, b: number): number {
  return a === Infinity || b === Infinity ? Infinity : Math.max(a, b);
}

function smaller(a: number, b: number): number {
  return -larger(-a, -b);
}

const numberFunctions: Readonly<Record<string, (value: number, parameters: readonly number[]) => number>> = {
  abs: Math.abs,
  ceil: Math.ceil,
  floor: Math.floor,
  exp: Math.exp,
  ln: Math.log,
  log2: Math.log2,
  log10: Math.log10,
  sqrt: Math.sqrt,
  sgn: Math.sign,
  round,
  clamp: (value, [min = -Infinity, max = Infinity]) => larger(min, smaller(max, value)),
  clamp_min: (value, [min = -Infinity]) => larger(min, value),
  clamp_max: (value, [max = Infinity]) => smaller(max, value),
};

const windowFunctions: Readonly<Record<string, (window: Window) => number | undefined>> = {
  rate: (window) => extrapolated(window, { isCounter: true, isRate: true }),
  increase: (window) => extrapolated(window, { isCounter: true, isRate: false }),
  delta: (window) => extrapolated(window, { isCounter: false, isRate: false }),
  irate: (window) => lastChange(window, true),
  idelta: (window) => lastChange(window, false),
  changes: ({ values }) => countPairs(values, (a, b) => a !== b && !(Number.isNaN(a) && Number.isNaN(b))),
  resets: ({ values }) => countPairs(values, (a, b) => b < a),
};

function countPairs(values: readonly number[], counts: (before: number, after: number) => boolean): number {
  return values.filter((value, at) => at > 0 && counts(values[at - 1] ?? 0, value)).length;
}

/**
 * Prometheus' extrapolatedRate: the difference of first and last, resets added, drawn out to the ends of the range where
 * samples come near enough to them, and never below zero of a counter.
 */
function extrapolated(
  window: Window,
  { isCounter, isRate }: { isCounter: boolean; isRate: boolean },
): number | undefined {
  const { times, values, from, to } = window;
  const [firstAt, lastAt, first, last] = [times[0], times.at(-1), values[0], values.at(-1)];
  if (firstAt === undefined || lastAt === undefined || first === undefined || last === undefined) return undefined;
  if (times.length < 2) return undefined;
  let result = last - first;
  if (isCounter) {
    values.forEach((value, at) => {
      const before = values[at - 1];
      if (before !== undefined && value < before) result += before;
    });
  }
  let toStart = (firstAt - from) / 1000;
  const toEnd = (to - lastAt) / 1000;
  const sampled = (lastAt - firstAt) / 1000;
  const average = sampled / (times.length - 1);
  if (isCounter && result > 0 && first >= 0) toStart = Math.min(toStart, sampled * (first / result));
  const threshold = average * 1.1;
  const reach = sampled + (toStart < threshold ? toStart : average / 2) + (toEnd < threshold ? toEnd : average / 2);
  const factor = reach / sampled / (isRate ? (to - from) / 1000 : 1);
  return result * factor;
}

function lastChange({ times, values }: Window, isRate: boolean): number | undefined {
  const [a, b, before, after] = [times.at(-2), times.at(-1), values.at(-2), values.at(-1)];
  if (a === undefined || b === undefined || before === undefined || after === undefined) return undefined;
  const change = isRate && after < before ? after : after - before;
  return isRate ? change / ((b - a) / 1000) : change;
}

/** One sample with what the selector says of its labels, where nothing is found. */
function absent({ args }: Call, samples: readonly Sample[]): Value {
  if (samples.length > 0) return { type: 'vector', samples: [] };
  const [selector] = args;
  const told = selector?.kind === 'vector' ? selector.matchers : [];
  const labels: Record<string, string> = {};
  for (const { label, equalTo } of told) {
    if (label === '__name__') continue;
    if (equalTo && told.filter((other) => other.label === label).length === 1) labels[label] = equalTo;
  }
  return { type: 'vector', samples: [{ labels, value: 1 }] };
}

function timestamp({ args }: Call, moment: Moment, samples: readonly Sample[]): Value {
  const [selector] = args;
  const timed = selector?.kind === 'vector' ? instant(selector, moment) : samples.map((s) => ({ ...s, at: moment.at }));
  return {
    type: 'vector',
    samples: timed.map(({ labels, at }) => ({ labels: withoutName(labels), value: at / 1000 })),
  };
}
