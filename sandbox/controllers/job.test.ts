import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Condition, KubernetesObject, Pod } from '../../controller/api/kubernetes-types.ts';
import { resources } from '../machinery/resources.ts';
import { type TestCluster, withCluster } from '../test-cluster.ts';
import { formatIndexes, parseIndexes } from './job-indexes.ts';

interface Job extends KubernetesObject {
  readonly status?: {
    readonly active?: number;
    readonly ready?: number;
    readonly succeeded?: number;
    readonly failed?: number;
    readonly terminating?: number;
    readonly completedIndexes?: string;
    readonly failedIndexes?: string;
    readonly uncountedTerminatedPods?: { readonly succeeded?: string[]; readonly failed?: string[] };
    readonly startTime?: string;
    readonly completionTime?: string;
    readonly conditions?: readonly Condition[];
  };
}

const onFailure = {
  spec: {
    containers: [{ name: 'c', image: 'alpine:3', command: ['sh', '-c', 'exit 1'] }],
    restartPolicy: 'OnFailure',
  },
};

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
    counts: [0, 1],
  },
  {
    name: 'succeeds where its failures are ignored or fewer than its limit',
    script: 'exit 42',
    spec: {
      backoffLimit: 0,
      podFailurePolicy: { rules: [{ action: 'Ignore', onExitCodes: { operator: 'In', values: [42] } }] },
    },
    seconds: 10,
    want: undefined,
    counts: [0, 0],
  },
  {
    name: 'restarts its container too often',
    script: 'exit 1',
    spec: { backoffLimit: 1, template: onFailure },
    seconds: 10,
    want: 'Failed BackoffLimitExceeded',
    counts: [0, 1],
  },
  {
    name: 'has an index that fails for good',
    script: 'exit 1',
    spec: { completions: 2, completionMode: 'Indexed', backoffLimitPerIndex: 0, backoffLimit: undefined },
    seconds: 60,
    want: 'Failed FailedIndexes',
    counts: [0, 2],
  },
  {
    name: 'has a success policy',
    script: 'sleep 5',
    spec: {
      completions: 5,
      parallelism: 2,
      completionMode: 'Indexed',
      successPolicy: { rules: [{ succeededIndexes: '0-3', succeededCount: 2 }] },
    },
    seconds: 30,
    want: 'Complete SuccessPolicy',
    counts: [2, 0],
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

/** Every version of the Job's status that a watcher sees, in short. */
async function followStatus(cluster: TestCluster): Promise<{ readonly seen: string[]; end(): void }> {
  const seen: string[] = [];
  const watch = cluster.client.watch(
    resources.jobs,
    { watch: true, resourceVersion: '0' },
    {
      frame({ object }) {
        const { succeeded = 0, failed = 0, active = 0, terminating = 0, ...rest } = (object as Job).status ?? {};
        const { succeeded: s = [], failed: f = [] } = rest.uncountedTerminatedPods ?? {};
        const types = (rest.conditions ?? []).map(({ type }) => type).join('+');
        const text = `active ${active} terminating ${terminating} succeeded ${succeeded}/${s.length} failed ${failed}/${f.length} ${types}`;
        if (seen.at(-1) !== text) seen.push(text);
      },
      closed() {},
    },
  );
  return { seen, end: () => watch.cancel() };
}

test('a finished pod is noted, let go and counted; the end is announced and then declared', () =>
  withCluster(async (cluster) => {
    const { seen, end } = await followStatus(cluster);
    await makeJob(cluster, 'sleep 1');
    await cluster.runSeconds(2);
    const [pod] = (await cluster.client.list<Pod>(resources.pods, 'default')).items;
    assert.deepEqual(pod?.metadata.finalizers, ['batch.kubernetes.io/job-tracking']);
    await cluster.runSeconds(3);
    const [finished] = (await cluster.client.list<Pod>(resources.pods, 'default')).items;
    assert.equal(finished?.metadata.finalizers, undefined);
    end();
    assert.deepEqual(seen, [
      'active 0 terminating 0 succeeded 0/0 failed 0/0 ',
      'active 1 terminating 0 succeeded 0/0 failed 0/0 ',
      'active 0 terminating 0 succeeded 0/1 failed 0/0 SuccessCriteriaMet',
      'active 0 terminating 0 succeeded 1/0 failed 0/0 SuccessCriteriaMet+Complete',
    ]);
    const told = await cluster.events('check');
    assert.deepEqual(told, [`SuccessfulCreate: Created pod: ${pod?.metadata.name}`, 'Completed: Job completed']);
  }));

test('a deadline announces the failure, ends the pods, counts them, and then declares it', () =>
  withCluster(async (cluster) => {
    const { seen, end } = await followStatus(cluster);
    await makeJob(cluster, 'sleep 600', { activeDeadlineSeconds: 5 });
    await cluster.runSeconds(10);
    end();
    assert.deepEqual(seen.slice(2), [
      'active 0 terminating 1 succeeded 0/0 failed 0/0 FailureTarget',
      'active 0 terminating 0 succeeded 0/0 failed 0/1 FailureTarget',
      'active 0 terminating 0 succeeded 0/0 failed 1/0 FailureTarget+Failed',
    ]);
    const told = (await cluster.events('check')).slice(1);
    assert.match(told[0] ?? '', /^SuccessfulDelete: Deleted pod: check-/);
    assert.deepEqual(told.slice(1), ['DeadlineExceeded: Job was active longer than specified deadline']);
  }));

test('an exit code that the failure policy names ends the Job at once, and is told', () =>
  withCluster(async (cluster) => {
    const rules = [
      { action: 'Count', onExitCodes: { containerName: 'other', operator: 'In', values: [42] } },
      { action: 'FailJob', onExitCodes: { operator: 'NotIn', values: [1, 2] } },
    ];
    await makeJob(cluster, 'exit 42', { backoffLimit: 6, podFailurePolicy: { rules } });
    await cluster.runSeconds(5);
    assert.equal(await verdict(cluster), 'Failed PodFailurePolicy');
    const [pod] = await cluster.names(resources.pods);
    const { conditions = [] } = await statusOf(cluster);
    const message = `Container c for pod default/${pod} failed with exit code 42 matching FailJob rule at index 1`;
    assert.deepEqual(
      conditions.map((condition) => [condition.type, condition.message]),
      [
        ['FailureTarget', message],
        ['Failed', message],
      ],
    );
  }));

test('an Indexed Job gives each pod its index, and says which are done', () =>
  withCluster(async (cluster) => {
    await makeJob(cluster, 'sleep 2', { completions: 5, parallelism: 2, completionMode: 'Indexed' });
    await cluster.runSeconds(6);
    const { completedIndexes, succeeded } = await statusOf(cluster);
    assert.deepEqual([completedIndexes, succeeded], ['0,1', 2]);
    const { items } = await cluster.client.list<Pod>(resources.pods, 'default');
    const key = 'batch.kubernetes.io/job-completion-index';
    assert.deepEqual(
      items.map(({ metadata, spec }) => [metadata.annotations?.[key], metadata.labels?.[key], spec.hostname]).sort(),
      ['0', '1', '2', '3'].map((index) => [index, index, `check-${index}`]),
    );
    assert.match(items[0]?.metadata.name ?? '', /^check-0-/);
    assert.deepEqual(items[0]?.spec.containers[0]?.env, [
      {
        name: 'JOB_COMPLETION_INDEX',
        valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath: `metadata.labels['${key}']` } },
      },
    ]);
    await cluster.runSeconds(30);
    assert.deepEqual((await statusOf(cluster)).completedIndexes, '0-4');
    assert.equal(await verdict(cluster), 'Complete CompletionsReached');
  }));

test('a failed index is tried as often as its own limit says, the others go on', () =>
  withCluster(async (cluster) => {
    await makeJob(cluster, 'sleep 1', {
      completions: 3,
      parallelism: 3,
      completionMode: 'Indexed',
      backoffLimitPerIndex: 1,
      backoffLimit: undefined,
    });
    await cluster.runSeconds(1.5);
    const { items } = await cluster.client.list<Pod>(resources.pods, 'default');
    const second = items.find(({ metadata }) => metadata.name?.startsWith('check-1-'));
    cluster.cluster.node.crash('default', second?.metadata.name ?? '', 1);
    await cluster.runSeconds(60);
    const { completedIndexes, failedIndexes, failed } = await statusOf(cluster);
    assert.deepEqual([completedIndexes, failedIndexes, failed], ['0-2', '', 1]);
    const again = (await cluster.names(resources.pods)).filter((name) => name.startsWith('check-1-'));
    assert.equal(again.length, 2);
  }));

test('without a number of completions it is complete when one pod has succeeded and none is left', () =>
  withCluster(async (cluster) => {
    await makeJob(cluster, 'sleep 3', { parallelism: 3, completions: undefined });
    await cluster.runSeconds(10);
    assert.equal((await statusOf(cluster)).succeeded, 3);
    assert.equal(await verdict(cluster), 'Complete CompletionsReached');
  }));

test('failed pods are followed after 10 s, 20 s, 40 s', () =>
  withCluster(async (cluster) => {
    await makeJob(cluster, 'exit 1', { backoffLimit: 3 });
    await cluster.runSeconds(120);
    const { items } = await cluster.client.list<Pod>(resources.pods, 'default');
    const at = items.map(({ metadata }) => Date.parse(metadata.creationTimestamp ?? '') / 1000).sort();
    assert.deepEqual(
      at.slice(1).map((time, index) => time - (at[index] ?? 0)),
      [11, 21, 41],
    );
  }));

test('a pod that somebody deletes counts as failed and is replaced', () =>
  withCluster(async (cluster) => {
    await makeJob(cluster, 'sleep 60', { backoffLimit: 3 });
    await cluster.runSeconds(5);
    const [first] = await cluster.names(resources.pods);
    await cluster.client.delete(resources.pods, 'default', first ?? '');
    await cluster.runSeconds(20);
    const names = await cluster.names(resources.pods);
    assert.deepEqual([names.length, names.includes(first ?? '')], [1, false]);
    assert.deepEqual([(await statusOf(cluster)).active, (await statusOf(cluster)).failed], [1, 1]);
  }));

test('a Job that goes lets its pods go too', () =>
  withCluster(async (cluster) => {
    await makeJob(cluster, 'sleep 60');
    await cluster.runSeconds(5);
    await cluster.client.delete(resources.jobs, 'default', 'check', { propagationPolicy: 'Background' });
    await cluster.runSeconds(3);
    assert.deepEqual(await cluster.names(resources.pods), []);
    await makeJob(cluster, 'sleep 60');
    await cluster.runSeconds(5);
    await cluster.client.delete(resources.jobs, 'default', 'check', { propagationPolicy: 'Orphan' });
    await cluster.runSeconds(3);
    const { items } = await cluster.client.list<Pod>(resources.pods, 'default');
    assert.deepEqual(
      items.map(({ metadata }) => metadata.finalizers),
      [undefined],
    );
  }));

test('indexes are written and read as upstream does', () => {
  for (const text of ['', '0', '0,1', '0-2', '1,3-5,7', '0,2,4-6'])
    assert.equal(formatIndexes(parseIndexes(text)), text);
});

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
