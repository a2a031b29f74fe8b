import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ApiRequest } from './apiserver/types.ts';
import { VirtualClock } from './clock.ts';
import { createCluster } from './cluster.ts';
import { isReady } from './machinery/pods.ts';
import { resources } from './machinery/resources.ts';
import { seededRandom } from './random.ts';
import { withCluster } from './test-cluster.ts';

test('starts with its namespaces, its node and the five CRDs', () =>
  withCluster(async (cluster) => {
    await cluster.runSeconds(1);
    const namespaces = await cluster.names(resources.namespaces);
    for (const name of ['default', 'kube-system', 'argo-rollouts']) assert.ok(namespaces.includes(name), name);
    assert.deepEqual(await cluster.names(resources.customResourceDefinitions), [
      'analysisruns.argoproj.io',
      'analysistemplates.argoproj.io',
      'clusteranalysistemplates.argoproj.io',
      'experiments.argoproj.io',
      'rollouts.argoproj.io',
    ]);
    assert.deepEqual(await cluster.names(resources.nodes), ['sandbox-node']);
  }));

/** Everything that a busy minute leaves behind. */
async function busyMinute(seed: number): Promise<string> {
  let state = '';
  await withCluster(
    async (cluster) => {
      await cluster.makeReplicaSet('a', { replicas: 5 });
      await cluster.create(resources.services, 'a', { spec: { selector: { app: 'a' }, ports: [{ port: 80 }] } });
      await cluster.runSeconds(5);
      await cluster.client.patch(resources.replicaSets, 'default', 'a', { spec: { replicas: 2 } });
      await cluster.makeReplicaSet('b', { replicas: 3, image: 'nginx:crash' });
      await cluster.runSeconds(50);
      await cluster.client.delete(resources.replicaSets, 'default', 'a', { propagationPolicy: 'Foreground' });
      await cluster.runSeconds(5);
      state = JSON.stringify(cluster.cluster.apiServer.storage.snapshot());
    },
    { random: seededRandom(seed) },
  );
  return state;
}

test('the same seed leaves the same cluster behind, byte for byte', async () => {
  const first = await busyMinute(7);
  assert.equal(await busyMinute(7), first);
  assert.notEqual(await busyMinute(8), first);
});

test('an hour of rest needs next to nothing', () =>
  withCluster(async (cluster) => {
    await cluster.makeReplicaSet('a', { replicas: 10 });
    await cluster.runSeconds(5);
    const { revision } = cluster.cluster.apiServer.storage;
    const startedAt = performance.now();
    await cluster.runSeconds(3600);
    assert.equal(cluster.cluster.apiServer.storage.revision, revision);
    assert.ok(performance.now() - startedAt < 1000);
  }));

test('survives refusals, lost answers and dropped watches', () => {
  const random = seededRandom(5);
  const byController = (user: string | undefined): boolean => user?.startsWith('system:') === true;
  return withCluster(
    async (cluster) => {
      await cluster.makeReplicaSet('a', { replicas: 6 });
      await cluster.runSeconds(60);
      await cluster.client.patch(resources.replicaSets, 'default', 'a', { spec: { replicas: 2 } });
      await cluster.runSeconds(120);
      assert.notDeepEqual(cluster.cluster.problems, []);
      cluster.cluster.apiServer.faults.clear();
      await cluster.runSeconds(120);
      const pods = await cluster.pods('a');
      assert.deepEqual(pods.map(isReady), [true, true]);
    },
    {
      allowProblems: true,
      prepare({ apiServer: { faults } }) {
        const tenth = ({ user, method }: ApiRequest): boolean =>
          byController(user?.name) && method !== 'GET' && random.next() < 0.1;
        faults.add({ match: tenth, fault: { kind: 'lose-answer' } });
        faults.add({ match: tenth, fault: { kind: 'refuse', status: 500, message: 'etcdserver: request timed out' } });
        faults.add({
          match: ({ user, path }) =>
            byController(user?.name) && (path.endsWith('/pods') || path.endsWith('/replicasets')),
          fault: { kind: 'drop-watch', afterFrames: 3 },
        });
      },
    },
  );
});

test('a stopped cluster leaves no timer behind', async () => {
  const clock = new VirtualClock();
  const cluster = createCluster({ clock, random: seededRandom(1), endpointDelayMs: 3_600_000 });
  await cluster.start();
  const spec = { containers: [{ name: 'main', image: 'nginx:1' }] };
  await cluster.client.create(resources.pods, 'default', {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'web' },
    spec,
  });
  await clock.runFor(1000);
  await cluster.stop();
  await clock.runUntilIdle({ limitMs: 5000 });
  assert.deepEqual(cluster.problems, []);
});
