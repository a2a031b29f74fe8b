// Strategic merge patch: a merge patch that merges lists by the patch keys of the schema, with the directives `$patch`,
// `$setElementOrder`, `$deleteFromPrimitiveList` and `$retainKeys` (spec/sandbox.md §3, patch kinds).

import { cloneJson, define, equalJson, isObject } from '../json.ts';
import type { JsonObject, JsonValue, Schema } from '../kinds/types.ts';
import { badRequest, Refusal } from '../refusals.ts';

const orderDirective = '$setElementOrder/';
const deletionDirective = '$deleteFromPrimitiveList/';

/** What `before`, which is not changed, is with the patch. Parts that the patch does not name are shared. */
export function applyStrategicMerge(before: JsonObject, patch: JsonObject, schema: Schema | undefined): JsonObject {
  const directive = patch.$patch;
  if (directive === 'replace') return withoutDirectives(patch);
  if (directive === 'delete') return {};
  if (directive !== undefined && directive !== 'merge') throw badDirective(directive);
  const target = { ...before };
  retainKeys(target, patch);
  for (const key of Object.keys(patch)) {
    if (key.startsWith('$')) continue;
    applyField(target, key, patch, propertySchema(schema, key));
  }
  applyListDirectives(target, patch, schema);
  return target;
}

function applyField(target: JsonObject, key: string, patch: JsonObject, schema: Schema | undefined): void {
  const value = patch[key] as JsonValue;
  const current = Object.hasOwn(target, key) ? (target[key] as JsonValue) : undefined;
  if (value === null) {
    delete target[key];
  } else if (isObject(value)) {
    const replaces = hasStrategy(schema, 'replace') && value.$patch === undefined;
    const base = isObject(current) && !replaces ? current : {};
    define(target, key, applyStrategicMerge(base, value, schema));
  } else if (Array.isArray(value) && hasStrategy(schema, 'merge')) {
    const order = patch[orderDirective + key];
    define(
      target,
      key,
      mergeList(Array.isArray(current) ? current : [], value, schema!, Array.isArray(order) ? order : undefined),
    );
  } else {
    define(target, key, cloneJson(value));
  }
}

/** Order and deletion directives of lists that the patch does not otherwise name; deletions of those it names. */
function applyListDirectives(target: JsonObject, patch: JsonObject, schema: Schema | undefined): void {
  for (const key of Object.keys(patch)) {
    const value = patch[key];
    if (key.startsWith(deletionDirective) && Array.isArray(value)) {
      const field = key.slice(deletionDirective.length);
      const list = target[field];
      if (!Array.isArray(list)) continue;
      const left = list.filter((item) => !value.some((gone) => equalJson(gone, item)));
      target[field] = left;
      if (Array.isArray(patch[orderDirective + field])) {
        target[field] = inOrder(left, patch[orderDirective + field] as JsonValue[], undefined, list);
      }
    } else if (key.startsWith(orderDirective) && Array.isArray(value)) {
      const field = key.slice(orderDirective.length);
      const list = target[field];
      if (patch[field] !== undefined || !Array.isArray(list)) continue;
      target[field] = inOrder(list, value, propertySchema(schema, field)?.patchMergeKey, list);
    }
  }
}

/** `$retainKeys` lists all fields that may stay. */
function retainKeys(target: JsonObject, patch: JsonObject): void {
  const kept = patch.$retainKeys;
  if (kept === undefined) return;
  if (!Array.isArray(kept)) throw badRequest('invalid patch format of retainKeys: it must be a list');
  for (const key of Object.keys(patch)) {
    if (!key.startsWith('$') && patch[key] !== null && !kept.includes(key)) {
      throw badRequest(`invalid patch format of retainKeys: ${JSON.stringify(key)} is not in the list`);
    }
  }
  for (const key of Object.keys(target)) if (!kept.includes(key)) delete target[key];
}

function mergeList(
  current: readonly JsonValue[],
  patch: readonly JsonValue[],
  schema: Schema,
  order: readonly JsonValue[] | undefined,
): JsonValue[] {
  const key = schema.patchMergeKey;
  if (key === undefined || !patch.every(isObject)) return mergePrimitives(current, patch, order);
  if (patch.some((item) => isObject(item) && item.$patch === 'replace')) {
    return patch.filter((item) => isObject(item) && item.$patch === undefined).map(cloneJson);
  }
  let list: JsonValue[] = [...current];
  const named: JsonObject[] = [];
  for (const item of patch as readonly JsonObject[]) {
    const value = item[key];
    if (value === undefined || value === null) {
      throw new Refusal(
        500,
        'InternalError',
        `Internal error occurred: map: ${JSON.stringify(item)} does not contain declared merge key: ${key}`,
      );
    }
    const isItem = (other: JsonValue): boolean => isObject(other) && equalJson(other[key], value);
    if (item.$patch === 'delete') {
      list = list.filter((other) => !isItem(other));
      continue;
    }
    named.push(item);
    const index = list.findIndex(isItem);
    const base = index < 0 ? {} : (list[index] as JsonObject);
    const merged = applyStrategicMerge(base, item, schema.items);
    if (index < 0) list.push(merged);
    else list[index] = merged;
  }
  return inOrder(list, order ?? named, key, current);
}

function mergePrimitives(
  current: readonly JsonValue[],
  patch: readonly JsonValue[],
  order: readonly JsonValue[] | undefined,
): JsonValue[] {
  const list = [...current];
  for (const item of patch) if (!list.some((other) => equalJson(other, item))) list.push(cloneJson(item));
  return inOrder(list, order ?? patch, undefined, current);
}

/**
 * Items that the patch names come in its order, the others in the server's; of two heads the server's own goes first
 * only where it is known to have stood before the other. So a new item that the patch adds stands before them.
 */
function inOrder(
  list: readonly JsonValue[],
  order: readonly JsonValue[],
  key: string | undefined,
  before: readonly JsonValue[],
): JsonValue[] {
  const keyOf = (item: JsonValue): JsonValue => (key !== undefined && isObject(item) ? (item[key] ?? null) : item);
  const placeIn = (items: readonly JsonValue[], item: JsonValue): number =>
    items.findIndex((other) => equalJson(keyOf(other), keyOf(item)));
  const named = list.filter((item) => placeIn(order, item) >= 0).sort((a, b) => placeIn(order, a) - placeIn(order, b));
  const others = list.filter((item) => placeIn(order, item) < 0);
  const result: JsonValue[] = [];
  while (named.length > 0 && others.length > 0) {
    const [ownPlace, namedPlace] = [placeIn(before, others[0]!), placeIn(before, named[0]!)];
    const ownFirst = ownPlace >= 0 && namedPlace >= 0 && ownPlace < namedPlace;
    result.push((ownFirst ? others : named).shift()!);
  }
  return [...result, ...named, ...others];
}

function propertySchema(schema: Schema | undefined, key: string): Schema | undefined {
  const own = schema?.properties;
  if (own !== undefined && Object.hasOwn(own, key)) return own[key];
  return typeof schema?.additionalProperties === 'object' ? schema.additionalProperties : undefined;
}

function hasStrategy(schema: Schema | undefined, strategy: string): boolean {
  return schema?.patchStrategy?.includes(strategy) ?? false;
}

function withoutDirectives(patch: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(patch)
      .filter(([key]) => !key.startsWith('$'))
      .map(([key, value]) => [key, cloneJson(value)]),
  );
}

function badDirective(directive: unknown): Refusal {
  return badRequest(`Unknown patch type found: ${String(directive)}`);
}
