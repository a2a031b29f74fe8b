// Abort, retry, full promotion and rollback of a canary: vectors 42-45, 51-55 and 91 of rollout.md §10.

import assert from 'node:assert/strict';
import { course, sizesOf } from '../../../test/builders/course.ts';
import {
  a,
  abortedConditions,
  b,
  c,
  midway,
  pausedAtOne,
  pausedConditions,
  routed,
  routedWorld,
  twenty,
  weights,
} from '../../../test/builders/midway.ts';
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
import { lawfulPlan, rows, settle } from '../../../test/builders/rows.ts';
import { applyPlan, eventsOf, world } from '../../../test/builders/world.ts';
import type { RolloutSpec, RolloutStatus } from '../../api/types.generated.ts';

/** All pods of an older revision were wanted, none came, and the deadline has passed. */
function outOfTime(status: RolloutStatus, spec: Partial<RolloutSpec> = {}) {
  const conditions = [
    ...pausedConditions.filter(({ type }) => type !== 'Progressing' && type !== 'Paused'),
    condition('Progressing', 'True', 'ReplicaSetUpdated', 'ReplicaSet "demo" is progressing.', -100),
  ];
  return routedWorld(
    {
      canary: routed,
      step: 2,
      stable: { replicas: 10, createdAt: -50 },
      current: { replicas: 10, available: 0, createdAt: -90 },
      spec: { progressDeadlineAbort: true, progressDeadlineSeconds: 60, ...spec },
      status: { ...status, ...weights(0), conditions },
    },
    { canary: a, stable: a },
  );
}

rows([
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
    want: {
      writes: ['status'],
      status: { abort: null, abortedAt: null, currentPodHash: c, currentStepIndex: 0 },
      check: (_plan, given) => assert.equal(sizesOf(settle(given, start).world)[c], 2),
    },
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
        const { waves, world: rest } = course(given);
        assert.equal(rest.rollout.status?.stableRS, a);
        assert.ok(waves.every(({ status }) => !status.pauseConditions?.length));
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
    want: {
      status: { stableRS: b, currentStepIndex: 2 },
      check: (plan, given) => {
        const told = eventsOf(plan).map(({ message }) => message);
        assert.ok(told.includes(`Rollout completed update to revision 2 (${b}): Initial deploy`));
        assert.deepEqual(sizesOf(course(given).world), { [b]: 10 });
      },
    },
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
    name: 'BUG-4: the deadline that aborts a full promotion ends it, or the abort would come and go for ever',
    given: outOfTime({ promoteFull: true }),
    want: { status: { abort: true, promoteFull: null, phase: 'Degraded' } },
  },
  {
    name: 'a rollback within the window is not aborted by the deadline: the next pass would drop the abort',
    given: outOfTime({}, { rollbackWindow: { revisions: 1 } }),
    want: { check: (plan) => assert.equal(plan.status.abort, undefined) },
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
