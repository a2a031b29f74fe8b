// sum, avg, min, max, count and their kin, by or without labels.

import { shortestDecimal } from '../../controller/lang/go-float.ts';
import { type Expression, PromqlError } from './ast.ts';
import { type Labels, labelsKey } from './series.ts';
import type { Evaluate, Sample, Value } from './values.ts';

type Aggregation = Extract<Expression, { kind: 'aggregate' }>;

export function aggregate(expression: Aggregation, evaluate: Evaluate): Value {
  const { name } = expression;
  const hasParameter = ['topk', 'bottomk', 'quantile', 'count_values'].includes(name);
  const wanted = hasParameter ? 2 : 1;
  if (expression.args.length !== wanted) {
    const found = expression.args.length;
    throw bad(`wrong number of arguments for aggregate expression provided, expected ${wanted}, got ${found}`);
  }
  const values = expression.args.map(evaluate);
  const over = values.at(-1);
  if (over?.type !== 'vector') throw bad('expected type instant vector in aggregation expression');
  const parameter = hasParameter ? values[0] : undefined;
  const groups = new Map<string, { readonly labels: Labels; readonly samples: Sample[] }>();
  for (const sample of over.samples) {
    const labels = groupLabels(expression, sample.labels);
    const key = labelsKey(labels);
    const group = groups.get(key) ?? { labels, samples: [] };
    group.samples.push(sample);
    groups.set(key, group);
  }
  return {
    type: 'vector',
    samples: [...groups.values()].flatMap(({ labels, samples }) => ofGroup(name, labels, samples, parameter)),
  };
}

function ofGroup(name: string, labels: Labels, samples: readonly Sample[], parameter: Value | undefined): Sample[] {
  const numbers = samples.map(({ value }) => value);
  if (name === 'topk' || name === 'bottomk') {
    const sign = name === 'topk' ? -1 : 1;
    const order = (a: Sample, b: Sample): number => {
      if (Number.isNaN(a.value) || Number.isNaN(b.value))
        return Number(Number.isNaN(a.value)) - Number(Number.isNaN(b.value));
      return sign * (a.value - b.value);
    };
    return [...samples].sort(order).slice(0, Math.max(0, Math.trunc(scalarOf(parameter))));
  }
  if (name === 'count_values') {
    if (parameter?.type !== 'string') throw bad('expected type string in aggregation parameter');
    const counts = Map.groupBy(numbers, shortestDecimal);
    return [...counts].map(([text, found]) => ({
      labels: { ...labels, [parameter.value]: text },
      value: found.length,
    }));
  }
  return [
    { labels, value: name === 'quantile' ? quantile(scalarOf(parameter), numbers) : reduceNumbers(name, numbers) },
  ];
}

function scalarOf(value: Value | undefined): number {
  if (value?.type === 'scalar') return value.value;
  throw bad('expected type scalar in aggregation parameter');
}

function groupLabels({ by, labels: names }: Aggregation, labels: Labels): Labels {
  const kept = Object.entries(labels).filter(([name]) =>
    by ? names.includes(name) : name !== '__name__' && !names.includes(name),
  );
  return Object.fromEntries(kept);
}

/** Also the …_over_time functions. */
export function reduceNumbers(name: string, numbers: readonly number[]): number {
  const count = numbers.length;
  const sum = (): number => numbers.reduce((a, b) => a + b, 0);
  switch (name) {
    case 'sum':
      return sum();
    case 'avg':
      return sum() / count;
    case 'min':
      return numbers.reduce((a, b) => (b < a || Number.isNaN(a) ? b : a));
    case 'max':
      return numbers.reduce((a, b) => (b > a || Number.isNaN(a) ? b : a));
    case 'count':
      return count;
    case 'group':
    case 'present':
      return 1;
    case 'last':
      return numbers.at(-1) ?? Number.NaN;
    case 'stdvar':
    case 'stddev': {
      const mean = sum() / count;
      const variance = numbers.reduce((total, value) => total + (value - mean) ** 2, 0) / count;
      return name === 'stdvar' ? variance : Math.sqrt(variance);
    }
    default:
      throw bad(`this Prometheus of the sandbox does not know the aggregation ${name}`);
  }
}

export function quantile(share: number, numbers: readonly number[]): number {
  if (numbers.length === 0 || Number.isNaN(share)) return Number.NaN;
  if (share < 0) return -Infinity;
  if (share > 1) return Infinity;
  const sorted = Float64Array.from(numbers).sort();
  // Prometheus puts NaN first, JavaScript last.
  const nanCount = sorted.filter(Number.isNaN).length;
  const at = (index: number): number => (index < nanCount ? Number.NaN : (sorted[index - nanCount] ?? Number.NaN));
  const rank = share * (sorted.length - 1);
  const lower = Math.max(0, Math.floor(rank));
  const upper = Math.min(sorted.length - 1, lower + 1);
  const weight = rank - Math.floor(rank);
  return at(lower) * (1 - weight) + at(upper) * weight;
}

function bad(message: string): PromqlError {
  return new PromqlError('bad_data', `parse error: ${message}`);
}
