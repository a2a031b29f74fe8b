// The list functions of the condition language (analysis.md §4.2). Undefined: the name is none of theirs.

import type { Budget } from './expression-budget.ts';
import { ExpressionError } from './expression-lexer.ts';
import { areEqual, compare, goTypeOf, isList, isNumeric, textOf, type Value } from './expression-values.ts';

export function callListFunction(
  name: string,
  args: readonly Value[],
  budget: Budget,
): { readonly value: Value } | undefined {
  const [first = null, second = null] = args;
  switch (name) {
    case 'first':
      return { value: isList(first) ? (first[0] ?? null) : null };
    case 'last':
      return { value: isList(first) ? (first.at(-1) ?? null) : null };
    case 'max':
      return { value: extreme(name, args, (best, item) => compare('<', best, item, budget) < 0, budget) };
    case 'min':
      return { value: extreme(name, args, (best, item) => compare('>', best, item, budget) > 0, budget) };
    case 'mean':
      return { value: meanOf(numbersIn(name, args, budget)) };
    case 'median':
      return { value: medianOf(numbersIn(name, args, budget)) };
    case 'take':
      return { value: itemsIn(name, first).slice(0, Math.max(0, Number(typeof second === 'bigint' ? second : 0n))) };
    case 'fromPairs':
      return { value: Object.fromEntries(itemsIn(name, first).map((pair) => pairOf(pair, budget))) };
    case 'reverse':
      return { value: itemsIn(name, first).toReversed() };
    case 'uniq':
      return { value: unique(itemsIn(name, first), budget) };
    case 'concat':
      return { value: args.flatMap((arg) => itemsIn(name, arg)) };
    case 'flatten':
      return { value: flattened(itemsIn(name, first), budget) };
    case 'sort':
      return { value: sorted(itemsIn(name, first), args[1] ?? 'asc', budget) };
    default:
      return undefined;
  }
}

function itemsIn(name: string, value: Value): readonly Value[] {
  if (isList(value)) return Array.from(value as Iterable<Value>);
  throw new ExpressionError(`cannot ${name} ${goTypeOf(value)}`);
}

function pairOf(pair: Value, budget: Budget): readonly [string, Value] {
  if (!isList(pair) || pair.length !== 2) throw new ExpressionError('invalid pair');
  return [textOf(pair[0] ?? null, budget), pair[1] ?? null];
}

function extreme(
  name: string,
  args: readonly Value[],
  isBetter: (best: Value, item: Value) => boolean,
  budget: Budget,
): Value {
  let best: Value = null;
  for (const arg of args) {
    budget.spend(1);
    if (isList(arg)) {
      for (const item of itemsIn(name, arg)) {
        const value = extreme(name, [item], isBetter, budget);
        if (!isNumeric(value)) throw new ExpressionError(`invalid argument for ${name} (type ${goTypeOf(value)})`);
        if (best === null || isBetter(best, value)) best = value;
      }
    } else if (isNumeric(arg)) {
      if (best === null || isBetter(best, arg)) best = arg;
    } else if (args.length === 1) {
      return arg;
    } else {
      throw new ExpressionError(`invalid argument for ${name} (type ${goTypeOf(arg)})`);
    }
  }
  return best;
}

function numbersIn(name: string, args: readonly Value[], budget: Budget, into: number[] = []): number[] {
  budget.spend(args.length);
  for (const arg of args) {
    if (isNumeric(arg)) into.push(Number(arg));
    else if (isList(arg)) numbersIn(name, itemsIn(name, arg), budget, into);
    else throw new ExpressionError(`invalid argument for ${name} (type ${goTypeOf(arg)})`);
  }
  return into;
}

function meanOf(numbers: readonly number[]): number {
  return numbers.length === 0 ? 0 : numbers.reduce((total, item) => total + item, 0) / numbers.length;
}

function medianOf(numbers: readonly number[]): number {
  if (numbers.length === 0) return 0;
  const ordered = numbers.toSorted((a, b) => a - b);
  const middle = Math.floor(ordered.length / 2);
  const upper = ordered[middle] ?? 0;
  return ordered.length % 2 === 1 ? upper : ((ordered[middle - 1] ?? 0) + upper) / 2;
}

function unique(items: readonly Value[], budget: Budget): Value {
  const kept: Value[] = [];
  for (const item of items) {
    budget.spend(1 + kept.length);
    if (!kept.some((other) => areEqual(other, item, budget))) kept.push(item);
  }
  return kept;
}

function flattened(items: readonly Value[], budget: Budget, into: Value[] = []): Value[] {
  budget.spend(items.length);
  for (const item of items) {
    if (isList(item)) flattened(itemsIn('flatten', item), budget, into);
    else into.push(item);
  }
  return into;
}

function sorted(items: readonly Value[], order: Value, budget: Budget): Value {
  if (order !== 'asc' && order !== 'desc')
    throw new ExpressionError(`invalid order ${textOf(order, budget)}, expected asc or desc`);
  budget.spend(items.length * 5);
  const sign = order === 'asc' ? 1 : -1;
  return items.toSorted((a, b) => sign * (compare('<', a, b, budget) || 0));
}
