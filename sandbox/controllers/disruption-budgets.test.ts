import assert from 'node:assert/strict';
import { test } from 'node:test';
import { statusOf } from '../machinery/client.ts';
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
