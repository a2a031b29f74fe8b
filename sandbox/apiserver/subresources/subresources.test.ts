import assert from 'node:assert/strict';
import { test } from 'node:test';
import { merge, startTestServer, type TestObject } from '../test-server.ts';

const pods = '/api/v1/namespaces/default/pods';
const replicaSets = '/apis/apps/v1/namespaces/default/replicasets';

async function withPod(podLogs?: Parameters<typeof startTestServer>[0]) {
  const server = startTestServer(podLogs);
  await server.ok('POST', pods, {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'p', labels: { app: 'p' } },
    spec: { containers: [{ name: 'main', image: 'nginx:1' }] },
  });
  return server;
}

const eviction = { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name: 'p' } };

test('scale shows and sets the replicas of a ReplicaSet', async () => {
  const { ok, refusal } = startTestServer();
  const labels = { app: 'r' };
  await ok('POST', replicaSets, {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: { name: 'r' },
    spec: {
      replicas: 1,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: 'main', image: 'nginx:1' }] } },
    },
  });
  const scaled = await ok<TestObject>('PATCH', `${replicaSets}/r/scale`, { spec: { replicas: 4 } }, merge);
  assert.deepEqual([scaled.kind, scaled.spec, scaled.status?.selector], ['Scale', { replicas: 4 }, 'app=r']);
  const { spec, metadata } = await ok<TestObject>('GET', `${replicaSets}/r`);
  assert.deepEqual([spec?.replicas, metadata.generation], [4, 2]);
  const negative = await refusal('PATCH', `${replicaSets}/r/scale`, { spec: { replicas: -1 } }, merge);
  assert.match(negative.message ?? '', /must be greater than or equal to 0/);
});

test('an eviction asks the disruption budget, and takes one off it', async () => {
  const { ok, refusal } = await withPod();
  const ready = [{ type: 'Ready', status: 'True' }];
  await ok('PATCH', `${pods}/p/status`, { status: { phase: 'Running', conditions: ready } }, merge);
  const budgets = '/apis/policy/v1/namespaces/default/poddisruptionbudgets';
  await ok('POST', budgets, {
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata: { name: 'b' },
    spec: { minAvailable: 1, selector: { matchLabels: { app: 'p' } } },
  });
  const unseen = await refusal('POST', `${pods}/p/eviction`, eviction);
  assert.deepEqual([unseen.code, unseen.details?.retryAfterSeconds], [429, 10]);
  const counts = { observedGeneration: 1, desiredHealthy: 1, currentHealthy: 1, expectedPods: 1 };
  await ok('PATCH', `${budgets}/b/status`, { status: { ...counts, disruptionsAllowed: 0 } }, merge);
  const spent = await refusal('POST', `${pods}/p/eviction`, eviction);
  assert.match(spent.details?.causes?.[0]?.message ?? '', /needs 1 healthy pods and has 1 currently/);
  await ok('PATCH', `${budgets}/b/status`, { status: { disruptionsAllowed: 1 } }, merge);
  await ok('POST', `${pods}/p/eviction`, eviction);
  const budget = await ok<TestObject>('GET', `${budgets}/b`);
  assert.deepEqual(
    [budget.status?.disruptionsAllowed, Object.keys(budget.status?.disruptedPods as object)],
    [0, ['p']],
  );
  const { metadata } = await ok<TestObject>('GET', `${pods}/p`).catch(() => ({
    metadata: { deletionTimestamp: 'gone' },
  }));
  assert.ok(metadata.deletionTimestamp);
});

test('binding gives a pod its node, once', async () => {
  const { ok, refusal } = await withPod();
  const binding = { apiVersion: 'v1', kind: 'Binding', metadata: { name: 'p' }, target: { kind: 'Node', name: 'n' } };
  await ok('POST', `${pods}/p/binding`, binding);
  assert.equal((await ok<TestObject>('GET', `${pods}/p`)).spec?.nodeName, 'n');
  assert.equal((await refusal('POST', `${pods}/p/binding`, binding)).code, 409);
});

test('logs come as text from whoever plays the pods', async () => {
  const { ok, ask, refusal } = await withPod({ podLogs: { read: ({ pod, container }) => `${pod}/${container}\n` } });
  await ok('POST', `${pods}/p/binding`, { target: { kind: 'Node', name: 'n' } });
  const response = await ask('GET', `${pods}/p/log`);
  assert.deepEqual([response.headers['content-type'], response.body], ['text/plain', 'p/main\n']);
  assert.match((await refusal('GET', `${pods}/p/log?container=x`)).message ?? '', /container x is not valid for pod p/);
  assert.equal((await refusal('GET', `${pods}/none/log`)).code, 404);
  await ok('GET', `${pods}/p/status`);
});
