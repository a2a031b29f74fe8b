// A measurement is recorded once, whatever becomes of the write that tells of it, and with the run that it was made for.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { whileRunning } from '../../sandbox/simulation.ts';
import { lab, namespace, value, web } from '../../test/builders/analysis-lab.ts';
import { sleep } from '../lang/time.ts';

test('a status that was written although nobody heard so is not written with the same measurement again', async () => {
  const { create, read, runFor, calls, simulation } = await lab(() => value(1), { faulty: true });
  await create('unheard', { metrics: [web('m', { interval: '10s', count: 6 })] });
  await runFor(12_000);
  simulation.faults.strike({ kind: 'reset', isApplied: true, verb: 'PATCH', times: 3 });
  await runFor(120_000);
  const { status } = await read('unheard');
  const [result] = status?.metricResults ?? [];
  assert.deepEqual([status?.phase, result?.count, result?.measurements?.length], ['Successful', 6, 6]);
  assert.equal(calls.length, 6);
  const times = new Set(result?.measurements?.map(({ startedAt }) => startedAt));
  assert.equal(times.size, 6, 'each measurement is another one');
});

test('a status that was refused is written again, with the measurement that was made', async () => {
  const { create, read, runFor, calls, simulation } = await lab(() => value(1), { faulty: true });
  await create('refused', { metrics: [web('m', { interval: '10s', count: 3 })] });
  await runFor(5_000);
  simulation.faults.strike({ kind: 'refuse', status: 500, verb: 'PATCH', times: 2 });
  await runFor(60_000);
  assert.equal((await read('refused')).status?.metricResults?.[0]?.measurements?.length, 3);
  assert.equal(calls.length, 3);
});

test('two processes that believe to lead record no measurement twice', async () => {
  const { create, read, runFor, simulation } = await lab(
    async (_call, index, at) => {
      await sleep(at().clock, 20 + (index % 3) * 400);
      return value(1);
    },
    { faulty: true },
  );
  await create('doubled', { metrics: [web('m', { interval: '5s', count: 12 })] });
  await runFor(2_000);
  simulation.faults.strike({ kind: 'second-leader', forMs: 30_000 });
  await runFor(120_000);
  const { status } = await read('doubled');
  const [result] = status?.metricResults ?? [];
  assert.deepEqual([status?.phase, result?.count], ['Successful', 12]);
  const starts = result?.measurements?.map(({ startedAt }) => Date.parse(startedAt ?? '')) ?? [];
  const gaps = starts.slice(1).map((at, index) => at - (starts[index] ?? 0));
  assert.ok(Math.min(...gaps) >= 4_000, gaps.join());
});

test('a Secret that may not be read holds the run up, and an event of the run says so', async () => {
  const { create, read, runFor, calls, simulation } = await lab(() => value(1), { faulty: true });
  const args = [{ name: 'key', valueFrom: { secretKeyRef: { name: 's', key: 'k' } } }];
  const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 's' }, stringData: { k: 'x' } };
  const at = `/api/v1/namespaces/${namespace}`;
  const ask = (verb: 'GET' | 'POST', path: string, body?: object) =>
    whileRunning(simulation.clock, simulation.transport.request({ verb, path: at + path, ...(body ? { body } : {}) }));
  await ask('POST', '/secrets', secret);
  simulation.faults.strike({ kind: 'refuse', status: 503, verb: 'GET', times: 2 });
  await create('held-up', { metrics: [web('m')], args });
  await runFor(15_000);
  assert.equal(calls.length, 0);
  const { items } = (await ask('GET', '/events')).body as { items: { reason: string; message: string }[] };
  const told = items.find(({ reason }) => reason === 'MeasurementDelayed');
  assert.match(told?.message ?? '', /^Tried again in 10 s: .*injected/);
  await runFor(15_000);
  assert.equal((await read('held-up')).status?.phase, 'Successful');
});

test('a run that takes the name of another one gets none of its measurements', async () => {
  const {
    create,
    read,
    runFor,
    delete: remove,
  } = await lab(async (_call, index, at) => {
    await sleep(at().clock, index === 0 ? 4_000 : 100);
    return value(index);
  });
  await create('same', { metrics: [web('m', { count: 2, interval: '10s' })] });
  await runFor(1_000);
  await remove('same');
  await create('same', { metrics: [web('m', { count: 2, interval: '10s' })] });
  await runFor(60_000);
  const values = (await read('same')).status?.metricResults?.[0]?.measurements?.map((each) => each.value);
  assert.deepEqual(values, ['1', '2']);
});
