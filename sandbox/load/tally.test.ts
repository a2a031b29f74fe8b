import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Tally } from './tally.ts';

const answer = (version: string, failed = false) => ({
  version,
  podHash: version,
  failed,
  latencyMs: 1,
  ...(failed ? { failure: '500' } : {}),
});

test('shares, rates and failures over the last whole seconds', () => {
  const tally = new Tally();
  for (let second = 0; second < 4; second++) {
    for (let index = 0; index < 20; index++)
      tally.record(second * 1000 + index, answer(index === 0 ? 'yellow' : 'blue'));
  }
  tally.record(4000, answer('blue', true));
  const summary = tally.summary(4500, 10);
  assert.equal(summary.perSecond, 20);
  assert.deepEqual(summary.byVersion.yellow, { count: 4, failed: 0, percent: 5 });
  assert.equal(summary.failuresPerSecond, 0, 'the running second does not count yet');
  assert.equal(summary.total, 81);
  assert.equal(summary.totalFailed, 1);
  assert.deepEqual(summary.failures, { '500': 1 });
  assert.equal(tally.summary(5000, 1).failuresPerSecond, 1);
});

test('an empty window has no rate and no share', () => {
  const summary = new Tally().summary(10_000, 5);
  assert.equal(summary.perSecond, 0);
  assert.deepEqual(summary.byVersion, {});
});
