import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Pod } from '../../controller/api/kubernetes-types.ts';
import { resources } from '../machinery/resources.ts';
import { type TestCluster, withCluster } from '../test-cluster.ts';
import type { StatefulSet } from './stateful-set-objects.ts';
import { revisionLabel } from './template-revisions.ts';

const labels = { app: 'db' };

function make(cluster: TestCluster, spec: object = {}): Promise<StatefulSet> {
  return cluster.create(resources.statefulSets, 'db', {
    spec: {
      replicas: 3,
      serviceName: 'db',
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: 'c', image: 'example.com/db:1' }] } },
      ...spec,
    },
  });
}

const setOf = async (cluster: TestCluster) => (await cluster.get<StatefulSet>(resources.statefulSets, 'db'))!;
const patch = (cluster: TestCluster, spec: object) =>
  cluster.client.patch(resources.statefulSets, 'default', 'db', { spec });
const update = (cluster: TestCluster, spec: object = {}) =>
  patch(cluster, {
    template: { spec: { containers: [{ name: 'c', image: 'example.com/db:2' }] } },
    ...spec,
  });

/** `db-0` and the image that it runs. */
async function images(cluster: TestCluster): Promise<string[]> {
  const found = await cluster.pods('db');
  return found
    .map(({ metadata, spec }: Pod) => `${metadata.name} ${String(spec.containers?.[0]?.image).split(':')[1]}`)
    .toSorted();
}

test('pods are made one after the other, each when the one before is ready, and removed from the last', async () => {
  await withCluster(
    async (cluster) => {
      await make(cluster);
      await cluster.runSeconds(1);
      assert.deepEqual(await images(cluster), ['db-0 1']);
      await cluster.runSeconds(60);
      assert.deepEqual(await images(cluster), ['db-0 1', 'db-1 1', 'db-2 1']);
      const { status } = await setOf(cluster);
      assert.deepEqual([status?.replicas, status?.readyReplicas, status?.availableReplicas], [3, 3, 3]);
      const pod = (await cluster.get<Pod>(resources.pods, 'db-1'))!;
      assert.equal(pod.spec.hostname, 'db-1');
      assert.equal(pod.metadata.labels?.['apps.kubernetes.io/pod-index'], '1');
      await patch(cluster, { replicas: 1 });
      await cluster.clock.runFor(10);
      const isGoing = async (name: string): Promise<boolean> =>
        (await cluster.get<Pod>(resources.pods, name))?.metadata.deletionTimestamp !== undefined;
      assert.deepEqual([await isGoing('db-2'), await isGoing('db-1')], [true, false]);
      await cluster.runSeconds(120);
      assert.deepEqual(await images(cluster), ['db-0 1']);
      const told = (await cluster.events('db')).join('\n');
      assert.match(told, /create Pod db-0 in StatefulSet db successful/);
      assert.match(told, /delete Pod db-2 in StatefulSet db successful/);
    },
    { node: { startDelayMs: 5000 } },
  );
});

test('in parallel all are made at once', async () => {
  await withCluster(
    async (cluster) => {
      await make(cluster, { podManagementPolicy: 'Parallel', ordinals: { start: 5 } });
      await cluster.runSeconds(1);
      assert.deepEqual(await images(cluster), ['db-5 1', 'db-6 1', 'db-7 1']);
    },
    { node: { startDelayMs: 5000 } },
  );
});

test('an update goes down from the last pod to the partition, and on when that is taken away', async () => {
  await withCluster(async (cluster) => {
    await make(cluster, { updateStrategy: { rollingUpdate: { partition: 1 } } });
    await cluster.runSeconds(60);
    const before = (await setOf(cluster)).status?.currentRevision;
    await update(cluster);
    await cluster.runSeconds(200);
    assert.deepEqual(await images(cluster), ['db-0 1', 'db-1 2', 'db-2 2']);
    const { status } = await setOf(cluster);
    assert.deepEqual([status?.currentRevision, status?.currentReplicas, status?.updatedReplicas], [before, 1, 2]);
    await cluster.client.delete(resources.pods, 'default', 'db-0');
    await cluster.runSeconds(60);
    assert.deepEqual((await images(cluster))[0], 'db-0 1', 'below the partition pods come back as they were');
    await patch(cluster, { updateStrategy: { rollingUpdate: { partition: 0 } } });
    await cluster.runSeconds(100);
    assert.deepEqual(await images(cluster), ['db-0 2', 'db-1 2', 'db-2 2']);
    const last = (await setOf(cluster)).status;
    assert.equal(last?.currentRevision, last?.updateRevision);
    const pod = await cluster.get<Pod>(resources.pods, 'db-0');
    assert.equal(pod?.metadata.labels?.[revisionLabel], last?.updateRevision);
    assert.equal((await cluster.names(resources.controllerRevisions)).length, 2);
  });
});

test('with OnDelete pods are replaced when somebody deletes them', async () => {
  await withCluster(async (cluster) => {
    await make(cluster, { updateStrategy: { type: 'OnDelete' } });
    await cluster.runSeconds(60);
    await update(cluster);
    await cluster.runSeconds(100);
    assert.deepEqual(await images(cluster), ['db-0 1', 'db-1 1', 'db-2 1']);
    await cluster.client.delete(resources.pods, 'default', 'db-1');
    await cluster.runSeconds(60);
    assert.deepEqual(await images(cluster), ['db-0 1', 'db-1 2', 'db-2 1']);
  });
});

test('each pod has claims of its own, which stay when it goes', async () => {
  await withCluster(async (cluster) => {
    const spec = { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } };
    await make(cluster, { replicas: 2, volumeClaimTemplates: [{ metadata: { name: 'data' }, spec }] });
    await cluster.runSeconds(60);
    assert.deepEqual(await cluster.names(resources.persistentVolumeClaims), ['data-db-0', 'data-db-1']);
    const pod = (await cluster.get<Pod>(resources.pods, 'db-1'))!;
    assert.deepEqual((pod.spec as { volumes?: unknown }).volumes, [
      { name: 'data', persistentVolumeClaim: { claimName: 'data-db-1' } },
    ]);
    await cluster.client.delete(resources.statefulSets, 'default', 'db');
    await cluster.runSeconds(60);
    assert.deepEqual(await cluster.pods('db'), []);
    assert.equal((await cluster.names(resources.persistentVolumeClaims)).length, 2);
  });
});

test('no more old revisions are kept than the limit says', async () => {
  await withCluster(async (cluster) => {
    await make(cluster, { replicas: 1, revisionHistoryLimit: 1 });
    await cluster.runSeconds(30);
    for (const version of [2, 3, 4]) {
      await patch(cluster, { template: { spec: { containers: [{ name: 'c', image: `example.com/db:${version}` }] } } });
      await cluster.runSeconds(60);
    }
    assert.equal((await cluster.names(resources.controllerRevisions)).length, 2);
  });
});
