// Jobs as measurements (analysis.md §5.3, V-80): what is created, whose it is, how it is followed and ended.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hastyNow, makeProviderTools } from '../../../../test/builders/provider-tools.ts';
import type { Metric } from '../../../api/types.generated.ts';
import { KubeError, type KubeRequest } from '../../../kubernetes/transport.ts';
import type { Writer } from '../../../kubernetes/writer.ts';
import type { Measurement } from '../contract.ts';
import { job } from './client.ts';
import { lookAgainAt } from './response.ts';

const uid = '01234567-89ab-cdef-0123-456789abcdef';
const run = { apiVersion: '', kind: '', metadata: { name: 'run', namespace: 'demo', uid } } as never;
const metric: Metric = {
  name: 'a-metric-with-quite-a-long-name',
  provider: {
    job: {
      metadata: { labels: { a: 'b' }, annotations: { c: 'd' } },
      spec: { backoffLimit: 0, template: { metadata: { labels: { p: 'q' } }, spec: { containers: [] } } },
    },
  },
};
const name = `${uid}.a-metric-with-quite-a-lo.1`;
const measurement: Measurement = {
  phase: 'Running',
  startedAt: new Date(hastyNow - 50_000).toISOString(),
  metadata: { 'job-name': name, 'job-namespace': 'demo' },
};

/** A cluster that knows the given Job and pods. */
function cluster(found: object | undefined, pods: readonly object[] = [], environment: Record<string, string> = {}) {
  const created: unknown[] = [];
  const deleted: unknown[] = [];
  const tools = makeProviderTools({
    environment,
    request: async ({ path }: KubeRequest) => {
      if (path.endsWith('/pods')) return { status: 200, headers: {}, body: { items: pods } };
      if (found !== undefined) return { status: 200, headers: {}, body: found };
      throw new KubeError({ status: 404, reason: 'NotFound', message: 'not found' });
    },
    writer: {
      create: (async (_resource: unknown, object: unknown) => {
        created.push(object);
        if (found === undefined) return { ok: true, object, changed: true };
        return { ok: false, problem: { class: 'exists', message: `jobs.batch "${name}" already exists` } };
      }) as Writer['create'],
      delete: async (target, preconditions, policy) => {
        deleted.push([target.name, preconditions, policy]);
        return { ok: true, changed: true };
      },
    },
  });
  return { tools, created, deleted };
}

const start = (tools: ReturnType<typeof makeProviderTools>) => job.run({ metric, run, finishedCount: 0 }, tools);

test('creates a Job with the name, labels, annotations and owner that the reference gives it', async () => {
  const { tools, created } = cluster(undefined);
  const answer = await start(tools);
  assert.deepEqual(answer, {
    is: 'phase',
    phase: 'Running',
    metadata: { 'job-name': name, 'job-namespace': 'demo' },
    resumeAt: hastyNow,
  });
  assert.equal(name.length, 63);
  assert.deepEqual(created, [
    {
      apiVersion: 'batch/v1',
      kind: 'Job',
      metadata: {
        name,
        namespace: 'demo',
        labels: { a: 'b', 'analysisrun.argoproj.io/uid': uid },
        annotations: {
          c: 'd',
          'analysisrun.argoproj.io/name': 'run',
          'analysisrun.argoproj.io/namespace': 'demo',
          'analysisrun.argoproj.io/metric-name': metric.name,
        },
        ownerReferences: [
          {
            apiVersion: 'argoproj.io/v1alpha1',
            kind: 'AnalysisRun',
            name: 'run',
            uid,
            controller: true,
            blockOwnerDeletion: true,
          },
        ],
      },
      spec: {
        backoffLimit: 0,
        template: { metadata: { labels: { p: 'q', 'analysisrun.argoproj.io/uid': uid } }, spec: { containers: [] } },
      },
    },
  ]);
});

test('adopts its own Job after a restart, and no other', async () => {
  const own = { metadata: { name, ownerReferences: [{ uid }] } };
  assert.equal((await start(cluster(own).tools)).is, 'phase');
  const others = { metadata: { name, ownerReferences: [{ uid: 'other' }] } };
  await assert.rejects(start(cluster(others).tools), /already exists/);
  await assert.rejects(start(cluster({ metadata: { name } }).tools), /already exists/);
});

test('in another namespace a Job has no owner and is known by its label', async () => {
  const elsewhere = { ARGO_ROLLOUTS_ANALYSIS_JOB_NAMESPACE: 'jobs' };
  const { tools, created } = cluster(undefined, [], elsewhere);
  await start(tools);
  const [made] = created as { metadata: { namespace: string; ownerReferences?: unknown } }[];
  assert.deepEqual([made?.metadata.namespace, made?.metadata.ownerReferences], ['jobs', undefined]);
  const own = { metadata: { name, labels: { 'analysisrun.argoproj.io/uid': uid } } };
  assert.equal((await start(cluster(own, [], elsewhere).tools)).is, 'phase');
  await assert.rejects(start(cluster({ metadata: { name } }, [], elsewhere).tools), /already exists/);
});

const waiting = (reason: string): object => ({
  metadata: { name: 'p' },
  status: { containerStatuses: [{ name: 'c', state: { waiting: { reason, message: 'no such image' } } }] },
});
const ended = (type: string): object => ({ metadata: { name }, status: { conditions: [{ type, status: 'False' }] } });

const states: readonly [string, object, readonly object[], object][] = [
  ['Complete', ended('Complete'), [], { is: 'phase', phase: 'Successful' }],
  ['Failed', ended('Failed'), [], { is: 'phase', phase: 'Failed' }],
  [
    'under way',
    { metadata: { name } },
    [waiting('ContainerCreating')],
    { is: 'phase', phase: 'Running', resumeAt: hastyNow + 10_000 },
  ],
  [
    'waiting for an image that cannot be pulled (V-80)',
    { metadata: { name } },
    [waiting('ImagePullBackOff')],
    {
      is: 'phase',
      phase: 'Inconclusive',
      message: 'Pod p, container c has terminal error (ImagePullBackOff): no such image\n',
    },
  ],
];
for (const [what, found, pods, want] of states) {
  test(`a Job that is ${what}`, async () => {
    const { tools } = cluster(found, pods);
    assert.deepEqual(await job.resume?.({ metric, run, finishedCount: 0, measurement }, tools), want);
  });
}

test('a Job that is gone, or that nobody noted, is an error', async () => {
  const call = { metric, run, finishedCount: 0 };
  await assert.rejects(
    job.resume?.({ ...call, measurement }, cluster(undefined).tools) ?? Promise.resolve(),
    /not found/,
  );
  const unknown = { ...call, measurement: { phase: 'Running' as const } };
  await assert.rejects(job.resume?.(unknown, cluster(undefined).tools) ?? Promise.resolve(), {
    message: 'job metadata reference missing',
  });
});

test('a Job that cannot be read for now goes on; one that may not be read is an error', async () => {
  const asked = (status: number) => {
    const request = () => Promise.reject(new KubeError({ status, reason: '', message: `answer ${status}` }));
    return job.resume?.({ metric, run, finishedCount: 0, measurement }, makeProviderTools({ request }));
  };
  const goesOn = { is: 'phase', phase: 'Running', resumeAt: hastyNow + 10_000 };
  for (const status of [0, 429, 500, 503]) {
    assert.deepEqual(await asked(status), { ...goesOn, message: `answer ${status}` });
  }
  await assert.rejects(asked(403) ?? Promise.resolve(), /answer 403/);
});

test('a Job that was made although no answer came is followed, not made again', async () => {
  const unanswered = (found: object | undefined) => {
    const { tools } = cluster(found);
    const problem = { class: 'unknown', message: 'no answer' } as const;
    return start({ ...tools, writer: { ...tools.writer, create: async () => ({ ok: false, problem }) } });
  };
  const made = await unanswered({ metadata: { name, ownerReferences: [{ uid }] } });
  assert.equal(made.is === 'phase' && made.phase, 'Running');
  await assert.rejects(unanswered(undefined), /no answer/);
});

test('is looked at after the root of twice the time it has run', () => {
  const after = (seconds: number): number => {
    const startedAt = new Date(hastyNow - seconds * 1000).toISOString();
    return (lookAgainAt({ phase: 'Running', startedAt }, hastyNow) - hastyNow) / 1000;
  };
  assert.deepEqual([2, 50, 800].map(after), [2, 10, 40]);
});

test('terminating deletes the Job and its pods; one that is gone is fine', async () => {
  const { tools, deleted } = cluster({ metadata: { name, uid: 'j' } });
  const answer = await job.terminate?.({ metric, run, finishedCount: 0, measurement }, tools);
  assert.deepEqual(answer, { is: 'phase', phase: 'Inconclusive' });
  assert.deepEqual(deleted, [[name, { uid: 'j' }, 'Foreground']]);
  const gone = await job.terminate?.({ metric, run, finishedCount: 0, measurement }, cluster(undefined).tools);
  assert.deepEqual(gone, { is: 'phase', phase: 'Inconclusive' });
});

test('V-32: of old Jobs those beyond the newest go, and only those of the same metric', async () => {
  const old = (number: number, second: string, of = metric.name) => ({
    metadata: {
      name: `${uid}.m.${number}`,
      uid: `j${number}`,
      creationTimestamp: `2026-11-21T10:00:${second}Z`,
      annotations: { 'analysisrun.argoproj.io/metric-name': of },
    },
  });
  const jobs = [old(2, '02'), old(10, '03'), old(9, '03'), old(1, '01'), old(3, '00', 'other')];
  const deleted: string[] = [];
  const asked: unknown[] = [];
  const tools = makeProviderTools({
    request: async ({ path, query }: KubeRequest) => {
      if (query) asked.push([path, query]);
      const found = jobs.find(({ metadata }) => path.endsWith(`/${metadata.name}`));
      return { status: 200, headers: {}, body: query ? { items: jobs } : found };
    },
    writer: {
      delete: async ({ name }) => {
        deleted.push(name);
        return { ok: true, changed: true };
      },
    },
  });
  await job.garbageCollect?.({ metric, run, finishedCount: 4, limit: 2 }, tools);
  assert.deepEqual(asked, [
    ['/apis/batch/v1/namespaces/demo/jobs', { labelSelector: `analysisrun.argoproj.io/uid=${uid}` }],
  ]);
  assert.deepEqual(deleted, [`${uid}.m.2`, `${uid}.m.1`]);
});

test('in a cluster of their own, Jobs are created, followed and ended there, without an owner', async () => {
  const elsewhere = cluster(undefined);
  const own = makeProviderTools(); // fails whatever is asked of it
  const { transport, writer } = elsewhere.tools;
  const tools = { ...own, jobCluster: { transport, writer } };
  assert.equal((await start(tools)).is, 'phase');
  const [made] = elsewhere.created as { metadata: { ownerReferences?: unknown } }[];
  assert.equal(made?.metadata.ownerReferences, undefined);
  const there = cluster({ metadata: { name, uid: 'j' } });
  const ending = { ...own, jobCluster: { transport: there.tools.transport, writer: there.tools.writer } };
  await job.resume?.({ metric, run, finishedCount: 0, measurement }, ending);
  await job.terminate?.({ metric, run, finishedCount: 0, measurement }, ending);
  assert.deepEqual(there.deleted, [[name, { uid: 'j' }, 'Foreground']]);
});
