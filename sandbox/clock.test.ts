import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { sleep } from '../controller/lang/time.ts';
import { realClock, VirtualClock } from './clock.ts';

test('starts at a fixed moment that can be chosen', () => {
  assert.equal(new Date(new VirtualClock().now()).toISOString(), '2026-01-01T00:00:00.000Z');
  assert.equal(new VirtualClock({ startAt: 5 }).now(), 5);
});

test('runs timers by time, and those of equal time in the order in which they were set', async () => {
  const clock = new VirtualClock({ startAt: 0 });
  const ran: string[] = [];
  for (const [name, delay] of [
    ['c', 30],
    ['a', 10],
    ['d', 30],
    ['b', 10],
  ] as const) {
    clock.schedule(delay, () => ran.push(`${name}@${clock.now()}`));
  }
  await clock.runFor(30);
  assert.deepEqual(ran, ['a@10', 'b@10', 'c@30', 'd@30']);
});

test('lets all promises that a timer set off finish before the next timer', async () => {
  const clock = new VirtualClock({ startAt: 0 });
  const ran: string[] = [];
  clock.schedule(1, () => {
    void (async () => {
      for (let index = 0; index < 50; index++) await Promise.resolve();
      await turn();
      ran.push(`chain@${clock.now()}`);
    })();
  });
  clock.schedule(1, () => ran.push('second'));
  await clock.runFor(5);
  assert.deepEqual(ran, ['chain@1', 'second']);
});

test('waits for work that needs more than promises when it is told of it', async () => {
  const clock = new VirtualClock({ startAt: 0 });
  const ran: string[] = [];
  clock.schedule(1, () => {
    void clock.waitFor(readFile(new URL(import.meta.url))).then(() => ran.push(`read@${clock.now()}`));
  });
  clock.schedule(2, () => ran.push('second'));
  await clock.runFor(5);
  assert.deepEqual(ran, ['read@1', 'second']);
});

test('passes exactly the time asked for and keeps later timers', async () => {
  const clock = new VirtualClock({ startAt: 0 });
  let ran = 0;
  clock.schedule(101, () => ran++);
  await clock.runFor(100);
  assert.deepEqual([clock.now(), ran, clock.nextAt()], [100, 0, 101]);
  await clock.runFor(1);
  assert.equal(ran, 1);
});

test('runs until a predicate holds, at the moment at which it holds', async () => {
  const clock = new VirtualClock({ startAt: 0 });
  let steps = 0;
  void (async () => {
    for (;;) {
      await sleep(clock, 1000);
      steps++;
    }
  })();
  await clock.runUntil(() => steps === 7);
  assert.equal(clock.now(), 7000);
  await assert.rejects(
    clock.runUntil(() => false, { limitMs: 5000, what: 'step 99' }),
    /step 99 did not.*limit 5 s/,
  );
});

test('says that nothing is left which could make a predicate true', async () => {
  await assert.rejects(
    new VirtualClock().runUntil(() => false),
    /no timer is left/,
  );
});

test('a cancelled timer does not run, and thousands of them leave no trace', async () => {
  const clock = new VirtualClock({ startAt: 0 });
  let ran = 0;
  for (let index = 0; index < 10_000; index++) {
    const handle = clock.schedule(10_000 + (index % 7), () => ran++);
    handle.cancel();
    handle.cancel();
  }
  const last = clock.schedule(5, () => ran++);
  await clock.runUntilIdle();
  last.cancel();
  assert.deepEqual([ran, clock.now(), clock.nextAt()], [1, 5, undefined]);
});

test('a loop in which no time passes is told of, not run for ever', async () => {
  const clock = new VirtualClock({ timersPerInstantLimit: 1000 });
  const again = (): void => {
    clock.schedule(0, again);
  };
  again();
  await assert.rejects(clock.runFor(1), /endless loop: more than 1000 timers at 2026-01-01T00:00:00.000Z/);
});

test('many timers at different instants are no endless loop', async () => {
  const clock = new VirtualClock({ startAt: 0, timersPerInstantLimit: 10 });
  for (let index = 0; index < 100; index++) clock.schedule(index, () => {});
  await clock.runUntilIdle();
  assert.equal(clock.now(), 99);
});

test('an exception in a timer reaches whoever runs the clock', async () => {
  const clock = new VirtualClock();
  clock.schedule(1, () => {
    throw new Error('boom');
  });
  await assert.rejects(clock.runFor(1), /boom/);
  await clock.runFor(1);
});

test('two runs at once are refused', async () => {
  const clock = new VirtualClock();
  const first = clock.runFor(1);
  await assert.rejects(clock.runFor(1), /already running/);
  await first;
});

test('the real clock never calls early', async () => {
  const clock = realClock();
  const at = clock.now() + 5;
  await sleep(clock, 5);
  assert.ok(clock.now() >= at);
  let ran = false;
  clock
    .schedule(0, () => {
      ran = true;
    })
    .cancel();
  await sleep(clock, 2);
  assert.equal(ran, false);
});
