// What is odd and relied upon (the QUIRKs of rollout.md that have no row elsewhere): each by its section.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { course, sizesOf } from '../../../test/builders/course.ts';
import { a, b, midway, pausedAtOne, routed, routedWorld, twenty, weights } from '../../../test/builders/midway.ts';
import {
  at,
  condition,
  promotedStatus,
  replicaSet,
  rollout,
  service,
  start,
  updatingStatus,
} from '../../../test/builders/objects.ts';
import { lawfulPlan, settle, shortWrite } from '../../../test/builders/rows.ts';
import { type World, withPods, world } from '../../../test/builders/world.ts';
import type { Plan } from '../types.ts';

const conditionOf = ({ status }: Plan, wanted: string) => status.conditions?.find(({ type }) => type === wanted);

test('§2.6 QUIRK: when both metadata fields go from the spec, what was injected stays', () => {
  const noted = { 'rollout.argoproj.io/ephemeral-metadata': '{"labels":{"role":"stable"}}' };
  const given = world({
    rollout: rollout({
      canary: twenty,
      annotations: { 'rollout.argoproj.io/revision': '1' },
      status: promotedStatus('demo:a', { canary: twenty }),
    }),
    replicaSets: [replicaSet({ image: 'demo:a', replicas: 10, annotations: noted })],
  });
  assert.deepEqual(lawfulPlan(given, start).writes, []);
});

test('§3.5 QUIRK: a Service with the right hash gets its annotation from blue/green, and from a canary it does not', () => {
  const bare = (name: string, hash: string) => service(name, { hash, managedBy: null });
  const canary = { ...twenty, stableService: 'stable' };
  const promoted = { annotations: { 'rollout.argoproj.io/revision': '1' } };
  const replicaSets = [replicaSet({ image: 'demo:a', replicas: 10 })];
  const plain = world({
    rollout: rollout({ canary, ...promoted, status: promotedStatus('demo:a', { canary }) }),
    replicaSets,
    services: [bare('stable', a)],
  });
  assert.deepEqual(lawfulPlan(plain, start).writes, []);
  const counts = { stable: { replicas: 10 }, current: { replicas: 2 } };
  const aborted = routedWorld(
    { canary: routed, ...counts, status: { abort: true, ...weights(0) } },
    { canary: a, stable: a },
  );
  const unmarked = { ...aborted, services: [bare('stable', a), bare('canary', a)] };
  assert.ok(!lawfulPlan(unmarked, start).writes.some(({ kind }) => kind === 'patchService'));
  const status = {
    ...promotedStatus('demo:a'),
    blueGreen: { activeSelector: a },
    selector: `app=demo,rollouts-pod-template-hash=${a}`,
  };
  const blueGreen = { activeService: 'active' };
  const active = world({
    rollout: rollout({ blueGreen, ...promoted, status }),
    replicaSets,
    services: [bare('active', a)],
  });
  const [write] = lawfulPlan(active, start).writes;
  assert.deepEqual(write?.kind === 'patchService' && (write.patch as { metadata?: unknown }).metadata, {
    annotations: { 'argo-rollouts.argoproj.io/managed-by-rollouts': 'demo' },
  });
  assert.deepEqual(write?.events, [], 'nothing was switched');
});

test('§5.4: an active Service gets its annotation also while the update waits before the switch', () => {
  const conditions = [
    condition('Progressing', 'Unknown', 'RolloutPaused', 'Rollout is paused'),
    condition('Paused', 'True', 'RolloutPaused', 'Rollout is paused'),
  ];
  const given = world({
    rollout: rollout({
      image: 'demo:b',
      blueGreen: { activeService: 'active', autoPromotionEnabled: false },
      annotations: { 'rollout.argoproj.io/revision': '2' },
      status: updatingStatus({
        stable: 'demo:a',
        current: 'demo:b',
        more: {
          blueGreen: { activeSelector: a },
          pauseConditions: [{ reason: 'BlueGreenPause', startTime: at(-10) }],
          controllerPause: true,
          conditions,
        },
      }),
    }),
    replicaSets: [
      replicaSet({ image: 'demo:a', revision: 1, replicas: 10 }),
      replicaSet({ image: 'demo:b', revision: 2, replicas: 10 }),
    ],
    services: [service('active', { hash: a, managedBy: null })],
  });
  const [write] = lawfulPlan(given, start).writes;
  assert.deepEqual(write?.kind === 'patchService' && write.patch, {
    metadata: { annotations: { 'argo-rollouts.argoproj.io/managed-by-rollouts': 'demo' } },
    spec: { selector: { 'rollouts-pod-template-hash': a } },
  });
  assert.deepEqual(write?.events, [], 'nothing was switched');
});

test('§3.9 QUIRK: a first revision that a person holds is stable with no pod at all', () => {
  const given = world({ rollout: rollout({ canary: twenty, replicas: 5, spec: { paused: true } }) });
  const { world: rest } = settle(given, start);
  assert.deepEqual(sizesOf(rest), { [a]: 0 });
  const { stableRS, phase, message } = rest.rollout.status ?? {};
  assert.deepEqual([stableRS, phase, message], [a, 'Paused', 'manually paused']);
});

test('§7.2 QUIRK: a condition whose status and reason stay keeps its message and its times', () => {
  const older = condition('Progressing', 'False', 'RolloutAborted', 'Rollout aborted update to revision 1', -500);
  const status = { abort: true, abortedAt: at(-5), conditions: [older] };
  const given = midway({ canary: twenty, stable: { replicas: 10 }, current: { replicas: 0 }, status });
  assert.deepEqual(conditionOf(lawfulPlan(given, start), 'Progressing'), older);
});

test('§7.2 QUIRK: pods that get ready in a pause turn the mark to progress, and the next pass turns it back', () => {
  const given = midway({
    canary: twenty,
    step: 1,
    stable: { replicas: 8 },
    current: { replicas: 2 },
    status: { ...pausedAtOne, availableReplicas: 9, readyReplicas: 9 },
  });
  const { waves } = settle(given, start);
  assert.deepEqual(
    waves.map((wave) => [conditionOf(wave, 'Progressing')?.reason, wave.status.phase]),
    [
      ['ReplicaSetUpdated', 'Paused'],
      ['RolloutPaused', 'Paused'],
    ],
  );
  for (const wave of waves) {
    assert.equal(conditionOf(wave, 'Paused')?.status, 'True');
    assert.deepEqual(wave.status.pauseConditions, pausedAtOne.pauseConditions);
  }
});

test('§7.3 QUIRK: behind a router the phase is Healthy at once, the condition when the old pods are gone', () => {
  const given = routedWorld(
    { canary: routed, step: 2, stable: { replicas: 10 }, current: { replicas: 10 }, status: weights(20) },
    { canary: b, stable: a },
  );
  const healthOf = (at: World, seconds: number) => {
    const { world: rest, last } = settle(at, start + seconds * 1000);
    return { rest, health: [last.status.phase, conditionOf(last, 'Healthy')?.status] };
  };
  const promoted = healthOf(given, 0);
  assert.deepEqual(promoted.health, ['Healthy', 'False']);
  const over = healthOf(withPods(promoted.rest), 31);
  assert.deepEqual(sizesOf(over.rest), { [a]: 0, [b]: 10 });
  assert.deepEqual(healthOf(withPods(over.rest), 32).health, ['Healthy', 'True']);
});

test('§8 QUIRK: where the first revision failed and the second succeeded, the Deployment stays up', () => {
  const workloadRef = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web', scaleDown: 'onsuccess' };
  const given = midway({ canary: twenty, step: 2, stable: { replicas: 0 }, current: { replicas: 10 } });
  const { template } = given.rollout.spec;
  const metadata = { name: 'web', namespace: 'shop', generation: 1 };
  const workload = { metadata, spec: { replicas: 5, selector: { matchLabels: { app: 'demo' } }, template: template! } };
  const { template: _own, ...spec } = given.rollout.spec;
  const referring = { ...given, workload, rollout: { ...given.rollout, spec: { ...spec, workloadRef } } };
  const { waves, world: rest } = course(referring);
  assert.equal(rest.rollout.status?.phase, 'Healthy');
  assert.ok(!waves.some(({ writes }) => writes.map(shortWrite).some((write) => write.startsWith('workload'))));
});

test('§6.6 QUIRK: the pause of a step that an old client skipped is told as that of its own step', () => {
  const canary = { steps: [{ setWeight: 20 }, { pause: {} }, { setWeight: 40 }] };
  const counts = { stable: { replicas: 6 }, current: { replicas: 4, available: 3 } };
  for (const step of [2, 3]) {
    const { reasons } = lawfulPlan(midway({ canary, step, ...counts, status: pausedAtOne }), start);
    assert.deepEqual(reasons.find(({ code }) => code === 'pausedAtStep')?.data, { step: 2, steps: 3 });
  }
});
