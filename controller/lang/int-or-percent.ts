// Int-or-percent values as Argo Rollouts reads them (spec/rollout.md §4.1): a number is itself, a text is a percentage
// with or without its sign (QUIRK: "25" means 25 %), anything else is unparsable.

import type { IntOrString } from '../api/kubernetes-types.ts';

/** The percentage that a text stands for: every `%` is dropped, the rest must be an integer. */
export function parsePercent(text: string): number | undefined {
  const digits = text.replaceAll('%', '');
  return /^[+-]?[0-9]+$/.test(digits) ? Number(digits) : undefined;
}

/** The share of `total`, rounded up or down; undefined for an unparsable text. */
export function scaledValue(value: IntOrString, total: number, rounding: 'up' | 'down'): number | undefined {
  if (typeof value === 'number') return value;
  const percent = parsePercent(value);
  if (percent === undefined) return undefined;
  const share = (percent * total) / 100;
  return rounding === 'up' ? Math.ceil(share) : Math.floor(share);
}

/** The number as it is written, be it an amount or a percentage: what validation looks at. */
export function writtenNumber(value: IntOrString): number {
  return typeof value === 'number' ? value : (parsePercent(value) ?? 0);
}
