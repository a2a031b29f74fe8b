// How a schema sees a value: what is one piece (a leaf) and what merges, and under which path element each item of a
// list stands. All walks of managed fields (compare, merge, remove, to-set) stand on this.

import { isObject } from '../json.ts';
import type { JsonObject, JsonValue, Schema } from '../kinds/types.ts';

export type Shape =
  | { readonly as: 'leaf' }
  | { readonly as: 'map'; readonly value: JsonObject }
  | { readonly as: 'list'; readonly value: readonly JsonValue[]; readonly listType: 'set' | 'map' };

const leaf: Shape = { as: 'leaf' };

/** Maps merge unless they are atomic; lists are atomic unless the schema says otherwise. `null` fits everything. */
export function shapeOf(schema: Schema | undefined, value: JsonValue | undefined): Shape {
  if (isObject(value)) return isAtomicMap(schema) ? leaf : { as: 'map', value };
  if (Array.isArray(value)) {
    const listType = schema?.listType;
    return listType === 'set' || listType === 'map' ? { as: 'list', value, listType } : leaf;
  }
  return leaf;
}

/** Objects without any declared field (RawExtension and the like) are one piece in built-in kinds. */
function isAtomicMap(schema: Schema | undefined): boolean {
  if (schema?.mapType === 'atomic' || schema?.intOrString) return true;
  return (
    schema?.definition !== undefined && schema.properties === undefined && schema.additionalProperties === undefined
  );
}

export function fieldSchema(schema: Schema | undefined, key: string): Schema | undefined {
  const { properties, additionalProperties } = schema ?? {};
  if (properties !== undefined && Object.hasOwn(properties, key)) return properties[key];
  return typeof additionalProperties === 'object' ? additionalProperties : undefined;
}

/** A field that a struct names, as opposed to a key of a map. */
export function isNamedField(schema: Schema | undefined, key: string): boolean {
  return schema?.properties !== undefined && Object.hasOwn(schema.properties, key);
}

/** The path element of a list's item; undefined when it lacks its keys. */
export function itemElement(schema: Schema | undefined, item: JsonValue): string | undefined {
  if (schema?.listType === 'set') return `v:${JSON.stringify(item)}`;
  if (!isObject(item)) return undefined;
  const key: JsonObject = {};
  for (const name of [...(schema?.listMapKeys ?? [])].sort()) {
    const value = Object.hasOwn(item, name) ? item[name] : schema?.items?.properties?.[name]?.default;
    if (value !== undefined) key[name] = value;
  }
  return Object.keys(key).length === 0 ? undefined : `k:${JSON.stringify(key)}`;
}

/** Items by path element, in order; of doubles the first. Items without keys get none. */
export function itemsByElement(schema: Schema | undefined, list: readonly JsonValue[]): Map<string, JsonValue> {
  const items = new Map<string, JsonValue>();
  for (const item of list) {
    const element = itemElement(schema, item);
    if (element !== undefined && !items.has(element)) items.set(element, item);
  }
  return items;
}

export function isEmptyValue(value: JsonValue | undefined): boolean {
  if (value === undefined || value === null) return true;
  return Array.isArray(value) ? value.length === 0 : isObject(value) && Object.keys(value).length === 0;
}
