// The pace of the writes of each object: what is free, what waits and for how long.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createWritePace } from './write-pace.ts';

function paced() {
  const clock = { at: 1_000_000, now: () => clock.at, schedule: () => ({ cancel() {} }) };
  return { clock, pace: createWritePace(clock) };
}

/** Waves of `writeCount` writes that go in one instant. */
function burstOf(pace: ReturnType<typeof createWritePace>, writeCount: number): number {
  let waves = 0;
  while (pace.take('demo/web', writeCount) === 0) waves += 1;
  return waves;
}

test('a burst is free, and then ten writes a second', () => {
  const { clock, pace } = paced();
  assert.equal(burstOf(pace, 1), 150);
  assert.equal(pace.take('demo/web', 1), 100);
  clock.at += 99;
  assert.equal(pace.take('demo/web', 1), 1);
  clock.at += 1;
  assert.equal(pace.take('demo/web', 1), 0);
  clock.at += 3_600_000;
  assert.equal(burstOf(pace, 1), 150);
});

test('a wave of hundreds of writes holds up the next one for less than a second', () => {
  const { pace } = paced();
  assert.equal(burstOf(pace, 500), 19);
  const wait = pace.take('demo/web', 1);
  assert.ok(wait > 0 && wait < 1000, `${wait} ms`);
});

test('nothing to write takes nothing, also after a burst', () => {
  const { pace } = paced();
  burstOf(pace, 1);
  assert.equal(pace.take('demo/web', 0), 0);
});

test('each object has its own pace, and a new one after it was forgotten', () => {
  const { pace } = paced();
  burstOf(pace, 1);
  assert.equal(pace.take('demo/other', 1), 0);
  pace.forget('demo/web');
  assert.equal(pace.take('demo/web', 1), 0);
});

test('a clock that was set back makes nobody wait for longer', () => {
  const { clock, pace } = paced();
  burstOf(pace, 1);
  clock.at -= 3_600_000;
  const wait = pace.take('demo/web', 1);
  assert.ok(wait > 0 && wait < 1000, `${wait} ms`);
  clock.at += wait;
  assert.equal(pace.take('demo/web', 1), 0);
});
