import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Condition, KubernetesObject, Pod, ReplicaSet } from '../../controller/api/kubernetes-types.ts';
import { isReady, isTerminating } from '../machinery/pods.ts';
import { resources } from '../machinery/resources.ts';
import { type TestCluster, withCluster } from '../test-cluster.ts';

type Node = KubernetesObject & {
  readonly spec: { readonly taints?: readonly { readonly key: string }[] };
  readonly status: { readonly conditions: readonly Condition[] };
};

async function nodeState(cluster: TestCluster): Promise<readonly [string | undefined, number]> {
  const node = (await cluster.get<Node>(resources.nodes, 'sandbox-node'))!;
  return [node.status.conditions.find(({ type }) => type === 'Ready')?.status, node.spec.taints?.length ?? 0];
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
    assert.deepEqual(await nodeState(cluster), ['Unknown', 2]);
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

test('after the time that they tolerate its pods are deleted and replaced, and gone when the node is back', () =>
  withCluster(async (cluster) => {
    await cluster.makeReplicaSet('r', { replicas: 2 });
    const tolerations = [{ key: 'node.kubernetes.io/unreachable', operator: 'Exists', effect: 'NoExecute' }];
    const spec = { containers: [{ name: 'main', image: 'nginx:1' }], tolerations };
    await cluster.create(resources.pods, 'faithful', { spec });
    await cluster.runSeconds(5);
    await cluster.cluster.loseNode();
    await cluster.runSeconds(345);
    const pods = await cluster.pods('r');
    assert.deepEqual(pods.map((pod) => [isTerminating(pod), pod.status?.phase]).sort(), [
      [false, 'Pending'],
      [false, 'Pending'],
      [true, 'Running'],
      [true, 'Running'],
    ]);
    assert.equal(isTerminating((await cluster.get<Pod>(resources.pods, 'faithful'))!), false);
    await cluster.cluster.recoverNode();
    await cluster.runSeconds(5);
    assert.deepEqual((await cluster.pods('r')).map(isReady), [true, true]);
  }));
