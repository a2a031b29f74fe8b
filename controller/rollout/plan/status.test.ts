// Conditions, phase, progress deadline and what makes a status patch: vectors 68-75 and 99 of rollout.md §10.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { midway, pausedAtOne, twenty } from '../../../test/builders/midway.ts';
import { at, condition, hashFor, promotedStatus, replicaSet, rollout, start } from '../../../test/builders/objects.ts';
import { lawfulPlan, rows, settle } from '../../../test/builders/rows.ts';
import { applyPlan, type World, world } from '../../../test/builders/world.ts';
import type { ReplicaSet } from '../../api/kubernetes-types.ts';
import type { RolloutStatus } from '../../api/types.generated.ts';
import { diffMergePatch } from '../../lang/merge-patch.ts';

const a = hashFor('demo:a');
const b = hashFor('demo:b');

function conditionsAt(seconds: number) {
  return [
    condition('Available', 'False', 'AvailableReason', 'Rollout does not have minimum availability'),
    condition('Healthy', 'False', 'RolloutHealthy', 'Rollout is not healthy'),
    condition('Completed', 'False', 'RolloutCompleted', 'RolloutCompleted'),
    condition('Progressing', 'True', 'ReplicaSetUpdated', `ReplicaSet "demo-${b}" is progressing.`, seconds),
  ];
}

/** A promoted rollout at rest. */
function resting(available = 10): World {
  return world({
    rollout: rollout({
      canary: twenty,
      annotations: { 'rollout.argoproj.io/revision': '1' },
      status: promotedStatus('demo:a', { canary: twenty }),
    }),
    replicaSets: [replicaSet({ image: 'demo:a', replicas: 10, available })],
  });
}

const stuck = { stable: { replicas: 8 }, current: { replicas: 2, available: 1 }, canary: twenty };

/** The ReplicaSet of the new version says that it cannot make pods. */
function failing(lastTransitionTime: string | undefined): World {
  const given = replicaSet({ image: 'demo:b', revision: 2, replicas: 2, available: 1, actual: 1 });
  const failure = {
    type: 'ReplicaFailure',
    status: 'True' as const,
    reason: 'FailedCreate',
    message: 'exceeded quota',
  };
  const conditions = [{ ...failure, ...(lastTransitionTime === undefined ? {} : { lastTransitionTime }) }];
  const replicaSets = [
    replicaSet({ image: 'demo:a', revision: 1, replicas: 8 }),
    { ...given, status: { ...given.status, conditions } as NonNullable<typeof given.status> },
  ];
  return midway({ ...stuck, more: { replicaSets } });
}

function failingStable(): World {
  const [stable, current] = failing(at(-3)).replicaSets;
  const conditions = current?.status?.conditions;
  const replicaSets = [
    { ...stable, status: { ...stable?.status, conditions } },
    { ...current, status: { ...current?.status, conditions: [] } },
  ];
  return midway({ ...stuck, more: { replicaSets: replicaSets as readonly ReplicaSet[] } });
}

function goingAway(): World {
  const [stable, current] = midway(stuck).replicaSets;
  const metadata = { ...current?.metadata, deletionTimestamp: at(-5), finalizers: ['example.com/hold'] };
  return midway({ ...stuck, more: { replicaSets: [stable, { ...current, metadata }] as readonly ReplicaSet[] } });
}

const failureOf = ({ conditions }: RolloutStatus) => conditions?.find(({ type }) => type === 'ReplicaFailure');

rows([
  {
    name: 'a promoted rollout at rest writes nothing and waits for nothing',
    given: resting(),
    want: { writes: [], events: [], check: (plan) => assert.deepEqual(plan.reasons, []) },
  },
  {
    name: 'vector 68: without progress the deadline passes, and the rollout is degraded',
    given: midway({ ...stuck, status: { conditions: conditionsAt(-601) } }),
    want: {
      writes: ['status'],
      status: {
        phase: 'Degraded',
        message: `ProgressDeadlineExceeded: ReplicaSet "demo-${b}" has timed out progressing.`,
      },
      reasons: ['progressDeadlineExceeded', 'podsNotAvailable'],
    },
  },
  {
    name: 'vector 68: before that it wakes at the first millisecond after the deadline',
    given: midway({ ...stuck, status: { conditions: conditionsAt(-100) } }),
    want: { writes: [], wakeAt: 500.001 },
  },
  {
    name: 'vector 68: a pod that gets ready later is progress again',
    given: midway({
      ...stuck,
      current: { replicas: 2 },
      status: {
        availableReplicas: 9,
        readyReplicas: 9,
        phase: 'Degraded',
        conditions: conditionsAt(-700).map((found) =>
          found.type === 'Progressing'
            ? condition('Progressing', 'False', 'ProgressDeadlineExceeded', 'timed out', -100)
            : found,
        ),
      },
    }),
    want: {
      status: { phase: 'Progressing', currentStepIndex: 1 },
      check: (plan) => {
        const progressing = plan.status.conditions?.find(({ type }) => type === 'Progressing');
        assert.deepEqual([progressing?.status, progressing?.reason], ['True', 'ReplicaSetUpdated']);
      },
    },
  },
  {
    name: 'vector 69: at a pause there is no deadline',
    given: midway({
      canary: twenty,
      step: 1,
      stable: { replicas: 8 },
      current: { replicas: 2 },
      status: { ...pausedAtOne, duration: { rolloutStartedAt: at(-2000), manualPauseStartedAt: at(-2000) } },
    }),
    at: 1000,
    want: { writes: [], reasons: ['pausedAtStep'] },
  },
  {
    name: 'vector 69: while an old ReplicaSet waits for its own deadline there is none',
    given: midway({
      ...stuck,
      status: { conditions: conditionsAt(-601) },
      more: {
        replicaSets: [
          replicaSet({ image: 'demo:z', revision: 0, replicas: 0, deadline: at(20) }),
          replicaSet({ image: 'demo:a', revision: 1, replicas: 8 }),
          replicaSet({ image: 'demo:b', revision: 2, replicas: 2, available: 1 }),
        ],
      },
    }),
    want: { status: { phase: 'Progressing' } },
  },
  {
    name: 'vector 70: while a size of ours is not observed the deadline is not looked at',
    given: midway({
      ...stuck,
      current: { replicas: 2, available: 1, isBehind: true },
      status: { conditions: conditionsAt(-601) },
    }),
    want: { writes: [], reasons: ['scaleUnobserved'] },
  },
  {
    name: 'vector 71: a promoted rollout that loses pods is never aborted by the deadline',
    given: {
      ...resting(9),
      rollout: {
        ...resting().rollout,
        spec: { ...resting().rollout.spec, progressDeadlineAbort: true },
        status: {
          ...resting().rollout.status,
          availableReplicas: 9,
          readyReplicas: 9,
          phase: 'Progressing',
          message: 'updated replicas are still becoming available',
          conditions: [
            condition('Completed', 'True', 'RolloutCompleted', 'RolloutCompleted'),
            condition('Healthy', 'False', 'RolloutHealthy', 'Rollout is not healthy'),
            condition('Progressing', 'True', 'ReplicaSetNotAvailable', 'x', -700),
            condition('Available', 'False', 'AvailableReason', 'Rollout does not have minimum availability'),
          ],
        },
      },
    },
    want: { writes: ['status'], status: { abort: null, phase: 'Degraded' } },
  },
  {
    name: 'vector 72: a promoted rollout that loses a pod is not healthy, and its clock starts once',
    given: resting(9),
    want: {
      status: { phase: 'Progressing', message: 'updated replicas are still becoming available', stableRS: a },
      check: (plan) => {
        const found = Object.fromEntries(
          (plan.status.conditions ?? []).map(({ type, status, reason }) => [type, `${status} ${reason}`]),
        );
        assert.deepEqual(found, {
          Completed: 'True RolloutCompleted',
          Healthy: 'False RolloutHealthy',
          Progressing: 'True ReplicaSetNotAvailable',
          Available: 'False AvailableReason',
        });
      },
    },
  },
  {
    name: 'vector 73: a failure to make pods is copied from the ReplicaSet',
    given: failing(at(-3)),
    want: {
      reasons: ['replicaFailure'],
      check: (plan) => {
        const copied = failureOf(plan.status);
        assert.equal(copied?.message, 'exceeded quota');
        assert.equal(copied?.lastUpdateTime, at(-3));
      },
    },
  },
  {
    name: 'a failure of the stable ReplicaSet is told of that one',
    given: failingStable(),
    want: {
      check: ({ reasons }) => {
        const told = reasons.find(({ code }) => code === 'replicaFailure');
        assert.deepEqual(told?.data, { replicaSet: `demo-${a}`, message: 'exceeded quota' });
      },
    },
  },
  {
    name: 'a ReplicaSet that somebody deletes makes no pods: that is told, not that its pods are late',
    given: goingAway(),
    want: { reasons: ['replicaSetGoes'] },
  },
  {
    name: 'a failure that does not say since when is told with the time at which it was seen',
    given: failing(undefined),
    at: 5,
    want: {
      check: (plan, given) => {
        const { lastTransitionTime, lastUpdateTime } = failureOf(plan.status) ?? {};
        assert.deepEqual([lastTransitionTime, lastUpdateTime], [at(5), at(5)]);
        const later = lawfulPlan(applyPlan(given, plan, start + 5000), start + 60_000);
        assert.equal(failureOf(later.status)?.lastTransitionTime, at(5));
      },
    },
  },
  {
    name: 'vector 74: minReadySeconds goes to the new ReplicaSet without a new revision',
    given: {
      ...resting(),
      rollout: { ...resting().rollout, spec: { ...resting().rollout.spec, minReadySeconds: 5 } },
    },
    want: {
      writes: [`revision demo-${a}`],
      check: (plan) =>
        assert.deepEqual((plan.writes[0] as { patch?: unknown }).patch, { spec: { minReadySeconds: 5 } }),
    },
  },
  {
    name: 'a zero that a client wrote is no reason to patch',
    given: {
      ...resting(),
      rollout: { ...resting().rollout, status: { ...resting().rollout.status, abort: false } },
    },
    want: { writes: [] },
  },
  {
    name: 'fields of the status that nobody here knows survive',
    given: {
      ...resting(9),
      rollout: { ...resting().rollout, status: { ...resting().rollout.status, newer: { field: 1 } } as never },
    },
    want: { status: { newer: { field: 1 } } },
  },
]);

test('vector 75: a new generation and nothing else is a patch of one field', () => {
  const before = midway({
    ...stuck,
    status: { observedGeneration: '122', conditions: conditionsAt(-10) },
  });
  const given = {
    ...before,
    rollout: { ...before.rollout, metadata: { ...before.rollout.metadata, generation: 123 } },
  };
  const planned = lawfulPlan(given, start);
  assert.deepEqual(diffMergePatch(given.rollout.status, planned.status), { observedGeneration: '123' });
});

test('vector 99: a rollout of an older release is taken over in the middle without a single write', () => {
  const old = '6c5667f666';
  const given = midway({
    canary: twenty,
    step: 1,
    stable: { replicas: 8 },
    current: { replicas: 2, hash: old },
    status: {
      ...pausedAtOne,
      currentPodHash: old,
      duration: { rolloutStartedAt: at(-20), manualPauseStartedAt: at(-10) },
    },
  });
  assert.deepEqual(lawfulPlan(given, start).writes, []);
});

test('conditions in another order are the same conditions', () => {
  const given = resting();
  const status = given.rollout.status ?? {};
  const turned = { ...given.rollout, status: { ...status, conditions: [...(status.conditions ?? [])].reverse() } };
  assert.deepEqual(lawfulPlan({ ...given, rollout: turned }, start).writes, []);
});

test('an attempt is timed from its start to its end, less the time it waited for people', () => {
  const paused = midway({
    canary: twenty,
    step: 1,
    stable: { replicas: 8 },
    current: { replicas: 2 },
    status: { ...pausedAtOne, duration: { rolloutStartedAt: at(-60), manualPauseStartedAt: at(-40) } },
  });
  const resumed = { ...paused, rollout: { ...paused.rollout, status: { ...paused.rollout.status } } };
  const status = { ...resumed.rollout.status, pauseConditions: undefined };
  const planned = lawfulPlan({ ...resumed, rollout: { ...resumed.rollout, status } }, start);
  assert.deepEqual(planned.status.duration, { rolloutStartedAt: at(-60), totalManualPauseDurationSeconds: 40 });
});

test('a finished attempt is left alone while the rollout rests', () => {
  const given = resting();
  const duration = { rolloutStartedAt: at(-60), finishedAt: at(-20), completionStatus: 'Promoted' };
  const status = { ...given.rollout.status, duration };
  const rested = settle({ ...given, rollout: { ...given.rollout, status } }, start);
  assert.deepEqual(rested.world.rollout.status?.duration, duration);
  assert.equal(applyPlan(given, rested.last, start).replicaSets.length, 1);
});
