import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sleep } from '../../controller/lang/time.ts';
import { VirtualClock } from '../clock.ts';
import { createWorkQueue } from './work-queue.ts';

function makeQueue(process: (key: string, clock: VirtualClock) => Promise<void> = async () => {}, workers = 4) {
  const clock = new VirtualClock({ startAt: 0 });
  const ran: string[] = [];
  const problems: string[] = [];
  const queue = createWorkQueue({
    name: 'q',
    clock,
    workers,
    report: ({ message }) => problems.push(`${message} @${clock.now()}`),
    process: async (key) => {
      ran.push(`${key}@${clock.now()}`);
      await process(key, clock);
    },
  });
  return { clock, queue, ran, problems };
}

test('a key added several times in one instant runs once, and nothing runs before the start', async () => {
  const { clock, queue, ran } = makeQueue();
  for (const key of ['a', 'b', 'a']) queue.add(key);
  await clock.runFor(5);
  assert.deepEqual(ran, []);
  queue.start();
  await clock.runFor(5);
  assert.deepEqual(ran, ['a@5', 'b@5']);
});

test('a key added while it runs runs once more, and never twice at a time', async () => {
  let atWork = 0;
  const { clock, queue, ran } = makeQueue(async (_key, time) => {
    assert.equal(++atWork, 1);
    await sleep(time, 100);
    atWork--;
  });
  queue.start();
  queue.add('a');
  await clock.runFor(50);
  queue.add('a');
  queue.add('a');
  await clock.runFor(1000);
  assert.deepEqual(ran, ['a@0', 'a@100']);
});

test('no more workers than allowed, the longest waiting first', async () => {
  const { clock, queue, ran } = makeQueue((_key, time) => sleep(time, 10), 2);
  queue.start();
  for (const key of ['a', 'b', 'c', 'd', 'e']) queue.add(key);
  await clock.runFor(100);
  assert.deepEqual(ran, ['a@0', 'b@0', 'c@10', 'd@10', 'e@20']);
});

test('of several later times the earliest counts', async () => {
  const { clock, queue, ran } = makeQueue();
  queue.start();
  queue.addAfter('a', 500);
  queue.addAfter('a', 100);
  queue.addAfter('a', 300);
  await clock.runFor(1000);
  assert.deepEqual(ran, ['a@100']);
});

test('failures back off, are told of, and are forgotten after a success', async () => {
  let failing = true;
  const { clock, queue, ran, problems } = makeQueue(async () => {
    if (failing) throw new Error('boom');
  });
  queue.start();
  queue.add('a');
  await clock.runFor(40);
  assert.deepEqual(ran, ['a@0', 'a@5', 'a@15', 'a@35']);
  assert.equal(problems[0], 'q: a: boom @0');
  failing = false;
  await clock.runFor(100);
  failing = true;
  queue.add('a');
  await clock.runFor(5);
  assert.deepEqual(ran.slice(-2), ['a@140', 'a@145']);
});

test('lost races are tried again without a word, unless they go on', async () => {
  const { clock, queue, problems } = makeQueue(async () => {
    throw Object.assign(new Error('changed meanwhile'), { status: 409 });
  });
  queue.start();
  queue.add('a');
  await clock.runFor(100);
  assert.deepEqual(problems, []);
  await clock.runFor(1000);
  assert.notDeepEqual(problems, []);
});

test('stopped it takes nothing and waits for nothing', async () => {
  const { clock, queue, ran } = makeQueue();
  queue.start();
  queue.add('a');
  queue.addAfter('b', 10);
  queue.stop();
  queue.add('c');
  await clock.runFor(100);
  assert.deepEqual([ran, clock.nextAt()], [[], undefined]);
});
