// Turns an OpenAPI v3 / structural schema, as CRDs and API servers write it, into the graph that the server walks:
// references and single `allOf` wrappers resolved to the node itself, the x-kubernetes extensions as plain fields.

import type { JsonObject, JsonValue, Schema } from '../kinds/types.ts';

export type ResolveReference = (definition: string) => Schema;

const refPrefix = '#/components/schemas/';

/**
 * Compiles `raw`. A bare reference is the definition's own node; one with a default or a patch strategy beside it is a
 * copy of that node. `into` is the (empty) node to fill, so that cycles can point to it while it is being made.
 */
export function compileSchema(raw: JsonObject, resolve: ResolveReference, into?: Schema): Schema {
  const reference = referenceOf(raw);
  if (reference !== undefined && into === undefined && Object.keys(raw).length === 1) return resolve(reference);
  const target: { -readonly [K in keyof Schema]: Schema[K] } = into ?? {};
  if (reference !== undefined) Object.assign(target, resolve(reference));
  for (const [key, value] of Object.entries(raw)) {
    const plain = plainKeys[key];
    if (plain !== undefined) {
      (target as Record<string, unknown>)[plain] = value;
      continue;
    }
    switch (key) {
      case 'properties':
        target.properties = mapSchemas(value, resolve);
        break;
      case 'items':
        if (isRaw(value)) target.items = compileSchema(value, resolve);
        break;
      case 'not':
        if (isRaw(value)) target.not = compileSchema(value, resolve);
        break;
      case 'additionalProperties':
        target.additionalProperties = isRaw(value) ? compileSchema(value, resolve) : value === true;
        break;
      case 'allOf':
      case 'anyOf':
      case 'oneOf':
        if (reference === undefined || key !== 'allOf') target[key] = compileAll(value, resolve);
        break;
      case 'x-kubernetes-patch-strategy':
        if (typeof value === 'string') target.patchStrategy = value.split(',');
        break;
    }
  }
  return target;
}

const plainKeys: Readonly<Record<string, keyof Schema>> = {
  type: 'type',
  format: 'format',
  required: 'required',
  default: 'default',
  enum: 'enum',
  nullable: 'nullable',
  minimum: 'minimum',
  maximum: 'maximum',
  exclusiveMinimum: 'exclusiveMinimum',
  exclusiveMaximum: 'exclusiveMaximum',
  multipleOf: 'multipleOf',
  minLength: 'minLength',
  maxLength: 'maxLength',
  pattern: 'pattern',
  minItems: 'minItems',
  maxItems: 'maxItems',
  uniqueItems: 'uniqueItems',
  minProperties: 'minProperties',
  maxProperties: 'maxProperties',
  'x-kubernetes-list-type': 'listType',
  'x-kubernetes-list-map-keys': 'listMapKeys',
  'x-kubernetes-map-type': 'mapType',
  'x-kubernetes-patch-merge-key': 'patchMergeKey',
  'x-kubernetes-int-or-string': 'intOrString',
  'x-kubernetes-preserve-unknown-fields': 'preserveUnknownFields',
  'x-kubernetes-embedded-resource': 'embeddedResource',
  'x-kubernetes-validations': 'validations',
  'x-pointers': 'pointers',
};

/** `{"$ref": R}` and `{"allOf": [{"$ref": R}], ...}` are R with what stands beside. */
function referenceOf(raw: JsonObject): string | undefined {
  const direct = raw.$ref;
  if (typeof direct === 'string' && direct.startsWith(refPrefix)) return direct.slice(refPrefix.length);
  const all = raw.allOf;
  if (!Array.isArray(all) || all.length !== 1) return undefined;
  const only = all[0];
  return only !== undefined && isRaw(only) && Object.keys(only).length === 1 ? referenceOf(only) : undefined;
}

function mapSchemas(value: JsonValue, resolve: ResolveReference): Record<string, Schema> {
  const properties: Record<string, Schema> = {};
  if (!isRaw(value)) return properties;
  for (const [name, raw] of Object.entries(value)) if (isRaw(raw)) properties[name] = compileSchema(raw, resolve);
  return properties;
}

function compileAll(value: JsonValue, resolve: ResolveReference): Schema[] {
  return Array.isArray(value) ? value.filter(isRaw).map((raw) => compileSchema(raw, resolve)) : [];
}

function isRaw(value: JsonValue): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
