// What makes the schema of a CRD structural: a type for every field, list types with their keys, nothing contradictory.

import { forbidden, invalid, notSupported, required } from '../field-errors.ts';
import { isObject, text } from '../json.ts';
import { objectAt, objectsAt, textsAt } from '../kinds/fields.ts';
import type { Cause, JsonObject, JsonValue, Schema } from '../kinds/types.ts';
import { compileSchema } from '../schemas/compile.ts';
import { unknownFields } from '../schemas/decode-custom.ts';
import { isTransitionRule } from '../schemas/transition-rules.ts';
import { validateValue } from '../schemas/validate-structural.ts';

type Place = 'root' | 'field' | 'item';

const missingType: Readonly<Record<Place, string>> = {
  root: 'must not be empty at the root',
  field: 'must not be empty for specified object fields',
  item: 'must not be empty for specified array items',
};

const types = ['array', 'boolean', 'integer', 'number', 'object', 'string'];

export function validateDefinitionSchema(schema: JsonObject, field: string, place: Place = 'root'): Cause[] {
  const causes: Cause[] = [];
  const type = text(schema.type);
  const isLoose =
    schema['x-kubernetes-int-or-string'] === true || schema['x-kubernetes-preserve-unknown-fields'] === true;
  if (type === '' && !(isLoose && place !== 'root')) causes.push(required(`${field}.type`, missingType[place]));
  else if (place === 'root' && type !== 'object')
    causes.push(invalid(`${field}.type`, type, 'must be object at the root'));
  else if (type !== '' && !types.includes(type)) causes.push(notSupported(`${field}.type`, type, types));
  const properties = objectAt(schema, 'properties');
  const values = objectAt(schema, 'additionalProperties');
  if (properties !== undefined && schema.additionalProperties !== undefined) {
    causes.push(forbidden(`${field}.additionalProperties`, 'additionalProperties and properties are mutual exclusive'));
  }
  causes.push(...validateListType(schema, field), ...validateForbidden(schema, field));
  if (schema.default !== undefined && causes.length === 0) causes.push(...validateDefault(schema, `${field}.default`));
  for (const [name, property] of Object.entries(properties ?? {})) {
    const at = `${field}.properties[${name}]`;
    if (isObject(property)) causes.push(...validateDefinitionSchema(property, at, 'field'));
  }
  if (values !== undefined) causes.push(...validateDefinitionSchema(values, `${field}.additionalProperties`, 'field'));
  const items = objectAt(schema, 'items');
  if (items !== undefined) causes.push(...validateDefinitionSchema(items, `${field}.items`, 'item'));
  else if (type === 'array') causes.push(required(`${field}.items`, 'must be specified'));
  return causes;
}

/** A default must itself be what the schema asks for, and be nothing that would be pruned. */
function validateDefault(schema: JsonObject, field: string): Cause[] {
  const compiled = compileSchema(schema, () => ({}));
  const { default: value = null } = schema;
  const causes = validateValue(compiled, value).map((cause) => ({ ...cause, field: `${field}${dotted(cause.field)}` }));
  if (causes.length === 0 && !isPruned(compiled, value)) {
    causes.push(invalid(field, value, 'must not have unspecified fields'));
  }
  return causes;
}

function dotted(path: string): string {
  return path === '' || path.startsWith('[') ? path : `.${path}`;
}

function isPruned(schema: Schema, value: JsonValue): boolean {
  return !isObject(value) || unknownFields(schema, value).length === 0;
}

/** Where rules stand that nothing here evaluates. */
export function unevaluatedRules(schema: JsonObject, field: string): string[] {
  const rules = objectsAt(schema, 'x-kubernetes-validations').flatMap(({ rule }, index) =>
    isTransitionRule(text(rule)) ? [] : [`${field}.x-kubernetes-validations[${index}].rule`],
  );
  const below: [JsonValue, string][] = Object.entries(objectAt(schema, 'properties') ?? {}).map(([name, property]) => [
    property,
    `${field}.properties[${name}]`,
  ]);
  for (const key of ['items', 'additionalProperties']) below.push([schema[key] ?? null, `${field}.${key}`]);
  return [...rules, ...below.flatMap(([one, at]) => (isObject(one) ? unevaluatedRules(one, at) : []))];
}

function validateListType(schema: JsonObject, field: string): Cause[] {
  const listType = schema['x-kubernetes-list-type'];
  if (listType === undefined) return [];
  if (!['atomic', 'map', 'set'].includes(text(listType))) {
    return [notSupported(`${field}.x-kubernetes-list-type`, listType, ['atomic', 'map', 'set'])];
  }
  const keys = textsAt(schema, 'x-kubernetes-list-map-keys');
  if (listType !== 'map') return [];
  if (keys.length === 0) {
    return [required(`${field}.x-kubernetes-list-map-keys`, 'must not be empty if x-kubernetes-list-type is map')];
  }
  const properties = objectAt(schema, 'items', 'properties') ?? {};
  return keys.flatMap((key, index) =>
    properties[key] === undefined
      ? [invalid(`${field}.x-kubernetes-list-map-keys[${index}]`, key, 'entries must all be names of item properties')]
      : [],
  );
}

function validateForbidden(schema: JsonObject, field: string): Cause[] {
  const causes: Cause[] = [];
  for (const key of [
    'definitions',
    'dependencies',
    'deprecated',
    'discriminator',
    'id',
    'patternProperties',
    'readOnly',
    'writeOnly',
    'xml',
    '$ref',
  ]) {
    if (schema[key] !== undefined) causes.push(forbidden(`${field}.${key}`, `${key} is not supported`));
  }
  if (schema.uniqueItems === true) {
    causes.push(
      forbidden(
        `${field}.uniqueItems`,
        'uniqueItems cannot be set to true since the runtime complexity becomes quadratic',
      ),
    );
  }
  return causes;
}
