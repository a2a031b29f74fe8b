// What lasts is told once: `TrafficRoutingError` and its like would come again with every look at a Rollout.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createToldStates } from './told-states.ts';
import type { EventRecord, Plan } from './types.ts';

const lasting = (message: string): EventRecord => ({ type: 'Warning', reason: 'Bad', message, lasts: 'bad' });
const planOf = (events: readonly EventRecord[], writes: Plan['writes'] = []): Plan => ({
  writes,
  status: {},
  events,
  reasons: [],
  needs: [],
});

test('a state is told once, and again when its message changes or it has been over', () => {
  const told = createToldStates();
  const once: EventRecord = { type: 'Normal', reason: 'Scaled', message: 'to 3' };
  assert.deepEqual([told.isNews('a', once), told.isNews('a', once)], [true, true], 'events of what happens');
  assert.deepEqual([told.isNews('a', lasting('x')), told.isNews('a', lasting('x'))], [true, false]);
  assert.equal(told.isNews('b', lasting('x')), true, 'another Rollout');
  assert.equal(told.isNews('a', lasting('y')), true, 'another message');
  told.rests('a', planOf([lasting('y')]));
  assert.equal(told.isNews('a', lasting('y')), false, 'it lasts');
  told.rests('a', planOf([], [{ kind: 'scaleWorkload', key: 'k', onFailure: 'stop', name: 'd', replicas: 1 }]));
  assert.equal(told.isNews('a', lasting('y')), false, 'a wave in between says nothing about it');
  told.rests('a', planOf([]));
  assert.equal(told.isNews('a', lasting('y')), true, 'it was over');
});
