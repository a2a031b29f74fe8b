// Values while an expression runs, and how they are named, compared and printed as Go does (analysis.md §4.4).

import { type Budget, spendOnText } from './expression-budget.ts';
import { ExpressionError } from './expression-lexer.ts';
import { ExpressionRecord } from './expression-value.ts';
import { floatText } from './go-float.ts';

/** What JavaScript's dates can tell, in nanoseconds. */
const lastMoment = 8_640_000_000_000_000_000_000n;

/** A moment: nanoseconds since 1970, and the zone in which it is read. */
export class Moment {
  readonly nanoseconds: bigint;
  readonly zone: string;

  constructor(nanoseconds: bigint, zone = 'UTC') {
    if (nanoseconds > lastMoment || nanoseconds < -lastMoment) throw new ExpressionError('time is out of range');
    this.nanoseconds = nanoseconds;
    this.zone = zone;
  }
}

export class Span {
  readonly nanoseconds: bigint;

  constructor(nanoseconds: bigint) {
    this.nanoseconds = BigInt.asIntN(64, nanoseconds);
  }
}

export class Zone {
  readonly name: string;

  constructor(name: string) {
    this.name = name;
  }
}

export type Value =
  | null
  | boolean
  | number
  | bigint
  | string
  | Moment
  | Span
  | Zone
  | Float64Array
  | ExpressionRecord
  | readonly Value[]
  | { readonly [key: string]: Value };

export type ValueMap = { readonly [key: string]: Value };

export function isList(value: Value): value is readonly Value[] | Float64Array {
  return Array.isArray(value) || value instanceof Float64Array;
}

export function isMap(value: Value): value is ValueMap {
  if (typeof value !== 'object' || value === null || isList(value)) return false;
  return ![Moment, Span, Zone, ExpressionRecord].some((type) => value instanceof type);
}

export function isNumeric(value: Value): value is number | bigint {
  return typeof value === 'number' || typeof value === 'bigint';
}

/** As Go's %T. */
export function goTypeOf(value: Value): string {
  if (value === null) return '<nil>';
  if (typeof value === 'boolean') return 'bool';
  if (typeof value === 'number') return 'float64';
  if (typeof value === 'bigint') return 'int';
  if (typeof value === 'string') return 'string';
  if (value instanceof Float64Array) return '[]float64';
  if (Array.isArray(value)) return '[]interface {}';
  if (value instanceof Moment) return 'time.Time';
  if (value instanceof Span) return 'time.Duration';
  return isMap(value) ? 'map[string]interface {}' : 'struct';
}

/** One step pays for two scalars; what they are made of, and what they say, is paid for here. */
export function areEqual(left: Value, right: Value, budget: Budget): boolean {
  if (isNumeric(left) && isNumeric(right)) return Number(left) === Number(right);
  if (typeof left === 'string' && typeof right === 'string') return areSameText(left, right, budget);
  if (isList(left) && isList(right)) {
    if (left.length !== right.length) return false;
    budget.spend(left.length);
    return left.every((item: Value, index: number) => areEqual(item, right[index] ?? null, budget));
  }
  if (left instanceof Moment && right instanceof Moment) return left.nanoseconds === right.nanoseconds;
  if (left instanceof Span && right instanceof Span) return left.nanoseconds === right.nanoseconds;
  if (isMap(left) && isMap(right)) {
    const keys = Object.keys(left);
    budget.spend(keys.length * 2);
    const isSame = (key: string) =>
      Object.hasOwn(right, key) && areEqual(left[key] ?? null, right[key] ?? null, budget);
    return keys.length === Object.keys(right).length && keys.every(isSame);
  }
  return left === right;
}

function areSameText(left: string, right: string, budget: Budget): boolean {
  if (left.length !== right.length) return false;
  spendOnText(budget, left);
  return left === right;
}

/** Below zero, zero, above zero; NaN where the two have no order. */
export function compare(operator: string, left: Value, right: Value, budget: Budget): number {
  if (isNumeric(left) && isNumeric(right)) {
    if (typeof left === 'bigint' && typeof right === 'bigint') return left < right ? -1 : left > right ? 1 : 0;
    const [a, b] = [Number(left), Number(right)];
    return a < b ? -1 : a > b ? 1 : a === b ? 0 : Number.NaN;
  }
  if (typeof left === 'string' && typeof right === 'string') {
    spendOnText(budget, left.length < right.length ? left : right);
    return left < right ? -1 : left > right ? 1 : 0;
  }
  const isTimes =
    (left instanceof Moment && right instanceof Moment) || (left instanceof Span && right instanceof Span);
  if (isTimes) {
    const [a, b] = [(left as Span).nanoseconds, (right as Span).nanoseconds];
    return a < b ? -1 : a > b ? 1 : 0;
  }
  throw mismatch(operator, left, right);
}

export function mismatch(operator: string, left: Value, right: Value): ExpressionError {
  return new ExpressionError(`invalid operation: ${goTypeOf(left)} ${operator} ${goTypeOf(right)}`);
}

/** As Go's %v. */
export function textOf(value: Value, budget: Budget, depth = 0): string {
  budget.spend(2);
  const inner = (item: Value) => textOf(item, budget, depth + 1);
  if (value === null) return '<nil>';
  if (typeof value === 'number') return floatText(value);
  if (depth > 50) return '…';
  if (isList(value)) return `[${Array.from(value as Iterable<Value>, inner).join(' ')}]`;
  if (value instanceof Moment) return new Date(Number(value.nanoseconds / 1_000_000n)).toISOString();
  if (value instanceof Span) return `${Number(value.nanoseconds) / 1e9}s`;
  if (value instanceof Zone) return value.name;
  if (value instanceof ExpressionRecord) {
    return `{${Object.values(value.fields)
      .map((field) => inner(field as Value))
      .join(' ')}}`;
  }
  if (isMap(value)) {
    const entries = Object.keys(value).sort();
    return `map[${entries.map((key) => `${key}:${inner(value[key] ?? null)}`).join(' ')}]`;
  }
  if (typeof value === 'string') budget.spend(Math.floor(value.length / 16));
  return String(value);
}

export function wrapInt(value: bigint): bigint {
  return BigInt.asIntN(64, value);
}
