import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Condition, KubernetesObject, Pod } from '../../controller/api/kubernetes-types.ts';
import { resources } from '../machinery/resources.ts';
import { type TestCluster, withCluster } from '../test-cluster.ts';

interface Job extends KubernetesObject {
  readonly status?: {
    readonly active?: number;
    readonly ready?: number;
    readonly succeeded?: number;
    readonly failed?: number;
    readonly startTime?: string;
    readonly completionTime?: string;
    readonly conditions?: readonly Condition[];
  };
}

function makeJob(cluster: TestCluster, script: string, spec: object = {}): Promise<Job> {
  const containers = [{ name: 'c', image: 'alpine:3', command: ['sh', '-c', script] }];
  const template = { spec: { containers, restartPolicy: 'Never' } };
  return cluster.create(resources.jobs, 'check', { spec: { backoffLimit: 0, template, ...spec } });
}

async function statusOf(cluster: TestCluster): Promise<NonNullable<Job['status']>> {
  return (await cluster.get<Job>(resources.jobs, 'check'))!.status!;
}

async function verdict(cluster: TestCluster): Promise<string | undefined> {
  const end = (await statusOf(cluster)).conditions?.find(({ type }) => type === 'Complete' || type === 'Failed');
  return end && `${end.type} ${end.reason}`;
}

const rows: readonly {
  readonly name: string;
  readonly script: string;
  readonly spec?: object;
  readonly seconds: number;
  readonly want: string | undefined;
  readonly counts: readonly [succeeded: number, failed: number];
}[] = [
  { name: 'runs', script: 'sleep 600', seconds: 60, want: undefined, counts: [0, 0] },
  { name: 'succeeds', script: 'sleep 1', seconds: 4, want: 'Complete CompletionsReached', counts: [1, 0] },
  { name: 'fails', script: 'sleep 1 && exit 1', seconds: 4, want: 'Failed BackoffLimitExceeded', counts: [0, 1] },
  { name: 'fails at once', script: 'exit 3', seconds: 3, want: 'Failed BackoffLimitExceeded', counts: [0, 1] },
  {
    name: 'is tried again after its back-off',
    script: 'exit 1',
    spec: { backoffLimit: 2 },
    seconds: 60,
    want: 'Failed BackoffLimitExceeded',
    counts: [0, 3],
  },
  {
    name: 'takes longer than its deadline',
    script: 'sleep 600',
    spec: { activeDeadlineSeconds: 5 },
    seconds: 9,
    want: 'Failed DeadlineExceeded',
    counts: [0, 0],
  },
  {
    name: 'has several completions',
    script: 'true',
    spec: { completions: 5, parallelism: 2 },
    seconds: 20,
    want: 'Complete CompletionsReached',
    counts: [5, 0],
  },
];

for (const { name, script, spec, seconds, want, counts } of rows) {
  test(`a job that ${name}: ${want ?? 'still active'}`, () =>
    withCluster(async (cluster) => {
      await makeJob(cluster, script, spec);
      await cluster.runSeconds(seconds);
      assert.equal(await verdict(cluster), want);
      const { succeeded = 0, failed = 0, active = 0 } = await statusOf(cluster);
      assert.deepEqual([succeeded, failed], counts);
      assert.equal(active, want === undefined ? 1 : 0);
    }));
}

test('starts after a second, and its end is counted a second after it ended', () =>
  withCluster(async (cluster) => {
    await makeJob(cluster, 'sleep 1');
    await cluster.runSeconds(0);
    assert.deepEqual([(await statusOf(cluster)).active, (await statusOf(cluster)).ready], [1, 0]);
    await cluster.runSeconds(2.9);
    assert.deepEqual([(await statusOf(cluster)).ready, (await statusOf(cluster)).succeeded], [1, undefined]);
    await cluster.runSeconds(0.2);
    assert.equal((await statusOf(cluster)).succeeded, 1);
    const pods = await cluster.client.list<Pod>(resources.pods, 'default');
    assert.deepEqual(
      pods.items.map(({ status }) => status?.phase),
      ['Succeeded'],
    );
  }));

test('deleted in the foreground it takes its running pod with it', () =>
  withCluster(async (cluster) => {
    await makeJob(cluster, 'sleep 600');
    await cluster.runSeconds(5);
    await cluster.client.delete(resources.jobs, 'default', 'check', { propagationPolicy: 'Foreground' });
    await cluster.runSeconds(0.5);
    assert.deepEqual(await cluster.names(resources.jobs), ['check']);
    await cluster.runSeconds(1);
    assert.deepEqual([await cluster.names(resources.jobs), await cluster.names(resources.pods)], [[], []]);
  }));

test('goes after its time to live', () =>
  withCluster(async (cluster) => {
    await makeJob(cluster, 'true', { ttlSecondsAfterFinished: 30 });
    await cluster.runSeconds(25);
    assert.deepEqual(await cluster.names(resources.jobs), ['check']);
    await cluster.runSeconds(15);
    assert.deepEqual(await cluster.names(resources.jobs), []);
  }));

test('suspended it has no pods and no start; resumed it begins anew', () =>
  withCluster(async (cluster) => {
    await makeJob(cluster, 'sleep 60', { activeDeadlineSeconds: 100 });
    await cluster.runSeconds(50);
    await cluster.client.patch(resources.jobs, 'default', 'check', { spec: { suspend: true } });
    await cluster.runSeconds(200);
    const suspended = await statusOf(cluster);
    assert.deepEqual(await cluster.names(resources.pods), []);
    assert.deepEqual(
      [
        suspended.startTime,
        suspended.active,
        suspended.failed,
        suspended.conditions?.map(({ type, status }) => [type, status]),
      ],
      [undefined, undefined, undefined, [['Suspended', 'True']]],
    );
    await cluster.client.patch(resources.jobs, 'default', 'check', { spec: { suspend: false } });
    await cluster.runSeconds(10);
    assert.equal((await statusOf(cluster)).startTime, '2026-01-01T00:04:10Z');
    await cluster.runSeconds(60);
    const done = await statusOf(cluster);
    assert.equal(done.succeeded, 1);
    assert.deepEqual(
      done.conditions?.map(({ type, status }) => [type, status]),
      [
        ['Suspended', 'False'],
        ['SuccessCriteriaMet', 'True'],
        ['Complete', 'True'],
      ],
    );
    const told = (await cluster.events('check')).filter((text) => /Suspended|Resumed/.test(text));
    assert.deepEqual(told, ['Suspended: Job suspended', 'Resumed: Job resumed']);
  }));

test('has as many pods as its parallelism says, fewer when that shrinks', () =>
  withCluster(async (cluster) => {
    await makeJob(cluster, 'sleep 600', { parallelism: 3, completions: 5 });
    await cluster.runSeconds(3);
    assert.equal((await statusOf(cluster)).active, 3);
    await cluster.client.patch(resources.jobs, 'default', 'check', { spec: { parallelism: 1 } });
    await cluster.runSeconds(5);
    assert.equal((await statusOf(cluster)).active, 1);
  }));
