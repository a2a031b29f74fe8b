// What the plan tells of the traffic decision (traffic.md §1.8): here what has no other row.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { a, b, pausedAtOne, routed, routedWorld, weights } from '../../../test/builders/midway.ts';
import { start } from '../../../test/builders/objects.ts';
import { settle } from '../../../test/builders/rows.ts';
import { eventsOf } from '../../../test/builders/world.ts';

test('TV-22 S6: an abort that finds no stable pod holds the weight and says so once', () => {
  const given = routedWorld(
    {
      canary: routed,
      step: 1,
      stable: { replicas: 10, available: 0 },
      current: { replicas: 2 },
      status: { ...pausedAtOne, abort: true, ...weights(20) },
    },
    { canary: b, stable: a },
  );
  const { waves, last, world: rest } = settle(given, start);
  const told = waves.flatMap(eventsOf).filter(({ reason }) => reason === 'AbortBlockedByStableAvailability');
  assert.deepEqual(
    told.map(({ type }) => type),
    ['Warning'],
  );
  assert.equal(rest.rollout.status?.canary?.weights?.canary.weight, 20);
  assert.ok(last.reasons.some(({ code }) => code === 'abortWaitsForStable'));
});
