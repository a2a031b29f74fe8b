import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ApiObject, JsonObject, JsonValue } from '../kinds/types.ts';
import { compileSchema } from './compile.ts';
import { decodeCustom } from './decode-custom.ts';
import { validateStructural } from './validate-structural.ts';

function schemaOf(spec: JsonObject): ReturnType<typeof compileSchema> {
  return compileSchema({ type: 'object', properties: { spec } }, () => ({}));
}

function objectOf(spec: JsonValue): ApiObject {
  return { metadata: { name: 'o' }, spec };
}

function messages(schema: JsonObject, spec: JsonValue, old?: JsonValue): string[] {
  const before = old === undefined ? undefined : objectOf(old);
  return validateStructural(schemaOf(schema), objectOf(spec), before).map(
    ({ field, message }) => `${field}: ${message}`,
  );
}

test('each rule of a schema has the words of the API server', () => {
  const rows: readonly (readonly [JsonObject, JsonValue, readonly string[]])[] = [
    [{ type: 'integer', minimum: 1 }, 0, ['spec: Invalid value: 0: spec in body should be greater than or equal to 1']],
    [{ type: 'string', pattern: '^a' }, 'b', ['spec: Invalid value: "b": spec in body should match \'^a\'']],
    [{ type: 'string', minLength: 2 }, 'b', ['spec: Invalid value: "b": spec in body should be at least 2 chars long']],
    [{ type: 'string', maxLength: 1 }, 'bb', ['spec: Too long: may not be more than 1 bytes']],
    [
      { type: 'array', maxItems: 1, items: { type: 'string' } },
      ['a', 'b'],
      ['spec: Too many: 2: must have at most 1 items'],
    ],
    [{ type: 'object', required: ['a'] }, {}, ['spec.a: Required value']],
    [{ type: 'string', enum: ['x', 'y'] }, 'z', ['spec: Unsupported value: "z": supported values: "x", "y"']],
    [
      { type: 'array', items: { type: 'string' } },
      [null],
      ['spec[0]: Invalid value: "null": spec[0] in body must be of type string: "null"'],
    ],
    [{ 'x-kubernetes-int-or-string': true }, '25%', []],
    [{ type: 'string', nullable: true }, null, []],
  ];
  for (const [schema, spec, wanted] of rows) assert.deepEqual(messages(schema, spec), wanted, JSON.stringify(schema));
});

test('members of sets and keys of lists are unique, with defaults of keys considered', () => {
  assert.deepEqual(
    messages({ type: 'array', items: { type: 'string' }, 'x-kubernetes-list-type': 'set' }, ['a', 'a']),
    ['spec[1]: Duplicate value: "a"'],
  );
  const ports: JsonObject = {
    type: 'array',
    'x-kubernetes-list-type': 'map',
    'x-kubernetes-list-map-keys': ['port', 'protocol'],
    items: { type: 'object', properties: { port: { type: 'integer' }, protocol: { type: 'string', default: 'TCP' } } },
  };
  assert.deepEqual(messages(ports, [{ port: 1 }, { port: 1, protocol: 'TCP' }]), [
    'spec[1]: Duplicate value: {"port":1,"protocol":"TCP"}',
  ]);
});

test('a field under `self == oldSelf` may be set once', () => {
  const rule = { 'x-kubernetes-validations': [{ rule: 'self == oldSelf', message: 'selector is immutable' }] };
  const schema: JsonObject = {
    type: 'object',
    properties: { selector: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true, ...rule } },
  };
  const [a, b] = [{ selector: { matchLabels: { a: 'b' } } }, { selector: { matchLabels: { a: 'c' } } }];
  assert.deepEqual(messages(schema, a, {}), []);
  assert.deepEqual(messages(schema, a, a), []);
  assert.deepEqual(messages(schema, b, a), ['spec.selector: Invalid value: selector is immutable']);
});

test('pruning keeps what is known, free or a map, and says what it drops in order', () => {
  const schema = schemaOf({
    type: 'object',
    properties: {
      known: { type: 'string', default: 'd' },
      free: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
      map: { type: 'object', additionalProperties: { type: 'object', properties: { a: { type: 'integer' } } } },
    },
  });
  const spec = { zzz: 1, free: { any: [1] }, map: { k: { a: 1, b: 2 } }, aaa: 1, known: null };
  const { object, strictProblems } = decodeCustom(schema, objectOf(spec));
  assert.deepEqual(object.spec, { free: { any: [1] }, map: { k: { a: 1 } }, known: 'd' });
  assert.deepEqual(strictProblems, [
    'unknown field "spec.aaa"',
    'unknown field "spec.map.k.b"',
    'unknown field "spec.zzz"',
  ]);
});
