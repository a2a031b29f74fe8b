import assert from 'node:assert/strict';
import { test } from 'node:test';
import { configMap, configMaps, startTestServer, type TestObject } from '../test-server.ts';

const deployments = '/apis/apps/v1/namespaces/default/deployments';
const json = { headers: { 'content-type': 'application/json-patch+json' } };
const strategic = { headers: { 'content-type': 'application/strategic-merge-patch+json' } };
const labels = { app: 'd' };

async function withDeployment() {
  const server = startTestServer();
  await server.ok('POST', deployments, {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'd' },
    spec: {
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: {
          containers: [
            { name: 'main', image: 'nginx:1', env: [{ name: 'A', value: '1' }] },
            { name: 'side', image: 'busybox' },
          ],
          tolerations: [{ key: 'x', operator: 'Exists' }],
        },
      },
    },
  });
  type Container = { name: string; image: string; env?: { name: string; value: string }[] };
  const containers = async (podSpec: object): Promise<Container[]> => {
    const patch = { spec: { template: { spec: podSpec } } };
    const { spec } = await server.ok<TestObject>('PATCH', `${deployments}/d`, patch, strategic);
    return (spec as { template: { spec: { containers: Container[] } } }).template.spec.containers;
  };
  return { ...server, containers };
}

test('a strategic merge patch merges lists by their keys, at any depth', async () => {
  const { containers } = await withDeployment();
  const [main, side] = await containers({ containers: [{ name: 'main', env: [{ name: 'B', value: '2' }] }] });
  assert.deepEqual([main?.image, side?.name], ['nginx:1', 'side']);
  assert.deepEqual(main?.env?.map(({ name }) => name).toSorted(), ['A', 'B']);
});

test('$patch: delete takes an item out, $patch: replace the whole list', async () => {
  const { containers } = await withDeployment();
  const left = await containers({ containers: [{ name: 'side', $patch: 'delete' }] });
  assert.deepEqual(
    left.map(({ name }) => name),
    ['main'],
  );
  const replaced = await containers({ containers: [{ $patch: 'replace' }, { name: 'new', image: 'x' }] });
  assert.deepEqual(
    replaced.map(({ name }) => name),
    ['new'],
  );
});

test('$setElementOrder puts items in order', async () => {
  const { containers } = await withDeployment();
  const ordered = await containers({
    '$setElementOrder/containers': [{ name: 'side' }, { name: 'third' }, { name: 'main' }],
    containers: [{ name: 'third', image: 'x' }],
  });
  assert.deepEqual(
    ordered.map(({ name }) => name),
    ['side', 'third', 'main'],
  );
});

test('$deleteFromPrimitiveList takes values out', async () => {
  const { ok } = startTestServer();
  await ok('POST', configMaps, configMap('a', {}, { finalizers: ['example.com/a', 'example.com/b'] }));
  const patch = { metadata: { '$deleteFromPrimitiveList/finalizers': ['example.com/a'] } };
  const { metadata } = await ok<TestObject>('PATCH', `${configMaps}/a`, patch, strategic);
  assert.deepEqual(metadata.finalizers, ['example.com/b']);
});

test('$retainKeys drops what it does not list', async () => {
  const { ok } = await withDeployment();
  const patch = { spec: { strategy: { $retainKeys: ['type'], type: 'Recreate' } } };
  const { spec } = await ok<TestObject>('PATCH', `${deployments}/d`, patch, strategic);
  assert.deepEqual(spec?.strategy, { type: 'Recreate' });
});

test('a JSON patch tests, adds, moves, copies and removes in order', async () => {
  const { ok } = startTestServer();
  await ok('POST', configMaps, configMap('a', { x: '1' }, { annotations: { 'y.z/w': '2' } }));
  const patch = [
    { op: 'test', path: '/data/x', value: '1' },
    { op: 'copy', from: '/data/x', path: '/data/c' },
    { op: 'move', from: '/metadata/annotations/y.z~1w', path: '/data/m' },
    { op: 'replace', path: '/data/x', value: '3' },
    { op: 'add', path: '/metadata/labels', value: { a: 'b' } },
    { op: 'remove', path: '/data/c' },
  ];
  const { data, metadata } = await ok<TestObject>('PATCH', `${configMaps}/a`, patch, json);
  assert.deepEqual([data, metadata.labels], [{ x: '3', m: '2' }, { a: 'b' }]);
});

for (const [what, patch] of [
  ['a test that fails', [{ op: 'test', path: '/data/x', value: '2' }]],
  ['a path that is not there', [{ op: 'remove', path: '/data/none' }]],
  ['an unknown operation', [{ op: 'frob', path: '/data/x' }]],
] as const) {
  test(`a JSON patch with ${what} is 422 and changes nothing`, async () => {
    const { ok, refusal } = startTestServer();
    const created = await ok<TestObject>('POST', configMaps, configMap('a', { x: '1' }));
    const whole = [{ op: 'add', path: '/data/new', value: 'n' }, ...patch];
    assert.equal((await refusal('PATCH', `${configMaps}/a`, whole, json)).code, 422);
    assert.deepEqual(await ok('GET', `${configMaps}/a`), created);
  });
}

test('keys like __proto__ are keys like others', async () => {
  const { ok } = startTestServer();
  await ok('POST', configMaps, configMap('a'));
  const merge = { headers: { 'content-type': 'application/merge-patch+json' } };
  await ok('PATCH', `${configMaps}/a`, JSON.parse('{"data": {"__proto__": "v"}}'), merge);
  const { data } = await ok<TestObject>('GET', `${configMaps}/a`);
  assert.deepEqual(Object.keys(data ?? {}), ['__proto__']);
  assert.equal(({} as { polluted?: unknown }).polluted, undefined);
});
