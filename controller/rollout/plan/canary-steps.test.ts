// Canary steps, pauses and sizes: vectors 22-41 of rollout.md §10.

import assert from 'node:assert/strict';
import { a, b, midway, pausedAtOne, pausedConditions, twenty } from '../../../test/builders/midway.ts';
import {
  at,
  hashFor,
  promotedStatus,
  replicaSet,
  rollout,
  start,
  updatingStatus,
} from '../../../test/builders/objects.ts';
import { rows, settle, shortWrite } from '../../../test/builders/rows.ts';
import { applyPlan, eventsOf, world } from '../../../test/builders/world.ts';
import { hashSteps } from '../../lang/step-hash.ts';

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
    name: 'vector 24: a pause step pauses and says so',
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
        annotations: { 'rollout.argoproj.io/revision': '2' },
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
    name: 'vector 31: going back to the stable template with other steps is the same, with the new hash',
    given: world({
      rollout: rollout({
        image: 'demo:a',
        canary: { steps: [{ setWeight: 1 }, { setWeight: 2 }, { setWeight: 3 }] },
        generation: 2,
        annotations: { 'rollout.argoproj.io/revision': '2' },
        status: updatingStatus({ stable: 'demo:a', current: 'demo:b', canary: twenty, step: 1 }),
      }),
      replicaSets: [
        replicaSet({ image: 'demo:a', revision: 1, replicas: 8 }),
        replicaSet({ image: 'demo:b', revision: 2, replicas: 2 }),
      ],
    }),
    want: {
      status: {
        currentStepIndex: 3,
        currentPodHash: a,
        currentStepHash: hashSteps([{ setWeight: 1 }, { setWeight: 2 }, { setWeight: 3 }]),
      },
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
        annotations: { 'rollout.argoproj.io/revision': '2' },
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
    // A pass for another size would leave all counts but two as they were told.
    want: { writes: [`scale demo-${hashFor('demo:z')} 0`, 'status'], status: { replicas: 11, readyReplicas: 11 } },
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
]);
