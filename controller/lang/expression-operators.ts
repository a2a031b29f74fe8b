// What the operators of the condition language do with values (analysis.md §4.4).

import type { BinaryOperator } from './expression-ast.ts';
import type { Budget } from './expression-budget.ts';
import { ExpressionError } from './expression-lexer.ts';
import { ExpressionRecord } from './expression-value.ts';
import {
  areEqual,
  compare,
  goTypeOf,
  isList,
  isMap,
  isNumeric,
  Moment,
  mismatch,
  Span,
  type Value,
  wrapInt,
} from './expression-values.ts';
import { compileRegExp } from './re2.ts';

const maximumRange = 1_000_000n;

export function binaryValue(operator: BinaryOperator, left: Value, right: Value, budget: Budget): Value {
  switch (operator) {
    case '==':
    case '!=':
      return areEqual(left, right, budget) === (operator === '==');
    case '<':
      return compare(operator, left, right, budget) < 0;
    case '<=':
      return compare(operator, left, right, budget) <= 0;
    case '>':
      return compare(operator, left, right, budget) > 0;
    case '>=':
      return compare(operator, left, right, budget) >= 0;
    case '+':
      return sum(left, right, budget);
    case '-':
      return difference(left, right);
    case '*':
      return product(left, right);
    case '/':
      if (isNumeric(left) && isNumeric(right)) return Number(left) / Number(right);
      throw mismatch(operator, left, right);
    case '**':
      if (isNumeric(left) && isNumeric(right)) return power(Number(left), Number(right));
      throw mismatch(operator, left, right);
    case '%':
      return remainder(left, right);
    case '..':
      return range(left, right, budget);
    case 'in':
      return isIn(left, right, budget);
    case 'matches':
    case 'contains':
    case 'startsWith':
    case 'endsWith':
      return textTest(operator, left, right, budget);
    default:
      throw mismatch(operator, left, right);
  }
}

export function sum(left: Value, right: Value, budget: Budget): Value {
  if (typeof left === 'string' && typeof right === 'string') {
    budget.spend(1 + Math.floor((left.length + right.length) / 10));
    return left + right;
  }
  if (isNumeric(left) && isNumeric(right)) {
    return typeof left === 'bigint' && typeof right === 'bigint' ? wrapInt(left + right) : Number(left) + Number(right);
  }
  if (left instanceof Span && right instanceof Span) return new Span(left.nanoseconds + right.nanoseconds);
  if (left instanceof Moment && right instanceof Span) {
    return new Moment(left.nanoseconds + right.nanoseconds, left.zone);
  }
  if (left instanceof Span && right instanceof Moment) {
    return new Moment(left.nanoseconds + right.nanoseconds, right.zone);
  }
  throw mismatch('+', left, right);
}

function difference(left: Value, right: Value): Value {
  if (isNumeric(left) && isNumeric(right)) {
    return typeof left === 'bigint' && typeof right === 'bigint' ? wrapInt(left - right) : Number(left) - Number(right);
  }
  if (left instanceof Moment && right instanceof Moment) return new Span(left.nanoseconds - right.nanoseconds);
  if (left instanceof Span && right instanceof Span) return new Span(left.nanoseconds - right.nanoseconds);
  if (left instanceof Moment && right instanceof Span) {
    return new Moment(left.nanoseconds - right.nanoseconds, left.zone);
  }
  throw mismatch('-', left, right);
}

function product(left: Value, right: Value): Value {
  if (isNumeric(left) && isNumeric(right)) {
    return typeof left === 'bigint' && typeof right === 'bigint' ? wrapInt(left * right) : Number(left) * Number(right);
  }
  if (left instanceof Span && isNumeric(right)) return scaled(left, right);
  if (right instanceof Span && isNumeric(left)) return scaled(right, left);
  if (left instanceof Span && right instanceof Span) return new Span(left.nanoseconds * right.nanoseconds);
  throw mismatch('*', left, right);
}

function scaled(span: Span, factor: number | bigint): Span {
  if (typeof factor === 'bigint') return new Span(span.nanoseconds * factor);
  const nanoseconds = Number(span.nanoseconds) * factor;
  return new Span(Number.isFinite(nanoseconds) ? BigInt(Math.trunc(nanoseconds)) : 0n);
}

/** Go's power differs from JavaScript's for a base of one. */
function power(base: number, exponent: number): number {
  return base === 1 || (base === -1 && !Number.isFinite(exponent) && !Number.isNaN(exponent)) ? 1 : base ** exponent;
}

function remainder(left: Value, right: Value): Value {
  if (typeof left !== 'bigint' || typeof right !== 'bigint') throw mismatch('%', left, right);
  if (right === 0n) throw new ExpressionError('integer divide by zero');
  return left % right;
}

function range(left: Value, right: Value, budget: Budget): Value {
  const [from, to] = [BigInt(indexOf(left)), BigInt(indexOf(right))];
  if (to < from) return [];
  if (to - from >= maximumRange) throw new ExpressionError('memory budget exceeded');
  budget.spend(Number(to - from) + 1);
  return Array.from({ length: Number(to - from) + 1 }, (_, index) => from + BigInt(index));
}

function isIn(left: Value, right: Value, budget: Budget): boolean {
  if (right === null) return false;
  if (isList(right)) {
    budget.spend(right.length);
    return right.some((item: Value) => areEqual(item, left, budget));
  }
  if (right instanceof ExpressionRecord) return typeof left === 'string' && Object.hasOwn(right.fields, left);
  if (!isMap(right)) throw new ExpressionError(`operator "in" not defined on ${goTypeOf(right)}`);
  if (left === null) return false;
  if (typeof left !== 'string') throw new ExpressionError(`cannot use ${goTypeOf(left)} as type string in map key`);
  return Object.hasOwn(right, left);
}

function textTest(operator: string, left: Value, right: Value, budget: Budget): boolean {
  // A missing text neither contains nor matches anything.
  if (left === null || right === null) return false;
  if (typeof left !== 'string' || typeof right !== 'string') throw mismatch(operator, left, right);
  budget.spend(1 + Math.floor(left.length / 10));
  if (operator === 'contains') return left.includes(right);
  if (operator === 'startsWith') return left.startsWith(right);
  if (operator === 'endsWith') return left.endsWith(right);
  return compileRegExp(right, budget).test(left, budget);
}

export function negated(operator: '-' | '+', value: Value): Value {
  if (!isNumeric(value)) throw new ExpressionError(`invalid operation: ${operator} ${goTypeOf(value)}`);
  if (operator === '+') return value;
  return typeof value === 'bigint' ? wrapInt(-value) : -value;
}

/** As an index: floats are cut. */
export function indexOf(value: Value): number {
  if (typeof value === 'bigint') return Number(value);
  if (typeof value === 'number' && Number.isFinite(value)) return Math.trunc(value);
  throw new ExpressionError(`invalid operation: int(${goTypeOf(value)})`);
}

export function memberOf(base: Value, property: Value): Value {
  if (base instanceof ExpressionRecord) {
    if (typeof property === 'string' && Object.hasOwn(base.fields, property)) return base.fields[property] as Value;
  } else if (isList(base) || typeof base === 'string') {
    return itemOf(base, indexOf(property));
  } else if (isMap(base)) {
    if (typeof property !== 'string') {
      throw new ExpressionError(`cannot use ${goTypeOf(property)} to get an element from map[string]interface {}`);
    }
    return Object.hasOwn(base, property) ? (base[property] ?? null) : null;
  }
  const shown = isNumeric(property) || typeof property === 'string' ? String(property) : goTypeOf(property);
  throw new ExpressionError(`cannot fetch ${shown} from ${goTypeOf(base)}`);
}

function itemOf(list: readonly Value[] | Float64Array | string, index: number): Value {
  const at = index < 0 ? list.length + index : index;
  if (at < 0 || at >= list.length) {
    throw new ExpressionError(`index out of range: ${index} (array length is ${list.length})`);
  }
  return typeof list === 'string' ? BigInt(list.charCodeAt(at) & 0xff) : (list[at] ?? null);
}

export function sliceOf(base: Value, from: number | undefined, to: number | undefined, budget: Budget): Value {
  if (!isList(base) && typeof base !== 'string') throw new ExpressionError(`cannot slice ${goTypeOf(base)}`);
  const place = (bound: number) => Math.min(base.length, Math.max(0, bound < 0 ? base.length + bound : bound));
  const end = to === undefined ? base.length : place(to);
  const start = Math.min(from === undefined ? 0 : place(from), end);
  budget.spend(end - start);
  return base.slice(start, end);
}

/** Where a condition is asked for, nothing else is taken. */
export function isTrue(value: Value): boolean {
  if (typeof value === 'boolean') return value;
  const given = value === null ? 'nil' : goTypeOf(value);
  throw new ExpressionError(`interface conversion: interface {} is ${given}, not bool`);
}
