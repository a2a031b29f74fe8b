// What a typed server makes of JSON for a built-in kind: wrong types are refused in Go's words, unknown fields reported
// and dropped, values normalised, and what Go leaves out when it is empty is left out. Fields keep their order.

import { canonicalQuantity } from '../../../controller/lang/quantity.ts';
import { define, isObject } from '../json.ts';
import type { JsonObject, JsonValue, Schema } from '../kinds/types.ts';
import { checkBase64, normalTime } from './scalars.ts';

export interface TypedDecoding {
  readonly value: JsonObject;
  /** `unknown field "spec.foo"`, in the order of the document. */
  readonly unknown: readonly string[];
  /** Go's text for the first value that cannot be held. */
  readonly problem?: string;
}

interface State {
  readonly unknown: string[];
  problem?: string;
}

/** Where a value stands: as strict decoding prints it, as Go's type errors do, and in which struct. */
interface Place {
  readonly path: string;
  readonly fields: string;
  readonly struct: string;
}

/** `value` itself is not changed. */
export function decodeTyped(schema: Schema, value: JsonObject): TypedDecoding {
  const state: State = { unknown: [] };
  const struct = shortName(schema.definition);
  const decoded = decodeStruct(schema, value, { path: '', fields: '', struct }, state);
  return { value: decoded, unknown: state.unknown, ...(state.problem === undefined ? {} : { problem: state.problem }) };
}

function decodeStruct(schema: Schema, value: JsonObject, place: Place, state: State): JsonObject {
  const struct = shortName(schema.definition);
  const result: JsonObject = {};
  const properties = schema.properties ?? {};
  for (const key of Object.keys(value)) {
    const path = place.path === '' ? key : `${place.path}.${key}`;
    const property = Object.hasOwn(properties, key) ? properties[key] : undefined;
    if (property === undefined) {
      state.unknown.push(`unknown field "${path}"`);
      continue;
    }
    const fields = place.fields === '' ? key : `${place.fields}.${key}`;
    const decoded = decodeValue(property, value[key] as JsonValue, { path, fields, struct }, state);
    if (decoded !== undefined && !isOmitted(schema, key, property, decoded)) define(result, key, decoded);
  }
  for (const key of alwaysWritten(schema)) if (!Object.hasOwn(result, key)) result[key] = zeroOf(properties[key] ?? {});
  return result;
}

/** `undefined`: null, which Go reads as nothing. */
function decodeValue(schema: Schema, value: JsonValue, place: Place, state: State): JsonValue | undefined {
  if (value === null) return undefined;
  if (schema.intOrString) return decodeIntOrString(value, state);
  if (schema.format === 'quantity') return decodeQuantity(value, state);
  switch (schema.type) {
    case 'object':
      if (!isObject(value)) return mismatch(schema, value, place, state);
      if (schema.properties !== undefined) return decodeStruct(schema, value, place, state);
      if (typeof schema.additionalProperties === 'object')
        return decodeMap(schema.additionalProperties, value, place, state);
      return value;
    case 'array':
      if (!Array.isArray(value)) return mismatch(schema, value, place, state);
      return decodeList(schema, value, place, state);
    case 'string':
      return typeof value === 'string' ? decodeString(schema, value, state) : mismatch(schema, value, place, state);
    case 'boolean':
      return typeof value === 'boolean' ? value : mismatch(schema, value, place, state);
    case 'integer':
      return isInteger(schema, value) ? value : mismatch(schema, value, place, state);
    case 'number':
      return typeof value === 'number' ? value : mismatch(schema, value, place, state);
    default:
      return value;
  }
}

function decodeMap(values: Schema, value: JsonObject, place: Place, state: State): JsonObject {
  const result: JsonObject = {};
  for (const key of Object.keys(value)) {
    const at = { ...place, path: `${place.path}.${key}` };
    const decoded = decodeValue(values, value[key] as JsonValue, at, state);
    define(result, key, decoded === undefined ? zeroOf(values) : decoded);
  }
  return result;
}

function decodeList(schema: Schema, value: readonly JsonValue[], place: Place, state: State): JsonValue[] {
  const items = schema.items ?? {};
  return value.map((item, index) => {
    const decoded = decodeValue(items, item, { ...place, path: `${place.path}[${index}]` }, state);
    return decoded === undefined ? zeroOf(items) : decoded;
  });
}

function decodeIntOrString(value: JsonValue, state: State): JsonValue | undefined {
  if (typeof value === 'string' || isInteger({ format: 'int32' }, value)) return value;
  const goType = typeof value === 'number' ? 'int32' : 'string';
  state.problem ??= `json: cannot unmarshal ${describe(value)} into Go value of type ${goType}`;
  return undefined;
}

function decodeQuantity(value: JsonValue, state: State): JsonValue | undefined {
  const canonical = canonicalQuantity(value);
  if (canonical !== undefined) return canonical;
  state.problem ??= "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";
  return undefined;
}

function decodeString(schema: Schema, value: string, state: State): JsonValue | undefined {
  if (schema.format === 'date-time') {
    const time = normalTime(value, schema.definition?.endsWith('.MicroTime') === true);
    if ('problem' in time) state.problem ??= time.problem;
    return 'problem' in time ? undefined : time.text;
  }
  const problem = schema.format === 'byte' ? checkBase64(value) : undefined;
  if (problem !== undefined) state.problem ??= problem;
  return value;
}

function mismatch(schema: Schema, value: JsonValue, place: Place, state: State): undefined {
  state.problem ??= `json: cannot unmarshal ${describe(value)} into Go struct field ${place.struct}.${place.fields} of type ${goType(schema)}`;
}

function isInteger(schema: Schema, value: JsonValue): value is number {
  if (typeof value !== 'number' || !Number.isInteger(value)) return false;
  return schema.format !== 'int32' || (value >= -2147483648 && value <= 2147483647);
}

/** How Go names the JSON that it met: numbers that do not fit are shown. */
function describe(value: JsonValue): string {
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'number')
    return Number.isInteger(value) && Math.abs(value) <= 2147483647 ? 'number' : `number ${value}`;
  return typeof value === 'boolean' ? 'bool' : typeof value;
}

function goType(schema: Schema): string {
  switch (schema.type) {
    case 'object':
      if (typeof schema.additionalProperties === 'object') return `map[string]${goType(schema.additionalProperties)}`;
      return `v1.${shortName(schema.definition)}`;
    case 'array':
      return `[]${goType(schema.items ?? {})}`;
    case 'string':
      return schema.format === 'byte' ? '[]uint8' : 'string';
    case 'boolean':
      return 'bool';
    case 'integer':
      return schema.format ?? 'int';
    default:
      return schema.format === 'quantity' ? 'resource.Quantity' : 'float64';
  }
}

function shortName(definition: string | undefined): string {
  return definition === undefined ? '' : definition.slice(definition.lastIndexOf('.') + 1);
}

/** `omitempty`: zero scalars that are no pointers, empty lists and maps. */
function isOmitted(struct: Schema, key: string, schema: Schema, value: JsonValue): boolean {
  return isZeroOf(struct, key, schema, value) && !alwaysWritten(struct).includes(key);
}

function isZeroOf(struct: Schema, key: string, schema: Schema, value: JsonValue): boolean {
  if (value === '' || value === 0 || value === false) {
    return !schema.intOrString && !(struct.pointers?.includes(key) ?? false);
  }
  if (Array.isArray(value)) return value.length === 0;
  return schema.properties === undefined && isObject(value) && Object.keys(value).length === 0 && isMap(schema);
}

function isMap(schema: Schema): boolean {
  return typeof schema.additionalProperties === 'object';
}

const writtenByDefinition = new WeakMap<Schema, readonly string[]>();

/** Fields without `omitempty`, and structs and times held by value: there even when nobody set them. */
function alwaysWritten(struct: Schema): readonly string[] {
  const known = writtenByDefinition.get(struct);
  if (known !== undefined) return known;
  const listed = listsWithoutOmitempty[shortName(struct.definition)] ?? [];
  const written = Object.entries(struct.properties ?? {})
    .filter(([key, schema]) => listed.includes(key) || isWritten(struct, key, schema))
    .map(([key]) => key);
  writtenByDefinition.set(struct, written);
  return written;
}

function isWritten(struct: Schema, key: string, schema: Schema): boolean {
  const name = shortName(struct.definition);
  const required = struct.required?.includes(key) ?? false;
  if (schema.type === 'array') return required;
  if (schema.format === 'date-time') return timesByValue.test(name) && !(struct.pointers?.includes(key) ?? false);
  if (schema.format === 'int-or-string') return false;
  return isZero(schema.default) && !(name === 'ObjectMeta');
}

function isZero(value: JsonValue | undefined): boolean {
  return value === '' || value === 0 || value === false || (isObject(value) && Object.keys(value).length === 0);
}

/** Structs that hold their times by value: unset, they are null. */
const timesByValue = /(Condition|^Event|^EventSeries|^ContainerStateRunning|^ContainerStateTerminated)$/;

const listsWithoutOmitempty: Readonly<Record<string, readonly string[]>> = {
  Role: ['rules'],
  ClusterRole: ['rules'],
  CustomResourceDefinitionStatus: ['conditions', 'storedVersions'],
  HorizontalPodAutoscalerStatus: ['currentMetrics'],
  EndpointSlice: ['endpoints', 'ports'],
  ProjectedVolumeSource: ['sources'],
  PodSpec: ['containers'],
};

function zeroOf(schema: Schema): JsonValue {
  if (schema.type === 'object' && schema.properties !== undefined) {
    return decodeStruct(schema, {}, { path: '', fields: '', struct: '' }, { unknown: [] });
  }
  if (schema.default !== undefined && isZero(schema.default)) return structuredClone(schema.default);
  switch (schema.type) {
    case 'string':
      return schema.format === 'date-time' ? null : '';
    case 'integer':
    case 'number':
      return 0;
    case 'boolean':
      return false;
    default:
      return schema.intOrString ? 0 : null;
  }
}
