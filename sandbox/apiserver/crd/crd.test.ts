import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JsonObject } from '../kinds/types.ts';
import { startTestServer, type TestObject } from '../test-server.ts';

const definitions = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
const things = '/apis/example.com/v1/namespaces/default/things';

function definition(versions: readonly object[] = [version('v1', true)], more: object = {}): object {
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: 'things.example.com' },
    spec: { group: 'example.com', scope: 'Namespaced', names: { plural: 'things', kind: 'Thing' }, versions, ...more },
  };
}

function version(name: string, storage: boolean, schema: object = {}): object {
  const spec = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };
  return {
    name,
    served: true,
    storage,
    schema: { openAPIV3Schema: { type: 'object', properties: { spec }, ...schema } },
  };
}

function thing(name: string, metadata: object = {}): object {
  return { apiVersion: 'example.com/v1', kind: 'Thing', metadata: { name, ...metadata }, spec: { a: 1 } };
}

test('is served at once, and accepted a moment later', async () => {
  const { ok, clock } = startTestServer();
  await ok('POST', definitions, definition());
  assert.equal((await ok<TestObject>('POST', things, thing('t'))).metadata.generation, 1);
  await clock.runFor(10);
  const { status } = await ok<TestObject>('GET', `${definitions}/things.example.com`);
  const conditions = status?.conditions as readonly JsonObject[];
  assert.deepEqual(
    conditions.map(({ type, status: is }) => `${type} ${is}`),
    ['NamesAccepted True', 'Established True'],
  );
  assert.deepEqual(status?.storedVersions, ['v1']);
});

test('every version shows the same object under its own name', async () => {
  const { ok } = startTestServer();
  await ok('POST', definitions, definition([version('v1', true), version('v2', false)]));
  await ok('POST', things, thing('t'));
  const seen = await ok<TestObject>('GET', things.replace('/v1/', '/v2/').concat('/t'));
  assert.deepEqual([seen.apiVersion, seen.spec], ['example.com/v2', { a: 1 }]);
});

test('a deleted one takes its objects with it, and waits for those with finalizers', async () => {
  const { ok, ask, clock, watch } = startTestServer();
  await ok('POST', definitions, definition());
  await ok('POST', things, thing('free'));
  await ok('POST', things, thing('held', { finalizers: ['example.com/hold'] }));
  const watched = await watch(things);
  const deleted = await ok<TestObject>('DELETE', `${definitions}/things.example.com`);
  assert.deepEqual(deleted.metadata.finalizers, ['customresourcecleanup.apiextensions.k8s.io']);
  await clock.runFor(10);
  assert.equal((await ask('GET', `${things}/free`)).status, 404);
  const held = await ok<TestObject>('GET', `${things}/held`);
  assert.notEqual(held.metadata.deletionTimestamp, undefined);
  const patch = { headers: { 'content-type': 'application/merge-patch+json' } };
  await ok('PATCH', `${things}/held`, { metadata: { finalizers: null } }, patch);
  await clock.runFor(10);
  assert.equal((await ask('GET', `${definitions}/things.example.com`)).status, 404);
  assert.deepEqual(await ask('GET', things).then(({ status, body }) => [status, body]), [404, '404 page not found\n']);
  assert.ok(watched.told().includes('DELETED free'));
});

test('what is not structural is refused', async () => {
  const { refusal } = startTestServer();
  const field = 'spec.versions[0].schema.openAPIV3Schema';
  const rows: readonly (readonly [object, string])[] = [
    [
      definition([version('v1', true, { type: undefined })]),
      `${field}.type: Required value: must not be empty at the root`,
    ],
    [
      definition([version('v1', true, { properties: { a: {} } })]),
      `${field}.properties[a].type: Required value: must not be empty for specified object fields`,
    ],
    [
      definition([version('v1', true)], { names: { plural: 'others', kind: 'Thing' } }),
      'metadata.name: Invalid value: "things.example.com": must be spec.names.plural+"."+spec.group',
    ],
  ];
  for (const [body, cause] of rows) {
    const { message } = await refusal('POST', definitions, body);
    assert.equal(message, `CustomResourceDefinition.apiextensions.k8s.io "things.example.com" is invalid: ${cause}`);
  }
});
