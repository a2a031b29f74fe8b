// Where a value stands: the path of a field as messages name it, and which item of a list is which.

import { equalJson, isObject } from '../json.ts';
import type { JsonObject, JsonValue, Schema } from '../kinds/types.ts';

/** `spec` and `size` is `spec.size`. */
export function join(path: string, key: string): string {
  return path === '' ? key : `${path}.${key}`;
}

/** What names an item of a list by key, defaults included; undefined: nothing does. */
export function keysOf(schema: Schema, item: JsonValue): JsonValue | undefined {
  if (!isObject(item)) return undefined;
  const keys: JsonObject = {};
  for (const key of schema.listMapKeys ?? []) {
    const value = item[key] ?? schema.items?.properties?.[key]?.default;
    if (value !== undefined) keys[key] = value;
  }
  return Object.keys(keys).length === 0 ? undefined : keys;
}

/** The item of the list before that this one is. Only lists by key tell. */
export function itemBefore(schema: Schema, item: JsonValue, old: JsonValue | undefined): JsonValue | undefined {
  if (schema.listType !== 'map' || !Array.isArray(old)) return undefined;
  const key = keysOf(schema, item);
  return key === undefined ? undefined : old.find((one) => equalJson(keysOf(schema, one), key));
}
