// One timer for many listeners.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { VirtualClock } from '../clock.ts';
import { Ticker } from './ticker.ts';

test('all are called at each interval by one timer, until they end', async () => {
  const clock = new VirtualClock({ startAt: 0 });
  const ticker = new Ticker(clock, 60_000);
  const calls: string[] = [];
  const endFirst = ticker.add(() => calls.push(`a ${clock.now()}`));
  await clock.runFor(50_000);
  const endSecond = ticker.add(() => calls.push(`b ${clock.now()}`));
  await clock.runFor(10_000);
  endFirst();
  await clock.runFor(60_000);
  assert.deepEqual(calls, ['a 60000', 'b 60000', 'b 120000']);
  endSecond();
  assert.equal(clock.nextAt(), undefined);
});

test('who comes after the last one ended waits a whole interval', async () => {
  const clock = new VirtualClock({ startAt: 0 });
  const ticker = new Ticker(clock, 60_000);
  ticker.add(() => assert.fail('it has ended'))();
  await clock.runFor(30_000);
  const calls: number[] = [];
  ticker.add(() => calls.push(clock.now()));
  await clock.runFor(60_000);
  assert.deepEqual(calls, [90_000]);
});
