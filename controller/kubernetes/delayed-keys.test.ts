import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { DelayedKeys } from './delayed-keys.ts';

test('a key that is given earlier and earlier times does not fill the memory', () => {
  const keys = new DelayedKeys();
  for (let at = 100_000; at > 0; at -= 1) keys.add('a', at);
  assert.ok(keys.entryCount <= 67, `${keys.entryCount} entries`);
  assert.equal(keys.nextAt, 1);
});

test('a key that comes early each time, before a far one of its own, does not fill the memory', () => {
  const keys = new DelayedKeys();
  for (let now = 0; now < 100_000; now += 1) {
    keys.add('a', now + 1_000_000);
    keys.add('a', now + 1);
    assert.deepEqual(keys.takeDue(now + 1), ['a']);
  }
  assert.ok(keys.entryCount <= 67, `${keys.entryCount} entries`);
  assert.deepEqual(keys.takeDue(2_000_000), []);
});

const step = fc.oneof(
  { weight: 12, arbitrary: fc.record({ key: fc.constantFrom('a', 'b', 'c'), at: fc.integer({ min: 1, max: 60 }) }) },
  { weight: 1, arbitrary: fc.record({ passes: fc.integer({ min: 1, max: 20 }) }) },
);

test('whatever is added, every key comes once at the earliest of its times, in order', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 400, size: 'max' }), (steps) => {
      const keys = new DelayedKeys();
      const wanted = new Map<string, number>();
      let now = 0;
      for (const given of steps) {
        if ('key' in given) {
          keys.add(given.key, now + given.at);
          wanted.set(given.key, Math.min(wanted.get(given.key) ?? Number.POSITIVE_INFINITY, now + given.at));
          continue;
        }
        now += given.passes;
        const due = [...wanted].filter(([, at]) => at <= now);
        const taken = keys.takeDue(now);
        assert.deepEqual([...taken].sort(), due.map(([key]) => key).sort());
        const times = taken.map((key) => wanted.get(key) ?? 0);
        assert.deepEqual(
          times,
          times.toSorted((a, b) => a - b),
        );
        for (const key of taken) wanted.delete(key);
      }
      for (const at of wanted.values()) assert.ok((keys.nextAt ?? Number.POSITIVE_INFINITY) <= at);
    }),
  );
});
