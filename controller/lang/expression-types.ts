// What is known of a value before an expression runs (analysis.md §4.1): the type that the reference's compiler would
// see. Elements of generic lists and maps are of any type and are looked at when they are used.

import { ExpressionRecord, type ExpressionValue } from './expression-value.ts';

export type Type =
  | { readonly is: Scalar }
  | { readonly is: 'list'; readonly of: Type; readonly goType: string }
  | { readonly is: 'record'; readonly fields: Readonly<Record<string, Type>> };

type Scalar = 'any' | 'nil' | 'bool' | 'int' | 'int64' | 'float' | 'string' | 'map' | 'time' | 'duration' | 'other';

export const anyType: Type = { is: 'any' };
export const nilType: Type = { is: 'nil' };
export const boolType: Type = { is: 'bool' };
export const intType: Type = { is: 'int' };
export const floatType: Type = { is: 'float' };
export const stringType: Type = { is: 'string' };
export const mapType: Type = { is: 'map' };
export const timeType: Type = { is: 'time' };
export const durationType: Type = { is: 'duration' };

export function listOf(of: Type, goType = '[]interface {}'): Type {
  return { is: 'list', of, goType };
}

export function typeOfValue(value: ExpressionValue): Type {
  if (value === null) return nilType;
  if (typeof value === 'boolean') return boolType;
  if (typeof value === 'number') return floatType;
  if (typeof value === 'bigint') return intType;
  if (typeof value === 'string') return stringType;
  if (value instanceof Float64Array) return listOf(floatType, '[]float64');
  if (Array.isArray(value)) {
    const isRecords = value.length > 0 && value.every((item) => item instanceof ExpressionRecord);
    return listOf(isRecords ? typeOfValue(value[0] ?? null) : anyType);
  }
  if (value instanceof ExpressionRecord) {
    const fields = Object.entries(value.fields).map(([name, field]) => [name, fieldType(field)] as const);
    return { is: 'record', fields: Object.fromEntries(fields) };
  }
  return mapType;
}

function fieldType(value: ExpressionValue): Type {
  // A field that is nil now is a pointer whose kind is not known.
  return value === null ? anyType : typeOfValue(value);
}

const names: Readonly<Record<Scalar, string>> = {
  any: 'interface {}',
  nil: 'nil',
  bool: 'bool',
  int: 'int',
  int64: 'int64',
  float: 'float64',
  string: 'string',
  map: 'map[string]interface {}',
  time: 'time.Time',
  duration: 'time.Duration',
  other: 'struct',
};

/** As Go names it. */
export function nameOfType(type: Type): string {
  if (type.is === 'list') return type.goType;
  return type.is === 'record' ? 'struct' : names[type.is];
}

/** In a mismatch the reference says `unknown` where there is nil. */
export function nameInMismatch(type: Type): string {
  return type.is === 'nil' ? 'unknown' : nameOfType(type);
}

export function isAny(type: Type): boolean {
  return type.is === 'any';
}

export function isInteger(type: Type): boolean {
  return type.is === 'int' || type.is === 'int64';
}

export function isNumber(type: Type): boolean {
  return isInteger(type) || type.is === 'float';
}

export function isComparable(left: Type, right: Type): boolean {
  if (kindOf(left) === kindOf(right) || (isNumber(left) && isNumber(right))) return true;
  return [left, right].some((type) => type.is === 'nil' || isAny(type));
}

function kindOf(type: Type): string {
  return type.is === 'int64' || type.is === 'duration' ? 'int64' : type.is;
}

/** The common type of two branches. */
export function commonType(left: Type, right: Type): Type {
  if (left.is === 'nil') return right;
  if (right.is === 'nil') return left;
  if (left.is !== right.is) return anyType;
  if (left.is === 'list' && right.is === 'list') return left.goType === right.goType ? widest(left, right) : anyType;
  return left;
}

function widest(left: Type & { is: 'list' }, right: Type & { is: 'list' }): Type {
  return left.of.is === right.of.is ? left : listOf(anyType, left.goType);
}
