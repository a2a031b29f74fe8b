// The functions of the condition language that ask no predicate (analysis.md §4.2).

import { callBitFunction } from './expression-bits.ts';
import type { Budget } from './expression-budget.ts';
import { ExpressionError } from './expression-lexer.ts';
import { callListFunction } from './expression-lists.ts';
import { memberOf } from './expression-operators.ts';
import { callTextFunction } from './expression-texts.ts';
import { callTimeFunction } from './expression-times.ts';
import {
  goTypeOf,
  isList,
  isMap,
  isNumeric,
  Moment,
  Span,
  textOf,
  type Value,
  type ValueMap,
} from './expression-values.ts';
import { parseGoFloat } from './go-float.ts';
import type { EpochMillis } from './time.ts';

export interface Surroundings {
  readonly budget: Budget;
  readonly now: EpochMillis;
}

export function callBuiltin(name: string, args: readonly Value[], { budget, now }: Surroundings): Value {
  const [first = null, second = null] = args;
  switch (name) {
    case 'len':
      return BigInt(lengthOf(first, budget));
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
      return typeof first === 'string' ? first : textOf(first, budget);
    case 'get':
      return found(first, second);
    case 'keys':
      return keysOf(mapIn(name, first), budget);
    case 'values':
    case 'toPairs': {
      const map = mapIn(name, first);
      const value = (key: string) => map[key] ?? null;
      return keysOf(map, budget).map((key) => (name === 'values' ? value(key) : [key, value(key)]));
    }
    default:
      return (
        callTextFunction(name, args, budget) ??
        callListFunction(name, args, budget) ??
        callTimeFunction(name, args, { budget, now }) ??
        callBitFunction(name, args)
      ).value;
  }
}

function lengthOf(value: Value, budget: Budget): number {
  if (isList(value)) return value.length;
  if (typeof value === 'string') return [...value].length;
  if (isMap(value)) return keysOf(value, budget).length;
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

function keysOf(map: ValueMap, budget: Budget): string[] {
  const keys = Object.keys(map);
  budget.spend(keys.length);
  return keys;
}

function numberIn(name: string, value: Value): number {
  if (isNumeric(value)) return Number(value);
  throw new ExpressionError(`invalid argument for ${name} (type ${goTypeOf(value)})`);
}

function mapIn(name: string, value: Value): ValueMap {
  if (isMap(value)) return value;
  throw new ExpressionError(`cannot get ${name} from ${goTypeOf(value)}`);
}

function intOf(value: Value): bigint {
  if (typeof value === 'bigint') return value;
  if (typeof value === 'number') return truncated(value);
  if (value instanceof Span) return value.nanoseconds;
  if (typeof value === 'string') {
    const parsed = parseGoInt(value);
    if (typeof parsed === 'bigint') return parsed;
    throw new ExpressionError(`invalid operation: int(${value})`);
  }
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

/** As Go's ParseInt of 64 bits. */
export function parseGoInt(text: string): bigint | 'invalid syntax' | 'value out of range' {
  const [, sign = '', digits] = /^([+-]?)0*(\d+)$/.exec(text) ?? [];
  if (digits === undefined) return 'invalid syntax';
  if (digits.length > 19) return 'value out of range'; // however long it is, it is not worked out
  const value = sign === '-' ? -BigInt(digits) : BigInt(digits);
  return BigInt.asIntN(64, value) === value ? value : 'value out of range';
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
export function notSupported(name: string, value: Value, budget: Budget): ExpressionError {
  const shown = textOf(value, budget);
  return new ExpressionError(`${name}() not supported on ${goTypeOf(value)} ${shown}`);
}
