import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ReplicaSet } from '../../controller/api/kubernetes-types.ts';
import { resources } from '../machinery/resources.ts';
import { type TestCluster, withCluster } from '../test-cluster.ts';
import { byRemovalOrder } from './removal-order.ts';
import type { ReplicaSetStatus } from './replica-set.ts';

async function statusOf(cluster: TestCluster, name: string): Promise<ReplicaSetStatus> {
  const replicaSet = await cluster.get<ReplicaSet>(resources.replicaSets, name);
  return replicaSet!.status as ReplicaSetStatus;
}

function scale(cluster: TestCluster, name: string, replicas: number): Promise<unknown> {
  return cluster.client.patch(resources.replicaSets, 'default', name, { spec: { replicas } });
}

test('makes the pods of its template, and counts them as they become ready', () =>
  withCluster(async (cluster) => {
    await cluster.makeReplicaSet('r', { replicas: 3 });
    await cluster.runSeconds(0);
    assert.deepEqual(await statusOf(cluster, 'r'), {
      replicas: 3,
      fullyLabeledReplicas: 3,
      terminatingReplicas: 0,
      observedGeneration: 1,
    });
    await cluster.runSeconds(2.5);
    assert.deepEqual(await statusOf(cluster, 'r'), {
      replicas: 3,
      fullyLabeledReplicas: 3,
      readyReplicas: 3,
      availableReplicas: 3,
      terminatingReplicas: 0,
      observedGeneration: 1,
    });
    const [pod] = await cluster.pods('r');
    assert.match(pod!.metadata.name!, /^r-[a-z0-9]{5}$/);
    assert.deepEqual(pod!.metadata.ownerReferences, [
      {
        apiVersion: 'apps/v1',
        kind: 'ReplicaSet',
        name: 'r',
        uid: (await cluster.get<ReplicaSet>(resources.replicaSets, 'r'))!.metadata.uid,
        controller: true,
        blockOwnerDeletion: true,
      },
    ]);
    assert.equal(
      (await cluster.events('r')).filter((text) => text.startsWith('SuccessfulCreate: Created pod: r-')).length,
      3,
    );
  }));

test('counts pods that terminate apart, until they are gone', () =>
  withCluster(async (cluster) => {
    await cluster.makeReplicaSet('r', { replicas: 4 });
    await cluster.runSeconds(3);
    await scale(cluster, 'r', 1);
    await cluster.runSeconds(0);
    const { replicas, readyReplicas, terminatingReplicas, observedGeneration } = await statusOf(cluster, 'r');
    assert.deepEqual([replicas, readyReplicas, terminatingReplicas, observedGeneration], [1, 1, 3, 2]);
    await cluster.runSeconds(1);
    assert.equal((await statusOf(cluster, 'r')).terminatingReplicas, 0);
    assert.equal((await cluster.pods('r')).length, 1);
  }));

test('reports the scale before its pods, as upstream does', () =>
  withCluster(async (cluster) => {
    const seen: unknown[] = [];
    const query = { watch: true, fieldSelector: 'metadata.name=r' };
    const watch = cluster.client.watch(resources.replicaSets, query, {
      frame: ({ object }) => {
        const { spec, status } = object as ReplicaSet;
        seen.push([spec.replicas, status?.observedGeneration ?? 0, status?.replicas, status?.readyReplicas ?? 0]);
      },
      closed: () => {},
    });
    await cluster.makeReplicaSet('r', { replicas: 0 });
    await cluster.runSeconds(1);
    await scale(cluster, 'r', 2);
    await cluster.runSeconds(3);
    watch.cancel();
    assert.deepEqual(seen, [
      [0, 0, 0, 0],
      [0, 1, 0, 0],
      [2, 1, 0, 0],
      [2, 2, 0, 0],
      [2, 2, 2, 0],
      [2, 2, 2, 2],
    ]);
  }));

test('calls a pod available when it was ready for minReadySeconds, without being asked again', () =>
  withCluster(async (cluster) => {
    await cluster.makeReplicaSet('r', { replicas: 1, minReadySeconds: 5 });
    await cluster.runSeconds(6.9);
    assert.equal((await statusOf(cluster, 'r')).availableReplicas, undefined);
    await cluster.runSeconds(0.2);
    assert.equal((await statusOf(cluster, 'r')).availableReplicas, 1);
  }));

test('replaces a pod that was deleted, and one that failed', () =>
  withCluster(async (cluster) => {
    await cluster.makeReplicaSet('r', { replicas: 2 });
    await cluster.runSeconds(3);
    const [first, second] = await cluster.pods('r');
    await cluster.client.delete(resources.pods, 'default', first!.metadata.name!);
    await cluster.client.patch(
      resources.pods,
      'default',
      second!.metadata.name!,
      { status: { phase: 'Failed' } },
      'status',
    );
    await cluster.runSeconds(4);
    const { replicas, readyReplicas } = await statusOf(cluster, 'r');
    assert.deepEqual([replicas, readyReplicas], [2, 2]);
  }));

test('adopts pods that its selector chooses, and releases those that it no longer chooses', () =>
  withCluster(async (cluster) => {
    const spec = { containers: [{ name: 'main', image: 'nginx:1' }] };
    await cluster.create(resources.pods, 'orphan', { metadata: { labels: { app: 'r' } }, spec });
    await cluster.makeReplicaSet('r', { replicas: 1 });
    await cluster.runSeconds(3);
    const [adopted, ...more] = await cluster.pods('r');
    assert.deepEqual(
      [adopted!.metadata.name, adopted!.metadata.ownerReferences?.[0]?.name, more.length],
      ['orphan', 'r', 0],
    );
    await cluster.client.patch(resources.pods, 'default', 'orphan', { metadata: { labels: { app: 'other' } } });
    await cluster.runSeconds(3);
    const released = await cluster.get(resources.pods, 'orphan');
    assert.equal(released!.metadata.ownerReferences, undefined);
    assert.equal((await cluster.pods('r')).length, 1);
  }));

test('leaves pods of another owner alone', () =>
  withCluster(async (cluster) => {
    await cluster.makeReplicaSet('a', {
      replicas: 1,
      selector: { matchLabels: { app: 'same' } },
      template: template('same'),
    });
    await cluster.makeReplicaSet('b', {
      replicas: 1,
      selector: { matchLabels: { app: 'same' } },
      template: template('same'),
    });
    await cluster.runSeconds(3);
    const owners = (await cluster.pods('same')).map(({ metadata }) => metadata.ownerReferences?.[0]?.name);
    assert.deepEqual(owners.sort(), ['a', 'b']);
  }));

test('says ReplicaFailure while pods cannot be made, and tries again', () =>
  withCluster(
    async (cluster) => {
      cluster.cluster.apiServer.faults.add({
        match: ({ method, path }) => method === 'POST' && path.endsWith('/pods'),
        fault: { kind: 'refuse', status: 403, message: 'exceeded quota' },
        times: 3,
      });
      await cluster.makeReplicaSet('r', { replicas: 1 });
      await cluster.runSeconds(0);
      const [condition] = (await statusOf(cluster, 'r')).conditions ?? [];
      assert.deepEqual(
        [condition?.type, condition?.status, condition?.reason],
        ['ReplicaFailure', 'True', 'FailedCreate'],
      );
      await cluster.runSeconds(10);
      assert.equal((await statusOf(cluster, 'r')).conditions, undefined);
      assert.equal((await statusOf(cluster, 'r')).readyReplicas, 1);
    },
    { allowProblems: true },
  ));

function template(app: string): ReplicaSet['spec']['template'] {
  return { metadata: { labels: { app } }, spec: { containers: [{ name: 'main', image: 'nginx:1' }] } };
}

const now = Date.parse('2026-01-01T00:10:00Z');

interface PodRow {
  readonly node?: string;
  readonly phase?: string;
  readonly readyAt?: string;
  readonly cost?: string;
  readonly restarts?: number;
  readonly createdAt?: string;
}

function pod(name: string, row: PodRow) {
  return {
    metadata: {
      name,
      creationTimestamp: row.createdAt ?? '2026-01-01T00:00:00Z',
      annotations: row.cost === undefined ? {} : { 'controller.kubernetes.io/pod-deletion-cost': row.cost },
    },
    spec: { containers: [], nodeName: row.node ?? 'n' },
    status: {
      phase: row.phase ?? 'Running',
      conditions: row.readyAt === undefined ? [] : [{ type: 'Ready', status: 'True', lastTransitionTime: row.readyAt }],
      containerStatuses: [{ name: 'c', restartCount: row.restarts ?? 0 }],
    },
  };
}

const ready = '2026-01-01T00:05:00Z';
const removalRows: readonly { readonly first: string; readonly goes: PodRow; readonly stays: PodRow }[] = [
  { first: 'not bound', goes: { node: '' }, stays: { phase: 'Pending' } },
  { first: 'pending', goes: { phase: 'Pending', readyAt: ready }, stays: {} },
  { first: 'not ready', goes: { cost: '9' }, stays: { readyAt: ready } },
  { first: 'cheaper to delete', goes: { readyAt: '2026-01-01T00:01:00Z', cost: '-1' }, stays: { readyAt: ready } },
  {
    first: 'ready for a shorter time',
    goes: { readyAt: '2026-01-01T00:06:00Z' },
    stays: { readyAt: ready, restarts: 3 },
  },
  { first: 'restarted more often', goes: { readyAt: ready, restarts: 2 }, stays: { readyAt: ready, restarts: 1 } },
  {
    first: 'younger',
    goes: { readyAt: ready, createdAt: '2026-01-01T00:04:00Z' },
    stays: { readyAt: ready, createdAt: '2026-01-01T00:03:00Z' },
  },
];

for (const { first, goes, stays } of removalRows) {
  test(`scaling down removes first what is ${first}`, () => {
    const order = byRemovalOrder(now);
    assert.deepEqual(
      [pod('a', stays), pod('z', goes)].sort(order).map(({ metadata }) => metadata.name),
      ['z', 'a'],
    );
  });
}
