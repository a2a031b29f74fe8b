// Short ways through plain JSON for the files of this folder: what is not there, or is something else, is skipped.

import { at, isObject } from '../json.ts';
import type { JsonObject, JsonValue } from './types.ts';

/** The object at a path. */
export function objectAt(value: unknown, ...path: readonly string[]): JsonObject | undefined {
  const found = path.length === 0 ? value : at(value, ...path);
  return isObject(found) ? found : undefined;
}

/** The objects in the list at a path. */
export function objectsAt(value: unknown, ...path: readonly string[]): JsonObject[] {
  const found = at(value, ...path);
  return Array.isArray(found) ? found.filter(isObject) : [];
}

export function textAt(value: unknown, ...path: readonly string[]): string {
  const found = at(value, ...path);
  return typeof found === 'string' ? found : '';
}

export function numberAt(value: unknown, ...path: readonly string[]): number | undefined {
  const found = at(value, ...path);
  return typeof found === 'number' ? found : undefined;
}

/** The texts in the list at a path. */
export function textsAt(value: unknown, ...path: readonly string[]): string[] {
  const found = at(value, ...path);
  return Array.isArray(found) ? found.filter((one) => typeof one === 'string') : [];
}

/** The member `key` as an object, made if it is not there. */
export function ensureObject(target: JsonObject, key: string): JsonObject {
  const present = target[key];
  if (isObject(present)) return present;
  const made: JsonObject = {};
  target[key] = made;
  return made;
}

/** Sets a pointer that is nil. */
export function setDefault(target: JsonObject, key: string, value: JsonValue): void {
  if (target[key] === undefined || target[key] === null) target[key] = value;
}

/** Sets a value that is Go's zero. */
export function setIfZero(target: JsonObject, key: string, value: JsonValue): void {
  const present = target[key];
  if (present === undefined || present === null || present === '' || present === 0) target[key] = value;
}
