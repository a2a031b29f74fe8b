// JSON merge patches (RFC 7386): applying one, and finding the smallest one between two values. `undefined` counts as
// absent everywhere, so that a computed status may name every field. Nothing is mutated; unchanged parts are shared.

import type { Json } from '../api/kubernetes-types.ts';

type Fields = Readonly<Record<string, unknown>>;

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The value that a server has after the patch. Returns `target` itself where the patch changes nothing. */
export function applyMergePatch<T>(target: T, patch: unknown): T {
  return apply(target, patch) as T;
}

function apply(target: unknown, patch: unknown): unknown {
  if (!isFields(patch)) return isEqualJson(target, patch) ? target : patch;
  const base = isFields(target) ? target : {};
  const result: Record<string, unknown> = { ...base };
  let changed = base !== target;
  for (const [key, change] of Object.entries(patch)) {
    if (change === undefined) continue;
    if (change === null) {
      changed ||= Object.hasOwn(base, key);
      delete result[key];
      continue;
    }
    const old = Object.hasOwn(base, key) ? base[key] : undefined;
    const value = apply(old, change);
    changed ||= value !== old;
    define(result, key, value);
  }
  return changed ? result : target;
}

/** Sets an own property, also where the key is `__proto__`. */
function define(target: Record<string, unknown>, key: string, value: unknown): void {
  if (key !== '__proto__') target[key] = value;
  else Object.defineProperty(target, key, { value, enumerable: true, writable: true, configurable: true });
}

/**
 * The patch that makes `from` into `to`; undefined when they are equal. Lists are replaced whole. A null inside `to`
 * means absent, since no merge patch can write one.
 */
export function diffMergePatch(from: unknown, to: unknown): { readonly [key: string]: Json } | undefined {
  return isFields(from) && isFields(to) ? diffFields(from, to) : undefined;
}

function diffFields(from: Fields, to: Fields): { readonly [key: string]: Json } | undefined {
  const patch: Record<string, Json> = {};
  let changed = false;
  const put = (key: string, value: Json) => {
    changed = true;
    define(patch, key, value);
  };
  for (const [key, old] of Object.entries(from)) {
    const isGone = !Object.hasOwn(to, key) || to[key] === undefined || to[key] === null;
    if (isGone && old !== undefined && old !== null) put(key, null);
  }
  for (const [key, value] of Object.entries(to)) {
    if (value === undefined || value === null) continue;
    const old = Object.hasOwn(from, key) ? from[key] : undefined;
    if (isFields(old) && isFields(value)) {
      const inner = diffFields(old, value);
      if (inner) put(key, inner);
    } else if (!isEqualJson(old, value)) put(key, withoutNulls(value) as Json);
  }
  return changed ? patch : undefined;
}

/** Nulls inside a new object would delete; what they say is "absent". Lists may hold nulls. */
function withoutNulls(value: unknown): unknown {
  if (!isFields(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, item]) => item !== undefined && item !== null)
      .map(([key, item]) => [key, withoutNulls(item)]),
  );
}

/** Equal as JSON: key order is free, `undefined` is absent. */
export function isEqualJson(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (Array.isArray(a) && Array.isArray(b)) {
    if (a.length !== b.length) return false;
    for (let index = 0; index < a.length; index++) if (!isEqualJson(a[index], b[index])) return false;
    return true;
  }
  if (!isFields(a) || !isFields(b)) return false;
  let count = 0;
  for (const key of Object.keys(a)) {
    if (a[key] === undefined) continue;
    count++;
    if (!Object.hasOwn(b, key) || !isEqualJson(a[key], b[key])) return false;
  }
  for (const key of Object.keys(b)) if (b[key] !== undefined) count--;
  return count === 0;
}
