// What the duration metrics are told of (rollout.md §7.8): each attempt once, when the status says that it has ended.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { course } from '../../test/builders/course.ts';
import { midway, twenty } from '../../test/builders/midway.ts';
import { at, template } from '../../test/builders/objects.ts';
import type { RolloutDuration } from '../api/types.generated.ts';
import { finishedDurations } from './finished-duration.ts';

const ended = (before: RolloutDuration, after: RolloutDuration) =>
  finishedDurations({ duration: before }, { duration: after });
const underWay = { rolloutStartedAt: at(0) };
const done = { ...underWay, finishedAt: at(60), completionStatus: 'Promoted', totalManualPauseDurationSeconds: 20 };

test('an attempt that has ended is told with its time and the time that it waited for people', () => {
  assert.deepEqual(ended(underWay, done), [{ status: 'Promoted', totalSeconds: 60, manualPauseSeconds: 20 }]);
});

test('an attempt is told once, and neither while it is under way', () => {
  assert.deepEqual(ended(done, done), []);
  assert.deepEqual(ended(done, { rolloutStartedAt: at(90) }), []);
  assert.deepEqual(ended({}, underWay), []);
  assert.deepEqual(ended(underWay, { ...underWay, manualPauseStartedAt: at(5) }), []);
});

test('§7.8: an attempt that the next one replaces is told as Superseded, with the pause that was open', () => {
  const paused = { ...underWay, totalManualPauseDurationSeconds: 10, manualPauseStartedAt: at(50) };
  const superseded = { status: 'Superseded', totalSeconds: 60, manualPauseSeconds: 20 };
  assert.deepEqual(ended(paused, { rolloutStartedAt: at(60) }), [superseded]);
  assert.equal(ended(underWay, { ...done, rolloutStartedAt: at(30) }).length, 2, 'also one that ends at once');
});

test('§7.8: a template that comes in the middle of an update supersedes its attempt', () => {
  const given = midway({
    canary: twenty,
    stable: { replicas: 8 },
    current: { replicas: 2, available: 1 },
    status: { duration: { rolloutStartedAt: at(-60) } },
  });
  const spec = { ...given.rollout.spec, template: template('demo:c') };
  const { waves } = course({ ...given, rollout: { ...given.rollout, spec } }, 1);
  const statuses = [given.rollout.status ?? {}, ...waves.map(({ status }) => status)];
  const told = statuses.slice(1).flatMap((status, index) => finishedDurations(statuses[index] ?? {}, status));
  assert.deepEqual(
    told.map(({ status, totalSeconds }) => [status, totalSeconds]),
    [['Superseded', 60]],
  );
});
