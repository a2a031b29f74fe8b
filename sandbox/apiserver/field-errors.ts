// Field errors as apimachinery's validation/field words them. `message` is the text after the path; a refusal joins
// them (refusals.ts).

import type { Cause } from './kinds/types.ts';

export function required(field: string, detail = ''): Cause {
  return { reason: 'FieldValueRequired', message: join('Required value', detail), field };
}

export function invalid(field: string, value: unknown, detail: string): Cause {
  return { reason: 'FieldValueInvalid', message: join(`Invalid value: ${formatValue(value)}`, detail), field };
}

export function forbidden(field: string, detail: string): Cause {
  return { reason: 'FieldValueForbidden', message: join('Forbidden', detail), field };
}

export function duplicate(field: string, value: unknown): Cause {
  return { reason: 'FieldValueDuplicate', message: `Duplicate value: ${formatValue(value)}`, field };
}

export function notFound(field: string, value: unknown): Cause {
  return { reason: 'FieldValueNotFound', message: `Not found: ${formatValue(value)}`, field };
}

export function notSupported(field: string, value: unknown, supported: readonly string[]): Cause {
  const list = supported.map((one) => JSON.stringify(one)).join(', ');
  const detail = supported.length > 0 ? `supported values: ${list}` : '';
  return { reason: 'FieldValueNotSupported', message: join(`Unsupported value: ${formatValue(value)}`, detail), field };
}

/** `limit` in bytes. */
export function tooLong(field: string, limit: number): Cause {
  return { reason: 'FieldValueTooLong', message: `Too long: may not be more than ${limit} bytes`, field };
}

function join(head: string, detail: string): string {
  return detail === '' ? head : `${head}: ${detail}`;
}

/** Values as the server prints them: strings quoted, objects as JSON, nil as null. */
export function formatValue(value: unknown): string {
  return JSON.stringify(value ?? null);
}
