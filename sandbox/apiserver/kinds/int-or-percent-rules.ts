// What must hold of numbers that may also be percentages: surges, unavailable pods, budgets.

import { invalid } from '../field-errors.ts';
import { text } from '../json.ts';
import type { Cause, JsonValue } from './types.ts';

export function notNegative(value: number, field: string): Cause[] {
  return value < 0 ? [invalid(field, value, 'must be greater than or equal to 0')] : [];
}

/** A number or a percentage, neither negative. */
export function validateIntOrPercent(value: JsonValue | undefined, field: string): Cause[] {
  if (typeof value === 'number') return notNegative(value, field);
  const written = text(value);
  if (isPercent(written)) return [];
  const detail =
    "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')";
  return [invalid(field, written, detail)];
}

export function notMoreThanAll(value: JsonValue | undefined, field: string): Cause[] {
  const written = text(value);
  return isPercent(written) && amountOf(written) > 100
    ? [invalid(field, written, 'must not be greater than 100%')]
    : [];
}

/** The number alone, as far as there is one: of 25 and of `25%` the same. */
export function amountOf(value: JsonValue | undefined): number {
  return typeof value === 'number' ? value : Number.parseInt(text(value), 10) || 0;
}

function isPercent(written: string): boolean {
  return /^\d+%$/.test(written);
}
