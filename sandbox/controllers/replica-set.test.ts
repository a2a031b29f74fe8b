import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ReplicaSet } from '../../controller/api/kubernetes-types.ts';
import { resources } from '../machinery/resources.ts';
import { type TestCluster, withCluster } from '../test-cluster.ts';
import { byJobRemovalOrder, byRemovalOrder } from './removal-order.ts';
import type { ReplicaSetStatus } from './replica-set-status.ts';

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

test('leaves pods that have finished alone, and those of an owner that is about to go', () =>
  withCluster(async (cluster) => {
    const spec = { containers: [{ name: 'main', image: 'nginx:1', command: ['true'] }], restartPolicy: 'Never' };
    await cluster.create(resources.pods, 'done', { metadata: { labels: { app: 'r' } }, spec });
    await cluster.runSeconds(5);
    await cluster.makeReplicaSet('r', { replicas: 1 });
    await cluster.runSeconds(5);
    assert.equal((await cluster.get(resources.pods, 'done'))!.metadata.ownerReferences, undefined);
  }));

test('tells of every pod that a quota has refused', () =>
  withCluster(
    async (cluster) => {
      await cluster.create(resources.resourceQuotas, 'few', { spec: { hard: { pods: '4' } } });
      await cluster.makeReplicaSet('r', { replicas: 10 });
      await cluster.runSeconds(0);
      const refused = (await cluster.events('r')).filter((text) =>
        text.startsWith('FailedCreate: Error creating: pods'),
      );
      // 1, 2 and 4 were tried, and of the last 4 one came. Each of two further attempts ends with its first pod.
      assert.equal(refused.length, 3 + 2);
      assert.match(refused[0]!, /is forbidden: exceeded quota: few, requested: pods=1, used: pods=4, limited: pods=4$/);
      assert.equal((await statusOf(cluster, 'r')).replicas, 4);
    },
    { allowProblems: true },
  ));

const now = Date.parse('2026-01-01T00:10:00Z');

interface PodRow {
  readonly node?: string;
  readonly phase?: string;
  readonly readyAt?: string;
  readonly cost?: string;
  readonly restarts?: number;
  readonly sidecarRestarts?: number;
  readonly createdAt?: string;
  readonly uid?: string;
}

function pod(name: string, row: PodRow) {
  return {
    metadata: {
      name,
      uid: row.uid ?? name,
      creationTimestamp: row.createdAt ?? '2026-01-01T00:00:00Z',
      annotations: row.cost === undefined ? {} : { 'controller.kubernetes.io/pod-deletion-cost': row.cost },
    },
    spec: { containers: [], initContainers: [{ name: 's', restartPolicy: 'Always' }], nodeName: row.node ?? 'n' },
    status: {
      phase: row.phase ?? 'Running',
      conditions: row.readyAt === undefined ? [] : [{ type: 'Ready', status: 'True', lastTransitionTime: row.readyAt }],
      containerStatuses: [{ name: 'c', restartCount: row.restarts ?? 0 }],
      initContainerStatuses: [{ name: 's', restartCount: row.sidecarRestarts ?? 0 }],
    },
  };
}

const ready = '2026-01-01T00:05:00Z';
/** Half a minute ago, which is of another order of magnitude than five minutes. */
const readyLately = '2026-01-01T00:09:30Z';

interface RemovalRow {
  readonly first: string;
  readonly goes: PodRow;
  readonly stays: PodRow;
  /** Default: the ReplicaSet's. */
  readonly of?: 'a Job';
}

const removalRows: readonly RemovalRow[] = [
  { first: 'not bound', goes: { node: '' }, stays: { phase: 'Pending' } },
  { first: 'pending', goes: { phase: 'Pending', readyAt: ready }, stays: {} },
  { first: 'not ready', goes: { cost: '9' }, stays: { readyAt: ready } },
  { first: 'cheaper to delete', goes: { readyAt: ready, cost: '-1' }, stays: { readyAt: readyLately } },
  {
    first: 'where a cost is no number',
    goes: { readyAt: readyLately, cost: '+5' },
    stays: { readyAt: ready, cost: '0' },
  },
  { first: 'on a node with more of them', goes: { readyAt: ready, node: 'full' }, stays: { readyAt: readyLately } },
  { first: 'ready for a shorter time', goes: { readyAt: readyLately }, stays: { readyAt: ready, restarts: 3 } },
  {
    first: 'of about the same age, by uid',
    goes: { readyAt: '2026-01-01T00:04:00Z', uid: '1' },
    stays: { readyAt: ready, uid: '2', restarts: 3 },
  },
  { first: 'restarted more often', goes: { readyAt: ready, restarts: 2 }, stays: { readyAt: ready, restarts: 1 } },
  {
    first: 'restarted more often beside it',
    goes: { readyAt: ready, sidecarRestarts: 1 },
    stays: { readyAt: ready, createdAt: '2026-01-01T00:09:30Z' },
  },
  {
    first: 'younger',
    goes: { readyAt: ready, createdAt: '2026-01-01T00:09:30Z' },
    stays: { readyAt: ready, createdAt: '2026-01-01T00:03:00Z' },
  },
  { first: 'not ready', goes: {}, stays: { readyAt: ready, cost: '-1' }, of: 'a Job' },
  {
    first: 'ready for a shorter time, however little',
    goes: { readyAt: '2026-01-01T00:05:01Z', cost: '9' },
    stays: { readyAt: ready, uid: '1', restarts: 3 },
    of: 'a Job',
  },
  {
    first: 'younger, however little',
    goes: { createdAt: '2026-01-01T00:03:01Z' },
    stays: { createdAt: '2026-01-01T00:03:00Z', uid: '1' },
    of: 'a Job',
  },
];

for (const { first, goes, stays, of } of removalRows) {
  test(`scaling ${of ?? 'a ReplicaSet'} down removes first what is ${first}`, () => {
    const neighbours = [pod('b', { node: 'full' }), pod('c', { node: 'full' })];
    const order = of === undefined ? byRemovalOrder(now, neighbours) : byJobRemovalOrder();
    const sorted = [pod('a', stays), pod('z', goes)].sort(order);
    assert.deepEqual(
      sorted.map(({ metadata }) => metadata.name),
      ['z', 'a'],
    );
  });
}

test('takes pods first from the node that holds most of all ReplicaSets of its owner', () =>
  withCluster(
    async (cluster) => {
      await cluster.create(resources.deployments, 'web', {
        spec: { replicas: 5, selector: { matchLabels: { app: 'web' } }, template: template('web') },
      });
      await cluster.runSeconds(5);
      await cluster.client.patch(resources.deployments, 'default', 'web', { spec: { replicas: 4 } });
      await cluster.runSeconds(5);
      const nodes = (await cluster.pods('web')).map(({ spec }) => spec.nodeName).sort();
      assert.deepEqual(nodes, ['sandbox-node', 'sandbox-node', 'sandbox-node-2', 'sandbox-node-2']);
    },
    { node: { count: 2 } },
  ));
