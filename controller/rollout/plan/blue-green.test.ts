// Blue/green: vectors 56-67, 71 and 95-98 of rollout.md §10.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  at,
  condition,
  hashFor,
  pod,
  promotedStatus,
  replicaSet,
  rollout,
  service,
  start,
  template,
  updatingStatus,
} from '../../../test/builders/objects.ts';
import { lawfulPlan, rows, settle, shortWrite } from '../../../test/builders/rows.ts';
import { applyPlan, eventsOf, type World, withPods, world } from '../../../test/builders/world.ts';
import type { BlueGreenStrategy, RolloutSpec, RolloutStatus } from '../../api/types.generated.ts';

const a = hashFor('demo:a');
const b = hashFor('demo:b');

type Options = Partial<Parameters<typeof replicaSet>[0]>;

interface Midway {
  readonly strategy?: Partial<BlueGreenStrategy>;
  readonly stable?: Options;
  readonly preview?: Options;
  readonly active?: string;
  readonly replicas?: number;
  readonly status?: RolloutStatus;
  readonly blueGreen?: RolloutStatus['blueGreen'];
  readonly spec?: Partial<RolloutSpec>;
}

/** An update from demo:a to demo:b before the switch. */
function midway(given: Midway = {}): World {
  const { replicas = 10, active = a } = given;
  const strategy = { activeService: 'active', previewService: 'preview', ...given.strategy };
  const preview = given.preview?.replicas ?? replicas;
  return world({
    rollout: rollout({
      image: 'demo:b',
      replicas,
      blueGreen: strategy,
      annotations: { 'rollout.argoproj.io/revision': '2' },
      ...(given.spec ? { spec: given.spec } : {}),
      status: updatingStatus({
        stable: 'demo:a',
        current: 'demo:b',
        replicas,
        more: {
          replicas: replicas + preview,
          ...(preview > 0 ? { updatedReplicas: preview } : {}),
          selector: `app=demo,rollouts-pod-template-hash=${active}`,
          blueGreen: { activeSelector: active, previewSelector: b, ...given.blueGreen },
          message: 'active service cutover pending',
          ...given.status,
        },
      }),
    }),
    replicaSets: [
      replicaSet({ image: 'demo:a', revision: 1, replicas, desired: replicas, ...given.stable }),
      replicaSet({ image: 'demo:b', revision: 2, replicas, desired: replicas, ...given.preview }),
    ],
    services: [service('active', { hash: active }), service('preview', { hash: b })],
  });
}

const paused: RolloutStatus = {
  pauseConditions: [{ reason: 'BlueGreenPause', startTime: at(-11) }],
  controllerPause: true,
  phase: 'Paused',
  message: 'BlueGreenPause',
  conditions: [
    condition('Available', 'True', 'AvailableReason', 'Rollout has minimum availability'),
    condition('Healthy', 'False', 'RolloutHealthy', 'Rollout is not healthy'),
    condition('Completed', 'False', 'RolloutCompleted', 'RolloutCompleted'),
    condition('Progressing', 'Unknown', 'RolloutPaused', 'Rollout is paused'),
    condition('Paused', 'True', 'RolloutPaused', 'Rollout is paused'),
  ],
};

const abortedConditions = [
  condition('Available', 'True', 'AvailableReason', 'Rollout has minimum availability'),
  condition('Healthy', 'False', 'RolloutHealthy', 'Rollout is not healthy'),
  condition('Completed', 'False', 'RolloutCompleted', 'RolloutCompleted'),
  condition('Progressing', 'False', 'RolloutAborted', 'Rollout aborted update to revision 2'),
];

test('vector 56: the first revision is stable at once, active when all of it is there, and never paused', () => {
  const blueGreen = { activeService: 'active', autoPromotionEnabled: false };
  const given = world({ rollout: rollout({ blueGreen }), services: [service('active', { managedBy: null })] });
  const first = settle(given, start);
  assert.equal(first.world.rollout.status?.stableRS, a);
  assert.equal(first.world.rollout.status?.blueGreen?.activeSelector, undefined);
  const partly = settle(withPods(first.world, { [`demo-${a}`]: 9 }), start + 1000);
  assert.equal(partly.last.status.blueGreen?.activeSelector, undefined);
  assert.ok(partly.last.reasons.some(({ code }) => code === 'activeServiceHeld'));
  const ready = settle(withPods(partly.world), start + 2000);
  assert.equal(ready.last.status.phase, 'Healthy');
  assert.equal(ready.last.status.blueGreen?.activeSelector, a);
  assert.equal(ready.last.status.selector, `app=demo,rollouts-pod-template-hash=${a}`);
});

rows([
  {
    name: 'vector 57: with a preview pod missing nothing is paused and nothing switched',
    given: midway({ strategy: { autoPromotionEnabled: false }, preview: { available: 9 } }),
    want: {
      status: { pauseConditions: null },
      reasons: ['activeServiceHeld', 'podsNotAvailable'],
      check: (plan) => assert.ok(!plan.writes.some(({ kind }) => kind === 'patchService')),
    },
  },
  {
    name: 'a complete preview is paused before the switch',
    given: midway({ strategy: { autoPromotionEnabled: false } }),
    want: {
      writes: ['status'],
      status: { phase: 'Paused', pauseConditions: [{ reason: 'BlueGreenPause', startTime: at(0) }] },
      events: ['RolloutPaused: Rollout is paused (BlueGreenPause)'],
    },
  },
  {
    name: 'vector 58: with auto promotion disabled its seconds mean nothing',
    given: midway({
      strategy: { autoPromotionEnabled: false, autoPromotionSeconds: 10 },
      status: { ...paused, duration: { rolloutStartedAt: at(-20), manualPauseStartedAt: at(-11) } },
    }),
    want: { writes: [], reasons: ['pausedBeforePromotion'] },
  },
  {
    name: 'vector 59: when its seconds are over the switch and the promotion are one wave',
    given: midway({ strategy: { autoPromotionSeconds: 10 }, status: paused }),
    want: {
      writes: [`service active ${b}`, 'status'],
      status: { stableRS: b, pauseConditions: null, blueGreen: { activeSelector: b } },
      events: [
        `SwitchService: Switched selector for service 'active' from '${a}' to '${b}'`,
        `RolloutCompleted: Rollout completed update to revision 2 (${b}): Completed blue-green update`,
        'RolloutResumed: Rollout is resumed',
      ],
    },
  },
  {
    name: 'vector 59: until then it wakes at the first millisecond after',
    given: midway({
      strategy: { autoPromotionSeconds: 30 },
      status: { ...paused, duration: { rolloutStartedAt: at(-20) } },
    }),
    want: { writes: [], wakeAt: 19.001 },
  },
  {
    name: 'vector 59: a user-paused update stays where it is',
    given: midway({
      strategy: { autoPromotionSeconds: 10 },
      spec: { paused: true },
      status: { ...paused, message: 'manually paused' },
    }),
    want: { writes: [], reasons: ['pausedByUser'] },
  },
  {
    name: 'vector 60: a smaller preview is complete with its own count',
    given: midway({
      strategy: { previewReplicaCount: 1, autoPromotionEnabled: false },
      preview: { replicas: 1 },
      status: { ...paused, pauseConditions: undefined },
    }),
    want: {
      check: (_plan, given) => {
        const resumed = settle(given, start);
        assert.equal(resumed.world.rollout.status?.blueGreen?.scaleUpPreviewCheckPoint, true);
        assert.equal(resumed.world.replicaSets[1]?.spec.replicas, 10);
        const grown = settle(withPods(resumed.world), start + 1000);
        assert.equal(grown.world.rollout.status?.stableRS, b);
      },
    },
  },
  {
    name: 'vector 60: a full promotion grows the preview directly',
    given: midway({
      strategy: { previewReplicaCount: 1, autoPromotionEnabled: false },
      preview: { replicas: 1 },
      status: { promoteFull: true },
    }),
    want: { check: (plan) => assert.ok(plan.writes.map(shortWrite).includes(`scale demo-${b} 10`)) },
  },
  {
    name: 'vector 61: a way back inside the delay needs no pause',
    given: world({
      rollout: rollout({
        image: 'demo:a',
        blueGreen: { activeService: 'active', autoPromotionEnabled: false },
        generation: 2,
        annotations: { 'rollout.argoproj.io/revision': '3' },
        status: {
          ...promotedStatus('demo:b'),
          selector: `app=demo,rollouts-pod-template-hash=${b}`,
          blueGreen: { activeSelector: b },
        },
      }),
      replicaSets: [
        replicaSet({ image: 'demo:a', revision: 3, replicas: 10, createdAt: -90, deadline: at(20) }),
        replicaSet({ image: 'demo:b', revision: 2, replicas: 10, createdAt: -80 }),
      ],
      services: [service('active', { hash: b })],
    }),
    want: {
      check: (_plan, given) => {
        const { waves, world: rest } = settle(given, start);
        assert.equal(rest.rollout.status?.stableRS, a);
        const told = waves.flatMap((wave) => eventsOf(wave).map(({ message }) => message));
        assert.ok(told.includes(`Rollout completed update to revision 3 (${a}): Fast rollback`));
        assert.equal(rest.replicaSets[0]?.metadata.annotations?.['scale-down-deadline'], undefined);
        assert.equal(rest.replicaSets[1]?.metadata.annotations?.['scale-down-deadline'], at(30));
      },
    },
  },
  {
    name: 'vector 63: beyond the revision limit the older of two delayed ReplicaSets goes now',
    given: world({
      rollout: rollout({
        image: 'demo:c',
        blueGreen: { activeService: 'active', scaleDownDelayRevisionLimit: 1 },
        annotations: { 'rollout.argoproj.io/revision': '3' },
        status: {
          ...promotedStatus('demo:c'),
          selector: `app=demo,rollouts-pod-template-hash=${hashFor('demo:c')}`,
          blueGreen: { activeSelector: hashFor('demo:c') },
          replicas: 30,
        },
      }),
      replicaSets: [
        replicaSet({ image: 'demo:a', revision: 1, replicas: 10, deadline: at(100) }),
        replicaSet({ image: 'demo:b', revision: 2, replicas: 10, deadline: at(200) }),
        replicaSet({ image: 'demo:c', revision: 3, replicas: 10 }),
      ],
      services: [service('active', { hash: hashFor('demo:c') })],
    }),
    want: { writes: [`scale demo-${a} 0`], reasons: ['scaleDownDelayed'] },
  },
  {
    name: 'vector 64: an unreadable deadline is one that has passed',
    given: world({
      rollout: rollout({
        image: 'demo:b',
        blueGreen: { activeService: 'active' },
        annotations: { 'rollout.argoproj.io/revision': '2' },
        status: {
          ...promotedStatus('demo:b'),
          selector: `app=demo,rollouts-pod-template-hash=${b}`,
          blueGreen: { activeSelector: b },
          replicas: 20,
        },
      }),
      replicaSets: [
        replicaSet({ image: 'demo:a', revision: 1, replicas: 10, deadline: 'soon' }),
        replicaSet({ image: 'demo:b', revision: 2, replicas: 10 }),
      ],
      services: [service('active', { hash: b })],
    }),
    want: { writes: [`scale demo-${a} 0`] },
  },
  {
    name: 'vector 65: an abort after the switch takes the active Service back and delays the new revision',
    given: midway({ active: b, status: { abort: true } }),
    want: {
      status: {
        phase: 'Degraded',
        blueGreen: { activeSelector: a },
        selector: `app=demo,rollouts-pod-template-hash=${a}`,
      },
      check: (_plan, given) => {
        const { world: rest } = settle(given, start);
        assert.equal(rest.replicaSets[1]?.metadata.annotations?.['scale-down-deadline'], at(30));
      },
    },
  },
  {
    name: 'vector 97: an abort switches back although a new pod is not ready (BUG-7)',
    given: midway({ active: b, preview: { available: 9 }, status: { abort: true } }),
    want: { check: (plan) => assert.ok(plan.writes.map(shortWrite).includes(`service active ${a}`)) },
  },
  {
    name: 'an abort of no replicas at all waits for nobody',
    given: midway({
      active: b,
      replicas: 0,
      stable: { replicas: 0, desired: 0 },
      preview: { replicas: 0, desired: 0 },
      status: { abort: true },
    }),
    want: { check: (plan) => assert.ok(plan.writes.map(shortWrite).includes(`service active ${a}`)) },
  },
  {
    name: 'BUG-7: a deadline never takes the pods of what the active Service selects',
    given: midway({
      active: b,
      stable: { available: 0 },
      preview: { deadline: at(-10) },
      status: { abort: true, abortedAt: at(-40), conditions: abortedConditions },
    }),
    want: {
      reasons: ['serviceWaitsForPods'],
      check: (plan) => assert.ok(!plan.writes.map(shortWrite).includes(`scale demo-${b} 0`)),
    },
  },
  {
    name: 'vector 67: a new size is followed by stable and preview at once',
    given: midway({
      replicas: 12,
      stable: { replicas: 10, desired: 10 },
      preview: { replicas: 10, desired: 10 },
    }),
    want: { writes: [`scale demo-${a} 12`, `scale demo-${b} 12`, 'status'] },
  },
  {
    name: 'vector 67: but a preview that has a count of its own keeps it',
    given: midway({
      replicas: 12,
      strategy: { previewReplicaCount: 1, autoPromotionEnabled: false },
      stable: { replicas: 10, desired: 10 },
      preview: { replicas: 1, desired: 10 },
      status: paused,
    }),
    want: {
      check: (_plan, given) =>
        assert.deepEqual(
          settle(given, start).world.replicaSets.map(({ spec }) => spec.replicas),
          [12, 1],
        ),
    },
  },
  {
    name: 'vector 71: a stuck preview is aborted by the deadline, with both events',
    given: midway({
      spec: { progressDeadlineAbort: true },
      preview: { available: 9 },
      status: {
        conditions: [
          condition('Available', 'True', 'AvailableReason', 'Rollout has minimum availability'),
          condition('Completed', 'False', 'RolloutCompleted', 'RolloutCompleted'),
          condition('Progressing', 'True', 'ReplicaSetUpdated', 'progressing', -601),
        ],
      },
    }),
    want: {
      status: { abort: true, phase: 'Degraded' },
      events: [
        `RolloutAborted: ReplicaSet "demo-${b}" has timed out progressing.`,
        `RolloutAborted: Rollout aborted update to revision 2: ReplicaSet "demo-${b}" has timed out progressing.`,
      ],
    },
  },
  {
    name: 'vector 95: an early resume promotes at once (BUG-19)',
    given: midway({
      strategy: { autoPromotionSeconds: 60 },
      status: { ...paused, pauseConditions: undefined },
    }),
    want: {
      check: (_plan, given) => assert.equal(settle(given, start).world.rollout.status?.stableRS, b),
    },
  },
  {
    name: 'vector 98: a delay of 0 takes the old revision down at once (BUG-1)',
    given: world({
      rollout: rollout({
        image: 'demo:b',
        blueGreen: { activeService: 'active', scaleDownDelaySeconds: 0 },
        annotations: { 'rollout.argoproj.io/revision': '2' },
        status: {
          ...promotedStatus('demo:b'),
          selector: `app=demo,rollouts-pod-template-hash=${b}`,
          blueGreen: { activeSelector: b },
          replicas: 20,
        },
      }),
      replicaSets: [
        replicaSet({ image: 'demo:a', revision: 1, replicas: 10 }),
        replicaSet({ image: 'demo:b', revision: 2, replicas: 10 }),
      ],
      services: [service('active', { hash: b })],
    }),
    want: { writes: [`scale demo-${a} 0`] },
  },
  {
    name: 'BUG-8: a resume counts although a preview pod is not ready just now',
    given: midway({
      strategy: { autoPromotionEnabled: false },
      preview: { available: 9 },
      status: { ...paused, pauseConditions: undefined },
    }),
    want: {
      check: (_plan, given) => {
        const waiting = settle(given, start);
        assert.equal(waiting.world.rollout.status?.controllerPause, true);
        const ready = settle(withPods(waiting.world), start + 1000);
        assert.equal(ready.world.rollout.status?.stableRS, b);
      },
    },
  },
  {
    name: 'vector 90: a rollout that turns from blue/green to canary makes nothing and is at the end of its steps',
    given: world({
      rollout: rollout({
        image: 'demo:a',
        canary: { steps: [{ setWeight: 10 }, { pause: {} }] },
        generation: 2,
        annotations: { 'rollout.argoproj.io/revision': '1' },
        status: { ...promotedStatus('demo:a'), blueGreen: { activeSelector: a } },
      }),
      replicaSets: [replicaSet({ image: 'demo:a', replicas: 10 })],
    }),
    want: { writes: ['status'], status: { currentStepIndex: 2, blueGreen: { activeSelector: null } } },
  },
]);

test('the preview Service follows a new template before the preview has a pod', () => {
  const given = midway({ preview: { replicas: 0 } });
  const before = {
    ...given,
    services: [service('active', { hash: a }), service('preview', { hash: a })],
    rollout: {
      ...given.rollout,
      status: { ...given.rollout.status, currentPodHash: a, blueGreen: { activeSelector: a, previewSelector: a } },
    },
  };
  const planned = lawfulPlan(before, start);
  assert.deepEqual(planned.writes.map(shortWrite), [`service preview ${b}`, 'status']);
  assert.equal(planned.status.blueGreen?.previewSelector, b);
  assert.equal(planned.status.currentPodHash, b);
  const next = lawfulPlan(applyPlan(before, planned, start), start);
  assert.equal(next.writes.map(shortWrite)[0], `scale demo-${b} 10`);
});

test('a restart of a blue/green rollout evicts, tells its status, and is done in a later wave', () => {
  const stable = replicaSet({ image: 'demo:a', revision: 1, replicas: 2, desired: 2 });
  const given = world({
    rollout: rollout({
      replicas: 2,
      blueGreen: { activeService: 'active' },
      spec: { restartAt: at(-10) },
      annotations: { 'rollout.argoproj.io/revision': '1' },
      status: { ...promotedStatus('demo:a', { replicas: 2 }), blueGreen: { activeSelector: a } },
    }),
    replicaSets: [stable],
    services: [service('active', { hash: a })],
    pods: [pod('one', { of: stable }), pod('two', { of: stable })],
  });
  const planned = lawfulPlan(given, start);
  assert.equal(planned.writes.map(shortWrite)[0], 'evict one');
  assert.equal(planned.status.restartedAt, undefined);
});

test('§3.6.5: back to stable after the switch, stable stays whole although the preview is to be small', () => {
  const given = midway({
    strategy: { previewReplicaCount: 1, autoPromotionEnabled: false, postPromotionAnalysis: { templates: [] } },
    active: b,
    blueGreen: { scaleUpPreviewCheckPoint: true },
  });
  const back = {
    ...given,
    rollout: { ...given.rollout, spec: { ...given.rollout.spec, template: template('demo:a') } },
  };
  const settled = settle(back, start);
  assert.ok(!settled.waves.flatMap(({ writes }) => writes.map(shortWrite)).includes(`scale demo-${a} 1`));
  assert.equal(settled.world.rollout.status?.blueGreen?.activeSelector, a);
  const kept = settled.world.replicaSets.find(({ metadata }) => metadata.name === `demo-${a}`);
  assert.equal(kept?.spec.replicas, 10);
});

test('vector 60: a new template does not inherit the checkpoint of the one before', () => {
  const given = midway({
    strategy: { previewReplicaCount: 1, autoPromotionEnabled: false },
    preview: { replicas: 10 },
    blueGreen: { scaleUpPreviewCheckPoint: true },
  });
  const third = replicaSet({ image: 'demo:c', revision: 3, replicas: 1 });
  const next = {
    ...given,
    replicaSets: [...given.replicaSets, third],
    rollout: { ...given.rollout, spec: { ...given.rollout.spec, template: template('demo:c') } },
  };
  const reset = lawfulPlan(next, start);
  assert.equal(reset.status.blueGreen?.scaleUpPreviewCheckPoint, undefined);
  assert.equal(settle(next, start).world.rollout.status?.phase, 'Paused');
});

test('law 10: a Service that selects no hash yet is switched before the new version counts as stable', () => {
  const given = midway({
    active: '',
    preview: { replicas: 0 },
    spec: { paused: true },
    strategy: { scaleDownDelayRevisionLimit: 0 },
  });
  const { world: rest } = settle(given, start);
  assert.equal(rest.rollout.status?.stableRS, a);
  assert.equal(rest.replicaSets.find(({ metadata }) => metadata.name === `demo-${a}`)?.spec.replicas, 10);
  const resumed = {
    ...withPods(rest),
    rollout: { ...rest.rollout, spec: { ...rest.rollout.spec, paused: false } },
  };
  const { status } = settle(resumed, start).world.rollout;
  assert.deepEqual([status?.blueGreen?.activeSelector, status?.stableRS], [b, b]);
});

test('paused after the switch, before it is stable, it comes to rest: the marks of health and pause do not alternate', () => {
  const given = midway({
    active: b,
    stable: { replicas: 0 },
    strategy: { postPromotionAnalysis: { templates: [] } },
    spec: { paused: true },
    status: { replicas: 10, availableReplicas: 10, readyReplicas: 10, HPAReplicas: 10 },
    blueGreen: { postPromotionAnalysisRunStatus: { name: 'post', status: 'Running' } },
  });
  const { last } = settle(given, start);
  assert.equal(last.status.phase, 'Paused');
});
