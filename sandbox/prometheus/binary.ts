// Operators between numbers and vectors: arithmetic, comparison (as a filter, or 0 and 1 with `bool`), and, or, unless,
// with the matching of labels.

import { type Expression, type Matching, PromqlError } from './ast.ts';
import { type Labels, labelsKey } from './series.ts';
import { type Sample, type Value, withoutName } from './values.ts';

type Binary = Extract<Expression, { kind: 'binary' }>;

export function binary(expression: Binary, left: Value, right: Value): Value {
  const { operator, bool } = expression;
  if (left.type === 'vector' && right.type === 'vector') {
    const samples = isSet(operator)
      ? setOperation(operator, expression.matching, left.samples, right.samples)
      : vectors(expression, left.samples, right.samples);
    return { type: 'vector', samples };
  }
  const isNumeric = (value: Value): boolean => value.type === 'scalar' || value.type === 'vector';
  if (!isNumeric(left) || !isNumeric(right)) {
    throw bad('binary expression must contain only scalar and instant vector types');
  }
  if (expression.matching.labels.length > 0) throw bad('vector matching only allowed between instant vectors');
  if (isSet(operator)) throw bad(`set operator "${operator}" not allowed in binary scalar expression`);
  if (left.type === 'scalar' && right.type === 'scalar') {
    if (isComparison(operator) && !bool) throw bad('comparisons between scalars must use BOOL modifier');
    return { type: 'scalar', value: calculate(operator, left.value, right.value) };
  }
  const samples = (left.type === 'vector' ? left.samples : right.type === 'vector' ? right.samples : []).flatMap(
    (sample) => {
      const a = left.type === 'scalar' ? left.value : sample.value;
      const b = right.type === 'scalar' ? right.value : sample.value;
      return outcome(expression, sample.labels, calculate(operator, a, b), sample.value);
    },
  );
  return { type: 'vector', samples };
}

/** A comparison without `bool` lets through what holds, as it is. */
function outcome({ operator, bool }: Binary, labels: Labels, result: number, kept: number): Sample[] {
  if (!isComparison(operator) || bool) return [{ labels: withoutName(labels), value: result }];
  return result === 1 ? [{ labels, value: kept }] : [];
}

function vectors(expression: Binary, left: readonly Sample[], right: readonly Sample[]): Sample[] {
  const { matching, operator, bool } = expression;
  if (left.length === 0 || right.length === 0) return [];
  const isSwapped = matching.group === 'right';
  const [many, one] = isSwapped ? [right, left] : [left, right];
  const signature = signatureOf(matching);
  const ones = new Map<string, Sample>();
  for (const sample of one) {
    const key = signature(sample.labels);
    if (ones.has(key)) {
      const side = isSwapped ? 'left' : 'right';
      throw new PromqlError(
        'execution',
        `found duplicate series for the match group ${key} on the ${side} hand-side of the operation;` +
          'many-to-many matching not allowed: matching labels must be unique on one side',
      );
    }
    ones.set(key, sample);
  }
  const seen = new Set<string>();
  const found: Sample[] = [];
  for (const sample of many) {
    const key = signature(sample.labels);
    const partner = ones.get(key);
    if (partner === undefined) continue;
    const [a, b] = isSwapped ? [partner.value, sample.value] : [sample.value, partner.value];
    const result = calculate(operator, a, b);
    if (isComparison(operator) && !bool && result !== 1) continue;
    const labels = resultLabels(expression, sample.labels, partner.labels);
    const identity = matching.group === undefined ? key : labelsKey(labels);
    if (seen.has(identity)) {
      const how = 'many-to-one matching must be explicit (group_left/group_right)';
      throw new PromqlError(
        'execution',
        `multiple matches for labels: ${matching.group ? 'grouping labels must ensure unique matches' : how}`,
      );
    }
    seen.add(identity);
    found.push({ labels, value: isComparison(operator) && !bool ? a : result });
  }
  return found;
}

function resultLabels({ operator, bool, matching }: Binary, many: Labels, one: Labels): Labels {
  const labels = isComparison(operator) && !bool ? many : withoutName(many);
  const { on, labels: names, group, include } = matching;
  if (group === undefined) {
    return Object.fromEntries(Object.entries(labels).filter(([name]) => names.includes(name) === on));
  }
  const made: Record<string, string> = { ...labels };
  for (const name of include) {
    const value = one[name];
    if (value === undefined) delete made[name];
    else made[name] = value;
  }
  return made;
}

function setOperation(
  operator: string,
  matching: Matching,
  left: readonly Sample[],
  right: readonly Sample[],
): Sample[] {
  const signature = signatureOf(matching);
  const keys = (samples: readonly Sample[]): Set<string> => new Set(samples.map(({ labels }) => signature(labels)));
  if (operator === 'or') {
    const known = keys(left);
    return [...left, ...right.filter(({ labels }) => !known.has(signature(labels)))];
  }
  const others = keys(right);
  return left.filter(({ labels }) => others.has(signature(labels)) === (operator === 'and'));
}

function signatureOf({ on, labels: names }: Matching): (labels: Labels) => string {
  return (labels) =>
    labelsKey(
      Object.fromEntries(
        Object.entries(labels).filter(([name]) =>
          on ? names.includes(name) : name !== '__name__' && !names.includes(name),
        ),
      ),
    );
}

function isComparison(operator: string): boolean {
  return ['==', '!=', '>', '<', '>=', '<='].includes(operator);
}

function isSet(operator: string): boolean {
  return ['and', 'or', 'unless'].includes(operator);
}

function calculate(operator: string, a: number, b: number): number {
  switch (operator) {
    case '+':
      return a + b;
    case '-':
      return a - b;
    case '*':
      return a * b;
    case '/':
      return a / b;
    case '%':
      return a % b;
    case '^':
      return power(a, b);
    case 'atan2':
      return Math.atan2(a, b);
    case '==':
      return Number(a === b);
    case '!=':
      return Number(a !== b);
    case '>':
      return Number(a > b);
    case '<':
      return Number(a < b);
    case '>=':
      return Number(a >= b);
    case '<=':
      return Number(a <= b);
    default:
      throw bad(`this Prometheus of the sandbox does not know the operator ${operator}`);
  }
}

/** Go's differs from JavaScript's for a base of one, whatever the exponent. */
function power(base: number, exponent: number): number {
  return base === 1 || (base === -1 && Math.abs(exponent) === Infinity) ? 1 : base ** exponent;
}

function bad(message: string): PromqlError {
  return new PromqlError('bad_data', `parse error: ${message}`);
}
