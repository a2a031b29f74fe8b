import assert from 'node:assert/strict';
import { test } from 'node:test';
import { VirtualClock } from '../../sandbox/clock.ts';
import { silentLogger } from './log.ts';
import { KubeError } from './transport.ts';
import { createWorkQueue, type WorkQueueObserver } from './work-queue.ts';
import { startWorkers } from './workers.ts';

function makeQueue(observer?: WorkQueueObserver) {
  const clock = new VirtualClock();
  const queue = createWorkQueue({ name: 'test', clock, ...(observer === undefined ? {} : { observer }) });
  return { clock, queue };
}

test('a key is queued once however often it is added, and keys are served in order', () => {
  const { queue } = makeQueue();
  for (const key of ['a', 'b', 'a', 'c', 'b']) queue.add(key);
  assert.deepEqual([queue.take(), queue.take(), queue.take(), queue.take()], ['a', 'b', 'c', undefined]);
});

test('a key added while it is processed runs once more, not beside itself', () => {
  const { queue } = makeQueue();
  queue.add('a');
  assert.equal(queue.take(), 'a');
  queue.add('a');
  queue.add('a');
  assert.equal(queue.take(), undefined);
  queue.done('a');
  assert.equal(queue.take(), 'a');
  queue.done('a');
  assert.equal(queue.take(), undefined);
});

test('a key that is always added again does not keep the others waiting', () => {
  const { queue } = makeQueue();
  queue.add('hot');
  queue.add('cold');
  assert.equal(queue.take(), 'hot');
  queue.add('hot');
  queue.done('hot');
  assert.equal(queue.take(), 'cold');
});

test('of several times the earliest counts', async () => {
  const { clock, queue } = makeQueue();
  queue.addAfter('a', 5_000);
  queue.addAfter('b', 1_000);
  queue.addAfter('a', 2_000);
  queue.addAfter('a', 9_000);
  await clock.runFor(1_999);
  assert.deepEqual([queue.take(), queue.take()], ['b', undefined]);
  await clock.runFor(1);
  assert.equal(queue.take(), 'a');
  queue.done('a');
  await clock.runFor(60_000);
  assert.equal(queue.take(), undefined);
});

test('a wall clock that is set back keeps no key waiting for longer', async () => {
  const real = new VirtualClock();
  let stepMs = 0;
  const clock = { now: () => real.now() + stepMs, schedule: real.schedule.bind(real) };
  const queue = createWorkQueue({ name: 'test', clock });
  queue.addAfter('a', 10_000);
  await real.runFor(4_000);
  stepMs = -3_600_000;
  await real.runFor(6_000);
  assert.equal(queue.take(), 'a');
});

test('many delayed keys come out in the order of their times', async () => {
  const { clock, queue } = makeQueue();
  const delays = [70, 10, 50, 30, 90, 20, 80, 60, 40];
  for (const delay of delays) queue.addAfter(`k${delay}`, delay);
  await clock.runFor(100);
  const order: (string | undefined)[] = delays.map(() => queue.take());
  assert.deepEqual(
    order,
    [10, 20, 30, 40, 50, 60, 70, 80, 90].map((delay) => `k${delay}`),
  );
});

test('the back-off doubles from 1 ms to 10 s and begins anew after forget', async () => {
  const { clock, queue } = makeQueue();
  const waits: number[] = [];
  const measure = async (): Promise<void> => {
    const from = clock.now();
    queue.addRateLimited('a');
    await clock.runUntil(() => queue.length > 0);
    waits.push(clock.now() - from);
    queue.take();
    queue.done('a');
  };
  for (let round = 0; round < 17; round += 1) await measure();
  assert.deepEqual(waits, [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 10_000, 10_000, 10_000]);
  assert.equal(queue.retriesOf('a'), 17);
  queue.forget('a');
  waits.length = 0;
  await measure();
  assert.deepEqual(waits, [1]);
});

test('a closed queue takes nothing in and gives nothing out', async () => {
  const { clock, queue } = makeQueue();
  queue.add('a');
  queue.addAfter('b', 10);
  queue.close();
  queue.add('c');
  await clock.runFor(100);
  assert.equal(queue.take(), undefined);
  assert.equal(queue.length, 0);
});

test('the observer sees adds, waits and work', async () => {
  const seen: string[] = [];
  const { clock, queue } = makeQueue({
    added: (_queue, depth) => seen.push(`added ${depth}`),
    retried: () => seen.push('retried'),
    taken: (_queue, depth, waitedMs) => seen.push(`taken ${depth} ${waitedMs}`),
    finished: (_queue, tookMs) => seen.push(`finished ${tookMs}`),
  });
  queue.add('a');
  await clock.runFor(5);
  queue.take();
  await clock.runFor(7);
  queue.done('a');
  queue.addRateLimited('a');
  assert.deepEqual(seen, ['added 1', 'taken 0 5', 'finished 7', 'retried']);
});

test('N workers overlap, but never on the same key', async () => {
  const { clock, queue } = makeQueue();
  const atWork = new Set<string>();
  let most = 0;
  const done: string[] = [];
  const workers = startWorkers({
    queue,
    clock,
    count: 2,
    log: silentLogger,
    async process(key) {
      assert.ok(!atWork.has(key));
      atWork.add(key);
      most = Math.max(most, atWork.size);
      await new Promise<void>((resolve) => clock.schedule(100, resolve));
      atWork.delete(key);
      done.push(key);
      return undefined;
    },
  });
  for (const key of ['a', 'b', 'c']) queue.add(key);
  await clock.runFor(50);
  queue.add('a');
  await clock.runFor(1_000);
  assert.equal(most, 2);
  assert.deepEqual(done, ['a', 'b', 'c', 'a']);
  await workers.stop();
});

test('an exception is told, backs off and does not stop the worker; a 404 is forgotten', async () => {
  const { clock, queue } = makeQueue();
  const errors: string[] = [];
  const runs: Record<string, number> = {};
  startWorkers({
    queue,
    clock,
    count: 1,
    log: silentLogger,
    onError: (key, error) => errors.push(`${key}: ${(error as Error).message}`),
    process(key) {
      runs[key] = (runs[key] ?? 0) + 1;
      if (key === 'gone') throw new KubeError({ status: 404, reason: 'NotFound', message: 'gone' });
      if (key === 'bad' && runs[key] < 3) throw new Error('boom');
      return Promise.resolve(undefined);
    },
  });
  for (const key of ['bad', 'gone', 'good']) queue.add(key);
  await clock.runFor(1_000);
  assert.deepEqual(errors, ['bad: boom', 'gone: gone', 'bad: boom']);
  assert.deepEqual(runs, { bad: 3, gone: 1, good: 1 });
  assert.equal(queue.retriesOf('bad'), 0);
});

test('an outcome asks for a later pass or for a back-off', async () => {
  const { clock, queue } = makeQueue();
  const runs: number[] = [];
  startWorkers({
    queue,
    clock,
    count: 1,
    log: silentLogger,
    process() {
      runs.push(clock.now());
      if (runs.length === 1) return Promise.resolve({ kind: 'after', delayMs: 500 } as const);
      return Promise.resolve(runs.length < 4 ? ({ kind: 'backOff' } as const) : undefined);
    },
  });
  const from = clock.now();
  queue.add('a');
  await clock.runFor(60_000);
  assert.deepEqual(
    runs.map((at) => at - from),
    [0, 500, 501, 503],
  );
});

test('stopping waits for the keys at work and takes no other', async () => {
  const { clock, queue } = makeQueue();
  const done: string[] = [];
  const workers = startWorkers({
    queue,
    clock,
    count: 1,
    log: silentLogger,
    async process(key) {
      await new Promise<void>((resolve) => clock.schedule(100, resolve));
      done.push(key);
      return undefined;
    },
  });
  queue.add('a');
  queue.add('b');
  await clock.runFor(10);
  let isStopped = false;
  void workers.stop().then(() => {
    isStopped = true;
  });
  await clock.runFor(10);
  assert.equal(isStopped, false);
  await clock.runFor(1_000);
  assert.equal(isStopped, true);
  assert.deepEqual(done, ['a']);
});

test('a wall clock that is set forward delays nothing that became due by it for long', async () => {
  const virtual = new VirtualClock();
  let offsetMs = 0;
  const clock = {
    now: () => virtual.now() + offsetMs,
    schedule: (delayMs: number, run: () => void) => virtual.schedule(delayMs, run),
  };
  const queue = createWorkQueue({ name: 'set', clock });
  queue.addAfter('far', 3_600_000);
  offsetMs = 7_200_000;
  queue.addAfter('near', 1000);
  await virtual.runFor(121_000);
  assert.deepEqual([queue.take(), queue.take()].toSorted(), ['far', 'near']);
  queue.close();
});

test('timers have their turn while thousands of keys are worked off that wait for nothing', async () => {
  const { clock, queue } = makeQueue();
  let processed = 0;
  const processedAtTimer: number[] = [];
  for (let index = 0; index < 1_000; index += 1) queue.add(`k${index}`);
  const workers = startWorkers({
    queue,
    clock,
    count: 10,
    log: silentLogger,
    process: async () => {
      if (processed === 0) clock.schedule(0, () => processedAtTimer.push(processed));
      processed += 1;
      return undefined;
    },
  });
  await clock.runFor(0);
  await workers.stop();
  assert.equal(processed, 1_000);
  assert.ok(processedAtTimer[0]! <= 32, `${processedAtTimer[0]} keys`);
});
