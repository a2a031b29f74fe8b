import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KubernetesObject, Pod } from '../../controller/api/kubernetes-types.ts';
import { resources } from '../machinery/resources.ts';
import { type TestCluster, withCluster } from '../test-cluster.ts';

const labels = { app: 'agent' };
const options = { node: { count: 3 } };

interface DaemonSet extends KubernetesObject {
  readonly status: Readonly<Record<string, number>>;
}

function make(cluster: TestCluster, pod: object = {}, spec: object = {}): Promise<DaemonSet> {
  return cluster.create(resources.daemonSets, 'agent', {
    spec: {
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: 'c', image: 'example.com/agent:1' }], ...pod } },
      ...spec,
    },
  });
}

const setOf = async (cluster: TestCluster) => (await cluster.get<DaemonSet>(resources.daemonSets, 'agent'))!;
const patch = (cluster: TestCluster, spec: object) =>
  cluster.client.patch(resources.daemonSets, 'default', 'agent', { spec });

/** `sandbox-node 1`: node and version of each pod. */
async function placed(cluster: TestCluster): Promise<string[]> {
  const found = await cluster.pods('agent');
  return found
    .map(({ spec }: Pod) => `${String(spec.nodeName)} ${String(spec.containers?.[0]?.image).split(':')[1]}`)
    .toSorted();
}

test('one pod is on each node, also on a cordoned one, and comes back when it is deleted', async () => {
  await withCluster(async (cluster) => {
    await cluster.client.patch(resources.nodes, undefined, 'sandbox-node-3', { spec: { unschedulable: true } });
    await make(cluster);
    await cluster.runSeconds(30);
    const all = ['sandbox-node 1', 'sandbox-node-2 1', 'sandbox-node-3 1'];
    assert.deepEqual(await placed(cluster), all);
    const { status } = await setOf(cluster);
    assert.deepEqual(
      [status.desiredNumberScheduled, status.currentNumberScheduled, status.numberReady, status.numberAvailable],
      [3, 3, 3, 3],
    );
    const [pod] = await cluster.pods('agent');
    await cluster.client.delete(resources.pods, 'default', pod?.metadata.name ?? '');
    await cluster.runSeconds(60);
    assert.deepEqual(await placed(cluster), all);
  }, options);
});

test('only nodes that are chosen and put up with are served, and nodes may change', async () => {
  await withCluster(async (cluster) => {
    const label = (name: string, value: string | null) =>
      cluster.client.patch(resources.nodes, undefined, name, { metadata: { labels: { disk: value } } });
    await label('sandbox-node', 'ssd');
    await make(cluster, { nodeSelector: { disk: 'ssd' } });
    await cluster.runSeconds(30);
    assert.deepEqual(await placed(cluster), ['sandbox-node 1']);
    await label('sandbox-node-2', 'ssd');
    await label('sandbox-node', null);
    await cluster.runSeconds(60);
    assert.deepEqual(await placed(cluster), ['sandbox-node-2 1']);
    const taints = [{ key: 'own', value: 'x', effect: 'NoExecute' }];
    await cluster.client.patch(resources.nodes, undefined, 'sandbox-node-2', { spec: { taints } });
    await cluster.runSeconds(60);
    assert.deepEqual(await placed(cluster), []);
    assert.equal((await setOf(cluster)).status.desiredNumberScheduled, 0);
  }, options);
});

test('an update replaces one pod at a time, and its versions are kept', async () => {
  await withCluster(
    async (cluster) => {
      await make(cluster);
      await cluster.runSeconds(60);
      await patch(cluster, { template: { spec: { containers: [{ name: 'c', image: 'example.com/agent:2' }] } } });
      let least = 3;
      for (let second = 0; second < 120; second++) {
        await cluster.runSeconds(1);
        least = Math.min(least, (await setOf(cluster)).status.numberAvailable ?? 0);
      }
      assert.equal(least, 2);
      assert.deepEqual(await placed(cluster), ['sandbox-node 2', 'sandbox-node-2 2', 'sandbox-node-3 2']);
      assert.equal((await setOf(cluster)).status.updatedNumberScheduled, 3);
      assert.equal((await cluster.names(resources.controllerRevisions)).length, 2);
    },
    { node: { ...options.node, startDelayMs: 5000 } },
  );
});

test('with OnDelete nothing is replaced by itself', async () => {
  await withCluster(async (cluster) => {
    await make(cluster, {}, { updateStrategy: { type: 'OnDelete' } });
    await cluster.runSeconds(30);
    await patch(cluster, { template: { spec: { containers: [{ name: 'c', image: 'example.com/agent:2' }] } } });
    await cluster.runSeconds(60);
    assert.deepEqual(await placed(cluster), ['sandbox-node 1', 'sandbox-node-2 1', 'sandbox-node-3 1']);
    assert.equal((await setOf(cluster)).status.updatedNumberScheduled, undefined);
  }, options);
});

test('a StatefulSet of the same name and template has its revisions for itself', async () => {
  await withCluster(async (cluster) => {
    const { spec } = (await make(cluster)) as unknown as { readonly spec: { readonly template: object } };
    await cluster.runSeconds(5);
    const { template } = spec;
    await cluster.create(resources.statefulSets, 'agent', { spec: { selector: { matchLabels: labels }, template } });
    await cluster.runSeconds(30);
    assert.equal((await cluster.names(resources.controllerRevisions)).length, 2);
    assert.equal((await cluster.names(resources.pods)).length, 4);
  }, options);
});
