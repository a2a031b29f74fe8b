// Holds a custom resource against the schema of its CRD, in the words of the API server: types, bounds, enums, unions,
// uniqueness in lists, and the one rule language that upstream's CRDs use, `self == oldSelf`. What an update leaves as it
// was is not held against a schema that has become stricter (ratcheting).

import { duplicate, invalid, notSupported, required, tooLong } from '../field-errors.ts';
import { equalJson, isObject } from '../json.ts';
import type { ApiObject, Cause, JsonObject, JsonValue, Schema } from '../kinds/types.ts';
import { checkFormat } from './formats.ts';
import { itemBefore, join, keysOf } from './places.ts';
import { checkTransitions, hasRules, nowhere, schemasBelow } from './transition-rules.ts';

export function validateStructural(schema: Schema, object: ApiObject, old: ApiObject | undefined): Cause[] {
  const causes: Cause[] = [];
  checkValue(schema, object, '', causes, old);
  const repeats: Cause[] = [];
  checkUnique(schema, object, '', repeats);
  if (repeats.length > 0 && (old === undefined || !hasRepeats(schema, old))) causes.push(...repeats);
  if (!hasRules(schema)) return causes;
  if (causes.some((cause) => blocking.has(cause.reason))) return [...causes, unchecked];
  if (old !== undefined) checkTransitions(schema, object, old, '', causes);
  return causes;
}

/** A value by itself, without rules: a default. */
export function validateValue(schema: Schema, value: JsonValue): Cause[] {
  const causes: Cause[] = [];
  checkValue(schema, value, '', causes);
  return causes;
}

/** After these the server does not evaluate rules, and says so. */
const blocking = new Set([
  'FieldValueNotSupported',
  'FieldValueRequired',
  'FieldValueTooLong',
  'FieldValueTooMany',
  'FieldValueTypeInvalid',
]);

const unchecked: Cause = invalid(
  nowhere,
  null,
  'some validation rules were not checked because the object was invalid; correct the existing errors to complete validation',
);

/** `old` is the value that stood there before, where it can be told which that was. */
function checkValue(schema: Schema, value: JsonValue, path: string, causes: Cause[], old?: JsonValue): void {
  if (schema.definition !== undefined) return;
  if (old !== undefined && equalJson(value, old)) return;
  if (value === null && schema.nullable === true) return;
  if (!checkType(schema, value, path, causes)) {
    checkUnions(schema, value, path, causes);
    return;
  }
  checkUnions(schema, value, path, causes);
  if (typeof value === 'string') checkString(schema, value, path, causes);
  else if (typeof value === 'number') checkNumber(schema, value, path, causes);
  else if (Array.isArray(value)) checkList(schema, value, path, causes, old);
  checkEnum(schema, value, path, causes);
  if (isObject(value)) checkObject(schema, value, path, causes, isObject(old) ? old : {});
}

/** False: of the wrong type, nothing else is worth saying. */
function checkType(schema: Schema, value: JsonValue, path: string, causes: Cause[]): boolean {
  const actual = typeName(value);
  if (schema.intOrString) {
    if (actual === 'integer' || actual === 'string') return true;
    causes.push(wrongType(path, 'integer,string', actual));
    return false;
  }
  const { type, format } = schema;
  if (type === undefined || type === actual || (type === 'number' && actual === 'integer')) return true;
  if (type === 'integer' && actual === 'number' && format !== undefined) {
    causes.push(wrongType(path, format, 'float64'));
    causes.push(invalid(nowhere, '', `Checked value must be of type integer with format ${format} in ${path}`));
    return false;
  }
  causes.push(wrongType(path, type, actual));
  return false;
}

function wrongType(path: string, expected: string, actual: string): Cause {
  const detail = `${path} in body must be of type ${expected}: ${JSON.stringify(actual)}`;
  return { ...invalid(path, actual, detail), reason: 'FieldValueTypeInvalid' };
}

function typeName(value: JsonValue): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number';
  return typeof value;
}

function checkUnions(schema: Schema, value: JsonValue, path: string, causes: Cause[]): void {
  const failing = (one: Schema): Cause[] => {
    const found: Cause[] = [];
    checkValue(one, value, path, found);
    return found;
  };
  if (schema.anyOf !== undefined) {
    const results = schema.anyOf.map(failing);
    if (results.every((found) => found.length > 0)) {
      causes.push(invalid(nowhere, '', `${JSON.stringify(path)} must validate at least one schema (anyOf)`));
      causes.push(...(results[0] ?? []));
    }
  }
  if (schema.oneOf !== undefined) {
    const results = schema.oneOf.map(failing);
    const valid = results.filter((found) => found.length === 0).length;
    if (valid !== 1) {
      const found = valid === 0 ? 'Found none valid' : `Found ${valid} valid alternatives`;
      causes.push(
        invalid(nowhere, '', `${JSON.stringify(path)} must validate one and only one schema (oneOf). ${found}`),
      );
      if (valid === 0) causes.push(...(results[0] ?? []));
    }
  }
  if (schema.allOf !== undefined) {
    const found = schema.allOf.flatMap(failing);
    if (found.length > 0) {
      causes.push(invalid(nowhere, '', `${JSON.stringify(path)} must validate all the schemas (allOf)`), ...found);
    }
  }
  if (schema.not !== undefined && failing(schema.not).length === 0) {
    causes.push(invalid(nowhere, '', `${JSON.stringify(path)} must not validate the schema (not)`));
  }
}

/** Only the first of a text's faults is told. */
function checkString(schema: Schema, value: string, path: string, causes: Cause[]): void {
  const length = [...value].length;
  const { minLength, maxLength, pattern, format } = schema;
  if (maxLength !== undefined && length > maxLength) causes.push(tooLong(path, maxLength));
  else if (minLength !== undefined && length < minLength) {
    causes.push(invalid(path, value, `${path} in body should be at least ${minLength} chars long`));
  } else if (pattern !== undefined && !matchesPattern(pattern, value)) {
    causes.push(invalid(path, value, `${path} in body should match '${pattern}'`));
  }
  if (format !== undefined && !checkFormat(format, value)) {
    const detail = `${path} in body must be of type ${format}: ${JSON.stringify(value)}`;
    causes.push({ ...invalid(path, value, detail), reason: 'FieldValueTypeInvalid' });
  }
}

const patterns = new Map<string, RegExp | undefined>();

/** Go's syntax is close enough; a pattern that is none here matches everything. */
function matchesPattern(pattern: string, value: string): boolean {
  if (!patterns.has(pattern)) patterns.set(pattern, compilePattern(pattern));
  return patterns.get(pattern)?.test(value) ?? true;
}

function compilePattern(pattern: string): RegExp | undefined {
  try {
    return new RegExp(pattern.replaceAll('\\A', '^').replaceAll('\\z', '$'), 'u');
  } catch (problem) {
    if (problem instanceof SyntaxError) return undefined;
    throw problem;
  }
}

function checkNumber(schema: Schema, value: number, path: string, causes: Cause[]): void {
  const { format, multipleOf, maximum, minimum } = schema;
  const isInt32 = value >= -2_147_483_648 && value <= 2_147_483_647;
  if (schema.type === 'integer' && format === 'int32' && !isInt32) {
    causes.push(invalid(nowhere, '', `Checked value must be of type integer with format int32 in ${path}`));
  }
  const fault = (detail: string): Cause => invalid(path, value, `${path} in body should be ${detail}`);
  if (multipleOf !== undefined && value % multipleOf !== 0) causes.push(fault(`a multiple of ${multipleOf}`));
  if (maximum !== undefined) {
    if (schema.exclusiveMaximum === true && value >= maximum) causes.push(fault(`less than ${maximum}`));
    else if (value > maximum) causes.push(fault(`less than or equal to ${maximum}`));
  }
  if (minimum !== undefined) {
    if (schema.exclusiveMinimum === true && value <= minimum) causes.push(fault(`greater than ${minimum}`));
    else if (value < minimum) causes.push(fault(`greater than or equal to ${minimum}`));
  }
}

function checkList(
  schema: Schema,
  value: readonly JsonValue[],
  path: string,
  causes: Cause[],
  old: JsonValue | undefined,
): void {
  const { items, minItems, maxItems } = schema;
  if (minItems !== undefined && value.length < minItems) {
    causes.push(invalid(path, value.length, `${path} in body should have at least ${minItems} items`));
  }
  if (maxItems !== undefined && value.length > maxItems) causes.push(tooMany(path, value.length, maxItems));
  if (items !== undefined) {
    value.forEach((item, index) => {
      checkValue(items, item, `${path}[${index}]`, causes, itemBefore(schema, item, old));
    });
  }
}

function tooMany(path: string, count: number, limit: number): Cause {
  return { reason: 'FieldValueTooMany', message: `Too many: ${count}: must have at most ${limit} items`, field: path };
}

function checkEnum(schema: Schema, value: JsonValue, path: string, causes: Cause[]): void {
  const { enum: allowed } = schema;
  if (allowed === undefined || allowed.some((one) => equalJson(one, value))) return;
  const texts = allowed.map((one) => (typeof one === 'string' ? one : JSON.stringify(one)));
  causes.push(notSupported(path, value, texts));
}

function checkObject(schema: Schema, value: JsonObject, path: string, causes: Cause[], old: JsonObject): void {
  const { minProperties, maxProperties, properties, additionalProperties } = schema;
  const keys = Object.keys(value);
  if (minProperties !== undefined && keys.length < minProperties) {
    causes.push(invalid(path, keys.length, `${path} in body should have at least ${minProperties} properties`));
  }
  if (maxProperties !== undefined && keys.length > maxProperties)
    causes.push(tooMany(path, keys.length, maxProperties));
  if (schema.embeddedResource) {
    for (const key of ['apiVersion', 'kind'].filter((one) => typeof value[one] !== 'string' || value[one] === '')) {
      causes.push(required(join(path, key), 'must not be empty'));
    }
  }
  for (const key of schema.required ?? []) {
    if (!Object.hasOwn(value, key)) causes.push(required(join(path, key)));
  }
  for (const [key, property] of Object.entries(properties ?? {})) {
    if (Object.hasOwn(value, key)) checkValue(property, value[key] as JsonValue, join(path, key), causes, old[key]);
  }
  if (typeof additionalProperties !== 'object') return;
  for (const key of keys) {
    checkValue(additionalProperties, value[key] as JsonValue, join(path, key), causes, old[key]);
  }
}

function hasRepeats(schema: Schema, old: JsonValue): boolean {
  const found: Cause[] = [];
  checkUnique(schema, old, '', found);
  return found.length > 0;
}

const knownUnique = new WeakMap<Schema, boolean>();

/** Whether lists without repetitions stand anywhere below. */
function hasUnique(schema: Schema): boolean {
  if (schema.definition !== undefined) return false;
  let answer = knownUnique.get(schema);
  if (answer === undefined) {
    answer = schema.listType === 'set' || schema.listType === 'map' || schemasBelow(schema).some(hasUnique);
    knownUnique.set(schema, answer);
  }
  return answer;
}

/** Members of sets, and keys of maps kept as lists. */
function checkUnique(schema: Schema, value: JsonValue, path: string, causes: Cause[]): void {
  if (!hasUnique(schema)) return;
  if (Array.isArray(value)) {
    if (schema.listType === 'set' || schema.listType === 'map') checkRepeats(schema, value, path, causes);
    const { items } = schema;
    if (items === undefined) return;
    value.forEach((item, index) => {
      checkUnique(items, item, `${path}[${index}]`, causes);
    });
    return;
  }
  if (!isObject(value)) return;
  for (const [key, member] of Object.entries(value)) {
    const property = schema.properties?.[key] ?? schema.additionalProperties;
    if (typeof property === 'object') checkUnique(property, member, join(path, key), causes);
  }
}

function checkRepeats(schema: Schema, list: readonly JsonValue[], path: string, causes: Cause[]): void {
  const seen: JsonValue[] = [];
  list.forEach((item, index) => {
    const identity = schema.listType === 'map' ? keysOf(schema, item) : item;
    if (identity === undefined) return;
    if (seen.some((one) => equalJson(one, identity))) causes.push(duplicate(`${path}[${index}]`, identity));
    seen.push(identity);
  });
}
