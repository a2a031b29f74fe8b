// The API's objects as Go's gob carries them: made from the generated tables of their fields, so a new field of a CRD is
// there of itself. The kinds must be right (a wrong one makes a plugin refuse the whole call), so what is free JSON in
// the CRD is only sent where Go has raw JSON. Values that do not fit their type are left out, as gob leaves out zeros.

import { analysisFields } from '../api/analysis-field-types.generated.ts';
import { rolloutFields } from '../api/field-types.generated.ts';
import { podStructs } from '../lang/go-structs-pod.ts';
import { parseRfc3339 } from '../lang/rfc3339.ts';
import { embeddedIn, goFieldName } from './go-names.ts';
import { encodeGoTime } from './gob/time.ts';
import { type GobType, gobBool, gobBytes, gobInt, gobString, gobStruct } from './gob/types.ts';

export interface GoType {
  readonly gob: GobType;
  /** The value for the encoder; undefined where the JSON is absent, or of another type. */
  readonly of: (json: unknown) => unknown;
}

/** Notation of lang/go-structs-pod.ts; `raw`: json.RawMessage. */
const structs: Readonly<Record<string, string>> = {
  ...podStructs,
  ...rolloutFields,
  ...analysisFields,
  AnalysisRun: `kind:string apiVersion:string metadata?:ObjectMeta ${analysisFields.AnalysisRun}`,
  // Who wrote which field is of no use to a plugin, and the largest part of most objects.
  ObjectMeta: podStructs.ObjectMeta.replace(/managedFields\S+/, ''),
  MetricProvider: analysisFields.MetricProvider.replace('plugin?:object', 'plugin?:map[string]raw'),
  WebMetric: analysisFields.WebMetric.replace('jsonBody?:object', 'jsonBody?:raw'),
};

const known = new Map<string, GoType | undefined>();

/** The type of a struct of the API: `AnalysisRun`, `Metric`, `Measurement`, … */
export function goType(struct: string): GoType {
  const type = typeOf(struct);
  if (type === undefined) throw new Error(`no such type: ${struct}`);
  return type;
}

/** Undefined for what has no type in Go that is known here. */
function typeOf(text: string): GoType | undefined {
  if (!known.has(text)) known.set(text, makeType(text));
  return known.get(text);
}

function makeType(text: string): GoType | undefined {
  if (text.startsWith('*')) return typeOf(text.slice(1));
  if (text.startsWith('[]')) return listOf(typeOf(text.slice(2)));
  if (text.startsWith('map[string]')) return mapOf(typeOf(text.slice('map[string]'.length)));
  const scalar = scalars[text];
  if (scalar) return scalar;
  const fields = structs[text];
  return fields === undefined ? undefined : structOf(text, fields);
}

const intOrString = gobStruct('IntOrString', { Type: gobInt, IntVal: gobInt, StrVal: gobString });
const int: GoType = { gob: gobInt, of: (json) => (Number.isSafeInteger(json) ? json : undefined) };

const scalars: Readonly<Record<string, GoType>> = {
  string: { gob: gobString, of: (json) => (typeof json === 'string' ? json : undefined) },
  bool: { gob: gobBool, of: (json) => (typeof json === 'boolean' ? json : undefined) },
  int32: int,
  int64: int,
  IntOrString: {
    gob: intOrString,
    of(json) {
      if (typeof json === 'string') return { Type: 1, StrVal: json };
      return int.of(json) === undefined ? undefined : { IntVal: json };
    },
  },
  Time: {
    gob: { kind: 'opaque', name: 'Time' },
    of(json) {
      const at = typeof json === 'string' ? parseRfc3339(json) : undefined;
      return at === undefined ? undefined : encodeGoTime(at);
    },
  },
  // QUIRK: the number of a quantity is in private fields, which gob does not carry: plugins see that there is one.
  Quantity: { gob: gobStruct('Quantity', { Format: gobString }), of: (json) => (json === undefined ? undefined : {}) },
  raw: { gob: gobBytes, of: (json) => (json === undefined ? undefined : Buffer.from(JSON.stringify(json))) },
};

function listOf(item: GoType | undefined): GoType | undefined {
  if (item === undefined) return undefined;
  return {
    gob: { kind: 'slice', item: item.gob },
    of: (json) => (Array.isArray(json) ? json.map((each) => item.of(each)) : undefined),
  };
}

function mapOf(item: GoType | undefined): GoType | undefined {
  if (item === undefined) return undefined;
  return {
    gob: { kind: 'map', key: gobString, item: item.gob },
    of: (json) => (isRecord(json) ? new Map(Object.keys(json).map((key) => [key, item.of(json[key])])) : undefined),
  };
}

interface Field {
  readonly name: string;
  readonly type: GoType;
  /** Of the JSON object; the object itself for what is embedded in Go. */
  readonly value: (json: Readonly<Record<string, unknown>>) => unknown;
}

function structOf(struct: string, text: string): GoType {
  const parsed = text.trim().split(/\s+/).map(parseField);
  const parts = new Map<string | undefined, Field[]>();
  for (const { key, type } of parsed) {
    const part = embeddedIn(struct, key);
    const goes = typeOf(type);
    if (goes === undefined) continue;
    const field = {
      name: goFieldName(struct, key),
      type: goes,
      value: (json: Readonly<Record<string, unknown>>) => json[key],
    };
    parts.set(part, [...(parts.get(part) ?? []), field]);
  }
  const own = parts.get(undefined) ?? [];
  parts.delete(undefined);
  const embedded = [...parts].map(([name = '', fields]) => ({ name, type: made(name, fields), value: same }));
  return made(struct, [...embedded, ...own]);
}

function made(name: string, fields: readonly Field[]): GoType {
  return {
    gob: { kind: 'struct', name, fields: fields.map((field) => ({ name: field.name, type: field.type.gob })) },
    of(json) {
      if (!isRecord(json)) return undefined;
      return Object.fromEntries(fields.map((field) => [field.name, field.type.of(field.value(json))]));
    },
  };
}

function parseField(text: string): { readonly key: string; readonly type: string } {
  const [, key = '', type = ''] = /^([^?:]+)\?*:(.+)$/.exec(text) ?? [];
  return { key, type };
}

function same<T>(value: T): T {
  return value;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
