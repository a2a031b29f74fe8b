// JSON of services that nobody controls: read without trust, written as Go writes it (sorted keys, `<>&` escaped), for
// that is what users see as a measurement's value.

import type { ExpressionValue } from '../../../lang/expression-value.ts';

export type JsonRecord = Readonly<Record<string, unknown>>;

export function isRecord(value: unknown): value is JsonRecord {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** An own member of an object; undefined for everything else. */
export function member(value: unknown, ...path: readonly string[]): unknown {
  let found = value;
  for (const name of path) found = isRecord(found) && Object.hasOwn(found, name) ? found[name] : undefined;
  return found;
}

export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

export type Parsed = { readonly value: unknown } | { readonly problem: string };

/** The problem quotes nothing of the text: it may be anything. */
export function parseJson(text: string): Parsed {
  if (text.trim() === '') return { problem: 'unexpected end of JSON input' };
  try {
    return { value: JSON.parse(text) };
  } catch (error) {
    if (error instanceof SyntaxError) return { problem: 'invalid character in JSON' };
    throw error;
  }
}

/** What JSON.parse gives is made of expression values only. */
export function asExpressionValue(json: unknown): ExpressionValue {
  return json as ExpressionValue;
}

/** Compact, keys sorted at every level, as encoding/json writes a map. */
export function goJsonText(value: unknown): string {
  return escapeHtml(JSON.stringify(sorted(value)) ?? 'null');
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (!isRecord(value)) return value;
  const made: Record<string, unknown> = Object.create(null);
  for (const key of Object.keys(value).sort()) made[key] = sorted(value[key]);
  return made;
}

function escapeHtml(json: string): string {
  return json.replaceAll(/[<>&\u2028\u2029]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
