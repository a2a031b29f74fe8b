// A Rollout that gets the other strategy in the middle of an update (rollout.md §1.4, §6.4, §6.5): nothing is made anew,
// the other strategy's part of the status goes, and the update goes on from where its pods are.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { course, sizesOf } from '../../../test/builders/course.ts';
import {
  a,
  b,
  midway,
  pausedAtOne,
  pausedConditions,
  routed,
  routedWorld,
  twenty,
  weights,
} from '../../../test/builders/midway.ts';
import { replicaSet, rollout, service, start, template, updatingStatus } from '../../../test/builders/objects.ts';
import { lawfulPlan, shortWrite } from '../../../test/builders/rows.ts';
import { type World, world } from '../../../test/builders/world.ts';
import type { RolloutSpec, RolloutStatus } from '../../api/types.generated.ts';

const blueGreen = { activeService: 'active', previewService: 'preview' };
/** The active one serves stable already, as the stable Service of the canary did. */
const serving = [service('active', { hash: a }), service('preview', { managedBy: null })];
const services = [service('active', { managedBy: null }), service('preview', { managedBy: null })];

function turned(given: World, strategy: RolloutSpec['strategy'], more: Partial<World> = {}): World {
  const { metadata, spec } = given.rollout;
  const generation = (metadata.generation ?? 0) + 1;
  const turnedSpec = { ...spec, ...(strategy ? { strategy } : {}) };
  return { ...given, rollout: { ...given.rollout, metadata: { ...metadata, generation }, spec: turnedSpec }, ...more };
}

const paused = () =>
  midway({ canary: twenty, step: 1, stable: { replicas: 8 }, current: { replicas: 2 }, status: pausedAtOne });

test('canary → blue/green at a pause: stable grows back, the preview is completed and switched to', () => {
  const given = turned(paused(), { blueGreen }, { services });
  const first = lawfulPlan(given, start);
  assert.ok(!first.writes.some(({ kind }) => kind === 'createReplicaSet'));
  const { world: rest, waves } = course(given, 45);
  const order = waves.flatMap(({ writes }) => writes.map(shortWrite));
  assert.ok(order.indexOf(`scale demo-${b} 10`) < order.indexOf(`service active ${b}`), 'whole before it serves');
  const { status } = rest.rollout;
  assert.deepEqual([status?.phase, status?.stableRS, status?.blueGreen?.activeSelector], ['Healthy', b, b]);
  assert.deepEqual([status?.currentStepIndex, status?.currentStepHash, status?.canary], [undefined, undefined, {}]);
  assert.deepEqual(sizesOf(rest), { [a]: 0, [b]: 10 });
});

test('canary → blue/green that waits for a person: the pause of the step becomes that of the preview', () => {
  const given = turned(paused(), { blueGreen: { ...blueGreen, autoPromotionEnabled: false } }, { services: serving });
  const { world: rest } = course(given);
  assert.deepEqual(
    rest.rollout.status?.pauseConditions?.map(({ reason }) => reason),
    ['BlueGreenPause'],
  );
  assert.deepEqual(sizesOf(rest), { [a]: 10, [b]: 10 });
});

test('QUIRK (§5.1): an active Service that selects no hash yet is switched without the pause', () => {
  const given = turned(paused(), { blueGreen: { ...blueGreen, autoPromotionEnabled: false } }, { services });
  assert.equal(course(given, 45).world.rollout.status?.blueGreen?.activeSelector, b);
});

test('canary behind a router → blue/green: the weights go from the status', () => {
  const given = routedWorld(
    {
      canary: routed,
      step: 1,
      stable: { replicas: 10 },
      current: { replicas: 2 },
      status: { ...pausedAtOne, ...weights(20) },
    },
    { canary: b, stable: a },
  );
  const { world: rest } = course(turned(given, { blueGreen }, { services: [...given.services, ...services] }), 45);
  assert.deepEqual([rest.rollout.status?.phase, rest.rollout.status?.canary], ['Healthy', {}]);
});

function previewing(status: RolloutStatus = {}): World {
  return world({
    rollout: rollout({
      image: 'demo:b',
      blueGreen: { ...blueGreen, autoPromotionEnabled: false },
      annotations: { 'rollout.argoproj.io/revision': '2' },
      status: updatingStatus({
        stable: 'demo:a',
        current: 'demo:b',
        more: {
          blueGreen: { activeSelector: a, previewSelector: b },
          selector: `app=demo,rollouts-pod-template-hash=${a}`,
          conditions: pausedConditions,
          pauseConditions: [{ reason: 'BlueGreenPause', startTime: '2025-12-31T23:59:00Z' }],
          controllerPause: true,
          ...status,
        },
      }),
    }),
    replicaSets: [
      replicaSet({ image: 'demo:a', revision: 1, replicas: 10 }),
      replicaSet({ image: 'demo:b', revision: 2, replicas: 10 }),
    ],
    services: [service('active', { hash: a }), service('preview', { hash: b })],
  });
}

test('blue/green → canary at its pause: step 0 of an ordinary canary, whose pods shrink to their share', () => {
  const { world: rest } = course(turned(previewing(), { canary: twenty }));
  const { status } = rest.rollout;
  assert.deepEqual([status?.message, status?.currentStepIndex, status?.blueGreen], ['CanaryPauseStep', 1, {}]);
  assert.deepEqual(sizesOf(rest), { [a]: 8, [b]: 2 });
});

test('blue/green → canary with another template in the same write: a canary of it against the old stable version', () => {
  const given = turned(previewing(), { canary: twenty });
  const spec = { ...given.rollout.spec, template: template('demo:c') };
  const { world: rest } = course({ ...given, rollout: { ...given.rollout, spec } });
  const { status } = rest.rollout;
  assert.deepEqual([status?.message, status?.stableRS], ['CanaryPauseStep', a]);
  const { [a]: stable, [b]: between, ...others } = sizesOf(rest);
  assert.deepEqual([stable, between, Object.values(others)], [8, 0, [2]]);
});

test('there and back at once changes nothing that serves', () => {
  const there = course(
    turned(paused(), { blueGreen: { ...blueGreen, autoPromotionEnabled: false } }, { services: serving }),
  ).world;
  const { world: rest } = course(turned(there, { canary: twenty }));
  assert.deepEqual([rest.rollout.status?.message, rest.rollout.status?.stableRS], ['CanaryPauseStep', a]);
  assert.deepEqual(sizesOf(rest), { [a]: 8, [b]: 2 });
});
