// Does a label selector of an object (matchLabels, matchExpressions) choose these labels?

import type { LabelSelector, StringMap } from '../../controller/api/kubernetes-types.ts';

/** An absent selector chooses nothing, an empty one everything. */
export function selects(selector: LabelSelector | undefined, labels: StringMap = {}): boolean {
  if (selector === undefined) return false;
  if (!selectsByMap(selector.matchLabels ?? {}, labels)) return false;
  return (selector.matchExpressions ?? []).every(({ key, operator, values = [] }) => {
    const value = labels[key];
    if (operator === 'Exists') return value !== undefined;
    if (operator === 'DoesNotExist') return value === undefined;
    if (operator === 'In') return value !== undefined && values.includes(value);
    return value === undefined || !values.includes(value); // NotIn
  });
}

/** The plain map that Services have. */
export function selectsByMap(map: StringMap, labels: StringMap = {}): boolean {
  return Object.entries(map).every(([key, value]) => labels[key] === value);
}
