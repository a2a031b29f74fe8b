// The one rule language that upstream's CRDs use: `self == oldSelf`, a field that never changes once it is there.

import { invalid } from '../field-errors.ts';
import { equalJson, isObject } from '../json.ts';
import type { Cause, JsonValue, Schema } from '../kinds/types.ts';
import { itemBefore, join } from './places.ts';

/** QUIRK: an error about no field in particular prints as Go's nil. */
export const nowhere = '<nil>';

const known = new WeakMap<Schema, boolean>();

/** Whether rules stand anywhere below. */
export function hasRules(schema: Schema): boolean {
  if (schema.definition !== undefined) return false;
  const answer = known.get(schema);
  if (answer !== undefined) return answer;
  const found = (schema.validations?.length ?? 0) > 0 || schemasBelow(schema).some(hasRules);
  known.set(schema, found);
  return found;
}

/** Of members, items and values of a map. */
export function schemasBelow({ properties, items, additionalProperties }: Schema): Schema[] {
  return [
    ...Object.values(properties ?? {}),
    ...(items === undefined ? [] : [items]),
    ...(typeof additionalProperties === 'object' ? [additionalProperties] : []),
  ];
}

/** The one rule that is evaluated. */
export function isTransitionRule(rule: string): boolean {
  return rule.replaceAll(/\s/g, '') === 'self==oldSelf';
}

/** `self == oldSelf` where both versions have the field; other rules are not evaluated. */
export function checkTransitions(
  schema: Schema,
  value: JsonValue,
  old: JsonValue,
  path: string,
  causes: Cause[],
): void {
  if (value === old) return;
  for (const { rule, message } of schema.validations ?? []) {
    if (!isTransitionRule(rule) || equalJson(value, old)) continue;
    const detail = message ?? `failed rule: ${rule}`;
    const isCompound = typeof value === 'object' && value !== null;
    const cause = invalid(path === '' ? nowhere : path, value, detail);
    causes.push(isCompound ? { ...cause, message: `Invalid value: ${detail}` } : cause);
  }
  if (isObject(value) && isObject(old)) {
    for (const [key, property] of Object.entries(schema.properties ?? {})) {
      const [now, before] = [value[key], old[key]];
      if (now !== undefined && before !== undefined && property.definition === undefined) {
        checkTransitions(property, now, before, join(path, key), causes);
      }
    }
    const { additionalProperties } = schema;
    if (typeof additionalProperties !== 'object') return;
    for (const key of Object.keys(value)) {
      const before = old[key];
      if (before !== undefined)
        checkTransitions(additionalProperties, value[key] as JsonValue, before, join(path, key), causes);
    }
  }
  if (Array.isArray(value) && Array.isArray(old) && schema.listType === 'map' && schema.items !== undefined) {
    const { items } = schema;
    value.forEach((item, index) => {
      const before = itemBefore(schema, item, old);
      if (before !== undefined) checkTransitions(items, item, before, `${path}[${index}]`, causes);
    });
  }
}
