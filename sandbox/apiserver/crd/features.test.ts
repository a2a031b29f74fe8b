// What CustomResourceDefinitions can ask for, feature by feature, as a user of the custom resource meets it.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { merge, startTestServer, type TestObject, type TestServer } from '../test-server.ts';

const definitions = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
const things = '/apis/example.com/v1/namespaces/default/things';
const text = { type: 'string' };
const apply = { headers: { 'content-type': 'application/apply-patch+yaml' } };

interface Version {
  readonly spec?: object;
  readonly more?: object;
}

function definition({ spec = {}, more = {} }: Version): object {
  const schema = {
    type: 'object',
    properties: {
      spec: { type: 'object', ...spec },
      status: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
    },
  };
  return {
    metadata: { name: 'things.example.com' },
    spec: {
      group: 'example.com',
      scope: 'Namespaced',
      names: { plural: 'things', kind: 'Thing', shortNames: ['th'] },
      versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: schema }, ...more }],
    },
  };
}

async function withThings(version: Version): Promise<TestServer> {
  const server = startTestServer();
  await server.ok('POST', definitions, definition(version));
  return server;
}

function thing(spec: unknown, metadata: object = {}): object {
  return { apiVersion: 'example.com/v1', kind: 'Thing', metadata: { name: 'o', ...metadata }, spec };
}

test('defaults are filled in wherever their parent is, also on reading what was stored before them', async () => {
  const inner = { type: 'object', properties: { a: { ...text, default: 'A' }, b: text } };
  const spec = {
    properties: {
      whole: { ...inner, default: {} },
      optional: inner,
      list: { type: 'array', items: inner },
      map: { type: 'object', additionalProperties: inner },
      empty: { ...text, default: 'filled', nullable: true },
      gone: { ...text, default: 'filled' },
    },
  };
  const { ok } = await withThings({ spec });
  const made = await ok<TestObject>(
    'POST',
    things,
    thing({ list: [{}, { b: 'x' }], map: { k: {} }, empty: null, gone: null }),
  );
  assert.deepEqual(made.spec, {
    whole: { a: 'A' },
    list: [{ a: 'A' }, { a: 'A', b: 'x' }],
    map: { k: { a: 'A' } },
    empty: null,
    gone: 'filled',
  });
});

test('unknown fields are pruned, but below preserve-unknown-fields, where known ones are pruned still', async () => {
  const known = { type: 'object', properties: { a: text } };
  const spec = {
    properties: {
      free: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true, properties: { known } },
      strict: known,
    },
  };
  const { ok, ask } = await withThings({ spec });
  const value = { free: { any: { x: [1] }, known: { a: 'a', b: 'b' } }, strict: { a: 'a', b: 'b' }, more: 1 };
  const made = await ok<TestObject>('POST', things, thing(value));
  assert.deepEqual(made.spec, { free: { any: { x: [1] }, known: { a: 'a' } }, strict: { a: 'a' } });
  const warned = await ask('PUT', `${things}/o?fieldValidation=Warn`, { ...made, spec: value });
  assert.match(warned.headers.warning ?? '', /unknown field \\"spec\.free\.known\.b\\"/);
  assert.match(warned.headers.warning ?? '', /unknown field \\"spec\.more\\"/);
  assert.match(warned.headers.warning ?? '', /unknown field \\"spec\.strict\.b\\"/);
});

test('an embedded object keeps its type and metadata, and must have a type', async () => {
  const spec = {
    properties: {
      object: { type: 'object', 'x-kubernetes-embedded-resource': true, 'x-kubernetes-preserve-unknown-fields': true },
    },
  };
  const { ok, refusal } = await withThings({ spec });
  const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'c', labels: { a: 'b' } }, data: { k: 'v' } };
  const made = await ok<TestObject>('POST', things, thing({ object }));
  assert.deepEqual(made.spec, { object });
  const { message } = await refusal('PATCH', `${things}/o`, { spec: { object: { kind: null } } }, merge);
  assert.match(message ?? '', /spec\.object\.kind: Required value: must not be empty/);
});

test('an int-or-string is either, in every way of writing', async () => {
  const spec = { properties: { surge: { 'x-kubernetes-int-or-string': true, anyOf: [{ type: 'integer' }, text] } } };
  const { ok, refusal } = await withThings({ spec });
  assert.deepEqual((await ok<TestObject>('POST', things, thing({ surge: '25%' }))).spec, { surge: '25%' });
  assert.deepEqual((await ok<TestObject>('PATCH', `${things}/o`, { spec: { surge: 2 } }, merge)).spec, { surge: 2 });
  const applied = await ok<TestObject>('PATCH', `${things}/o?fieldManager=m&force=true`, thing({ surge: '3' }), apply);
  assert.deepEqual(applied.spec, { surge: '3' });
  const { message } = await refusal('PATCH', `${things}/o`, { spec: { surge: true } }, merge);
  assert.match(
    message ?? '',
    /spec\.surge: Invalid value: "boolean": spec\.surge in body must be of type integer,string/,
  );
});

test('list types say how applied lists meet: by key, as a set, or as one piece', async () => {
  const item = { type: 'object', required: ['name'], properties: { name: text, a: text, b: text } };
  const spec = {
    properties: {
      items: { type: 'array', 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['name'], items: item },
      members: { type: 'array', 'x-kubernetes-list-type': 'set', items: text },
      whole: { type: 'array', items: text },
    },
  };
  const { ok, refusal } = await withThings({ spec });
  const by = (manager: string, value: object) =>
    ok<TestObject>('PATCH', `${things}/o?fieldManager=${manager}`, thing(value), apply);
  await by('one', { items: [{ name: 'x', a: '1' }], members: ['p'], whole: ['w'] });
  const both = await by('two', { items: [{ name: 'x', b: '2' }, { name: 'y' }], members: ['q'] });
  assert.deepEqual(both.spec, {
    items: [{ name: 'x', a: '1', b: '2' }, { name: 'y' }],
    members: ['p', 'q'],
    whole: ['w'],
  });
  const { message } = await refusal('PATCH', `${things}/o?fieldManager=two`, thing({ whole: ['v'] }), apply);
  assert.equal(message, 'Apply failed with 1 conflict: conflict with "one": .spec.whole');
});

test('printer columns come in order with type and priority; what is absent or of another type is null', async () => {
  const spec = {
    properties: {
      size: { type: 'integer' },
      flag: { type: 'boolean' },
      when: text,
      tags: { type: 'array', items: text },
    },
  };
  const additionalPrinterColumns = [
    { name: 'Size', type: 'integer', jsonPath: '.spec.size' },
    { name: 'Flag', type: 'boolean', jsonPath: '.spec.flag', priority: 1 },
    { name: 'When', type: 'date', jsonPath: '.spec.when' },
    { name: 'First', type: 'string', jsonPath: '.spec.tags[0]' },
    { name: 'Absent', type: 'string', jsonPath: '.spec.none' },
  ];
  const { ok } = await withThings({ spec, more: { additionalPrinterColumns } });
  await ok('POST', things, thing({ size: 3, flag: true, when: '2025-12-31T23:59:00Z', tags: ['a', 'b'] }));
  type Table = { columnDefinitions: { name: string; type: string; priority: number }[]; rows: { cells: unknown[] }[] };
  const accept = 'application/json;as=Table;v=v1;g=meta.k8s.io';
  const table = await ok<Table>('GET', things, undefined, { headers: { accept } });
  assert.deepEqual(
    table.columnDefinitions.map(({ name, type, priority }) => [name, type, priority]),
    [
      ['Name', 'string', 0],
      ['Size', 'integer', 0],
      ['Flag', 'boolean', 1],
      ['When', 'date', 0],
      ['First', 'string', 0],
      ['Absent', 'string', 0],
    ],
  );
  assert.deepEqual(table.rows[0]?.cells, ['o', 3, true, '60s', 'a', null]);
});

test('the scale subresource reads and writes where the definition says', async () => {
  const spec = { properties: { size: { type: 'integer' } } };
  const scale = {
    specReplicasPath: '.spec.size',
    statusReplicasPath: '.status.ready',
    labelSelectorPath: '.status.selector',
  };
  const { ok, refusal } = await withThings({ spec, more: { subresources: { status: {}, scale } } });
  await ok('POST', things, thing({ size: 2 }));
  type Scale = { kind: string; spec: { replicas?: number }; status: { replicas: number; selector?: string } };
  const before = await ok<Scale>('GET', `${things}/o/scale`);
  assert.deepEqual([before.kind, before.spec, before.status], ['Scale', { replicas: 2 }, { replicas: 0 }]);
  await ok('PATCH', `${things}/o/status`, { status: { ready: 1, selector: 'app=x' } }, merge);
  const after = await ok<Scale>('PATCH', `${things}/o/scale`, { spec: { replicas: 5 } }, merge);
  assert.deepEqual([after.spec, after.status], [{ replicas: 5 }, { replicas: 1, selector: 'app=x' }]);
  const { spec: now, metadata } = await ok<TestObject>('GET', `${things}/o`);
  assert.deepEqual([now, metadata.generation], [{ size: 5 }, 2]);
  const { message } = await refusal('PATCH', `${things}/o/scale`, { spec: { replicas: -1 } }, merge);
  assert.match(message ?? '', /spec\.replicas: Invalid value: -1: must be greater than or equal to 0/);
});

test('fields may be selected that the definition lists, and no others', async () => {
  const spec = { properties: { colour: text } };
  const { ok, refusal } = await withThings({ spec, more: { selectableFields: [{ jsonPath: '.spec.colour' }] } });
  for (const colour of ['red', 'blue']) await ok('POST', things, thing({ colour }, { name: colour }));
  const list = await ok<{ items: TestObject[] }>('GET', `${things}?fieldSelector=spec.colour=red`);
  assert.deepEqual(
    list.items.map(({ metadata }) => metadata.name),
    ['red'],
  );
  const { message } = await refusal('GET', `${things}?fieldSelector=spec.size=1`);
  assert.equal(message, 'field label not supported: spec.size');
});

test('a field under a transition rule never changes again, neither by put, patch nor apply', async () => {
  const rule = [{ rule: 'self == oldSelf', message: 'selector is immutable' }];
  const spec = {
    properties: { selector: { type: 'object', additionalProperties: text, 'x-kubernetes-validations': rule } },
  };
  const { ok, refusal } = await withThings({ spec });
  const made = await ok<TestObject>('POST', things, thing({ selector: { a: '1' } }));
  const wanted = 'Thing.example.com "o" is invalid: spec.selector: Invalid value: selector is immutable';
  for (const [method, query, body, more] of [
    ['PUT', '', { ...made, spec: { selector: { a: '2' } } }, {}],
    ['PATCH', '', { spec: { selector: { a: '2' } } }, merge],
    ['PATCH', '?fieldManager=m&force=true', thing({ selector: { a: '2' } }), apply],
  ] as const) {
    assert.equal((await refusal(method, `${things}/o${query}`, body, more)).message, wanted);
  }
  await ok('PATCH', `${things}/o`, { spec: { selector: { a: '1' } } }, merge);
});

test('a schema that becomes stricter holds only what changes', async () => {
  const item = (pattern: object) => ({
    type: 'object',
    required: ['name'],
    properties: { name: text, value: { ...text, ...pattern } },
  });
  const list = (pattern: object) => ({
    type: 'array',
    'x-kubernetes-list-type': 'map',
    'x-kubernetes-list-map-keys': ['name'],
    items: item(pattern),
  });
  const version = (bounds: object, pattern: object) => ({
    spec: { properties: { size: { type: 'integer', ...bounds }, items: list(pattern) } },
  });
  const { ok, refusal } = await withThings(version({}, {}));
  await ok('POST', things, thing({ size: 9, items: [{ name: 'a', value: 'X' }] }));
  const { metadata } = await ok<TestObject>('GET', `${definitions}/things.example.com`);
  const stricter = definition(version({ maximum: 5 }, { pattern: '^[a-z]$' })) as { metadata: object };
  await ok('PUT', `${definitions}/things.example.com`, { ...stricter, metadata });
  await ok('PATCH', `${things}/o`, { metadata: { labels: { a: 'b' } } }, merge);
  await ok(
    'PATCH',
    `${things}/o`,
    {
      spec: {
        items: [
          { name: 'b', value: 'y' },
          { name: 'a', value: 'X' },
        ],
      },
    },
    merge,
  );
  const { message } = await refusal('PATCH', `${things}/o`, { spec: { size: 8 } }, merge);
  assert.match(message ?? '', /spec\.size: Invalid value: 8: spec\.size in body should be less than or equal to 5/);
  const other = await refusal('PATCH', `${things}/o`, { spec: { items: [{ name: 'a', value: 'Y' }] } }, merge);
  assert.match(other.message ?? '', /spec\.items\[0\]\.value: Invalid value: "Y": .* should match '\^\[a-z\]\$'/);
});

test('server-side apply refuses what the schema does not declare, and list items without their key', async () => {
  const keyed = { 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['k'] };
  const items = { type: 'object', required: ['k'], properties: { k: text, v: text } };
  const spec = {
    properties: { list: { type: 'array', items, ...keyed }, either: { 'x-kubernetes-int-or-string': true } },
  };
  const { refusal, ok } = await withThings({ spec });
  const told = async (value: unknown): Promise<string | undefined> =>
    (await refusal('PATCH', `${things}/o?fieldManager=one`, thing(value), apply)).message;
  const head = 'failed to create typed patch object (/o; example.com/v1, Kind=Thing): ';
  assert.equal(await told({ stray: 1 }), `${head}.spec.stray: field not declared in schema`);
  assert.equal(
    await told({ list: [{ v: 'x' }] }),
    `${head}.spec.list: element 0: associative list with keys has an element that omits key field "k" (and doesn't have default value)`,
  );
  await ok('PATCH', `${things}/o?fieldManager=one`, thing({ either: 1 }), apply);
});

test('a default that its own schema would refuse or prune is refused with the definition', async () => {
  const { refusal } = startTestServer();
  const inner = { type: 'object', properties: { a: text } };
  const spec = { properties: { wrong: { ...text, default: 1 }, loose: { ...inner, default: { a: 'x', b: 'y' } } } };
  const { message = '' } = await refusal('POST', definitions, definition({ spec }));
  const at = 'spec.versions[0].schema.openAPIV3Schema.properties[spec].properties';
  assert.equal(
    message.split(' is invalid: ')[1],
    `[${at}[wrong].default: Invalid value: "integer":  in body must be of type string: "integer", ${at}[loose].default: Invalid value: {"a":"x","b":"y"}: must not have unspecified fields]`,
  );
});

test('who writes a rule that is not evaluated is told so, once', async () => {
  const { ask } = startTestServer();
  const rules = ['self == oldSelf', 'self.size() < 5'].map((rule) => ({ rule }));
  const more = definition({ spec: { properties: { a: { ...text, 'x-kubernetes-validations': rules } } } });
  const { headers, status } = await ask('POST', definitions, more);
  assert.equal(status, 201);
  const at = 'spec.versions[0].schema.openAPIV3Schema.properties[spec].properties[a].x-kubernetes-validations[1].rule';
  assert.equal(headers.warning, `299 - "${at}: the sandbox evaluates no rule but \`self == oldSelf\`"`);
  const labelled = await ask('PATCH', `${definitions}/things.example.com`, { metadata: { labels: { a: 'b' } } }, merge);
  assert.deepEqual([labelled.status, labelled.headers.warning], [200, undefined]);
});
