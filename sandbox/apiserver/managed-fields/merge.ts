// Puts an applied configuration into a live object, and takes out what is owned no more (structured-merge-diff's Merge
// and RemoveItems). Inputs are not changed; results share what did not change.

import { define, isObject } from '../json.ts';
import type { JsonObject, JsonValue, Schema } from '../kinds/types.ts';
import { type FieldSet, isEmpty } from './field-set.ts';
import { fieldSchema, itemElement, itemsByElement, shapeOf } from './typed-value.ts';

/** What `applied` says wins; what it does not name stays. */
export function mergeValues(schema: Schema | undefined, live: JsonValue | undefined, applied: JsonValue): JsonValue {
  const right = shapeOf(schema, applied);
  const left = shapeOf(schema, live);
  if (right.as === 'map' && left.as === 'map') {
    const merged: JsonObject = { ...left.value };
    for (const [key, value] of Object.entries(right.value)) {
      const own = Object.hasOwn(left.value, key) ? left.value[key] : undefined;
      define(merged, key, mergeValues(fieldSchema(schema, key), own, value));
    }
    return merged;
  }
  if (right.as === 'list' && left.as === 'list') return mergeLists(schema, left.value, right.value);
  return applied;
}

/** Applied items keep their order; live ones that are not applied stay behind the neighbours that they had. */
function mergeLists(
  schema: Schema | undefined,
  live: readonly JsonValue[],
  applied: readonly JsonValue[],
): JsonValue[] {
  const before = itemsByElement(schema, live);
  const wanted = itemsByElement(schema, applied);
  const liveOrder = [...before.keys()];
  const wantedOrder = [...wanted.keys()];
  const shared = wantedOrder.filter((element) => before.has(element));
  let nextShared = shared.shift();
  const merged = new Set<string>();
  const result: JsonValue[] = [];
  const take = (element: string): void => {
    merged.add(element);
    const value = wanted.get(element);
    result.push(value === undefined ? before.get(element)! : mergeValues(schema?.items, before.get(element), value));
  };
  let left = 0;
  let right = 0;
  while (left < liveOrder.length || right < wantedOrder.length) {
    const mine = liveOrder[left];
    const theirs = wantedOrder[right];
    if (mine !== undefined && theirs !== undefined) {
      if (mine === theirs) {
        take(mine);
        left++;
        right++;
        nextShared = shared.shift();
        continue;
      }
      if (wanted.has(mine) && nextShared !== undefined && nextShared !== mine) {
        left++;
        continue;
      }
    }
    if (mine !== undefined) {
      if (!wanted.has(mine)) {
        take(mine);
        left++;
        continue;
      }
      if (merged.has(mine)) left++;
    }
    if (theirs !== undefined) {
      take(theirs);
      right++;
      if (nextShared === theirs) nextShared = shared.shift();
    }
  }
  return result;
}

/** The value without the members of `gone`. undefined: nothing is left of it. */
export function removeItems(schema: Schema | undefined, value: JsonValue, gone: FieldSet): JsonValue | undefined {
  if (isEmpty(gone)) return value;
  const shape = shapeOf(schema, value);
  if (shape.as === 'map') {
    const left: JsonObject = {};
    for (const [key, member] of Object.entries(shape.value)) {
      const element = `f:${key}`;
      if (gone.members.has(element)) continue;
      const below = gone.children.get(element);
      const kept = below === undefined ? member : removeItems(fieldSchema(schema, key), member, below);
      if (kept !== undefined) define(left, key, kept);
    }
    return Object.keys(left).length > 0 ? left : undefined;
  }
  if (shape.as === 'list') {
    const left: JsonValue[] = [];
    for (const item of shape.value) {
      const element = itemElement(schema, item);
      if (element !== undefined && gone.members.has(element)) continue;
      const below = element === undefined ? undefined : gone.children.get(element);
      const kept = below === undefined ? item : removeItems(schema?.items, item, below);
      if (kept !== undefined) left.push(kept);
    }
    return left.length > 0 ? left : undefined;
  }
  return value;
}

export function asObject(value: JsonValue | undefined): JsonObject {
  return isObject(value) ? value : {};
}
