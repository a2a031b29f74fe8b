// Canary stepping, scaling, abort, retry and promotion: vectors 22-55 and 91-96 of rollout.md §10, and the worked
// examples of §4.8 as they come out of whole passes.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  at,
  condition,
  hashFor,
  ingress,
  promotedStatus,
  replicaSet,
  rollout,
  service,
  start,
  template,
  updatingStatus,
} from '../../../test/builders/objects.ts';
import { lawfulPlan, rows, settle, shortWrite } from '../../../test/builders/rows.ts';
import { applyPlan, emptyLedger, eventsOf, type World, withPods, world } from '../../../test/builders/world.ts';
import type { CanaryStrategy, RolloutSpec, RolloutStatus } from '../../api/types.generated.ts';

const a = hashFor('demo:a');
const b = hashFor('demo:b');
const c = hashFor('demo:c');
const revision2 = { 'rollout.argoproj.io/revision': '2' };

const pausedConditions = [
  condition('Available', 'True', 'AvailableReason', 'Rollout has minimum availability'),
  condition('Healthy', 'False', 'RolloutHealthy', 'Rollout is not healthy'),
  condition('Completed', 'False', 'RolloutCompleted', 'RolloutCompleted'),
  condition('Progressing', 'Unknown', 'RolloutPaused', 'Rollout is paused'),
  condition('Paused', 'True', 'RolloutPaused', 'Rollout is paused'),
];

const abortedConditions = [
  ...pausedConditions.filter(({ type }) => type !== 'Progressing' && type !== 'Paused'),
  condition('Progressing', 'False', 'RolloutAborted', 'Rollout aborted update to revision 2'),
];

interface Midway {
  readonly canary: CanaryStrategy;
  readonly step?: number;
  readonly stable: Partial<Parameters<typeof replicaSet>[0]>;
  readonly current: Partial<Parameters<typeof replicaSet>[0]>;
  readonly replicas?: number;
  readonly status?: RolloutStatus;
  readonly spec?: Partial<RolloutSpec>;
  readonly more?: Partial<World>;
}

/** An update from demo:a to demo:b under way. */
function midway({ canary, step = 0, stable, current, replicas = 10, status, spec, more }: Midway): World {
  const total = (stable.actual ?? stable.replicas ?? 0) + (current.actual ?? current.replicas ?? 0);
  const available = (stable.available ?? stable.replicas ?? 0) + (current.available ?? current.replicas ?? 0);
  return world({
    rollout: rollout({
      image: 'demo:b',
      canary,
      replicas,
      annotations: revision2,
      ...(spec ? { spec } : {}),
      status: updatingStatus({
        stable: 'demo:a',
        current: 'demo:b',
        canary,
        step,
        replicas: total,
        more: {
          replicas: total,
          HPAReplicas: total,
          availableReplicas: available,
          readyReplicas: available,
          ...((current.actual ?? current.replicas) ? { updatedReplicas: current.actual ?? current.replicas } : {}),
          ...status,
        },
      }),
    }),
    replicaSets: [
      replicaSet({ image: 'demo:a', revision: 1, desired: replicas, ...stable }),
      replicaSet({ image: 'demo:b', revision: 2, desired: replicas, ...current }),
    ],
    ...more,
  });
}

const twenty = { steps: [{ setWeight: 20 }, { pause: {} }] };
const pausedAtOne: RolloutStatus = {
  pauseConditions: [{ reason: 'CanaryPauseStep', startTime: at(-10) }],
  controllerPause: true,
  conditions: pausedConditions,
  phase: 'Paused',
  message: 'CanaryPauseStep',
};

rows([
  {
    name: 'vector 22: a step is done although stable pods are not available',
    given: midway({ canary: twenty, stable: { replicas: 8, available: 5 }, current: { replicas: 2 } }),
    want: {
      writes: ['status'],
      status: { currentStepIndex: 1 },
      events: ['RolloutStepCompleted: Rollout step 1/2 completed (setWeight: 20)'],
    },
  },
  {
    name: 'vector 23: an older ReplicaSet with an available pod holds the step of a basic canary',
    given: midway({
      canary: twenty,
      stable: { replicas: 8 },
      current: { replicas: 2 },
      more: {
        replicaSets: [
          replicaSet({ image: 'demo:z', revision: 0, replicas: 1 }),
          replicaSet({ image: 'demo:a', revision: 1, replicas: 8 }),
          replicaSet({ image: 'demo:b', revision: 2, replicas: 2 }),
        ],
      },
    }),
    want: {
      check: (plan) => {
        assert.equal(plan.status.currentStepIndex, 0);
        assert.equal(plan.writes.map(shortWrite)[0], `scale demo-${hashFor('demo:z')} 0`);
      },
    },
  },
  {
    name: 'vector 24: a pause step pauses, says so, and the conditions follow in the next pass',
    given: midway({ canary: twenty, step: 1, stable: { replicas: 8 }, current: { replicas: 2 } }),
    want: {
      writes: ['status'],
      status: {
        phase: 'Paused',
        message: 'CanaryPauseStep',
        controllerPause: true,
        pauseConditions: [{ reason: 'CanaryPauseStep', startTime: at(0) }],
      },
      events: ['RolloutPaused: Rollout is paused (CanaryPauseStep)'],
    },
  },
  {
    name: 'vector 25: a resume is first told in the conditions',
    given: midway({
      canary: twenty,
      step: 1,
      stable: { replicas: 8 },
      current: { replicas: 2 },
      status: { ...pausedAtOne, pauseConditions: undefined },
    }),
    want: {
      writes: ['status'],
      events: [],
      status: { currentStepIndex: 1, controllerPause: true, phase: 'Progressing' },
      check: (plan) => {
        const reasons = plan.status.conditions?.map(({ type, status, reason }) => `${type} ${status} ${reason}`);
        assert.ok(reasons?.includes('Progressing Unknown RolloutResumed'));
        assert.ok(reasons?.includes('Paused False RolloutPaused'));
      },
    },
  },
  {
    name: 'vector 26: a timed pause that is over goes nowhere while the user pauses',
    given: midway({
      canary: { steps: [{ setWeight: 20 }, { pause: { duration: 60 } }] },
      step: 1,
      stable: { replicas: 8 },
      current: { replicas: 2 },
      spec: { paused: true },
      status: {
        ...pausedAtOne,
        pauseConditions: [{ reason: 'CanaryPauseStep', startTime: at(-61) }],
        message: 'manually paused',
      },
    }),
    want: { writes: [], reasons: ['pausedByUser'] },
  },
  {
    name: 'vector 27: a timed pause wakes when it is over, to the millisecond',
    given: midway({
      canary: { steps: [{ setWeight: 20 }, { pause: { duration: 60 } }] },
      step: 1,
      stable: { replicas: 8 },
      current: { replicas: 2 },
      status: { ...pausedAtOne, duration: { rolloutStartedAt: at(-20) } },
    }),
    want: { writes: [], wakeAt: 50.001, reasons: ['pausedAtStep'] },
  },
  {
    name: 'vector 29: edited steps of a promoted rollout skip to the end and move nothing',
    given: world({
      rollout: rollout({
        canary: { steps: [{ setWeight: 1 }, { setWeight: 2 }, { setWeight: 3 }] },
        generation: 2,
        annotations: { 'rollout.argoproj.io/revision': '1' },
        status: { ...promotedStatus('demo:a', { canary: twenty }) },
      }),
      replicaSets: [replicaSet({ image: 'demo:a', replicas: 10 })],
    }),
    want: {
      writes: ['status'],
      status: { currentStepIndex: 3 },
      events: ['SkipSteps: Rollback to stable ReplicaSets'],
    },
  },
  {
    name: 'vector 30: going back to the stable template in the middle skips the steps',
    given: world({
      rollout: rollout({
        image: 'demo:a',
        canary: twenty,
        generation: 2,
        annotations: revision2,
        status: updatingStatus({ stable: 'demo:a', current: 'demo:b', canary: twenty, step: 1 }),
      }),
      replicaSets: [
        replicaSet({ image: 'demo:a', revision: 1, replicas: 8 }),
        replicaSet({ image: 'demo:b', revision: 2, replicas: 2 }),
      ],
    }),
    want: {
      writes: [`revision demo-${a}`, 'rollout revision', 'status'],
      status: { currentStepIndex: 2, currentPodHash: a },
      events: ['RolloutUpdated: Rollout updated to revision 3', 'SkipSteps: Rollback to stable ReplicaSets'],
    },
  },
  {
    name: 'vector 33: others shrink within the budget, and stable stays while they have pods',
    given: midway({
      canary: { ...twenty, maxSurge: 0, maxUnavailable: 1 },
      stable: { replicas: 8 },
      current: { replicas: 0 },
      more: {
        replicaSets: [
          replicaSet({ image: 'demo:z', revision: 0, replicas: 2 }),
          replicaSet({ image: 'demo:a', revision: 1, replicas: 8 }),
          replicaSet({ image: 'demo:b', revision: 2, replicas: 0 }),
        ],
      },
    }),
    want: { check: (plan) => assert.equal(plan.writes.map(shortWrite)[0], `scale demo-${hashFor('demo:z')} 1`) },
  },
  {
    name: 'vector 34: template and size changed together reset before anything is sized (BUG-21)',
    given: world({
      rollout: rollout({
        image: 'demo:b',
        canary: { steps: [{ setWeight: 10 }, { pause: {} }] },
        generation: 2,
        annotations: revision2,
        status: promotedStatus('demo:a', { canary: { steps: [{ setWeight: 10 }, { pause: {} }] }, replicas: 5 }),
      }),
      replicaSets: [
        replicaSet({ image: 'demo:a', revision: 1, replicas: 5, desired: 5 }),
        replicaSet({ image: 'demo:b', revision: 2, replicas: 0, desired: 10 }),
      ],
    }),
    want: {
      writes: ['status'],
      status: { currentStepIndex: 0, currentPodHash: b },
      check: (plan, given) => {
        const { waves } = settle(applyPlan(given, plan, start), start);
        const scales = waves.flatMap((wave) => wave.writes.map(shortWrite)).filter((text) => text.startsWith('scale'));
        assert.deepEqual(scales, [`scale demo-${a} 9`, `scale demo-${b} 1`]);
      },
    },
  },
  {
    name: 'vector 35: an intermediate ReplicaSet of another size is no scaling event',
    given: midway({
      canary: twenty,
      stable: { replicas: 8 },
      current: { replicas: 2 },
      more: {
        replicaSets: [
          replicaSet({ image: 'demo:z', revision: 0, replicas: 1, desired: 2 }),
          replicaSet({ image: 'demo:a', revision: 1, replicas: 8 }),
          replicaSet({ image: 'demo:b', revision: 2, replicas: 2 }),
        ],
      },
    }),
    want: { writes: [`scale demo-${hashFor('demo:z')} 0`, 'status'] },
  },
  {
    name: 'vector 36: at a pause a new size is followed, stable first',
    given: midway({
      canary: twenty,
      step: 1,
      replicas: 10,
      stable: { replicas: 4, desired: 5 },
      current: { replicas: 1, desired: 5 },
      status: pausedAtOne,
    }),
    want: {
      check: (plan, given) => {
        assert.equal(plan.writes.map(shortWrite)[0], `scale demo-${a} 8`);
        assert.deepEqual(plan.status.pauseConditions, pausedAtOne.pauseConditions);
        const { waves } = settle(given, start);
        assert.equal(waves[1]?.writes.map(shortWrite)[0], `scale demo-${b} 2`);
      },
    },
  },
  {
    name: 'vector 37: a user-paused canary follows a new size (BUG-18) and stays at its step',
    given: midway({
      canary: twenty,
      replicas: 10,
      stable: { replicas: 4, desired: 5 },
      current: { replicas: 1, desired: 5 },
      spec: { paused: true },
      status: { conditions: pausedConditions },
    }),
    want: {
      check: (_plan, given) => {
        const { world: rest } = settle(given, start);
        const sizes = Object.fromEntries(rest.replicaSets.map(({ metadata, spec }) => [metadata.name, spec.replicas]));
        assert.deepEqual(sizes, { [`demo-${a}`]: 8, [`demo-${b}`]: 2 });
        assert.equal(rest.rollout.status?.currentStepIndex, 0);
      },
    },
  },
  {
    name: 'vector 38: a canary with more than is wanted now is promoted all the same',
    given: midway({
      canary: { steps: [{ setWeight: 20 }] },
      step: 1,
      replicas: 1,
      stable: { replicas: 0, desired: 1 },
      current: { replicas: 2, desired: 1 },
    }),
    want: {
      check: (plan) => {
        assert.equal(plan.status.stableRS, b);
        const told = eventsOf(plan).map(({ message }) => message);
        assert.ok(told.includes(`Rollout completed update to revision 2 (${b}): Completed all 1 canary steps`));
      },
    },
  },
  {
    name: 'vector 39: a threshold of 70 percent lets 7 of 10 be enough for the promotion',
    given: midway({
      canary: { steps: [{ setWeight: 100 }], replicaProgressThreshold: { type: 'Percent', value: 70 } },
      step: 1,
      stable: { replicas: 0 },
      current: { replicas: 10, available: 7 },
    }),
    want: { status: { stableRS: b } },
  },
  {
    name: 'vector 40: a canary without steps is promoted when all of it is available, and has no index',
    given: midway({ canary: {}, stable: { replicas: 0 }, current: { replicas: 10 } }),
    want: { status: { stableRS: b, currentStepIndex: null } },
  },
  {
    name: 'vector 41: with all steps done but a pod missing it waits',
    given: midway({
      canary: twenty,
      step: 2,
      stable: { replicas: 0 },
      current: { replicas: 10, available: 9 },
      status: { message: 'updated replicas are still becoming available', updatedReplicas: 10 },
    }),
    want: {
      status: { stableRS: a, phase: 'Progressing', message: 'updated replicas are still becoming available' },
      reasons: ['podsNotAvailable'],
    },
  },
  {
    name: 'vector 42: an abort is told, sets back the index, and keeps its time',
    given: midway({
      canary: { ...twenty, canaryService: 'canary', stableService: 'stable' },
      step: 1,
      stable: { replicas: 8 },
      current: { replicas: 2 },
      status: { ...pausedAtOne, abort: true },
      more: { services: [service('stable', { hash: a }), service('canary', { hash: b })] },
    }),
    at: 5,
    want: {
      events: [
        `SwitchService: Switched selector for service 'canary' from '${b}' to '${a}'`,
        `ScalingReplicaSet: Scaled up ReplicaSet demo-${a} (revision 1) from 8 to 10`,
        'RolloutAborted: Rollout aborted update to revision 2',
      ],
      status: {
        abort: true,
        abortedAt: at(5),
        currentStepIndex: 0,
        phase: 'Degraded',
        message: 'RolloutAborted: Rollout aborted update to revision 2',
        pauseConditions: null,
        controllerPause: null,
      },
      check: (plan, given) => {
        const later = lawfulPlan(applyPlan(given, plan, start + 5000), start + 60_000);
        assert.equal(later.status.abortedAt, at(5));
      },
    },
  },
  {
    name: 'vector 43: a retry is first told in the conditions, then starts again at step 0',
    given: midway({
      canary: twenty,
      stable: { replicas: 10 },
      current: { replicas: 0 },
      status: { abort: false, abortedAt: at(-30), conditions: abortedConditions, phase: 'Degraded' },
    }),
    want: {
      writes: ['status'],
      check: (plan, given) => {
        const progressing = plan.status.conditions?.find(({ type }) => type === 'Progressing');
        assert.equal(progressing?.reason, 'RolloutRetry');
        assert.equal(progressing?.lastUpdateTime, at(0));
        const { world: rest } = settle(given, start);
        assert.equal(rest.rollout.status?.abortedAt, undefined);
        assert.equal(rest.rollout.status?.currentStepIndex, 0);
        assert.equal(rest.replicaSets.find(({ metadata }) => metadata.name === `demo-${b}`)?.spec.replicas, 2);
      },
    },
  },
  {
    name: 'vector 44: a new template ends an abort',
    given: world({
      rollout: rollout({
        image: 'demo:c',
        canary: twenty,
        generation: 2,
        annotations: { 'rollout.argoproj.io/revision': '3' },
        status: updatingStatus({
          stable: 'demo:a',
          current: 'demo:b',
          canary: twenty,
          more: { abort: true, abortedAt: at(-5), conditions: abortedConditions },
        }),
      }),
      replicaSets: [
        replicaSet({ image: 'demo:a', revision: 1, replicas: 10 }),
        replicaSet({ image: 'demo:b', revision: 2, replicas: 0 }),
        replicaSet({ image: 'demo:c', revision: 3, replicas: 0 }),
      ],
    }),
    want: { writes: ['status'], status: { abort: null, abortedAt: null, currentPodHash: c, currentStepIndex: 0 } },
  },
  {
    name: 'vector 45: the abort of a promoted rollout is dropped without a word',
    given: world({
      rollout: rollout({
        canary: twenty,
        annotations: { 'rollout.argoproj.io/revision': '1' },
        status: { ...promotedStatus('demo:a', { canary: twenty }), abort: true },
      }),
      replicaSets: [replicaSet({ image: 'demo:a', replicas: 10 })],
    }),
    want: { writes: ['status'], events: [], status: { abort: null, phase: 'Healthy' } },
  },
  {
    name: 'vector 51: a full promotion of a basic canary honours surge and availability',
    given: midway({
      canary: { ...twenty, maxSurge: 3, maxUnavailable: 0 },
      replicas: 4,
      stable: { replicas: 4 },
      current: { replicas: 0 },
      status: { promoteFull: true },
    }),
    want: { writes: [`scale demo-${b} 3`, 'status'] },
  },
  {
    name: 'vector 52: promoteFull of what is promoted is cleared',
    given: world({
      rollout: rollout({
        canary: twenty,
        annotations: { 'rollout.argoproj.io/revision': '1' },
        status: { ...promotedStatus('demo:a', { canary: twenty }), promoteFull: true },
      }),
      replicaSets: [replicaSet({ image: 'demo:a', replicas: 10 })],
    }),
    want: { writes: ['status'], status: { promoteFull: null } },
  },
  {
    name: 'vector 53: a pause whose condition a client took away with the index moved on is skipped',
    given: midway({
      canary: { steps: [{ setWeight: 20 }, { pause: {} }, { pause: {} }] },
      step: 2,
      stable: { replicas: 8 },
      current: { replicas: 2 },
      status: { controllerPause: true },
    }),
    want: { status: { currentStepIndex: 3, controllerPause: null } },
  },
  {
    name: 'vector 55: within the rollback window, a ReplicaSet without pods is skipped to the end in the second pass',
    given: world({
      rollout: rollout({
        image: 'demo:a',
        canary: twenty,
        generation: 2,
        annotations: { 'rollout.argoproj.io/revision': '3' },
        spec: { rollbackWindow: { revisions: 1 } },
        status: promotedStatus('demo:b', { canary: twenty }),
      }),
      replicaSets: [
        replicaSet({ image: 'demo:a', revision: 3, replicas: 0, createdAt: -90 }),
        replicaSet({ image: 'demo:b', revision: 2, replicas: 10, createdAt: -80 }),
      ],
    }),
    want: {
      writes: ['status'],
      status: { currentStepIndex: 0 },
      check: (plan, given) => {
        assert.ok(!eventsOf(plan).some(({ reason }) => reason === 'SkipSteps'));
        const next = lawfulPlan(applyPlan(given, plan, start), start);
        assert.equal(next.status.currentStepIndex, 2);
      },
    },
  },
  {
    name: 'vector 91: without the stable ReplicaSet there is nothing to go back to, and the new one is promoted',
    given: midway({
      canary: twenty,
      step: 1,
      stable: {},
      current: { replicas: 2 },
      more: { replicaSets: [replicaSet({ image: 'demo:b', revision: 2, replicas: 2 })] },
    }),
    want: { status: { stableRS: b, currentStepIndex: 2 } },
  },
  {
    name: 'BUG-4: an abort that comes in the middle of a full promotion ends it',
    given: midway({
      canary: twenty,
      step: 2,
      stable: { replicas: 8 },
      current: { replicas: 2 },
      status: { promoteFull: true, abort: true },
    }),
    want: { status: { abort: true, abortedAt: at(0), promoteFull: null, currentStepIndex: 0, phase: 'Degraded' } },
  },
  {
    name: 'BUG-3: an index beyond the last step is clamped',
    given: midway({
      canary: twenty,
      step: 5,
      stable: { replicas: 0 },
      current: { replicas: 10, available: 9 },
    }),
    want: { status: { currentStepIndex: 2 } },
  },
]);

const routed: CanaryStrategy = {
  canaryService: 'canary',
  stableService: 'stable',
  trafficRouting: { alb: { ingress: 'demo', rootService: 'root', servicePort: 80 } },
  steps: [{ setWeight: 20 }, { pause: {} }],
};

function weights(canary: number, canaryHash = b, stableHash = a): RolloutStatus {
  return {
    canary: {
      weights: {
        canary: { weight: canary, serviceName: 'canary', podTemplateHash: canaryHash },
        stable: { weight: 100 - canary, serviceName: 'stable', podTemplateHash: stableHash },
      },
    },
  };
}

function routedWorld(given: Midway, hashes: { readonly canary: string; readonly stable: string }): World {
  const services = [service('stable', { hash: hashes.stable }), service('canary', { hash: hashes.canary })];
  return midway({ ...given, more: { services, ingresses: [ingress()], ...given.more } });
}

test('vector 46: an aborted canary behind a router is kept for 30 s, goes to 0, and a retry takes the deadline away', () => {
  const given = routedWorld(
    {
      canary: routed,
      step: 1,
      stable: { replicas: 10 },
      current: { replicas: 2 },
      status: { ...pausedAtOne, abort: true, ...weights(20) },
    },
    { canary: b, stable: a },
  );
  const aborted = settle(given, start);
  const kept = aborted.world.replicaSets.find(({ metadata }) => metadata.name === `demo-${b}`);
  assert.equal(kept?.spec.replicas, 2);
  assert.equal(kept.metadata.annotations?.['scale-down-deadline'], at(30));
  assert.equal(aborted.last.wakeAt, start + 30_000);
  assert.ok(aborted.last.reasons.some(({ code }) => code === 'abortScaleDownDelayed'));
  const [first] = aborted.waves;
  assert.deepEqual(first?.writes.map(shortWrite), [
    `service canary ${a}`,
    first?.writes.map(shortWrite)[1],
    `annotate demo-${b}`,
    'status',
  ]);

  const over = settle(aborted.world, start + 30_000).world;
  const gone = over.replicaSets.find(({ metadata }) => metadata.name === `demo-${b}`);
  assert.equal(gone?.spec.replicas, 0);
  assert.equal(gone.metadata.annotations?.['scale-down-deadline'], at(30));

  const retried = {
    ...withPods(over),
    rollout: { ...over.rollout, status: { ...over.rollout.status, abort: false } },
  };
  const again = settle(retried, start + 60_000).world.replicaSets.find(({ metadata }) => metadata.name === `demo-${b}`);
  assert.equal(again?.metadata.annotations?.['scale-down-deadline'], undefined);
  assert.equal(again?.spec.replicas, 2);
});

rows([
  {
    name: 'vector 47: without all stable pods an aborted canary gets no deadline',
    given: routedWorld(
      {
        canary: routed,
        stable: { replicas: 10, available: 8 },
        current: { replicas: 2 },
        status: { abort: true, abortedAt: at(-5), conditions: abortedConditions, ...weights(0) },
      },
      { canary: a, stable: a },
    ),
    want: {
      check: (plan) => assert.ok(!plan.writes.map(shortWrite).some((text) => text.startsWith('annotate'))),
      reasons: ['aborted', 'podsNotAvailable'],
    },
  },
  {
    name: 'vector 48: the abort delay follows a new size in its annotation, not in its pods',
    given: routedWorld(
      {
        canary: routed,
        replicas: 12,
        stable: { replicas: 12, desired: 12 },
        current: { replicas: 2, desired: 10, deadline: at(20) },
        status: { abort: true, abortedAt: at(-5), conditions: abortedConditions, ...weights(0) },
      },
      { canary: a, stable: a },
    ),
    want: { writes: [`annotate demo-${b}`, 'status'] },
  },
  {
    name: 'vector 49: abortScaleDownDelaySeconds 0 keeps the canary (BUG-5)',
    given: routedWorld(
      {
        canary: { ...routed, abortScaleDownDelaySeconds: 0 },
        stable: { replicas: 10 },
        current: { replicas: 2 },
        status: { abort: true, abortedAt: at(-5), conditions: abortedConditions, ...weights(0) },
      },
      { canary: a, stable: a },
    ),
    want: {
      check: (plan) => assert.ok(!plan.writes.map(shortWrite).some((text) => text.startsWith('scale'))),
      reasons: ['abortedCanaryKept'],
    },
  },
  {
    name: 'vector 96: an abort delay of an hour keeps the canary for an hour (BUG-6)',
    given: routedWorld(
      {
        canary: { ...routed, abortScaleDownDelaySeconds: 3600 },
        stable: { replicas: 10 },
        current: { replicas: 2, deadline: at(3600) },
        status: { abort: true, abortedAt: at(-5), conditions: abortedConditions, ...weights(0) },
      },
      { canary: a, stable: a },
    ),
    want: {
      check: (_plan, given) => {
        const { last, world: rest } = settle(given, start);
        assert.equal(last.wakeAt, start + 3_600_000);
        assert.equal(rest.replicaSets[1]?.spec.replicas, 2);
      },
    },
  },
  {
    name: 'vector 76: a Service that is not ours yet waits for all pods, one that is ours for the first',
    given: midway({
      canary: { ...twenty, canaryService: 'canary', stableService: 'stable' },
      stable: { replicas: 8 },
      current: { replicas: 2, available: 1 },
      more: { services: [service('stable', { hash: a }), service('canary', { managedBy: null })] },
    }),
    want: {
      reasons: ['serviceWaitsForPods'],
      check: (plan) => assert.ok(!plan.writes.some(({ kind }) => kind === 'patchService')),
    },
  },
  {
    name: 'vector 76: an adopted Service follows with the first available pod',
    given: midway({
      canary: { ...twenty, canaryService: 'canary', stableService: 'stable' },
      stable: { replicas: 8 },
      current: { replicas: 2, available: 1 },
      more: { services: [service('stable', { hash: a }), service('canary', { hash: a })] },
    }),
    want: { check: (plan) => assert.equal(plan.writes.map(shortWrite)[0], `service canary ${b}`) },
  },
]);

test('vector 32: a third revision displaces a canary with traffic, which keeps its pods for the delay', () => {
  const given = world({
    rollout: rollout({
      image: 'demo:c',
      canary: routed,
      annotations: { 'rollout.argoproj.io/revision': '3' },
      status: updatingStatus({
        stable: 'demo:a',
        current: 'demo:c',
        canary: routed,
        more: { ...weights(20, b, a), replicas: 12, HPAReplicas: 12, availableReplicas: 12, readyReplicas: 12 },
      }),
    }),
    replicaSets: [
      replicaSet({ image: 'demo:a', revision: 1, replicas: 10 }),
      replicaSet({ image: 'demo:b', revision: 2, replicas: 2 }),
      replicaSet({ image: 'demo:c', revision: 3, replicas: 0 }),
    ],
    services: [service('stable', { hash: a }), service('canary', { hash: b })],
    ingresses: [ingress()],
  });
  const { waves, world: rest } = settle(given, start);
  const displaced = rest.replicaSets.find(({ metadata }) => metadata.name === `demo-${b}`);
  assert.equal(displaced?.spec.replicas, 2);
  assert.equal(displaced.metadata.annotations?.['scale-down-deadline'], at(30));
  assert.equal(waves[0]?.status.canary?.weights?.canary.weight, 0);
  // The Service moves on with the first pod of the third revision; then the delay decides.
  const later = settle(withPods(rest), start + 31_000);
  const ended = settle(withPods(later.world), start + 32_000).world;
  assert.equal(ended.replicaSets.find(({ metadata }) => metadata.name === `demo-${b}`)?.spec.replicas, 0);
});

test('vector 92: a rollback inside the window takes the old ReplicaSet as it stands, and its deadline away', () => {
  const given = world({
    rollout: rollout({
      image: 'demo:a',
      canary: routed,
      generation: 2,
      annotations: { 'rollout.argoproj.io/revision': '3' },
      spec: { rollbackWindow: { revisions: 1 } },
      status: { ...promotedStatus('demo:b', { canary: routed }), ...weights(0, b, b) },
    }),
    replicaSets: [
      replicaSet({ image: 'demo:a', revision: 3, replicas: 10, createdAt: -90, deadline: at(20) }),
      replicaSet({ image: 'demo:b', revision: 2, replicas: 10, createdAt: -80 }),
    ],
    services: [service('stable', { hash: b }), service('canary', { hash: b })],
    ingresses: [ingress()],
  });
  const { waves, world: rest } = settle(given, start);
  assert.ok(
    eventsOf(waves[0]!).some(({ message }) => message === 'Rollback to active ReplicaSets within RollbackWindow'),
  );
  const back = rest.replicaSets.find(({ metadata }) => metadata.name === `demo-${a}`);
  assert.equal(back?.spec.replicas, 10);
  assert.equal(back.metadata.annotations?.['scale-down-deadline'], undefined);
  assert.equal(rest.rollout.status?.stableRS, a);
});

test('a promoted canary behind a router points its Services first, takes the weight back, then delays the old pods', () => {
  const given = routedWorld(
    { canary: routed, step: 2, stable: { replicas: 10 }, current: { replicas: 10 }, status: weights(20) },
    { canary: b, stable: a },
  );
  const { waves, world: rest } = settle(given, start);
  assert.equal(waves[0]?.status.stableRS, b);
  assert.equal(waves[0]?.status.phase, 'Healthy');
  assert.equal(waves[0]?.status.canary?.weights?.canary.weight, 100);
  assert.equal(waves[1]?.writes.map(shortWrite)[0], `service stable ${b}`);
  assert.equal(waves[1]?.status.canary?.weights?.canary.weight, 0);
  assert.deepEqual(waves[2]?.writes.map(shortWrite), [`annotate demo-${a}`]);
  const over = settle(rest, start + 30_000).world;
  assert.equal(over.replicaSets.find(({ metadata }) => metadata.name === `demo-${a}`)?.spec.replicas, 0);
});

/** Sizes (stable, canary) after each wave that scales, pods following in between (rollout.md §4.8). */
function sequence(replicas: number, canary: CanaryStrategy, from: readonly [number, number], weight: number): string {
  let current: World = midway({
    canary: { ...canary, steps: [{ setWeight: weight }, { pause: {} }] },
    replicas,
    stable: { replicas: from[0], desired: replicas },
    current: { replicas: from[1], desired: replicas },
  });
  const sizes = (at: World) => at.replicaSets.map(({ spec }) => spec.replicas).join(',');
  const seen: string[] = [];
  for (let pass = 0; pass < 60; pass += 1) {
    const planned = lawfulPlan(current, start);
    if (planned.writes.length === 0) break;
    const next = applyPlan(current, planned, start);
    if (sizes(next) !== sizes(current)) seen.push(`(${sizes(next)})`);
    current = withPods(next);
  }
  return seen.join('→');
}

const examples: readonly (readonly [string, number, CanaryStrategy, readonly [number, number], number, string])[] = [
  ['example 1', 10, {}, [10, 0], 20, '(8,0)→(8,2)'],
  ['example 2', 10, {}, [8, 2], 40, '(6,2)→(6,4)'],
  ['example 3', 10, { maxSurge: 1, maxUnavailable: 0 }, [10, 0], 10, '(10,1)→(9,1)'],
  ['example 4', 10, { maxSurge: 1, maxUnavailable: 0 }, [9, 1], 50, '(9,2)→(8,2)→(8,3)→(7,3)→(7,4)→(6,4)→(6,5)→(5,5)'],
  ['example 6', 10, { maxSurge: 0, maxUnavailable: 1 }, [10, 0], 20, '(9,0)→(9,1)→(8,1)→(8,2)'],
  ['example 7', 10, { maxSurge: 2, maxUnavailable: 2 }, [10, 0], 50, '(8,0)→(8,4)→(5,4)→(5,5)'],
  ['example 9', 1, {}, [1, 0], 20, '(1,1)'],
  ['example 10', 1, { maxSurge: 0, maxUnavailable: 1 }, [1, 0], 50, '(0,0)→(0,1)'],
  ['example 11', 3, {}, [3, 0], 10, '(3,1)'],
  ['example 13', 4, { maxSurge: 1, maxUnavailable: 0 }, [4, 0], 25, '(4,1)→(3,1)'],
  ['example 14', 7, {}, [7, 0], 30, '(6,0)→(6,2)→(5,2)'],
  ['example 16', 20, { maxSurge: '10%', maxUnavailable: 0 }, [20, 0], 25, '(20,2)→(18,2)→(18,4)→(16,4)→(16,5)→(15,5)'],
  ['example 18', 6, { maxSurge: 0, maxUnavailable: '50%' }, [6, 0], 50, '(3,0)→(3,3)'],
];

for (const [name, replicas, canary, from, weight, want] of examples) {
  test(`${name}: ${replicas} pods from (${from}) to ${weight} % go ${want}`, () => {
    assert.equal(sequence(replicas, canary, from, weight), want);
  });
}

test('a failed write is told as a reason until it succeeds', () => {
  const given = midway({ canary: twenty, stable: { replicas: 10 }, current: { replicas: 0 } });
  const ledger = {
    ...emptyLedger,
    outcomes: {
      [`scale/demo-${a}`]: { problem: { class: 'denied' as const, message: 'no' }, since: start - 1000, attempts: 3 },
    },
  };
  const planned = lawfulPlan({ ...given, ledger }, start);
  const told = planned.reasons.find(({ code }) => code === 'writeFailed');
  assert.deepEqual(told?.data, { key: `scale/demo-${a}`, class: 'denied', message: 'no', attempts: 3 });
  assert.equal(planned.writes.map(shortWrite)[0], `scale demo-${a} 8`);
});

test('the template of a new image is not touched by what the plan makes of it', () => {
  const image = template('demo:a');
  lawfulPlan(world({ rollout: rollout({ canary: twenty, spec: { template: image } }) }), start);
  assert.deepEqual(image, template('demo:a'));
});
