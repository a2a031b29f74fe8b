// Whether a configuration fits the schema, in the words of the library behind server-side apply: undeclared fields,
// values of the wrong shape, list items without their keys, keys that come twice. Other than in ordinary writes, this
// is refused whatever `fieldValidation` says.

import { isObject } from '../json.ts';
import type { JsonObject, JsonValue, Schema } from '../kinds/types.ts';
import { formatPath } from './field-set.ts';
import { fieldSchema, itemElement } from './typed-value.ts';

/** `.spec.foo: field not declared in schema`, one for each fault. */
export function typedProblems(schema: Schema, value: JsonValue): string[] {
  const problems: string[] = [];
  check(schema, value, '', problems);
  return problems;
}

/** Several faults are a list of their own. */
export function joinProblems(problems: readonly string[]): string {
  return problems.length === 1 ? (problems[0] ?? '') : ['errors:', ...problems.map((one) => `  ${one}`)].join('\n');
}

function check(schema: Schema, value: JsonValue, path: string, problems: string[]): void {
  if (value === null || isUntyped(schema)) return;
  const expected = (what: string): void => {
    problems.push(`${path}: expected ${what}`);
  };
  switch (schema.type) {
    case 'object':
      if (isObject(value)) checkMembers(schema, value, path, problems);
      else expected(`map, got &{${printed(value)}}`);
      return;
    case 'array':
      if (Array.isArray(value)) checkItems(schema, value, path, problems);
      else expected(`list, got &{${printed(value)}}`);
      return;
    case 'string':
      if (typeof value !== 'string' && schema.format === undefined) {
        expected(`string, got &value.valueUnstructured{Value:${literal(value)}}`);
      }
      return;
    case 'integer':
    case 'number':
      if (typeof value !== 'number') expected(`numeric (int or float), got ${goType(value)}`);
      return;
    case 'boolean':
      if (typeof value !== 'boolean') expected(`boolean, got &{${printed(value)}}`);
  }
}

/** What takes any value: quantities, numbers or texts, free objects. */
function isUntyped({ type, intOrString, format, properties, additionalProperties }: Schema): boolean {
  if (type === undefined || intOrString === true || format === 'quantity') return true;
  return type === 'object' && properties === undefined && typeof additionalProperties !== 'object';
}

/** QUIRK: of several undeclared members of one object only the first is told. */
function checkMembers(schema: Schema, value: JsonObject, path: string, problems: string[]): void {
  const isOpen = schema.preserveUnknownFields === true || schema.additionalProperties === true;
  for (const [key, member] of Object.entries(value)) {
    const at = `${path}.${key}`;
    const property = fieldSchema(schema, key);
    if (property !== undefined) check(property, member, at, problems);
    else if (!isOpen && !(schema.embeddedResource && ['apiVersion', 'kind', 'metadata'].includes(key))) {
      problems.push(`${at}: field not declared in schema`);
      return;
    }
  }
}

function checkItems(schema: Schema, list: readonly JsonValue[], path: string, problems: string[]): void {
  const items = schema.items ?? {};
  const isKeyed = schema.listType === 'set' || schema.listType === 'map';
  const seen = new Set<string>();
  for (const [index, item] of list.entries()) {
    if (!isKeyed) {
      check(items, item, `${path}[${index}]`, problems);
      continue;
    }
    const fault = schema.listType === 'set' ? setItemFault(item) : keyedItemFault(schema, item);
    if (fault !== undefined) {
      problems.push(`${path}: element ${index}: ${fault}`);
      return;
    }
    const element = itemElement(schema, item) ?? '';
    const at = formatPath([element]);
    if (seen.has(element)) problems.push(`${path}: duplicate entries for key ${at}`);
    seen.add(element);
    check(items, item, path + at, problems);
  }
}

function setItemFault(item: JsonValue): string | undefined {
  if (isObject(item)) return "associative list without keys has an element that's a map type";
  if (Array.isArray(item)) return 'not supported: associative list with lists as elements';
  return item === null ? "associative list without keys has an element that's an explicit null" : undefined;
}

function keyedItemFault(schema: Schema, item: JsonValue): string | undefined {
  if (item === null) return 'associative list with keys may not have a null element';
  if (!isObject(item)) return 'associative list with keys may not have non-map elements';
  const missing = (schema.listMapKeys ?? []).find(
    (key) => !Object.hasOwn(item, key) && schema.items?.properties?.[key]?.default === undefined,
  );
  if (missing === undefined) return undefined;
  return `associative list with keys has an element that omits key field ${JSON.stringify(missing)} (and doesn't have default value)`;
}

/** Go's %v of plain JSON. */
function printed(value: JsonValue): string {
  if (Array.isArray(value)) return `[${value.map(printed).join(' ')}]`;
  if (isObject(value)) {
    const keys = Object.keys(value).sort();
    return `map[${keys.map((key) => `${key}:${printed(value[key] ?? null)}`).join(' ')}]`;
  }
  return value === null ? '<nil>' : String(value);
}

/** Go's %#v of plain JSON. */
function literal(value: JsonValue): string {
  if (Array.isArray(value)) return `[]interface {}{${value.map(literal).join(', ')}}`;
  if (isObject(value)) {
    const keys = Object.keys(value).sort();
    const members = keys.map((key) => `${JSON.stringify(key)}:${literal(value[key] ?? null)}`);
    return `map[string]interface {}{${members.join(', ')}}`;
  }
  if (value === null) return 'interface {}(nil)';
  return typeof value === 'string' ? JSON.stringify(value) : String(value);
}

/** Go's %T of plain JSON. */
function goType(value: JsonValue): string {
  if (Array.isArray(value)) return '[]interface {}';
  if (isObject(value)) return 'map[string]interface {}';
  return typeof value === 'boolean' ? 'bool' : 'string';
}
