// Runs in a cluster under virtual time: one that hangs holds up nobody, restarts neither repeat nor forget, times do not
// drift, one status write a measurement, and nothing secret is in objects, events or log lines.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { whileRunning } from '../../sandbox/simulation.ts';
import { type Lab, lab, namespace, value, web } from '../../test/builders/analysis-lab.ts';
import type { FakeAnswer } from '../../test/builders/fake-provider.ts';
import type { AnalysisRun, Metric } from '../api/types.generated.ts';
import { sleep } from '../lang/time.ts';

const never = new Promise<never>(() => undefined);

test('hanging measurements hold up no other run, and end with their run', async () => {
  const { create, merge, read, runFor, calls } = await lab(({ metric }) => (metric === 'hangs' ? never : value(1)));
  for (let index = 0; index < 50; index += 1) await create(`hung-${index}`, { metrics: [web('hangs')] });
  await create('quick', { metrics: [web('quick', { interval: '5s', count: 10 })] });
  await runFor(60_000);
  assert.equal((await read('quick')).status?.phase, 'Successful');
  const times = calls.filter(({ metric }) => metric === 'quick').map(({ atMs }) => atMs);
  assert.equal(times.length, 10);
  assert.ok((times.at(-1) ?? Number.POSITIVE_INFINITY) - (times[0] ?? 0) <= 9 * 5_000 + 1_000, times.join());
  assert.equal((await read('hung-0')).status?.phase, 'Running');
  await merge('hung-0', { spec: { terminate: true } });
  await runFor(5_000);
  const ended = await read('hung-0');
  assert.deepEqual([ended.status?.phase, ended.status?.message], ['Successful', 'Run Terminated']);
});

test('a metric that hangs holds up no other metric of its run', async () => {
  const { create, read, runFor } = await lab(({ metric }) => (metric === 'hangs' ? never : value(1)));
  await create('both', { metrics: [web('hangs'), web('late', { interval: '5s', initialDelay: '20s', count: 4 })] });
  await runFor(3_000);
  assert.equal((await read('both')).status?.phase, 'Running');
  await runFor(60_000);
  const { status } = await read('both');
  assert.equal(status?.phase, 'Running');
  assert.deepEqual(
    status?.metricResults?.map(({ name, phase, count }) => [name, phase, count]),
    [['late', 'Successful', 4]],
  );
});

test('measuring times do not drift: 1,000 measurements of 40 ms stay on their beat', async () => {
  const { create, read, runFor, calls } = await lab(async (_call, _index, simulation) => {
    await sleep(simulation().clock, 40);
    return value(1);
  });
  await create('steady', { metrics: [web('m', { interval: '10s', count: 1_000 })] });
  await runFor(10_000_000);
  assert.equal((await read('steady')).status?.metricResults?.[0]?.successful, 1_000);
  const [first = 0] = calls.map(({ atMs }) => atMs);
  const late = calls.map(({ atMs }, index) => atMs - first - index * 10_000);
  assert.equal(calls.length, 1_000);
  assert.ok(
    Math.max(...late) <= 1_000 && Math.min(...late) >= -1_000,
    `${Math.min(...late)} to ${Math.max(...late)} ms`,
  );
});

test('each measurement is one write of the status', async () => {
  const { create, read, runFor } = await lab(() => value(1));
  await create('counted', { metrics: [web('m', { interval: '10s' })] });
  await runFor(1_000);
  const before = await read('counted');
  await runFor(100_000);
  const later = await read('counted');
  const measured = (run: AnalysisRun) => run.status?.metricResults?.[0]?.successful ?? 0;
  const written = (run: AnalysisRun) => run.metadata.generation ?? 0;
  assert.equal(measured(later) - measured(before), 10);
  assert.equal(written(later) - written(before), 10);
});

test('V-09: after a time without a controller one measurement is made, not those that were missed', async () => {
  const { create, read, runFor, calls, simulation } = await lab(() => value(1));
  await create('paused', { metrics: [web('m', { interval: '60s' })] });
  await runFor(61_000);
  assert.equal(calls.length, 2);
  await simulation.stopController();
  await runFor(600_000);
  assert.equal(calls.length, 2);
  await simulation.startController();
  await runFor(1_000);
  assert.equal(calls.length, 3);
  await runFor(58_000);
  assert.equal(calls.length, 3);
  assert.equal((await read('paused')).status?.metricResults?.[0]?.successful, 3);
});

test('a restart repeats what was in the air and nothing else', async () => {
  const { create, read, runFor, calls, simulation } = await lab((_call, index) => (index === 2 ? never : value(1)));
  await create('interrupted', { metrics: [web('m', { interval: '10s', count: 5 })] });
  await runFor(25_000);
  assert.equal(calls.length, 3, 'the third hangs');
  await simulation.restartController();
  await runFor(100_000);
  const { status } = await read('interrupted');
  assert.equal(status?.phase, 'Successful');
  assert.equal(status?.metricResults?.[0]?.count, 5);
  assert.equal(status?.metricResults?.[0]?.measurements?.length, 5);
  assert.equal(calls.length, 6, 'five and the one that was lost');
});

const jobMetric: Metric = {
  name: 'job',
  provider: {
    job: {
      spec: {
        backoffLimit: 0,
        template: { spec: { restartPolicy: 'Never', containers: [{ name: 'c', image: 'i' }] } },
      },
    },
  },
};

async function jobs({ simulation }: Lab): Promise<{ metadata: { name: string } }[]> {
  const path = `/apis/batch/v1/namespaces/${namespace}/jobs`;
  const { body } = await whileRunning(simulation.clock, simulation.transport.request({ verb: 'GET', path }));
  return (body as { items: { metadata: { name: string } }[] }).items;
}

test('a restart follows the Job that is under way and makes no second one', async () => {
  const at = await lab(() => value(1));
  await at.create('jobs', { metrics: [jobMetric] });
  await at.runFor(2_000);
  const [before] = await jobs(at);
  assert.ok(before);
  await at.simulation.restartController();
  await at.runFor(3_000);
  assert.deepEqual(
    (await jobs(at)).map(({ metadata }) => metadata.name),
    [before.metadata.name],
  );
  const { status } = await at.read('jobs');
  assert.equal(status?.metricResults?.[0]?.measurements?.length, 1);
});

test('V-24: the Job of a run that is ended goes, and the run is Inconclusive', async () => {
  const at = await lab(() => value(1));
  await at.create('jobs', { metrics: [jobMetric] });
  await at.runFor(2_000);
  assert.equal((await jobs(at)).length, 1);
  await at.merge('jobs', { spec: { terminate: true } });
  await at.runFor(30_000);
  assert.deepEqual(await jobs(at), []);
  const { status } = await at.read('jobs');
  assert.equal(status?.phase, 'Inconclusive');
  assert.equal(
    status?.message,
    'Metric "job" assessed Inconclusive due to inconclusive (1) > inconclusiveLimit (0): "Error Message: Metric Terminated"',
  );
  assert.equal(status?.metricResults?.[0]?.measurements?.[0]?.message, 'Metric Terminated');
});

test('V-35: nothing secret is in objects, events, log lines, or what passes see and plan, in success, failure and error', async () => {
  const secret = 'hunter2-of-the-shop';
  const answers: FakeAnswer[] = [
    { is: 'value', result: secret, value: JSON.stringify(secret), metadata: { told: secret } },
    new Error(`Get "http://a/?key=${secret}": no such host`),
    new TypeError(`a bug that quotes ${secret}`),
    { is: 'phase', phase: 'Failed', message: `because of ${secret}` },
  ];
  const { create, runFor, simulation, logged, passes } = await lab(
    (_call, index) => answers[index % answers.length] ?? value(1),
  );
  const data = { k: Buffer.from(secret).toString('base64') };
  const secretPath = `/api/v1/namespaces/${namespace}/secrets`;
  const body = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 's' }, data };
  await whileRunning(simulation.clock, simulation.transport.request({ verb: 'POST', path: secretPath, body }));
  await create('private', {
    metrics: [
      web('m', {
        interval: '5s',
        count: 20,
        failureLimit: 20,
        successCondition: 'result == "{{args.key}}"',
        provider: { web: { url: 'http://a/?key={{args.key}}' } },
      }),
    ],
    args: [{ name: 'key', valueFrom: { secretKeyRef: { name: 's', key: 'k' } } }],
  });
  await runFor(300_000);
  for (const kind of [
    `/apis/argoproj.io/v1alpha1/namespaces/${namespace}/analysisruns`,
    `/api/v1/namespaces/${namespace}/events`,
  ]) {
    const answer = await whileRunning(simulation.clock, simulation.transport.request({ verb: 'GET', path: kind }));
    const text = JSON.stringify(answer.body);
    assert.ok(text.length > 500 && !text.includes('hunter2'), kind);
    if (kind.endsWith('analysisruns')) assert.match(text, /\*{5}/);
  }
  assert.ok(logged.length > 20, String(logged.length));
  assert.ok(passes.some((pass) => pass.includes('"answers":{"m":')));
  assert.deepEqual(
    [...logged, ...passes].filter((line) => line.includes('hunter2') || line.includes(data.k)),
    [],
  );
});

test('finished runs at rest cost no pass', async () => {
  const { create, read, runFor, calls } = await lab(() => value(1));
  for (let index = 0; index < 20; index += 1) await create(`done-${index}`, { metrics: [web('m')] });
  await runFor(10_000);
  assert.equal(calls.length, 20);
  const before = await read('done-0');
  await runFor(4 * 900_000);
  assert.equal(calls.length, 20);
  assert.equal((await read('done-0')).metadata.resourceVersion, before.metadata.resourceVersion);
});
