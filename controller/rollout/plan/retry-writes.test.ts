// When what was refused is tried again, and what waits with it (design.md §5, "Error classes"; operations.md §20.1).

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { a, b, midway, twenty } from '../../../test/builders/midway.ts';
import { start } from '../../../test/builders/objects.ts';
import { lawfulPlan, shortWrite } from '../../../test/builders/rows.ts';
import { eventsOf, type World } from '../../../test/builders/world.ts';
import type { ErrorClass, Outcome, Write } from '../types.ts';
import { fingerprintOf, retryAt } from './retry-writes.ts';

const seconds = (outcome: Partial<Outcome>, problemClass: ErrorClass, retryAfterMs?: number) => {
  const problem = { class: problemClass, message: '', ...(retryAfterMs === undefined ? {} : { retryAfterMs }) };
  const at = retryAt({ problem, since: start, triedAt: start, attempts: 1, ...outcome });
  return at === undefined ? undefined : (at - start) / 1000;
};

test('a right that lacks is asked for every 30 s; what is invalid ever more seldom; an outage soon', () => {
  assert.deepEqual([seconds({}, 'denied'), seconds({ attempts: 50 }, 'denied')], [30, 30]);
  assert.deepEqual(
    [1, 2, 3, 6, 7, 40].map((attempts) => seconds({ attempts }, 'invalid')),
    [1, 2, 4, 32, 60, 60],
  );
  assert.deepEqual(
    [1, 2, 7, 8, 40].map((attempts) => seconds({ attempts }, 'unreachable')),
    [0.1, 0.2, 6.4, 10, 10],
  );
  assert.deepEqual([seconds({}, 'throttled', 7000), seconds({}, 'throttled')], [7, 1]);
});

test('what was read again since is planned at once', () => {
  for (const problemClass of ['conflict', 'exists', 'gone'] as const)
    assert.equal(seconds({}, problemClass), undefined);
});

const scaleStable = `scale/demo-${a}`;

/** The canary's first step, in which scaling stable down was refused a second ago. */
function refused(problemClass: ErrorClass, more: Partial<Outcome> = {}, status = {}): World {
  const given = midway({ canary: twenty, stable: { replicas: 10 }, current: { replicas: 0 }, status });
  const problem = { class: problemClass, message: 'replicasets.apps "demo" is forbidden' };
  const outcome: Outcome = { problem, since: start - 60_000, triedAt: start - 1000, attempts: 2, ...more };
  return { ...given, ledger: { ...given.ledger, outcomes: { [scaleStable]: outcome } } };
}

function aboutOf(world: World, key: string): number {
  const fresh = lawfulPlan({ ...world, ledger: { ...world.ledger, outcomes: {} } }, start);
  return fingerprintOf(fresh.writes.find((write) => write.key === key) as Write);
}

test('until then nothing of the wave is sent from there on, its reason says when, and it is told once by an event', () => {
  const given = refused('denied');
  const planned = lawfulPlan(given, start);
  assert.deepEqual(planned.writes, []);
  assert.equal(planned.status, given.rollout.status);
  assert.equal(planned.wakeAt, start + 29_000);
  const reason = planned.reasons.find(({ code }) => code === 'writeFailed');
  assert.deepEqual([reason?.since, reason?.until, reason?.data.attempts], [start - 60_000, start + 29_000, 2]);
  assert.deepEqual(eventsOf(planned), [
    {
      type: 'Warning',
      reason: 'ReconciliationError',
      message: 'Reconciliation failed with error: replicasets.apps "demo" is forbidden',
      lasts: `write/${scaleStable}`,
    },
  ]);
  const then = lawfulPlan(given, start + 29_000);
  assert.deepEqual(then.writes.map(shortWrite), [`scale demo-${a} 8`, 'status']);
});

test('an API server that nobody reaches is no event: nobody would hear it; once it is heard it is asked at once', () => {
  const given = refused('unreachable', { triedAt: start - 50 });
  const silent = { ...given, ledger: { ...given.ledger, wavesWithoutChange: 2 } };
  const planned = lawfulPlan(silent, start);
  assert.deepEqual([planned.writes.length, eventsOf(planned).length], [0, 0]);
  assert.deepEqual(lawfulPlan(given, start).writes.map(shortWrite), [`scale demo-${a} 8`, 'status']);
});

test('another content than the one that was invalid is tried at once, so that an abort waits for nothing', () => {
  const about = aboutOf(refused('invalid'), scaleStable);
  assert.deepEqual(lawfulPlan(refused('invalid', { about }), start).writes, []);
  const other = lawfulPlan(refused('invalid', { about: about + 1 }), start);
  assert.deepEqual(other.writes.map(shortWrite), [`scale demo-${a} 8`, 'status']);
});

test('housekeeping that was refused waits alone', () => {
  const canary = { ...twenty, canaryMetadata: { labels: { role: 'canary' } } };
  const given = midway({ canary, stable: { replicas: 10 }, current: { replicas: 0 } });
  const key = `ephemeral-metadata/demo-${b}`;
  const problem = { class: 'denied', message: 'no' } as const;
  const outcomes = { [key]: { problem, since: start, triedAt: start, attempts: 1 } };
  const planned = lawfulPlan({ ...given, ledger: { ...given.ledger, outcomes } }, start);
  assert.deepEqual(planned.writes.map(shortWrite), [`pod-metadata demo-${a}`, `scale demo-${a} 8`, 'status']);
  assert.ok(planned.reasons.some(({ code, data }) => code === 'writeFailed' && data.key === key));
});

test('an abort leads back where the revision may be noted nowhere', () => {
  const counts = { stable: { replicas: 8 }, current: { replicas: 2 }, spec: { minReadySeconds: 5 } };
  const given = midway({ canary: twenty, ...counts, status: { abort: true } });
  const { annotations: _none, ...metadata } = given.rollout.metadata;
  const outcome: Outcome = {
    problem: { class: 'denied', message: 'no' },
    since: start,
    triedAt: start,
    attempts: 1,
  };
  const planOf = (outcomes: Readonly<Record<string, Outcome>>) =>
    lawfulPlan({ ...given, rollout: { ...given.rollout, metadata }, ledger: { ...given.ledger, outcomes } }, start);
  const notes = planOf({})
    .writes.map(({ key }) => key)
    .filter((key) => /revision/.test(key));
  assert.deepEqual(notes, [`revision/demo-${b}`, 'rollout/revision']);
  const refusedAll = planOf(Object.fromEntries(notes.map((key) => [key, outcome])));
  assert.deepEqual(
    refusedAll.writes.map(({ key }) => key),
    [`scale/demo-${a}`, 'rollout/status'],
  );
});
