// What Go's encoding/json writes for one of the structs of go-structs-*.ts, given the object as it came over the wire
// (spec/rollout.md §2.2): fields in declaration order, sorted maps, HTML escaped, unknown fields dropped, quantities
// canonical. A value of the wrong type counts as absent, as where a decoder leaves it out field by field.

import { podStructs } from './go-structs-pod.ts';
import { stepStructs } from './go-structs-steps.ts';
import { canonicalQuantity, parseQuantity } from './quantity.ts';
import { formatRfc3339, parseRfc3339 } from './rfc3339.ts';

interface Field {
  readonly name: string;
  readonly type: string;
  readonly omitEmpty: boolean;
}

const structs: Readonly<Record<string, string>> = { ...podStructs, ...stepStructs };
const fieldsOfStruct = new Map<string, readonly Field[]>();

function fieldsOf(struct: string): readonly Field[] | undefined {
  const known = fieldsOfStruct.get(struct);
  if (known) return known;
  const text = structs[struct];
  if (text === undefined) return undefined;
  const fields = text
    .trim()
    .split(/\s+/)
    .map((field) => {
      const [, name = '', omit = '', type = ''] = /^([^?:]+)(\?*):(.+)$/.exec(field) ?? [];
      return { name, type, omitEmpty: omit !== '' };
    });
  fieldsOfStruct.set(struct, fields);
  return fields;
}

/** The JSON of `value` as the Go type (`PodTemplateSpec`, `[]CanaryStep`) would be written. */
export function goJson(type: string, value: unknown): string {
  return encode(type, value, scalars) ?? zeroOf(type);
}

/** A text that is equal for equal meaning: as goJson, but with quantities by their value (`1Gi` is `1073741824`). */
export function goMeaning(type: string, value: unknown): string {
  return encode(type, value, scalarsByValue) ?? zeroOf(type);
}

type Scalars = Readonly<Record<string, (value: unknown) => string | undefined>>;

/** Undefined for what counts as absent: null, a wrong type. The empty value of a type is not absent. */
function encode(type: string, value: unknown, by: Scalars): string | undefined {
  if (value === undefined || value === null) return undefined;
  if (type.startsWith('*')) return encode(type.slice(1), value, by);
  if (type.startsWith('[]')) return encodeList(type.slice(2), value, by);
  if (type.startsWith('map[string]')) return encodeMap(type.slice('map[string]'.length), value, by);
  const scalar = by[type];
  return scalar ? scalar(value) : encodeStruct(type, value, by);
}

const scalars: Scalars = {
  string: (value) => (typeof value === 'string' ? quote(value) : undefined),
  bool: (value) => (typeof value === 'boolean' ? String(value) : undefined),
  int32: (value) => (Number.isInteger(value) && Math.abs(value as number) < 2 ** 31 ? String(value) : undefined),
  int64: (value) => (Number.isInteger(value) ? String(value) : undefined),
  IntOrString: (value) => (typeof value === 'string' ? quote(value) : scalars.int32?.(value)),
  Quantity: (value) => {
    const canonical = canonicalQuantity(value);
    return canonical === undefined ? undefined : quote(canonical);
  },
  Time: (value) => {
    const at = typeof value === 'string' ? parseRfc3339(value) : undefined;
    return at === undefined ? undefined : quote(formatRfc3339(at));
  },
  bytes: (value) => escapeHtml(rawJson(value)),
  FieldsV1: () => undefined,
};

const scalarsByValue: Scalars = {
  ...scalars,
  Quantity: (value) => {
    const quantity = parseQuantity(value);
    return quantity && quote(String(quantity.nanos));
  },
};

function encodeList(type: string, value: unknown, by: Scalars): string | undefined {
  if (!Array.isArray(value)) return undefined;
  return `[${value.map((item) => encode(type, item, by) ?? zeroOf(type)).join()}]`;
}

function encodeMap(type: string, value: unknown, by: Scalars): string | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const entries = Object.entries(value)
    .map(([key, item]) => [key, item === null ? zeroOf(type) : encode(type, item, by)] as const)
    .filter(([, item]) => item !== undefined)
    .sort(([a], [b]) => compareCodePoints(a, b));
  return `{${entries.map(([key, item]) => `${quote(key)}:${item}`).join()}}`;
}

function encodeStruct(struct: string, value: unknown, by: Scalars): string | undefined {
  const fields = fieldsOf(struct);
  if (!fields) throw new Error(`no such Go type: ${struct}`);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const parts: string[] = [];
  for (const field of fields) {
    const text = encodeField(field, (value as Readonly<Record<string, unknown>>)[field.name], by);
    if (text !== undefined) parts.push(`${quote(field.name)}:${text}`);
  }
  return `{${parts.join()}}`;
}

function encodeField(field: Field, value: unknown, by: Scalars): string | undefined {
  const text = encode(field.type, value, by);
  if (!field.omitEmpty) return text ?? zeroOf(field.type);
  if (field.type.startsWith('*')) return text;
  if (text !== undefined) return isEmpty(field.type, text) ? undefined : text;
  // A struct value is never empty: Go writes it even if nothing in it is set. Times are left out by `omitzero`.
  return isStruct(field.type) ? zeroOf(field.type) : undefined;
}

/** Whether `omitempty` drops it: structs (and quantities, which are structs) never, an empty list or map always. */
function isEmpty(type: string, text: string): boolean {
  if (type.startsWith('[]')) return text === '[]';
  if (type.startsWith('map[')) return text === '{}';
  return !isStruct(type) && (text === '""' || text === '0' || text === 'false');
}

function isStruct(type: string): boolean {
  return type === 'Quantity' || type === 'IntOrString' || type in structs;
}

/** What Go writes for a value that was never set. */
function zeroOf(type: string): string {
  if (type.startsWith('*') || type.startsWith('[]') || type.startsWith('map[')) return 'null';
  if (type === 'string') return '""';
  if (type === 'bool') return 'false';
  if (type === 'int32' || type === 'int64' || type === 'IntOrString') return '0';
  if (type === 'Quantity') return '"0"';
  return type in structs ? (encodeStruct(type, {}, scalars) ?? '{}') : 'null';
}

/**
 * Raw JSON: its own key order, blanks taken out. Only where keys look like indexes has JavaScript put these in front, by
 * number: there all are sorted, as API servers sort them.
 */
function rawJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(rawJson).join()}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const entries = Object.entries(value);
  if (entries.some(([key]) => /^\d+$/.test(key))) entries.sort(([a], [b]) => compareCodePoints(a, b));
  return `{${entries.map(([key, item]) => `${JSON.stringify(key)}:${rawJson(item)}`).join()}}`;
}

function quote(text: string): string {
  return escapeHtml(JSON.stringify(text.toWellFormed()));
}

function escapeHtml(json: string): string {
  return json.replaceAll(/[<>&\u2028\u2029]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** Go sorts by bytes of UTF-8, which is the order of code points, not that of UTF-16 units. */
function compareCodePoints(a: string, b: string): number {
  if (a === b) return 0;
  for (let i = 0; ; ) {
    const [x, y] = [a.codePointAt(i), b.codePointAt(i)];
    if (x === undefined || y === undefined) return x === undefined ? -1 : 1;
    if (x !== y) return x - y;
    i += x > 0xffff ? 2 : 1;
  }
}
