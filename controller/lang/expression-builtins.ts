// The functions of the condition language that ask no predicate (analysis.md §4.2).

import { callBitFunction } from './expression-bits.ts';
import type { Budget } from './expression-evaluator.ts';
import { ExpressionError } from './expression-lexer.ts';
import { callListFunction } from './expression-lists.ts';
import { memberOf } from './expression-operators.ts';
import { callTextFunction } from './expression-texts.ts';
import { callTimeFunction } from './expression-times.ts';
import {
  floatText,
  goTypeOf,
  isList,
  isMap,
  isNumeric,
  Moment,
  Span,
  textOf,
  type Value,
} from './expression-values.ts';
import type { EpochMillis } from './time.ts';

export interface Surroundings {
  readonly budget: Budget;
  readonly now: EpochMillis;
}

export function callBuiltin(name: string, args: readonly Value[], { budget, now }: Surroundings): Value {
  const [first = null, second = null] = args;
  for (const arg of args) if (isList(arg) || typeof arg === 'string') budget.spend(1 + Math.floor(arg.length / 4));
  switch (name) {
    case 'len':
      return BigInt(lengthOf(first));
    case 'type':
      return typeName(first);
    case 'abs':
      if (typeof first === 'bigint') return first < 0n ? -first : first;
      return Math.abs(numberIn(name, first));
    case 'ceil':
      return Math.ceil(numberIn(name, first));
    case 'floor':
      return Math.floor(numberIn(name, first));
    case 'round': {
      const value = numberIn(name, first);
      return Math.sign(value) * Math.round(Math.abs(value)); // half away from zero
    }
    case 'int':
      return intOf(first);
    case 'float':
      return floatOf(first);
    case 'string':
      return typeof first === 'string' ? first : textOf(first);
    case 'get':
      return found(first, second);
    case 'keys':
      return Object.keys(mapIn(name, first));
    case 'values':
      return Object.values(mapIn(name, first));
    case 'toPairs':
      return Object.entries(mapIn(name, first)).map(([key, value]) => [key, value]);
    default:
      return (
        callTextFunction(name, args, budget) ??
        callListFunction(name, args, budget) ??
        callTimeFunction(name, args, now) ??
        callBitFunction(name, args)
      ).value;
  }
}

function lengthOf(value: Value): number {
  if (isList(value)) return value.length;
  if (typeof value === 'string') return [...value].length;
  if (isMap(value)) return Object.keys(value).length;
  throw new ExpressionError(`invalid argument for len (type ${goTypeOf(value)})`);
}

function typeName(value: Value): string {
  if (value === null) return 'nil';
  if (isList(value)) return 'array';
  if (isMap(value)) return 'map';
  if (typeof value === 'boolean') return 'bool';
  if (typeof value === 'number') return 'float';
  if (typeof value === 'bigint') return 'int';
  if (typeof value === 'string') return 'string';
  return value instanceof Moment || value instanceof Span ? goTypeOf(value) : 'struct';
}

function numberIn(name: string, value: Value): number {
  if (isNumeric(value)) return Number(value);
  throw new ExpressionError(`invalid argument for ${name} (type ${goTypeOf(value)})`);
}

function mapIn(name: string, value: Value): { readonly [key: string]: Value } {
  if (isMap(value)) return value;
  throw new ExpressionError(`cannot get ${name} from ${goTypeOf(value)}`);
}

function intOf(value: Value): bigint {
  if (typeof value === 'bigint') return value;
  if (typeof value === 'number') return truncated(value);
  if (value instanceof Span) return value.nanoseconds;
  if (typeof value === 'string' && /^[+-]?\d+$/.test(value)) return BigInt.asIntN(64, BigInt(value));
  if (typeof value === 'string') throw new ExpressionError(`invalid operation: int(${value})`);
  throw new ExpressionError(`invalid argument for int (type ${goTypeOf(value)})`);
}

/** Toward zero; what has no int is the smallest one, as on amd64. */
export function truncated(value: number): bigint {
  if (!Number.isFinite(value) || Math.abs(value) >= 2 ** 63) return -(2n ** 63n);
  return BigInt(Math.trunc(value));
}

function floatOf(value: Value): number {
  if (isNumeric(value)) return Number(value);
  if (typeof value === 'string') {
    const parsed = parseGoFloat(value);
    if (parsed !== undefined) return parsed;
    throw new ExpressionError(`invalid operation: float(${value})`);
  }
  throw new ExpressionError(`invalid argument for float (type ${goTypeOf(value)})`);
}

/** As Go's ParseFloat; undefined for what it refuses. */
export function parseGoFloat(text: string): number | undefined {
  const special = /^([+-]?)(?:(inf|infinity)|nan)$/i.exec(text);
  if (special) {
    if (special[2] === undefined) return special[1] === '' ? Number.NaN : undefined;
    return special[1] === '-' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  }
  if (!/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text)) return undefined;
  const value = Number(text);
  return Number.isFinite(value) ? value : undefined;
}

function found(base: Value, key: Value): Value {
  try {
    return memberOf(base, key);
  } catch (error) {
    if (error instanceof ExpressionError) return null;
    throw error;
  }
}

/** For the environment's asInt and asFloat: what they say of a value that they do not take. */
export function notSupported(name: string, value: Value): ExpressionError {
  const shown = typeof value === 'number' ? floatText(value) : textOf(value);
  return new ExpressionError(`${name}() not supported on ${goTypeOf(value)} ${shown}`);
}
