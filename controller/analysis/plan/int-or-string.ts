// What number does a count or limit mean (analysis.md, conventions)? An unparsable string is 0, without an error.

import type { IntOrString } from '../../api/kubernetes-types.ts';

export function intOf(value: IntOrString | undefined, absent = 0): number {
  if (value === undefined) return absent;
  if (typeof value === 'number') return Math.trunc(value);
  return /^[+-]?\d{1,15}$/.test(value) ? Number(value) : 0;
}

/** Measurements that are taken; undefined: no end. */
export function effectiveCount(metric: {
  readonly count?: IntOrString;
  readonly interval?: string;
}): number | undefined {
  const count = intOf(metric.count);
  if (count !== 0) return count;
  return metric.interval ? undefined : 1;
}
