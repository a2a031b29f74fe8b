import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KubernetesObject } from '../../controller/api/kubernetes-types.ts';
import { resources } from '../machinery/resources.ts';
import { type TestCluster, withCluster } from '../test-cluster.ts';

interface CronJob extends KubernetesObject {
  readonly status?: {
    readonly active?: readonly { readonly name: string }[];
    readonly lastScheduleTime?: string;
    readonly lastSuccessfulTime?: string;
  };
}

function make(cluster: TestCluster, script: string, spec: object = {}): Promise<CronJob> {
  const containers = [{ name: 'c', image: 'alpine:3', command: ['sh', '-c', script] }];
  const template = { metadata: { labels: { of: 'nightly' } }, spec: { containers, restartPolicy: 'Never' } };
  const jobTemplate = { metadata: { annotations: { note: 'x' } }, spec: { backoffLimit: 0, template } };
  return cluster.create(resources.cronJobs, 'tick', { spec: { schedule: '* * * * *', jobTemplate, ...spec } });
}

const jobNames = (cluster: TestCluster): Promise<string[]> => cluster.names(resources.jobs);
const statusOf = async (cluster: TestCluster) => (await cluster.get<CronJob>(resources.cronJobs, 'tick'))?.status ?? {};

test('a Job is made at each time of the schedule, named after it; three that succeeded are kept', async () => {
  await withCluster(async (cluster) => {
    await make(cluster, 'sleep 1');
    await cluster.runSeconds(59);
    assert.deepEqual(await jobNames(cluster), []);
    await cluster.runSeconds(2);
    const minute = Math.floor(cluster.clock.now() / 60_000);
    assert.deepEqual(await jobNames(cluster), [`tick-${minute}`]);
    const job = await cluster.get(resources.jobs, `tick-${minute}`);
    assert.equal(job?.metadata.annotations?.note, 'x');
    assert.match(job?.metadata.annotations?.['batch.kubernetes.io/cronjob-scheduled-timestamp'] ?? '', /:00Z$/);
    assert.deepEqual(
      (await statusOf(cluster)).active?.map(({ name }) => name),
      [`tick-${minute}`],
    );
    await cluster.runSeconds(248);
    const kept = [2, 3, 4].map((later) => `tick-${minute + later}`);
    assert.deepEqual(await jobNames(cluster), kept);
    const { active, lastScheduleTime, lastSuccessfulTime } = await statusOf(cluster);
    assert.equal(Date.parse(lastScheduleTime ?? ''), (minute + 4) * 60_000);
    assert.ok((lastSuccessfulTime ?? '') < (lastScheduleTime ?? '') || active === undefined);
    const told = await cluster.events('tick');
    for (const one of [`Created job tick-${minute}`, `Saw completed job: tick-${minute}, condition: Complete`]) {
      assert.ok(
        told.some((text) => text.includes(one)),
        told.join('\n'),
      );
    }
  });
});

test('one Job that failed is kept', async () => {
  await withCluster(async (cluster) => {
    await make(cluster, 'exit 1');
    await cluster.runSeconds(230);
    const minute = Math.floor(cluster.clock.now() / 60_000);
    assert.deepEqual(await jobNames(cluster), [`tick-${minute}`]);
  });
});

for (const [policy, want] of [
  ['Allow', [0, 1, 2]],
  ['Forbid', [0]],
  ['Replace', [2]],
] as const) {
  test(`with the policy ${policy} a Job that still runs is met so`, async () => {
    await withCluster(async (cluster) => {
      await make(cluster, 'sleep 600', { concurrencyPolicy: policy });
      await cluster.runSeconds(61);
      const minute = Math.floor(cluster.clock.now() / 60_000);
      await cluster.runSeconds(120);
      assert.deepEqual(
        await jobNames(cluster),
        want.map((later) => `tick-${minute + later}`),
      );
    });
  });
}

test('a suspended one makes nothing; resumed, it makes up for the latest time alone', async () => {
  await withCluster(async (cluster) => {
    await make(cluster, 'sleep 1', { suspend: true });
    await cluster.runSeconds(200);
    assert.deepEqual(await jobNames(cluster), []);
    await cluster.client.patch(resources.cronJobs, 'default', 'tick', { spec: { suspend: false } });
    await cluster.runSeconds(2);
    assert.deepEqual(await jobNames(cluster), [`tick-${Math.floor(cluster.clock.now() / 60_000)}`]);
  });
});

test('its Jobs go with it', async () => {
  await withCluster(async (cluster) => {
    await make(cluster, 'sleep 1');
    await cluster.runSeconds(70);
    await cluster.client.delete(resources.cronJobs, 'default', 'tick');
    await cluster.runSeconds(5);
    assert.deepEqual(await jobNames(cluster), []);
  });
});
