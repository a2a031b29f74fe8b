// What the functions of the condition language take and give, as far as it is known before they run (analysis.md §4.2).

import type { Node } from './expression-ast.ts';
import { ExpressionError } from './expression-lexer.ts';
import {
  anyType,
  boolType,
  durationType,
  floatType,
  intType,
  isAny,
  isInteger,
  isNumber,
  listOf,
  mapType,
  nameInMismatch,
  nameOfType,
  stringType,
  type Type,
  timeType,
} from './expression-types.ts';

export interface TypeReader {
  type(node: Node): Type;
  predicate(node: Node, pointers: Readonly<Record<string, Type>>): Type;
}

export function checkBuiltin(name: string, args: readonly Node[], read: TypeReader): Type {
  const predicated = predicateResults[name];
  if (predicated) return checkPredicated(name, args, read, predicated);
  const types = args.map((arg) => read.type(arg));
  const signature = signatures[name];
  if (signature) return checkSignature(name, types, signature);
  return checkSpecial(name, types);
}

type Predicated = (elements: Type, result: Type) => Type;

const predicateResults: Readonly<Record<string, Predicated | undefined>> = {
  all: () => boolType,
  any: () => boolType,
  none: () => boolType,
  one: () => boolType,
  filter: (elements) => listOf(elements),
  map: (_, result) => listOf(result),
  find: (elements) => elements,
  findLast: (elements) => elements,
  findIndex: () => intType,
  findLastIndex: () => intType,
  count: () => intType,
  sum: (_, result) => result,
  groupBy: () => mapType,
  sortBy: (elements) => listOf(elements),
  reduce: (_, result) => result,
};
/** Functions whose predicate gives something other than true or false. */
const mapping: ReadonlySet<string> = new Set(['map', 'sum', 'groupBy', 'sortBy', 'reduce']);

function checkPredicated(name: string, args: readonly Node[], read: TypeReader, resultOf: Predicated): Type {
  const [list, predicate, extra] = args;
  if (!list) throw new ExpressionError(`not enough arguments to call ${name}`);
  const type = read.type(list);
  if (type.is !== 'list' && !isAny(type)) {
    throw new ExpressionError(`builtin ${name} takes only array (got ${nameInMismatch(type)})`);
  }
  const elements = type.is === 'list' ? type.of : anyType;
  const accumulator = extra ? read.type(extra) : elements;
  const pointers = { '': elements, index: intType, ...(name === 'reduce' ? { acc: anyType } : {}) };
  const result = predicate ? read.predicate(predicate, pointers) : elements;
  if (name === 'sortBy' && extra && accumulator.is !== 'string' && !isAny(accumulator)) {
    throw new ExpressionError(`sortBy order argument must be a string (got ${nameOfType(accumulator)})`);
  }
  if (!mapping.has(name) && predicate && result.is !== 'bool' && !isAny(result)) {
    throw new ExpressionError(`predicate should return boolean (got ${nameInMismatch(result)})`);
  }
  return resultOf(elements, result);
}

interface Signature {
  /** A type of any kind takes everything. */
  readonly takes: readonly Type[];
  /** Arguments that may be left out, from the end. */
  readonly optional?: number;
  readonly gives: Type;
}

const anyList = listOf(anyType);
const texts = listOf(stringType, '[]string');
const bitwise: Signature = { takes: [intType, intType], gives: intType };

const signatures: Readonly<Record<string, Signature | undefined>> = {
  type: { takes: [anyType], gives: stringType },
  string: { takes: [anyType], gives: stringType },
  trim: { takes: [stringType, stringType], optional: 1, gives: stringType },
  trimPrefix: { takes: [stringType, stringType], optional: 1, gives: stringType },
  trimSuffix: { takes: [stringType, stringType], optional: 1, gives: stringType },
  upper: { takes: [stringType], gives: stringType },
  lower: { takes: [stringType], gives: stringType },
  split: { takes: [stringType, stringType, intType], optional: 1, gives: texts },
  splitAfter: { takes: [stringType, stringType, intType], optional: 1, gives: texts },
  replace: { takes: [stringType, stringType, stringType, intType], optional: 1, gives: stringType },
  repeat: { takes: [stringType, intType], gives: stringType },
  join: { takes: [anyList, stringType], optional: 1, gives: stringType },
  indexOf: { takes: [stringType, stringType], gives: intType },
  lastIndexOf: { takes: [stringType, stringType], gives: intType },
  hasPrefix: { takes: [stringType, stringType], gives: boolType },
  hasSuffix: { takes: [stringType, stringType], gives: boolType },
  toJSON: { takes: [anyType], gives: stringType },
  fromJSON: { takes: [stringType], gives: anyType },
  toBase64: { takes: [stringType], gives: stringType },
  fromBase64: { takes: [stringType], gives: stringType },
  now: { takes: [{ is: 'other' }], optional: 1, gives: timeType },
  duration: { takes: [stringType], gives: durationType },
  date: { takes: [anyType, stringType, stringType], optional: 2, gives: timeType },
  timezone: { takes: [stringType], gives: { is: 'other' } },
  take: { takes: [anyList, intType], gives: anyList },
  get: { takes: [anyType, anyType], gives: anyType },
  fromPairs: { takes: [anyList], gives: mapType },
  reverse: { takes: [anyList], gives: anyList },
  uniq: { takes: [anyList], gives: anyList },
  flatten: { takes: [anyList], gives: anyList },
  sort: { takes: [anyList, stringType], optional: 1, gives: anyList },
  bitnot: { takes: [intType], gives: intType },
  bitand: bitwise,
  bitor: bitwise,
  bitxor: bitwise,
  bitnand: bitwise,
  bitshl: bitwise,
  bitshr: bitwise,
  bitushr: bitwise,
};

function checkSignature(name: string, types: readonly Type[], { takes, optional = 0, gives }: Signature): Type {
  if (types.length > takes.length) throw new ExpressionError(`too many arguments to call ${name}`);
  if (types.length < takes.length - optional) throw new ExpressionError(`not enough arguments to call ${name}`);
  for (const [index, type] of types.entries()) {
    const parameter = takes[index];
    if (!parameter || isAny(parameter) || isAny(type) || type.is === parameter.is) continue;
    if (isInteger(parameter) && isInteger(type)) continue;
    const given = type.is === 'nil' ? 'nil' : nameOfType(type);
    throw new ExpressionError(`cannot use ${given} as argument (type ${nameOfType(parameter)}) to call ${name} `);
  }
  return gives;
}

/** Functions whose result depends on the kind of what they are given. */
function checkSpecial(name: string, types: readonly Type[]): Type {
  const [first] = types;
  if (!first) {
    if (name === 'concat') return anyList;
    throw new ExpressionError(`not enough arguments to call ${name}`);
  }
  const isList = first.is === 'list';
  const refuse = (text: string) => new ExpressionError(`${text} ${nameInMismatch(first)}`);
  const invalid = () => new ExpressionError(`invalid argument for ${name} (type ${nameInMismatch(first)})`);
  const isVariadic = name === 'min' || name === 'max' || name === 'mean' || name === 'median' || name === 'concat';
  if (!isVariadic && types.length > 1) throw new ExpressionError(`too many arguments to call ${name}`);
  switch (name) {
    case 'len':
      if (isList || first.is === 'map' || first.is === 'string' || isAny(first)) return intType;
      throw invalid();
    case 'abs':
      if (isNumber(first) || isAny(first)) return first;
      throw invalid();
    case 'ceil':
    case 'floor':
    case 'round':
      if (isNumber(first) || isAny(first)) return floatType;
      throw invalid();
    case 'int':
      if (isNumber(first) || first.is === 'string' || first.is === 'duration' || isAny(first)) return intType;
      throw invalid();
    case 'float':
      if (isNumber(first) || first.is === 'string' || isAny(first)) return floatType;
      throw invalid();
    case 'first':
    case 'last':
      if (first.is === 'list') return first.of;
      if (isAny(first)) return anyType;
      throw refuse(`cannot get ${name} element from`);
    case 'keys':
    case 'values':
    case 'toPairs':
      if (first.is === 'map' || isAny(first)) return anyList;
      throw refuse(name === 'toPairs' ? 'cannot transform' : `cannot get ${name} from`);
    case 'concat':
      if (types.every((type) => type.is === 'list' || isAny(type))) return anyList;
      throw refuse('cannot concat');
    default:
      return aggregate(name, types);
  }
}

function aggregate(name: string, types: readonly Type[]): Type {
  const [first] = types;
  for (const type of types) {
    if (isAny(type) || type.is === 'list') return anyType;
    if (!isNumber(type)) throw new ExpressionError(`invalid argument for ${name} (type ${nameInMismatch(type)})`);
  }
  return name === 'mean' || name === 'median' || first === undefined ? floatType : first;
}
