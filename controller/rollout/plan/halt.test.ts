// BUG-18 (rollout.md §3.4): a canary that a person or an inconclusive analysis holds follows another spec.replicas to its
// end, in as many stages as surge and availability ask for, and goes no further.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { course, scalesOf, sizesOf } from '../../../test/builders/course.ts';
import { a, abortedConditions, b, midway, pausedConditions, twenty } from '../../../test/builders/midway.ts';
import { at, promotedStatus, replicaSet, rollout, start } from '../../../test/builders/objects.ts';
import { lawfulPlan, settle, shortWrite } from '../../../test/builders/rows.ts';
import { type World, withPods, world } from '../../../test/builders/world.ts';
import type { RolloutSpec, RolloutStatus } from '../../api/types.generated.ts';

const byPerson: { spec: Partial<RolloutSpec>; status: RolloutStatus } = {
  spec: { paused: true },
  status: { conditions: pausedConditions, phase: 'Paused', message: 'manually paused' },
};
const byAnalysis: { spec: Partial<RolloutSpec>; status: RolloutStatus } = {
  spec: {},
  status: {
    conditions: pausedConditions,
    pauseConditions: [{ reason: 'InconclusiveAnalysisRun', startTime: at(-10) }],
    controllerPause: true,
    phase: 'Paused',
    message: 'InconclusiveAnalysisRun',
  },
};

/** demo:b at its second step with 20 % of ten pods, and held. */
const held = (by: typeof byPerson, replicas: number) =>
  midway({
    canary: twenty,
    step: 1,
    replicas,
    stable: { replicas: 8, desired: 10 },
    current: { replicas: 2, desired: 10 },
    ...by,
  });

const scaled = (given: World, replicas: number): World => ({
  ...given,
  rollout: { ...given.rollout, spec: { ...given.rollout.spec, replicas } },
});

for (const [who, by] of [
  ['a person', byPerson],
  ['an inconclusive analysis', byAnalysis],
] as const) {
  test(`BUG-18: held by ${who}, a smaller size is followed over all stages that availability asks for`, () => {
    const { world: rest, waves } = course(held(by, 5));
    assert.deepEqual(scalesOf(waves), [`scale demo-${a} 6`, `scale demo-${b} 1`, `scale demo-${a} 4`]);
    assert.deepEqual(sizesOf(rest), { [a]: 4, [b]: 1 });
    assert.equal(rest.rollout.status?.currentStepIndex, 1);
    for (const { metadata } of rest.replicaSets) {
      assert.equal(metadata.annotations?.['rollout.argoproj.io/desired-replicas'], '5');
    }
  });
}

test('BUG-18: a size that must wait for pods on their way out is followed once they are gone', () => {
  const given = midway({
    canary: twenty,
    step: 1,
    stable: { replicas: 4, actual: 8, available: 8, desired: 5 },
    current: { replicas: 1, actual: 2, available: 2, desired: 5 },
    ...byPerson,
  });
  const { world: waiting, last } = settle(given, start);
  assert.deepEqual(sizesOf(waiting), { [a]: 4, [b]: 1 });
  assert.ok(last.reasons.some(({ code }) => code === 'scaleUnobserved'));
  assert.ok(!last.reasons.some(({ code }) => code === 'podsNotYetSized'), 'nobody need resume it for that');
  assert.deepEqual(sizesOf(course(withPods(waiting)).world), { [a]: 8, [b]: 2 });
});

test('BUG-18: a canary that was scaled to nothing while held comes back while held', () => {
  const { world: none } = course(held(byPerson, 0));
  assert.deepEqual(sizesOf(none), { [a]: 0, [b]: 0 });
  assert.deepEqual(sizesOf(course(scaled(none, 10)).world), { [a]: 8, [b]: 2 });
});

test('BUG-18: so does a stable version of which there is no update', () => {
  const given = world({
    rollout: rollout({
      replicas: 0,
      canary: twenty,
      annotations: { 'rollout.argoproj.io/revision': '1' },
      spec: { paused: true },
      status: promotedStatus('demo:a', { canary: twenty }),
    }),
    replicaSets: [replicaSet({ image: 'demo:a', replicas: 10 })],
  });
  const { world: none } = course(given);
  assert.deepEqual(sizesOf(none), { [a]: 0 });
  assert.deepEqual(sizesOf(course(scaled(none, 4)).world), { [a]: 4 });
});

test('§3.4.1: what is held is not sized by its step: only another spec.replicas is followed', () => {
  const given = midway({ canary: twenty, stable: { replicas: 10 }, current: { replicas: 0 }, ...byPerson });
  const { world: rest, last } = settle(given, start);
  assert.deepEqual(sizesOf(rest), { [a]: 10, [b]: 0 });
  assert.ok(last.reasons.some(({ code }) => code === 'podsNotYetSized'));
});

test('BUG-18: a size that cannot be reached holds up no abort', () => {
  const given = midway({
    canary: twenty,
    step: 1,
    stable: { replicas: 4, actual: 8, available: 8, desired: 5 },
    current: { replicas: 1, desired: 5 },
    spec: byPerson.spec,
    status: { abort: true, abortedAt: at(-5), conditions: abortedConditions },
  });
  const planned = lawfulPlan(given, start);
  assert.equal(planned.status.currentStepIndex, 0);
  assert.ok(!planned.writes.map(shortWrite).some((text) => text.startsWith('scale')));
});

test('BUG-18: a version that was held before its first pod is not begun by another size, which stable follows alone', () => {
  for (const replicas of [6, 14]) {
    const given = midway({
      canary: twenty,
      replicas,
      stable: { replicas: 10, desired: 10 },
      current: { replicas: 0, desired: 10 },
      ...byPerson,
    });
    assert.deepEqual(sizesOf(course(given).world), { [a]: replicas, [b]: 0 });
  }
});

test('BUG-18: a size that came just before the halt, and had to wait for pods on their way out, is followed too', () => {
  const given = midway({
    canary: twenty,
    step: 1,
    stable: { replicas: 4, actual: 8, available: 8, desired: 5 },
    current: { replicas: 1, desired: 5 },
    status: { conditions: pausedConditions, pauseConditions: [{ reason: 'CanaryPauseStep', startTime: at(-10) }] },
  });
  const { world: waiting } = settle(given, start);
  const spec = { ...waiting.rollout.spec, paused: true };
  const halted = { ...withPods(waiting), rollout: { ...waiting.rollout, spec } };
  assert.deepEqual(sizesOf(course(halted).world), { [a]: 8, [b]: 2 });
});
