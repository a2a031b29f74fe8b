import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Condition, KubernetesObject, Pod, ReplicaSet } from '../../controller/api/kubernetes-types.ts';
import { isReady, isTerminating, nodeNameOf } from '../machinery/pods.ts';
import { resources } from '../machinery/resources.ts';
import { lostAnnotation } from '../node/loss-annotation.ts';
import { type TestCluster, withCluster } from '../test-cluster.ts';

type Node = KubernetesObject & {
  readonly spec: { readonly taints?: readonly { readonly key: string; readonly effect?: string }[] };
  readonly status: { readonly conditions: readonly Condition[] };
};

async function nodeState(cluster: TestCluster): Promise<readonly [string | undefined, number]> {
  const node = (await cluster.get<Node>(resources.nodes, 'sandbox-node'))!;
  return [node.status.conditions.find(({ type }) => type === 'Ready')?.status, node.spec.taints?.length ?? 0];
}

async function placesOf(cluster: TestCluster): Promise<string[]> {
  return (await cluster.pods('r')).map(nodeNameOf).sort();
}

test('a node that comes back in time changes nothing', () =>
  withCluster(async (cluster) => {
    await cluster.makeReplicaSet('r', { replicas: 2 });
    await cluster.runSeconds(5);
    const before = (await cluster.pods('r')).map(({ status }) => status);
    await cluster.cluster.loseNode();
    await cluster.runSeconds(30);
    await cluster.cluster.recoverNode();
    await cluster.runSeconds(60);
    assert.deepEqual(
      (await cluster.pods('r')).map(({ status }) => status),
      before,
    );
    assert.deepEqual(await nodeState(cluster), ['True', 0]);
  }));

test('after 40 s its pods are not ready; when it is back they are, without a restart', () =>
  withCluster(async (cluster) => {
    await cluster.makeReplicaSet('r', { replicas: 2 });
    await cluster.runSeconds(5);
    await cluster.cluster.loseNode();
    await cluster.runSeconds(39);
    assert.deepEqual((await cluster.pods('r')).map(isReady), [true, true]);
    await cluster.runSeconds(2);
    assert.deepEqual((await cluster.pods('r')).map(isReady), [false, false]);
    assert.deepEqual(await nodeState(cluster), ['Unknown', 1], 'nobody has to leave where there is nowhere to go');
    const replicaSet = await cluster.get<ReplicaSet>(resources.replicaSets, 'r');
    assert.equal(replicaSet?.status?.readyReplicas, undefined);
    await cluster.cluster.recoverNode();
    await cluster.runSeconds(0);
    const pods = await cluster.pods('r');
    assert.deepEqual(pods.map(isReady), [true, true]);
    assert.deepEqual(
      pods.map(({ status }) => status?.containerStatuses?.[0]?.restartCount),
      [0, 0],
    );
    assert.deepEqual(await nodeState(cluster), ['True', 0]);
  }));

test('after the time that they tolerate its pods are deleted and replaced elsewhere, and gone when the node is back', () =>
  withCluster(
    async (cluster) => {
      await cluster.makeReplicaSet('r', { replicas: 4 });
      const tolerations = [{ key: 'node.kubernetes.io/unreachable', operator: 'Exists', effect: 'NoExecute' }];
      const spec = { containers: [{ name: 'main', image: 'nginx:1' }], tolerations };
      await cluster.create(resources.pods, 'faithful', { spec: { ...spec, nodeName: 'sandbox-node' } });
      await cluster.runSeconds(5);
      assert.deepEqual(await placesOf(cluster), ['sandbox-node', 'sandbox-node', 'sandbox-node-2', 'sandbox-node-2']);
      await cluster.cluster.loseNode();
      await cluster.runSeconds(41);
      assert.deepEqual(await nodeState(cluster), ['Unknown', 2]);
      assert.deepEqual((await cluster.pods('r')).filter(isReady).map(nodeNameOf), ['sandbox-node-2', 'sandbox-node-2']);
      await cluster.runSeconds(305);
      const lost = (await cluster.pods('r')).filter((pod) => nodeNameOf(pod) === 'sandbox-node');
      assert.deepEqual(
        lost.map((pod) => [isTerminating(pod), pod.status?.phase]),
        [
          [true, 'Running'],
          [true, 'Running'],
        ],
      );
      assert.equal((await cluster.pods('r')).filter(isReady).length, 4, 'replaced on the other node');
      const events = await cluster.events(lost[0]?.metadata.name ?? '');
      assert.ok(events.includes(`TaintManagerEviction: Marking for deletion Pod default/${lost[0]?.metadata.name}`));
      assert.equal(isTerminating((await cluster.get<Pod>(resources.pods, 'faithful'))!), false);
      await cluster.cluster.recoverNode();
      await cluster.runSeconds(5);
      assert.deepEqual((await cluster.pods('r')).map(isReady), [true, true, true, true]);
      assert.ok(
        (await cluster.events('sandbox-node')).includes('NodeReady: Node sandbox-node status is now: NodeReady'),
      );
    },
    { node: { count: 2 } },
  ));

test('when every node is lost nobody has to leave, and those who were about to stay', () =>
  withCluster(
    async (cluster) => {
      await cluster.makeReplicaSet('r', { replicas: 2 });
      await cluster.runSeconds(5);
      await cluster.cluster.loseNode();
      await cluster.runSeconds(60);
      await cluster.cluster.loseNode('sandbox-node-2');
      await cluster.runSeconds(600);
      const pods = await cluster.pods('r');
      assert.deepEqual(pods.map(isTerminating), [false, false]);
      assert.deepEqual(await nodeState(cluster), ['Unknown', 1]);
      const [pod] = pods.filter((one) => nodeNameOf(one) === 'sandbox-node');
      const name = pod?.metadata.name ?? '';
      const events = await cluster.events(name);
      assert.ok(events.includes(`TaintManagerEviction: Cancelling deletion of Pod default/${name}`));
    },
    { node: { count: 2 } },
  ));

test('a taint of the user puts pods out: at once, after the time tolerated, or never', () =>
  withCluster(
    async (cluster) => {
      const make = (name: string, tolerations: readonly object[]) =>
        cluster.create(resources.pods, name, {
          spec: { nodeName: 'sandbox-node-2', containers: [{ name: 'main', image: 'nginx:1' }], tolerations },
        });
      await make('now', []);
      await make('later', [{ key: 'repair', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 20 }]);
      await make('never', [{ key: 'repair', value: 'disk', effect: 'NoExecute' }]);
      await cluster.runSeconds(5);
      const taints = [{ key: 'repair', value: 'disk', effect: 'NoExecute' }];
      await cluster.client.patch(resources.nodes, undefined, 'sandbox-node-2', { spec: { taints } });
      await cluster.runSeconds(5);
      assert.deepEqual(await cluster.names(resources.pods), ['later', 'never']);
      await cluster.runSeconds(20);
      assert.deepEqual(await cluster.names(resources.pods), ['never']);
    },
    { node: { count: 2 } },
  ));

test('a node that was taken out of the cluster takes its pods along, a minute later', () =>
  withCluster(
    async (cluster) => {
      await cluster.makeReplicaSet('r', { replicas: 2 });
      await cluster.runSeconds(5);
      await cluster.cluster.loseNode('sandbox-node-2');
      await cluster.client.delete(resources.nodes, undefined, 'sandbox-node-2');
      await cluster.runSeconds(55);
      assert.equal((await cluster.pods('r')).length, 2);
      await cluster.runSeconds(10);
      assert.deepEqual(await placesOf(cluster), ['sandbox-node', 'sandbox-node']);
    },
    { node: { count: 2 } },
  ));

test('an annotation loses a node and brings it back', () =>
  withCluster(
    async (cluster) => {
      await cluster.runSeconds(1);
      const annotate = (value: string | null) =>
        cluster.client.patch(resources.nodes, undefined, 'sandbox-node', {
          metadata: { annotations: { [lostAnnotation]: value } },
        });
      await annotate('true');
      await cluster.runSeconds(45);
      assert.deepEqual(await nodeState(cluster), ['Unknown', 2]);
      await annotate(null);
      await cluster.runSeconds(1);
      assert.deepEqual(await nodeState(cluster), ['True', 0]);
    },
    { node: { count: 2 } },
  ));

test('a node that was only written down gets no pods, and counts as unknown after a minute', () =>
  withCluster(async (cluster) => {
    const room = { cpu: '100', memory: '100Gi', pods: '110' };
    await cluster.create(resources.nodes, 'ghost', { status: { capacity: room, allocatable: room } });
    await cluster.runSeconds(1);
    await cluster.makeReplicaSet('r', { replicas: 6 });
    await cluster.runSeconds(5);
    assert.deepEqual(new Set((await cluster.pods('r')).map(nodeNameOf)), new Set(['sandbox-node']));
    const taintsOf = async () => {
      const node = await cluster.get<Node>(resources.nodes, 'ghost');
      return node?.spec?.taints?.map(({ key, effect }) => `${key}:${effect}`);
    };
    assert.deepEqual(await taintsOf(), ['node.kubernetes.io/not-ready:NoSchedule']);
    await cluster.runSeconds(60);
    const { status } = (await cluster.get<Node>(resources.nodes, 'ghost'))!;
    const ready = status?.conditions?.find(({ type }) => type === 'Ready');
    assert.deepEqual([ready?.status, ready?.reason], ['Unknown', 'NodeStatusNeverUpdated']);
    assert.deepEqual(await taintsOf(), [
      'node.kubernetes.io/unreachable:NoSchedule',
      'node.kubernetes.io/unreachable:NoExecute',
    ]);
  }));
