// What the server makes of JSON for a custom resource: fields that the schema does not know are reported and pruned,
// nulls that are not allowed dropped, defaults filled in.

import { cloneJson, define, isObject } from '../json.ts';
import type { ApiObject, Decoded, JsonObject, JsonValue, Schema } from '../kinds/types.ts';
import { decodeTyped } from './decode-typed.ts';

/** May change `object`. */
export function decodeCustom(schema: Schema, object: ApiObject): Decoded {
  const unknown: string[] = [];
  const metadata = schema.properties?.metadata;
  const typed = metadata === undefined ? undefined : decodeTyped(metadata, object.metadata);
  if (typed !== undefined) {
    object.metadata = typed.value;
    unknown.push(...typed.unknown.map((problem) => problem.replace('"', '"metadata.')));
  }
  prune(schema, object, '', unknown);
  fillDefaults(schema, object);
  const failure = typed?.problem;
  return {
    object,
    strictProblems: unknown.sort(),
    ...(failure === undefined ? {} : { failure: { message: failure, reason: 'BadRequest' } as const }),
  };
}

/** What would be pruned of a value that has no metadata. */
export function unknownFields(schema: Schema, value: JsonObject): string[] {
  const unknown: string[] = [];
  prune(schema, cloneJson(value), '', unknown);
  return unknown;
}

function prune(schema: Schema, value: JsonValue, path: string, unknown: string[]): void {
  if (Array.isArray(value)) {
    const { items } = schema;
    if (items !== undefined) value.forEach((item, index) => void prune(items, item, `${path}[${index}]`, unknown));
    return;
  }
  if (!isObject(value)) return;
  for (const key of Object.keys(value)) {
    const at = path === '' ? key : `${path}.${key}`;
    if (at === 'metadata' || (schema.embeddedResource && isTypeMeta(key))) continue;
    const property = propertyOf(schema, key);
    if (property !== undefined) {
      prune(property, value[key] as JsonValue, at, unknown);
    } else if (!schema.preserveUnknownFields) {
      unknown.push(`unknown field "${at}"`);
      delete value[key];
    }
  }
}

function isTypeMeta(key: string): boolean {
  return key === 'apiVersion' || key === 'kind' || key === 'metadata';
}

/** The schema of a member: a property, or any value of a map. `undefined`: not known. */
function propertyOf(schema: Schema, key: string): Schema | undefined {
  if (schema.properties !== undefined && Object.hasOwn(schema.properties, key)) return schema.properties[key];
  const { additionalProperties } = schema;
  if (additionalProperties === true) return { preserveUnknownFields: true };
  return typeof additionalProperties === 'object' ? additionalProperties : undefined;
}

/** Defaults of what is absent or null, and nulls dropped where they are not allowed. Defaults have defaults in them. */
function fillDefaults(schema: Schema, value: JsonValue): void {
  if (Array.isArray(value)) {
    const { items } = schema;
    if (items !== undefined) for (const item of value) fillDefaults(items, item);
    return;
  }
  if (!isObject(value)) return;
  for (const [key, property] of Object.entries(schema.properties ?? {})) {
    if (property.definition === undefined) fillMember(value, key, property);
  }
  for (const key of Object.keys(value)) {
    const property = propertyOf(schema, key);
    if (property !== undefined && property.definition === undefined) fillDefaults(property, value[key] as JsonValue);
  }
}

function fillMember(value: JsonObject, key: string, property: Schema): void {
  const present = Object.hasOwn(value, key) ? value[key] : undefined;
  if (present === null && property.nullable === true) return;
  if (present !== undefined && present !== null) return;
  if (property.default !== undefined) define(value, key, cloneJson(property.default));
  else if (present === null) delete value[key];
}
