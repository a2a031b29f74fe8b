import assert from 'node:assert/strict';
import { test } from 'node:test';
import { configMap, configMaps, merge, startTestServer, type TestObject } from '../test-server.ts';

const replicaSets = '/apis/apps/v1/namespaces/default/replicasets';
const pods = '/api/v1/namespaces/default/pods';

function replicaSet(name: string, more: object = {}): object {
  const labels = { app: name };
  return {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: { name, ...more },
    spec: {
      replicas: 1,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: 'main', image: 'nginx:1' }] } },
    },
  };
}

function pod(name: string): object {
  const spec = { containers: [{ name: 'main', image: 'nginx:1' }], nodeName: 'n' };
  return { apiVersion: 'v1', kind: 'Pod', metadata: { name, labels: { app: 'p' } }, spec };
}

test('a created object has identity, times and the writer as the owner of its fields', async () => {
  const { ok } = startTestServer();
  const created = await ok<TestObject & { metadata: { creationTimestamp: string } }>(
    'POST',
    `${configMaps}?fieldManager=me`,
    { ...configMap('', { k: 'v' }, { generateName: 'x-' }) },
  );
  const { metadata } = created;
  assert.match(metadata.name ?? '', /^x-[a-z0-9]{5}$/);
  assert.match(metadata.uid ?? '', /^[0-9a-f]{8}-[0-9a-f]{4}-4/);
  assert.equal(metadata.creationTimestamp, '2026-01-01T00:00:00Z');
  assert.equal(metadata.generation, undefined);
  assert.deepEqual(
    metadata.managedFields?.map(({ manager, fieldsV1 }) => [manager, fieldsV1]),
    [['me', { 'f:data': { '.': {}, 'f:k': {} }, 'f:metadata': { 'f:generateName': {} } }]],
  );
});

test('equal seeds make equal names and uids', async () => {
  const make = (): Promise<TestObject> =>
    startTestServer().ok('POST', configMaps, configMap('', {}, { generateName: 'x-' }));
  assert.deepEqual(await make(), await make());
});

test('what changes nothing gets no new version and wakes no watch', async () => {
  const { ok, watch, clock } = startTestServer();
  const created = await ok<TestObject>('POST', configMaps, configMap('a', { k: 'v' }));
  const watched = await watch(configMaps, { resourceVersion: created.metadata.resourceVersion! });
  await clock.runFor(5000);
  const again = await ok<TestObject>('PUT', `${configMaps}/a`, configMap('a', { k: 'v' }));
  const patched = await ok<TestObject>('PATCH', `${configMaps}/a`, { data: { k: 'v' } }, merge);
  assert.deepEqual([again, patched], [created, created]);
  await clock.settle();
  assert.deepEqual(watched.told(), []);
});

test('a dry run answers like the real thing and leaves no trace', async () => {
  const { ok, refusal, server } = startTestServer();
  const { revision } = server.storage;
  const shown = await ok<TestObject>('POST', `${configMaps}?dryRun=All`, configMap('a'));
  assert.ok(shown.metadata.uid);
  assert.equal(shown.metadata.resourceVersion, undefined);
  assert.equal((await refusal('GET', `${configMaps}/a`)).code, 404);
  assert.equal((await refusal('POST', `${configMaps}?dryRun=Some`, configMap('a'))).reason, 'Invalid');
  assert.equal(server.storage.revision, revision);
});

test('a stale resourceVersion is a conflict, in PUT as in PATCH', async () => {
  const { ok, refusal } = startTestServer();
  const { metadata } = await ok<TestObject>('POST', configMaps, configMap('a'));
  await ok('PATCH', `${configMaps}/a`, { data: { k: '1' } }, merge);
  const stale = { metadata: { resourceVersion: metadata.resourceVersion }, data: { k: '2' } };
  assert.equal((await refusal('PUT', `${configMaps}/a`, { ...configMap('a'), ...stale })).reason, 'Conflict');
  assert.equal((await refusal('PATCH', `${configMaps}/a`, stale, merge)).reason, 'Conflict');
});

test('another uid in an update is a conflict: the object is not the one that was meant', async () => {
  const { ok, refusal } = startTestServer();
  await ok('POST', configMaps, configMap('a'));
  const status = await refusal('PATCH', `${configMaps}/a`, { metadata: { uid: 'other' } }, merge);
  assert.match(status.message ?? '', /UID in precondition: other, UID in object meta: /);
});

test('the generation counts changes of the spec alone; status is written through its own door', async () => {
  const { ok } = startTestServer();
  const path = `${replicaSets}/r`;
  await ok('POST', replicaSets, replicaSet('r'));
  const generation = async (body: object, sub = ''): Promise<unknown> => {
    const { metadata, status } = await ok<TestObject>('PATCH', path + sub, body, merge);
    return [metadata.generation, status?.replicas];
  };
  assert.deepEqual(await generation({ metadata: { labels: { a: 'b' } } }), [1, 0]);
  assert.deepEqual(await generation({ spec: { replicas: 3 } }), [2, 0]);
  assert.deepEqual(await generation({ status: { replicas: 9 } }), [2, 0]);
  assert.deepEqual(await generation({ status: { replicas: 2 }, spec: { replicas: 8 } }, '/status'), [2, 2]);
  const { spec } = await ok<TestObject>('GET', path);
  assert.equal(spec?.replicas, 3);
});

test('a finalizer keeps a deleted object until it is taken away', async () => {
  const { ok, refusal, watch, clock } = startTestServer();
  await ok('POST', configMaps, configMap('a', {}, { finalizers: ['example.com/hold'] }));
  const deleted = await ok<TestObject>('DELETE', `${configMaps}/a`);
  assert.ok(deleted.metadata.deletionTimestamp);
  const watched = await watch(configMaps, { resourceVersion: deleted.metadata.resourceVersion! });
  await ok('PATCH', `${configMaps}/a`, { metadata: { finalizers: null } }, merge);
  await clock.settle();
  assert.deepEqual(watched.told(), ['DELETED a']);
  assert.equal((await refusal('GET', `${configMaps}/a`)).code, 404);
});

test('foreground and orphan deletion become finalizers for the garbage collector', async () => {
  const { ok } = startTestServer();
  for (const [name, propagationPolicy, finalizer] of [
    ['f', 'Foreground', 'foregroundDeletion'],
    ['o', 'Orphan', 'orphan'],
  ] as const) {
    await ok('POST', replicaSets, replicaSet(name));
    const { metadata } = await ok<TestObject>('DELETE', `${replicaSets}/${name}`, { propagationPolicy });
    assert.deepEqual([metadata.finalizers, metadata.generation], [[finalizer], 2]);
  }
  const background = await ok<TestObject>('DELETE', `${replicaSets}/f`, { propagationPolicy: 'Background' });
  assert.equal(background.kind, 'Status');
});

test('a pod goes after its grace period, or at once when asked', async () => {
  const { ok, refusal } = startTestServer();
  await ok('POST', pods, pod('p'));
  const marked = await ok<TestObject>('DELETE', `${pods}/p`);
  assert.equal(marked.metadata.deletionTimestamp, '2026-01-01T00:00:30Z');
  await ok('DELETE', `${pods}/p`, { gracePeriodSeconds: 0 });
  assert.equal((await refusal('GET', `${pods}/p`)).code, 404);
});

test('nothing is created in a namespace that is absent or going', async () => {
  const { ok, refusal } = startTestServer();
  assert.equal((await refusal('POST', '/api/v1/namespaces/none/configmaps', configMap('a'))).code, 404);
  await ok('POST', '/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'n' } });
  await ok('DELETE', '/api/v1/namespaces/n');
  const status = await refusal('POST', '/api/v1/namespaces/n/configmaps', configMap('a'));
  assert.deepEqual([status.code, status.details?.causes?.[0]?.reason], [403, 'NamespaceTerminating']);
  const { metadata } = await ok<TestObject>('GET', '/api/v1/namespaces/n');
  await ok('PUT', '/api/v1/namespaces/n/finalize', { apiVersion: 'v1', kind: 'Namespace', metadata, spec: {} });
  assert.equal((await refusal('GET', '/api/v1/namespaces/n')).code, 404);
});

test('the namespaces that a cluster cannot do without may not be deleted', async () => {
  const { refusal, ok } = startTestServer();
  const { code, message } = await refusal('DELETE', '/api/v1/namespaces/default');
  assert.deepEqual([code, message], [403, 'namespaces "default" is forbidden: this namespace may not be deleted']);
  await ok('DELETE', '/api/v1/namespaces/argo-rollouts');
});

test('unknown fields are refused, told of or ignored, as asked', async () => {
  const { ask, refusal } = startTestServer();
  const odd = { ...configMap('a'), odd: 1 };
  assert.match(
    (await refusal('POST', `${configMaps}?fieldValidation=Strict`, odd)).message ?? '',
    /unknown field "odd"/,
  );
  const warned = await ask('POST', `${configMaps}?fieldValidation=Warn&dryRun=All`, odd);
  assert.deepEqual([warned.status, warned.headers.warning], [201, '299 - "unknown field \\"odd\\""']);
  const ignored = await ask('POST', `${configMaps}?fieldValidation=Ignore&dryRun=All`, odd);
  assert.deepEqual([ignored.status, ignored.headers.warning], [201, undefined]);
});

test('a body of another process’s making never reaches storage', async () => {
  const { ok } = startTestServer();
  const body = { ...configMap('a', { k: 'v' }) } as { data: Record<string, string> };
  await ok('POST', configMaps, body);
  body.data.k = 'changed';
  assert.equal((await ok<TestObject>('GET', `${configMaps}/a`)).data?.k, 'v');
});

test('a lease is created by the first PUT', async () => {
  const { ask } = startTestServer();
  const lease = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: { name: 'l' }, spec: {} };
  const path = '/apis/coordination.k8s.io/v1/namespaces/default/leases/l';
  const { status, body } = await ask('PUT', path, lease);
  assert.equal(status, 201);
  assert.equal((await ask('PUT', path, body)).status, 200);
  // Whoever renews a lease must have seen it.
  assert.equal((await ask('PUT', path, lease)).status, 422);
});

test('who makes an object that nobody acts on is told so, also by server-side apply', async () => {
  const { ask } = startTestServer({ creationNotices: { '/configmaps': 'nobody reads "this"' } });
  const told = '299 - "nobody reads \\"this\\""';
  assert.equal((await ask('POST', configMaps, configMap('a'))).headers.warning, told);
  const headers = { 'content-type': 'application/apply-patch+yaml' };
  const applied = () => ask('PATCH', `${configMaps}/b?fieldManager=m`, configMap('b', { k: 'v' }), { headers });
  assert.equal((await applied()).headers.warning, told);
  assert.equal((await applied()).headers.warning, undefined);
});
