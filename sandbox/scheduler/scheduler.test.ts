import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KubernetesObject, Pod } from '../../controller/api/kubernetes-types.ts';
import { isReady, nodeNameOf } from '../machinery/pods.ts';
import { resources } from '../machinery/resources.ts';
import { type TestCluster, withCluster } from '../test-cluster.ts';

const hostname = 'kubernetes.io/hostname';
const zone = 'topology.kubernetes.io/zone';
const threeNodes = { node: { count: 3 } };

function makePod(cluster: TestCluster, name: string, spec: object, labels: object = {}): Promise<Pod> {
  const containers = [{ name: 'main', image: 'nginx:1' }];
  return cluster.create(resources.pods, name, { metadata: { labels }, spec: { containers, ...spec } });
}

async function placeOf(cluster: TestCluster, name: string): Promise<string> {
  return nodeNameOf((await cluster.get<Pod>(resources.pods, name))!);
}

async function whyPending(cluster: TestCluster, name: string): Promise<string> {
  const pod = await cluster.get<Pod>(resources.pods, name);
  const condition = pod?.status?.conditions?.find(({ type }) => type === 'PodScheduled');
  assert.equal(condition?.status, 'False');
  return `${condition.reason}: ${condition.message}`;
}

const patchNode = (cluster: TestCluster, name: string, patch: object): Promise<KubernetesObject> =>
  cluster.client.patch(resources.nodes, undefined, name, patch);

const apart = (labels: object, topologyKey = hostname) => ({
  podAntiAffinity: {
    requiredDuringSchedulingIgnoredDuringExecution: [{ labelSelector: { matchLabels: labels }, topologyKey }],
  },
});

const asks = (requests: object) => ({ containers: [{ name: 'main', image: 'nginx:1', resources: { requests } }] });

/** A pod that fits nowhere on three nodes: what it says. `before` is done to the cluster. */
const refusals: readonly {
  readonly name: string;
  readonly spec: object;
  readonly before?: (cluster: TestCluster) => Promise<unknown>;
  readonly want: string;
}[] = [
  {
    name: 'a selector that no node has',
    spec: { nodeSelector: { disk: 'ssd' } },
    want: "0/3 nodes are available: 3 node(s) didn't match Pod's node affinity/selector. preemption: 0/3 nodes are available: 3 Preemption is not helpful for scheduling.",
  },
  {
    name: 'each node for a reason of its own, in the order of the words',
    spec: { nodeSelector: { [hostname]: 'sandbox-node-3' }, ...asks({ cpu: '65' }) },
    before: async (cluster) => {
      await patchNode(cluster, 'sandbox-node', { spec: { unschedulable: true } });
      await patchNode(cluster, 'sandbox-node-2', { spec: { taints: [{ key: 'gpu', effect: 'NoSchedule' }] } });
    },
    want: '0/3 nodes are available: 1 Insufficient cpu, 1 node(s) had untolerated taint(s), 1 node(s) were unschedulable. preemption: 0/3 nodes are available: 3 Preemption is not helpful for scheduling.',
  },
  {
    name: 'nodes that others have filled',
    spec: asks({ cpu: '40', memory: '200Gi' }),
    before: async (cluster) => {
      for (const name of ['a', 'b', 'c']) await makePod(cluster, name, asks({ cpu: '30', memory: '100Gi' }));
      await cluster.runSeconds(0);
    },
    want: '0/3 nodes are available: 3 Insufficient cpu, 3 Insufficient memory. preemption: 0/3 nodes are available: 3 No preemption victims found for incoming pod.',
  },
  {
    name: 'pods that keep it away from every node',
    spec: { affinity: apart({ app: 'other' }) },
    before: async (cluster) => {
      for (const name of ['a', 'b', 'c']) await makePod(cluster, name, {}, { app: 'other' });
      await cluster.runSeconds(0);
    },
    want: "0/3 nodes are available: 3 node(s) didn't match pod anti-affinity rules. preemption: 0/3 nodes are available: 3 No preemption victims found for incoming pod.",
  },
  {
    name: 'nobody there to stand by',
    spec: {
      affinity: {
        podAffinity: {
          requiredDuringSchedulingIgnoredDuringExecution: [
            { labelSelector: { matchLabels: { app: 'cache' } }, topologyKey: zone },
          ],
        },
      },
    },
    want: "0/3 nodes are available: 3 node(s) didn't match pod affinity rules. preemption: 0/3 nodes are available: 3 Preemption is not helpful for scheduling.",
  },
  {
    name: 'a wish never to push anybody out',
    spec: { preemptionPolicy: 'Never', nodeSelector: { disk: 'ssd' } },
    want: "0/3 nodes are available: 3 node(s) didn't match Pod's node affinity/selector. preemption: not eligible due to preemptionPolicy=Never.",
  },
];

for (const { name, spec, before, want } of refusals) {
  test(`a pod stays pending and says why: ${name}`, () =>
    withCluster(async (cluster) => {
      await before?.(cluster);
      await cluster.runSeconds(0);
      await makePod(cluster, 'web', spec);
      await cluster.runSeconds(1);
      assert.equal(await whyPending(cluster, 'web'), `Unschedulable: ${want}`);
      assert.deepEqual(await cluster.events('web'), [`FailedScheduling: ${want}`]);
    }, threeNodes));
}

test('pods of one ReplicaSet are spread over the nodes', () =>
  withCluster(async (cluster) => {
    await cluster.makeReplicaSet('r', { replicas: 6 });
    await cluster.runSeconds(3);
    const counts = new Map<string, number>();
    for (const pod of await cluster.pods('r')) counts.set(nodeNameOf(pod), (counts.get(nodeNameOf(pod)) ?? 0) + 1);
    assert.deepEqual([...counts.values()], [2, 2, 2]);
    const addresses = (await cluster.pods('r')).map(({ status }) => status?.podIP?.split('.')[1]).sort();
    assert.deepEqual(addresses, ['244', '244', '245', '245', '246', '246']);
  }, threeNodes));

test('one version of a rollout keeps away from the other, whichever comes second', () =>
  withCluster(async (cluster) => {
    await makePod(cluster, 'stable', {}, { app: 'web', 'rollouts-pod-template-hash': 'old' });
    await cluster.runSeconds(3);
    const term = { labelSelector: { matchLabels: { 'rollouts-pod-template-hash': 'old' } }, topologyKey: hostname };
    const affinity = { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [term] } };
    await makePod(cluster, 'canary', { affinity }, { app: 'web', 'rollouts-pod-template-hash': 'new' });
    await makePod(cluster, 'alone', { affinity }, { app: 'web', 'rollouts-pod-template-hash': 'new' });
    await cluster.runSeconds(3);
    const stable = await placeOf(cluster, 'stable');
    assert.notEqual(await placeOf(cluster, 'canary'), stable);
    assert.notEqual(await placeOf(cluster, 'alone'), stable);
    // An old pod that comes now is kept away by those that are there.
    await makePod(cluster, 'late', { nodeName: undefined }, { 'rollouts-pod-template-hash': 'old' });
    await cluster.runSeconds(3);
    assert.equal(await placeOf(cluster, 'late'), stable);
  }, threeNodes));

test('a preference decides where nothing is required: away from the others, towards a zone', () =>
  withCluster(async (cluster) => {
    await makePod(cluster, 'stable', { nodeName: 'sandbox-node' }, { version: 'old' });
    await cluster.runSeconds(3);
    const podAffinityTerm = { labelSelector: { matchLabels: { version: 'old' } }, topologyKey: hostname };
    const preference = { matchExpressions: [{ key: zone, operator: 'In', values: ['sandbox-c'] }] };
    const affinity = {
      podAntiAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 7, podAffinityTerm }] },
      nodeAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 1, preference }] },
    };
    await makePod(cluster, 'canary', { affinity }, { version: 'new' });
    await cluster.runSeconds(3);
    assert.equal(await placeOf(cluster, 'canary'), 'sandbox-node-3');
  }, threeNodes));

test('spread constraints hold, over zones too', () =>
  withCluster(
    async (cluster) => {
      const labelSelector = { matchLabels: { app: 'web' } };
      const constraint = { maxSkew: 1, topologyKey: zone, whenUnsatisfiable: 'DoNotSchedule', labelSelector };
      const spread = { topologySpreadConstraints: [constraint] };
      // Two nodes of four stand in zone a; for who may only go there the other zones do not count.
      const inZoneA = { ...spread, nodeSelector: { [zone]: 'sandbox-a' } };
      for (const name of ['a', 'b', 'c']) await makePod(cluster, name, inZoneA, { app: 'web' });
      await cluster.runSeconds(3);
      const places = await Promise.all(['a', 'b', 'c'].map((name) => placeOf(cluster, name)));
      assert.deepEqual([...new Set(places)].sort(), ['sandbox-node', 'sandbox-node-4']);
      for (const name of ['d', 'e', 'f', 'g']) await makePod(cluster, name, spread, { app: 'web' });
      await cluster.runSeconds(3);
      const others = await Promise.all(['d', 'e', 'f', 'g'].map((name) => placeOf(cluster, name)));
      assert.deepEqual(others.sort(), ['sandbox-node-2', 'sandbox-node-2', 'sandbox-node-3', 'sandbox-node-3']);
      await patchNode(cluster, 'sandbox-node-2', { spec: { unschedulable: true } });
      for (const name of ['h', 'i']) await makePod(cluster, name, spread, { app: 'web' });
      await cluster.runSeconds(3);
      assert.match(
        await whyPending(cluster, 'i'),
        /1 node\(s\) were unschedulable, 3 node\(s\) didn't match pod topology spread constraints/,
        'a and c have three already, and b cannot take its third',
      );
    },
    { node: { count: 4 } },
  ));

test('a cordoned node takes no new pods and says so; the waiting ones go there when it is back', () =>
  withCluster(async (cluster) => {
    await patchNode(cluster, 'sandbox-node', { spec: { unschedulable: true } });
    await cluster.runSeconds(1);
    const node = (await cluster.get<KubernetesObject>(resources.nodes, 'sandbox-node')) as never as {
      readonly spec: { readonly taints: readonly { readonly key: string; readonly effect: string }[] };
    };
    assert.deepEqual(
      node.spec.taints.map(({ key, effect }) => `${key}:${effect}`),
      ['node.kubernetes.io/unschedulable:NoSchedule'],
    );
    await cluster.makeReplicaSet('r', { replicas: 1 });
    await cluster.runSeconds(5);
    const [pod] = await cluster.pods('r');
    assert.match(await whyPending(cluster, pod?.metadata.name ?? ''), /1 node\(s\) were unschedulable/);
    await patchNode(cluster, 'sandbox-node', { spec: { unschedulable: null } });
    await cluster.runSeconds(5);
    assert.deepEqual((await cluster.pods('r')).map(isReady), [true]);
    const told = await cluster.events('sandbox-node');
    assert.deepEqual(told, [
      'NodeNotSchedulable: Node sandbox-node status is now: NodeNotSchedulable',
      'NodeSchedulable: Node sandbox-node status is now: NodeSchedulable',
    ]);
  }));

test('a pod that others keep away is tried again when one of them has gone, after a back-off', () =>
  withCluster(async (cluster) => {
    await makePod(cluster, 'first', { affinity: apart({ app: 'web' }) }, { app: 'web' });
    await makePod(cluster, 'second', { affinity: apart({ app: 'web' }) }, { app: 'web' });
    await cluster.runSeconds(20);
    assert.equal(await placeOf(cluster, 'second'), '');
    await cluster.client.delete(resources.pods, 'default', 'first');
    await cluster.runSeconds(5);
    assert.equal(await placeOf(cluster, 'second'), 'sandbox-node');
    const pod = await cluster.get<Pod>(resources.pods, 'second');
    const scheduled = pod?.status?.conditions?.find(({ type }) => type === 'PodScheduled');
    assert.deepEqual([scheduled?.status, scheduled?.reason, scheduled?.message], ['True', undefined, undefined]);
  }));

test('a pod that waits is tried every five minutes, and says it each time', () =>
  withCluster(async (cluster) => {
    await makePod(cluster, 'web', { nodeSelector: { disk: 'ssd' } });
    await cluster.runSeconds(901);
    const { items } = await cluster.client.list<KubernetesObject & { readonly count: number }>(
      resources.events,
      'default',
    );
    assert.deepEqual(
      items.map(({ count }) => count),
      [4],
    );
  }));

test('a gated pod waits for its gates, one of another scheduler for that one', () =>
  withCluster(async (cluster) => {
    await makePod(cluster, 'gated', { schedulingGates: [{ name: 'quota' }] });
    await makePod(cluster, 'foreign', { schedulerName: 'volcano' });
    await cluster.runSeconds(3);
    assert.equal(
      await whyPending(cluster, 'gated'),
      'SchedulingGated: Scheduling is blocked due to non-empty scheduling gates',
    );
    assert.equal(await placeOf(cluster, 'foreign'), '');
    await cluster.client.patch(resources.pods, 'default', 'gated', { spec: { schedulingGates: null } });
    await cluster.runSeconds(3);
    assert.equal(await placeOf(cluster, 'gated'), 'sandbox-node');
  }));

test('a port of the machine is given once a node', () =>
  withCluster(async (cluster) => {
    const spec = { containers: [{ name: 'main', image: 'nginx:1', ports: [{ containerPort: 80, hostPort: 80 }] }] };
    for (const name of ['a', 'b']) await makePod(cluster, name, spec);
    await cluster.runSeconds(3);
    assert.equal(await placeOf(cluster, 'a'), 'sandbox-node');
    assert.match(
      await whyPending(cluster, 'b'),
      /1 node\(s\) didn't have free ports for the requested pod ports\. preemption: 0\/1 nodes are available: 1 No preemption victims/,
    );
  }));
