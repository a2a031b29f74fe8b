// What people and their tools do to a Rollout is a patch of it (rollout.md §6.6). Each row of that table, as the kubectl
// plugin and Argo CD write it, and where the Rollout comes to rest after it.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { a, abortedConditions, b, midway, pausedAtOne, twenty } from '../../../test/builders/midway.ts';
import {
  at,
  promotedStatus,
  replicaSet,
  rollout,
  service,
  start,
  template,
  updatingStatus,
} from '../../../test/builders/objects.ts';
import { settle } from '../../../test/builders/rows.ts';
import { eventsOf, type World, withPods, world } from '../../../test/builders/world.ts';
import type { Rollout, RolloutStatus } from '../../api/types.generated.ts';
import { applyMergePatch } from '../../lang/merge-patch.ts';
import type { Plan } from '../types.ts';

const paused = (more: Partial<Parameters<typeof midway>[0]> = {}) =>
  midway({
    canary: twenty,
    step: 1,
    stable: { replicas: 8 },
    current: { replicas: 2 },
    status: pausedAtOne,
    ...more,
  });

/** The world after a client's patches of the object (`R`) or its status (`S`): the generation moves with the spec. */
function after(given: World, ...patches: readonly unknown[]): World {
  const rollout = patches.reduce<Rollout>((before, patch) => {
    const patched = applyMergePatch(before, patch);
    const isSpecNew = JSON.stringify(patched.spec) !== JSON.stringify(before.spec);
    const generation = (before.metadata.generation ?? 0) + (isSpecNew ? 1 : 0);
    return { ...patched, metadata: { ...patched.metadata, generation } };
  }, given.rollout);
  return { ...given, rollout };
}

interface Rest {
  readonly status: RolloutStatus;
  readonly world: World;
  readonly plans: readonly Plan[];
  readonly events: readonly string[];
  /** Pods by image tag of what the ReplicaSets came to. */
  readonly sizes: Readonly<Record<string, number>>;
}

/** Waves, pods, waves, until neither moves any more. */
function comesToRest(given: World, seconds = 0): Rest {
  const plans: Plan[] = [];
  let current = given;
  for (let round = 0; round < 40; round += 1) {
    const settled = settle(current, start + seconds * 1000, 12);
    plans.push(...settled.waves);
    current = withPods(settled.world);
    if (settled.waves.length > 0) continue;
    const sizes = current.replicaSets.map(({ metadata, spec }) => [metadata.name ?? '', spec.replicas ?? 1] as const);
    return {
      status: current.rollout.status ?? {},
      world: current,
      plans,
      events: plans.flatMap(eventsOf).map(({ reason }) => reason),
      sizes: Object.fromEntries(sizes),
    };
  }
  return assert.fail('it does not come to rest');
}

const reasonOf = (status: RolloutStatus, type: string) =>
  status.conditions?.find((found) => found.type === type)?.reason;

test('pause (R spec.paused) stops the steps and says so', () => {
  const given = midway({ canary: twenty, stable: { replicas: 8 }, current: { replicas: 2 } });
  const { status, sizes } = comesToRest(after(given, { spec: { paused: true } }));
  assert.deepEqual([status.phase, status.message], ['Paused', 'manually paused']);
  assert.equal(status.currentStepIndex, 0);
  assert.equal(reasonOf(status, 'Progressing'), 'RolloutPaused');
  assert.deepEqual(sizes, { [`demo-${a}`]: 8, [`demo-${b}`]: 2 });
});

test('resume (R spec.paused false) goes on, and restarts the deadline clock', () => {
  const given = midway({
    canary: twenty,
    stable: { replicas: 8 },
    current: { replicas: 2, available: 1 },
    spec: { paused: true },
    status: { conditions: pausedAtOne.conditions ?? [], phase: 'Paused', message: 'manually paused' },
  });
  const { status, plans } = comesToRest(after(given, { spec: { paused: false } }));
  assert.equal(status.currentStepIndex, 1);
  assert.equal(status.phase, 'Paused');
  const resumed = plans
    .flatMap((plan) => plan.status.conditions ?? [])
    .find(({ reason }) => reason === 'RolloutResumed');
  assert.equal(resumed?.lastUpdateTime, at(0));
});

test('promote at a pause (S pauseConditions null) finishes the step and the update', () => {
  const { status, sizes, events } = comesToRest(after(paused(), { status: { pauseConditions: null } }));
  assert.equal(status.currentStepIndex, 2);
  assert.deepEqual([status.phase, status.stableRS], ['Healthy', b]);
  assert.deepEqual(sizes, { [`demo-${a}`]: 0, [`demo-${b}`]: 10 });
  assert.ok(!events.includes('RolloutResumed'), 'QUIRK: the list was empty before the controller looked');
});

test('promote of an inconclusive step analysis honours a pause that comes next', () => {
  const canary = { steps: [{ setWeight: 20 }, { setWeight: 20 }, { pause: {} }] };
  const given = paused({
    canary,
    status: { ...pausedAtOne, pauseConditions: [{ reason: 'InconclusiveAnalysisRun', startTime: at(-10) }] },
  });
  const patch = { status: { pauseConditions: null, controllerPause: false, currentStepIndex: 2 } };
  const { status } = comesToRest(after(given, patch));
  assert.equal(status.currentStepIndex, 2);
  assert.deepEqual(status.pauseConditions, [{ reason: 'CanaryPauseStep', startTime: at(0) }]);
});

test('promote in the middle of a step (S index + 1) leaves the step', () => {
  const canary = { steps: [{ setWeight: 20 }, { pause: {} }] };
  const given = midway({ canary, stable: { replicas: 8 }, current: { replicas: 2, available: 1 } });
  const { status } = comesToRest(after(given, { status: { pauseConditions: null, currentStepIndex: 1 } }));
  assert.equal(status.currentStepIndex, 1);
  assert.equal(status.pauseConditions?.[0]?.reason, 'CanaryPauseStep');
});

test('promote of a user-paused rollout is both patches', () => {
  const given = paused({ spec: { paused: true } });
  const { status } = comesToRest(after(given, { spec: { paused: false } }, { status: { pauseConditions: null } }));
  assert.deepEqual([status.phase, status.stableRS], ['Healthy', b]);
});

test('promote of a user-paused rollout counts also where the controller looks between its two patches', () => {
  const { world: resumed } = comesToRest(
    after(paused({ spec: { paused: true } }), { status: { pauseConditions: null } }),
  );
  const { status, events } = comesToRest(after(resumed, { spec: { paused: false } }));
  assert.deepEqual([status.phase, status.stableRS], ['Healthy', b]);
  assert.ok(!events.includes('RolloutPaused'));
});

for (const [name, isUserPaused] of [
  ['promote --full skips pauses and steps', false],
  ['promote --full of a user-paused rollout unpauses too', true],
] as const) {
  test(name, () => {
    const given = paused({
      spec: isUserPaused ? { paused: true } : {},
      status: { ...pausedAtOne, duration: { rolloutStartedAt: at(-60) } },
    });
    const patches = [{ status: { promoteFull: true } }, ...(isUserPaused ? [{ spec: { paused: false } }] : [])];
    const { status, events } = comesToRest(after(given, ...patches));
    assert.deepEqual([status.phase, status.stableRS, status.promoteFull], ['Healthy', b, undefined]);
    assert.equal(status.duration?.completionStatus, 'FastPromoted');
    assert.ok(events.includes('RolloutResumed'), 'the controller itself ended the pause');
  });
}

test('promote --full of a blue/green update needs no pause and no analysis', () => {
  const blueGreen = {
    activeService: 'stable',
    previewService: 'canary',
    autoPromotionEnabled: false,
    prePromotionAnalysis: { templates: [{ templateName: 'never' }] },
  };
  const given = world({
    rollout: rollout({
      image: 'demo:b',
      blueGreen,
      annotations: { 'rollout.argoproj.io/revision': '2' },
      status: updatingStatus({
        stable: 'demo:a',
        current: 'demo:b',
        more: { blueGreen: { activeSelector: a, previewSelector: b }, promoteFull: true, updatedReplicas: 10 },
      }),
    }),
    replicaSets: [
      replicaSet({ image: 'demo:a', revision: 1, replicas: 10 }),
      replicaSet({ image: 'demo:b', revision: 2, replicas: 10 }),
    ],
    services: [service('stable', { hash: a }), service('canary', { hash: b })],
  });
  const { status, plans } = comesToRest(given);
  assert.deepEqual([status.stableRS, status.blueGreen?.activeSelector, status.promoteFull], [b, b, undefined]);
  const messages = plans.flatMap(eventsOf).map(({ message }) => message);
  assert.ok(messages.includes(`Rollout completed update to revision 2 (${b}): Full promotion requested`));
});

test('skip current step of an old client keeps the condition: QUIRK, it counts for a pause that comes next', () => {
  const canary = { steps: [{ setWeight: 20 }, { pause: {} }, { pause: { duration: 60 } }] };
  const { status } = comesToRest(after(paused({ canary }), { status: { currentStepIndex: 2 } }), 55);
  assert.equal(status.currentStepIndex, 3, 'the pause of a minute began 65 seconds ago');
});

test('skip all steps of an old client ends in the promotion, which clears the pause', () => {
  const { status, sizes } = comesToRest(after(paused(), { status: { currentStepIndex: 2 } }));
  assert.deepEqual([status.phase, status.stableRS, status.pauseConditions], ['Healthy', b, undefined]);
  assert.deepEqual(sizes, { [`demo-${a}`]: 0, [`demo-${b}`]: 10 });
});

test('skip-current-step of Argo CD moves the index and removes the condition', () => {
  const canary = { steps: [{ setWeight: 20 }, { pause: {} }, { setWeight: 40 }, { pause: {} }] };
  const patch = { status: { currentStepIndex: 2, pauseConditions: null } };
  const { status, sizes } = comesToRest(after(paused({ canary }), patch));
  assert.equal(sizes[`demo-${b}`], 4);
  assert.equal(status.currentStepIndex, 3);
  assert.equal(status.pauseConditions?.length, 1, 'the next pause is one');
});

test('abort (S abort) goes back to stable', () => {
  const { status, sizes } = comesToRest(after(paused(), { status: { abort: true } }));
  assert.deepEqual([status.phase, status.currentStepIndex, status.abortedAt], ['Degraded', 0, at(0)]);
  assert.deepEqual(sizes, { [`demo-${a}`]: 10, [`demo-${b}`]: 0 });
});

for (const [who, patch] of [
  ['of the plugin (S abort false)', { status: { abort: false } }],
  ['of Argo CD (abort removed)', { status: { abort: null } }],
] as const) {
  test(`retry ${who} starts again at the first step`, () => {
    const given = midway({
      canary: twenty,
      stable: { replicas: 10 },
      current: { replicas: 0 },
      status: {
        abort: true,
        abortedAt: at(-30),
        conditions: abortedConditions,
        phase: 'Degraded',
        duration: { rolloutStartedAt: at(-60), finishedAt: at(-30), completionStatus: 'Aborted' },
      },
    });
    const { status, sizes } = comesToRest(after(given, patch));
    assert.deepEqual([status.currentStepIndex, status.phase, status.abortedAt], [1, 'Paused', undefined]);
    assert.equal(sizes[`demo-${b}`], 2);
    assert.deepEqual(status.duration?.rolloutStartedAt, at(0), 'a new attempt');
  });
}

test('restart (R restartAt) of what has no pods is done at once', () => {
  const given = world({
    rollout: rollout({
      replicas: 0,
      canary: twenty,
      annotations: { 'rollout.argoproj.io/revision': '1' },
      status: promotedStatus('demo:a', { canary: twenty, replicas: 0 }),
    }),
    replicaSets: [replicaSet({ image: 'demo:a', replicas: 0, desired: 0 })],
  });
  const { status } = comesToRest(after(given, { spec: { restartAt: at(-1) } }));
  assert.equal(status.restartedAt, at(-1));
});

test('undo (R spec.template as stored) finds the old ReplicaSet, with what was injected into it', () => {
  const own = replicaSet({ image: 'demo:a', revision: 1 });
  const injected = {
    ...own.spec.template,
    metadata: { labels: { app: 'demo', role: 'canary' } },
    spec: {
      ...template('demo:a').spec,
      affinity: {
        podAntiAffinity: {
          requiredDuringSchedulingIgnoredDuringExecution: [
            {
              labelSelector: {
                matchExpressions: [{ key: 'rollouts-pod-template-hash', operator: 'In', values: ['old'] }],
              },
              namespaces: ['shop'],
              topologyKey: 'kubernetes.io/hostname',
            },
          ],
        },
      },
    },
  };
  const labels = { ...injected.metadata.labels, 'rollouts-pod-template-hash': a };
  const given = world({
    rollout: rollout({
      image: 'demo:b',
      canary: { ...twenty, canaryMetadata: { labels: { role: 'canary' } } },
      annotations: { 'rollout.argoproj.io/revision': '2' },
      status: promotedStatus('demo:b', { canary: twenty }),
    }),
    replicaSets: [
      {
        ...own,
        metadata: {
          ...own.metadata,
          annotations: {
            ...own.metadata.annotations,
            'rollout.argoproj.io/ephemeral-metadata': '{"labels":{"role":"canary"}}',
          },
        },
        spec: { ...own.spec, template: { ...injected, metadata: { labels } } },
      },
      replicaSet({ image: 'demo:b', revision: 2, replicas: 10 }),
    ],
  });
  const { world: rest } = comesToRest(after(given, { spec: { template: injected } }));
  assert.equal(rest.replicaSets.length, 2, 'no new ReplicaSet');
  assert.equal(rest.rollout.metadata.annotations?.['rollout.argoproj.io/revision'], '3');
});

test('set image (PUT of the object) starts an update with the next revision', () => {
  const given = world({
    rollout: rollout({
      canary: twenty,
      annotations: { 'rollout.argoproj.io/revision': '1' },
      status: promotedStatus('demo:a', { canary: twenty }),
    }),
    replicaSets: [replicaSet({ image: 'demo:a', replicas: 10 })],
  });
  const { status, world: rest } = comesToRest(after(given, { spec: { template: template('demo:b') } }));
  assert.equal(rest.rollout.metadata.annotations?.['rollout.argoproj.io/revision'], '2');
  assert.deepEqual([status.currentPodHash, status.stableRS, status.currentStepIndex], [b, a, 1]);
});

test('scale (subresource or spec.replicas) is followed at the step in force', () => {
  const { status, sizes } = comesToRest(after(paused(), { spec: { replicas: 20 } }));
  assert.deepEqual(sizes, { [`demo-${a}`]: 16, [`demo-${b}`]: 4 });
  assert.deepEqual(status.pauseConditions, [{ reason: 'CanaryPauseStep', startTime: at(-10) }]);
});

test('§6.2: a pause whose condition stays while spec.paused is set ends only after both are gone', () => {
  const given = paused({ spec: { paused: true } });
  const { status } = comesToRest(after(given, { status: { pauseConditions: null } }));
  assert.deepEqual([status.phase, status.message, status.currentStepIndex], ['Paused', 'manually paused', 1]);
});

test('a step index before the first is read as the first', () => {
  const { status } = comesToRest(after(paused(), { status: { currentStepIndex: -1, pauseConditions: null } }));
  assert.deepEqual([status.currentStepIndex, status.message], [1, 'CanaryPauseStep']);
});
