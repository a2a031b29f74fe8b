// The functions of the condition language that ask a predicate about each element (analysis.md §4.2, §4.4).

import type { Budget } from './expression-budget.ts';
import { ExpressionError } from './expression-lexer.ts';
import { isTrue, sum } from './expression-operators.ts';
import { compare, goTypeOf, isList, textOf, type Value } from './expression-values.ts';

type Ask = (pointers: Readonly<Record<string, Value>>) => Value;

export function callPredicated(
  name: string,
  list: Value,
  ask: Ask | undefined,
  extra: Value | undefined,
  budget: Budget,
): Value {
  const items = itemsOf(name, list);
  budget.spend(items.length);
  const value = (index: number): Value => {
    const item = items[index] ?? null;
    return ask ? ask({ '': item, index: BigInt(index) }) : item;
  };
  const holds = (index: number) => isTrue(value(index));
  const indexes = items.map((_, index) => index);
  switch (name) {
    case 'all':
      return indexes.every(holds);
    case 'any':
      return indexes.some(holds);
    case 'none':
      return !indexes.some(holds);
    case 'one':
      return indexes.filter(holds).length === 1;
    case 'count':
      return BigInt(indexes.filter(holds).length);
    case 'filter':
      return indexes.filter(holds).map((index) => items[index] ?? null);
    case 'map':
      return indexes.map(value);
    case 'find':
      return itemAt(items, indexes.find(holds));
    case 'findLast':
      return itemAt(items, indexes.findLast(holds));
    case 'findIndex':
      return BigInt(indexes.find(holds) ?? -1);
    case 'findLastIndex':
      return BigInt(indexes.findLast(holds) ?? -1);
    case 'sum':
      return indexes.reduce<Value>((total, index) => sum(total, value(index), budget), 0n);
    case 'groupBy':
      return grouped(items, indexes.map(value), budget);
    case 'sortBy':
      return sortedBy(items, indexes.map(value), extra ?? 'asc', budget);
    case 'reduce':
      return reduced(items, ask, extra);
    default:
      throw new ExpressionError(`unknown builtin ${name}`);
  }
}

function itemsOf(name: string, list: Value): readonly Value[] {
  if (isList(list)) return Array.isArray(list) ? list : Array.from(list as Float64Array);
  if (list === null) throw new ExpressionError('reflect: call of reflect.Value.Len on zero Value');
  throw new ExpressionError(`builtin ${name} takes only array (got ${goTypeOf(list)})`);
}

function itemAt(items: readonly Value[], index: number | undefined): Value {
  return index === undefined ? null : (items[index] ?? null);
}

function grouped(items: readonly Value[], keys: readonly Value[], budget: Budget): Value {
  const groups = new Map<string, Value[]>();
  for (const [index, item] of items.entries()) {
    const key = textOf(keys[index] ?? null, budget);
    const group = groups.get(key);
    if (group) group.push(item);
    else groups.set(key, [item]);
  }
  return Object.fromEntries(groups);
}

function sortedBy(items: readonly Value[], keys: readonly Value[], order: Value, budget: Budget): Value {
  if (order !== 'asc' && order !== 'desc')
    throw new ExpressionError(`invalid order ${textOf(order, budget)}, expected asc or desc`);
  budget.spend(items.length * 5);
  const sign = order === 'asc' ? 1 : -1;
  const indexes = items.map((_, index) => index);
  indexes.sort((a, b) => sign * (compare('<', keys[a] ?? null, keys[b] ?? null, budget) || 0));
  return indexes.map((index) => items[index] ?? null);
}

function reduced(items: readonly Value[], ask: Ask | undefined, initial: Value | undefined): Value {
  if (!ask) throw new ExpressionError('not enough arguments to call reduce');
  if (initial === undefined && items.length === 0)
    throw new ExpressionError('reduce of empty array with no initial value');
  const start = initial === undefined ? 1 : 0;
  let acc: Value = initial ?? items[0] ?? null;
  for (const [index, item] of items.entries()) {
    if (index >= start) acc = ask({ '': item, index: BigInt(index), acc });
  }
  return acc;
}
