import assert from 'node:assert/strict';
import { test } from 'node:test';
import { statusOf } from '../machinery/client.ts';
import { makeControllerReference } from '../machinery/pods.ts';
import { resources } from '../machinery/resources.ts';
import { type TestCluster, withCluster } from '../test-cluster.ts';
import { assessBudget, type PodDisruptionBudget } from './disruption-budgets.ts';

const ready = { conditions: [{ type: 'Ready', status: 'True' }] };
const rows: readonly {
  readonly name: string;
  readonly spec: PodDisruptionBudget['spec'];
  readonly readyCount: number;
  readonly unreadyCount?: number;
  readonly expected: number;
  /** allowed, healthy, desired */
  readonly want: readonly [number, number, number];
}[] = [
  { name: 'a minimum that is just met', spec: { minAvailable: 2 }, readyCount: 2, expected: 2, want: [0, 2, 2] },
  { name: 'a minimum with room', spec: { minAvailable: 2 }, readyCount: 5, expected: 5, want: [3, 5, 2] },
  {
    name: 'pods that are not ready',
    spec: { minAvailable: 1 },
    readyCount: 1,
    unreadyCount: 3,
    expected: 4,
    want: [0, 1, 1],
  },
  { name: 'a share, rounded up', spec: { minAvailable: '50%' }, readyCount: 5, expected: 5, want: [2, 5, 3] },
  { name: 'a maximum', spec: { maxUnavailable: 1 }, readyCount: 4, expected: 5, want: [0, 4, 4] },
  { name: 'a maximum share', spec: { maxUnavailable: '30%' }, readyCount: 5, expected: 5, want: [2, 5, 3] },
  { name: 'no pods', spec: { maxUnavailable: 1 }, readyCount: 0, expected: 0, want: [0, 0, 0] },
];

for (const { name, spec, readyCount, unreadyCount = 0, expected, want } of rows) {
  test(`a budget with ${name} allows ${want[0]} evictions`, () => {
    const pods = Array.from({ length: readyCount + unreadyCount }, (_, index) => ({
      metadata: { name: `p${index}` },
      spec: { containers: [] },
      status: index < readyCount ? ready : {},
    }));
    const status = assessBudget({ metadata: { generation: 1 }, spec }, pods, {}, expected, '2026-01-01T00:00:00Z');
    assert.deepEqual([status.disruptionsAllowed, status.currentHealthy, status.desiredHealthy], want);
    assert.equal(status.conditions?.[0]?.reason, want[0] > 0 ? 'SufficientPods' : 'InsufficientPods');
  });
}

async function evict(cluster: TestCluster, name: string): Promise<number> {
  const eviction = { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name } };
  try {
    await cluster.client.createSub(resources.pods, 'default', name, 'eviction', eviction);
    return 201;
  } catch (problem) {
    return statusOf(problem) ?? 0;
  }
}

test('evictions are refused while they would break the budget, and go on when the new pod is ready', () =>
  withCluster(async (cluster) => {
    await cluster.makeReplicaSet('r', { replicas: 2 });
    await cluster.runSeconds(3);
    const spec = { maxUnavailable: 1, selector: { matchLabels: { app: 'r' } } };
    await cluster.create(resources.podDisruptionBudgets, 'r', { spec });
    const [first, second] = (await cluster.pods('r')).map(({ metadata }) => metadata.name!);
    assert.equal(await evict(cluster, first!), 429, 'not observed yet');
    await cluster.runSeconds(0);
    assert.deepEqual([await evict(cluster, first!), await evict(cluster, second!)], [201, 429]);
    await cluster.runSeconds(2);
    assert.equal(await evict(cluster, second!), 429);
    await cluster.runSeconds(1);
    assert.equal(await evict(cluster, second!), 201);
    const budget = await cluster.get<PodDisruptionBudget>(resources.podDisruptionBudgets, 'r');
    assert.deepEqual(Object.keys(budget!.status!.disruptedPods ?? {}), [second]);
    await cluster.runSeconds(4);
    const after = await cluster.get<PodDisruptionBudget>(resources.podDisruptionBudgets, 'r');
    assert.deepEqual([after!.status!.disruptedPods, after!.status!.disruptionsAllowed], [undefined, 1]);
  }));

const unreadyRows: readonly { name: string; budget: object; ready: number; answer: number }[] = [
  { name: 'may go while the others suffice', budget: { minAvailable: 1 }, ready: 1, answer: 201 },
  { name: 'stays while the others do not suffice', budget: { minAvailable: 2 }, ready: 1, answer: 429 },
  {
    name: 'always goes where the budget says so',
    budget: { minAvailable: 2, unhealthyPodEvictionPolicy: 'AlwaysAllow' },
    ready: 1,
    answer: 201,
  },
];

for (const { name, budget, ready: count, answer } of unreadyRows) {
  test(`a pod that is not ready ${name}`, () =>
    withCluster(async (cluster) => {
      const labels = { app: 'r' };
      const spec = { containers: [{ name: 'main', image: 'nginx:1' }] };
      for (let index = 0; index < count; index++) {
        await cluster.create(resources.pods, `ready-${index}`, { metadata: { labels }, spec });
      }
      const annotations = { 'sandbox.slipway.dev/script': '{"neverReady":true}' };
      await cluster.create(resources.pods, 'unready', { metadata: { labels, annotations }, spec });
      await cluster.create(resources.podDisruptionBudgets, 'r', {
        spec: { ...budget, selector: { matchLabels: labels } },
      });
      await cluster.runSeconds(4);
      assert.equal(await evict(cluster, 'unready'), answer);
    }));
}

test('a share of a Deployment is one of its replicas, not of what an update has in surplus', () =>
  withCluster(async (cluster) => {
    const labels = { app: 'web' };
    const template = { metadata: { labels }, spec: { containers: [{ name: 'main', image: 'nginx:1' }] } };
    await cluster.create(resources.deployments, 'web', {
      spec: { replicas: 4, selector: { matchLabels: labels }, template },
    });
    await cluster.create(resources.podDisruptionBudgets, 'web', {
      spec: { minAvailable: '50%', selector: { matchLabels: labels } },
    });
    await cluster.runSeconds(4);
    const containers = [{ name: 'main', image: 'missing:1' }];
    await cluster.client.patch(resources.deployments, 'default', 'web', {
      spec: { template: { spec: { containers } } },
    });
    await cluster.runSeconds(10);
    const budget = await cluster.get<PodDisruptionBudget>(resources.podDisruptionBudgets, 'web');
    assert.deepEqual([budget?.status?.expectedPods, budget?.status?.desiredHealthy], [4, 2]);
  }));

interface Told {
  readonly allowed: number | undefined;
  readonly expected: number | undefined;
  readonly reason: string | undefined;
}

async function budgetOf(cluster: TestCluster): Promise<Told> {
  const { status } = (await cluster.get<PodDisruptionBudget>(resources.podDisruptionBudgets, 'b'))!;
  return {
    allowed: status?.disruptionsAllowed,
    expected: status?.expectedPods,
    reason: status?.conditions?.[0]?.reason,
  };
}

function makeBudget(cluster: TestCluster, spec: object): Promise<unknown> {
  return cluster.create(resources.podDisruptionBudgets, 'b', {
    spec: { selector: { matchLabels: { group: 'web' } }, ...spec },
  });
}

const template = (app: string) => ({
  metadata: { labels: { app, group: 'web' } },
  spec: { containers: [{ name: 'main', image: 'nginx:1' }] },
});

test('each ReplicaSet of a Rollout counts for itself', () =>
  withCluster(async (cluster) => {
    const rollout = await cluster.create(resources.rollouts, 'web', {
      spec: { replicas: 4, selector: { matchLabels: { group: 'web' } }, template: template('stable') },
    });
    for (const [name, replicas] of [
      ['stable', 4],
      ['canary', 1],
    ] as const) {
      await cluster.create(resources.replicaSets, name, {
        metadata: { ownerReferences: [makeControllerReference(rollout, 'argoproj.io/v1alpha1', 'Rollout')] },
        spec: { replicas, selector: { matchLabels: { app: name } }, template: template(name) },
      });
    }
    await makeBudget(cluster, { maxUnavailable: '40%' });
    await cluster.runSeconds(4);
    assert.deepEqual(await budgetOf(cluster), { allowed: 2, expected: 5, reason: 'SufficientPods' });
  }));

test('an owner of any kind is asked for its scale; without one nothing may be evicted', () =>
  withCluster(async (cluster) => {
    const rollout = await cluster.create(resources.rollouts, 'web', {
      spec: { replicas: 4, selector: { matchLabels: { group: 'web' } }, template: template('web') },
    });
    const ownerReferences = [makeControllerReference(rollout, 'argoproj.io/v1alpha1', 'Rollout')];
    const { spec } = template('web');
    await cluster.create(resources.pods, 'own', { metadata: { labels: { group: 'web' }, ownerReferences }, spec });
    await makeBudget(cluster, { minAvailable: '25%' });
    await cluster.runSeconds(4);
    assert.deepEqual(await budgetOf(cluster), { allowed: 0, expected: 4, reason: 'InsufficientPods' });
    const service = await cluster.create(resources.services, 'web', { spec: { ports: [{ port: 80 }] } });
    await cluster.create(resources.pods, 'odd', {
      metadata: { labels: { group: 'web' }, ownerReferences: [makeControllerReference(service, 'v1', 'Service')] },
      spec,
    });
    await cluster.runSeconds(4);
    assert.deepEqual((await budgetOf(cluster)).reason, 'SyncFailed');
    const failed = (await cluster.events('b')).find((text) => text.startsWith('CalculateExpectedPodCountFailed'));
    assert.equal(
      failed,
      'CalculateExpectedPodCountFailed: Failed to calculate the number of expected pods: services does not implement the scale subresource',
    );
  }));

test('pods without an owner are told of, and count for absolute numbers alone', () =>
  withCluster(async (cluster) => {
    await makeBudget(cluster, { maxUnavailable: 1 });
    await cluster.runSeconds(1);
    assert.deepEqual(await cluster.events('b'), ['NoPods: No matching pods found']);
    const { spec } = template('web');
    await cluster.create(resources.pods, 'alone', { metadata: { labels: { group: 'web' } }, spec });
    await cluster.runSeconds(4);
    assert.deepEqual(await budgetOf(cluster), { allowed: 0, expected: 0, reason: 'InsufficientPods' });
    const told = (await cluster.events('b'))[1];
    assert.match(told ?? '', /^UnmanagedPods: Pods selected by this PodDisruptionBudget \(selector: group=web\) were/);
  }));
