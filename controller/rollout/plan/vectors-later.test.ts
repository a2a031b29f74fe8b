// What the vectors of rollout.md §10 say of later passes and of the other case ("with", "without"), after the first pass
// that their rows show: several waves, with pods that become ready in between.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { course, scalesOf, sizesOf } from '../../../test/builders/course.ts';
import {
  a,
  b,
  midway,
  pausedAtOne,
  pausedConditions,
  routedWorld,
  twenty,
  weights,
} from '../../../test/builders/midway.ts';
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
import { lawfulPlan, settle, shortWrite } from '../../../test/builders/rows.ts';
import { applyPlan, eventsOf, observe, type World, world } from '../../../test/builders/world.ts';
import type { BlueGreenStrategy, CanaryStrategy, RolloutStatus } from '../../api/types.generated.ts';
import { plan } from '../plan.ts';
import type { Plan } from '../types.ts';

const z = hashFor('demo:z');

const reasonsOf = (planned: Plan) => eventsOf(planned).map(({ reason }) => reason);
const conditionsOf = ({ status }: Plan) =>
  Object.fromEntries((status.conditions ?? []).map(({ type, status: value, reason }) => [type, `${value} ${reason}`]));

test('vector 12: an adopted ReplicaSet of another template is scaled down; one without the hash label is not looked at', () => {
  const orphan = replicaSet({ image: 'demo:z', revision: 0, replicas: 3, owned: false });
  const bare = { ...orphan, metadata: { ...orphan.metadata, name: 'bare', uid: 'bare', labels: { app: 'demo' } } };
  const given = world({
    rollout: rollout({
      canary: twenty,
      annotations: { 'rollout.argoproj.io/revision': '1' },
      status: promotedStatus('demo:a', { canary: twenty }),
    }),
    replicaSets: [replicaSet({ image: 'demo:a', replicas: 10 }), orphan, bare],
  });
  const { world: rest, waves } = settle(given, start);
  assert.deepEqual(sizesOf(rest), { [a]: 10, [z]: 0, bare: 3 });
  assert.ok(!waves.some(({ writes }) => writes.some((write) => shortWrite(write).includes('bare'))));
});

test('vector 19: a missing Service is looked for again, and the Rollout heals as soon as it is there', () => {
  const given = world({ rollout: rollout({ blueGreen: { activeService: 'active' } }) });
  const { world: invalid, last } = settle(given, start);
  assert.equal(last.wakeAt, start + 20_000);
  const healed = settle({ ...invalid, services: [service('active', { managedBy: null })] }, start + 1000);
  assert.ok(!healed.last.status.conditions?.some(({ type }) => type === 'InvalidSpec'));
  assert.equal(sizesOf(healed.world)[a], 10);
});

test('vector 23: behind a router an older ReplicaSet with a pod does not hold the step', () => {
  const canary: CanaryStrategy = {
    ...twenty,
    canaryService: 'canary',
    stableService: 'stable',
    trafficRouting: { alb: { ingress: 'demo', rootService: 'root', servicePort: 80 } },
  };
  const given = routedWorld(
    { canary, stable: { replicas: 10 }, current: { replicas: 2 }, status: weights(20) },
    { canary: b, stable: a },
  );
  const older = replicaSet({ image: 'demo:z', revision: 0, replicas: 1, deadline: at(20) });
  const planned = lawfulPlan({ ...given, replicaSets: [older, ...given.replicaSets] }, start);
  assert.equal(planned.status.currentStepIndex, 1);
});

test('vectors 24, 25: the marks of the pause follow; after a resume the step ends, and no resume is told', () => {
  const given = midway({ canary: twenty, step: 1, stable: { replicas: 8 }, current: { replicas: 2 } });
  const [pausing, marking] = settle(given, start).waves;
  assert.ok(pausing && marking);
  assert.deepEqual(conditionsOf(marking).Paused, 'True RolloutPaused');
  assert.deepEqual(conditionsOf(marking).Progressing, 'Unknown RolloutPaused');

  const status = { ...pausedAtOne, pauseConditions: undefined };
  const resumed = midway({ canary: twenty, step: 1, stable: { replicas: 8 }, current: { replicas: 2 }, status });
  const [first, second] = settle(resumed, start).waves;
  assert.deepEqual(first && reasonsOf(first), []);
  assert.deepEqual([second?.status.currentStepIndex, second?.status.controllerPause], [2, undefined]);
  assert.deepEqual(second && reasonsOf(second).filter((reason) => reason.startsWith('Rollout')), [
    'RolloutStepCompleted',
  ]);
});

test('vectors 26, 27: a pause that is over ends when the user resumes; a long one has its timer all the same', () => {
  const timed = (duration: string) => ({ steps: [{ setWeight: 20 }, { pause: { duration } }] });
  const over = { ...pausedAtOne, pauseConditions: [{ reason: 'CanaryPauseStep', startTime: at(-61) }] };
  const counts = { stable: { replicas: 8 }, current: { replicas: 2 }, step: 1 };
  const unpaused = settle(midway({ canary: timed('60s'), ...counts, status: over }), start);
  assert.equal(unpaused.world.rollout.status?.currentStepIndex, 2);
  // The reference leaves ends beyond its resync to the resync; here every plan names the instant (design.md §5.13).
  const status = { ...pausedAtOne, duration: { rolloutStartedAt: at(-20) } };
  assert.equal(lawfulPlan(midway({ canary: timed('2h'), ...counts, status }), start).wakeAt, start + 7_190_001);
});

test('vector 30: back at the stable template the canary shrinks, and it is not healthy until its pods are gone', () => {
  const given = world({
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
  });
  const first = settle(given, start);
  assert.equal(first.last.status.phase, 'Progressing');
  const { world: rest } = course(given);
  assert.deepEqual(sizesOf(rest), { [a]: 10, [b]: 0 });
  assert.equal(rest.rollout.status?.phase, 'Healthy');
});

test('vector 33: while an older ReplicaSet has pods neither stable nor canary loses any', () => {
  const canary = { ...twenty, maxSurge: 0, maxUnavailable: 1 };
  const given = midway({
    canary,
    stable: { replicas: 8 },
    current: { replicas: 1 },
    more: {
      replicaSets: [
        replicaSet({ image: 'demo:z', revision: 0, replicas: 1 }),
        replicaSet({ image: 'demo:a', revision: 1, replicas: 8 }),
        replicaSet({ image: 'demo:b', revision: 2, replicas: 1 }),
      ],
    },
  });
  const { waves, world: rest } = course(given);
  assert.equal(scalesOf(waves)[0], `scale demo-${z} 0`);
  assert.deepEqual(sizesOf(rest), { [z]: 0, [a]: 8, [b]: 2 });
});

test('vector 38: what was promoted with too many pods is then sized down; with half of them it is not promoted', () => {
  const canary = { steps: [{ setWeight: 20 }] };
  const given = midway({
    canary,
    step: 1,
    replicas: 1,
    stable: { replicas: 0, desired: 1 },
    current: { replicas: 2, desired: 1 },
  });
  assert.deepEqual(sizesOf(course(given).world), { [a]: 0, [b]: 1 });
  const half = midway({ canary, step: 1, stable: { replicas: 5 }, current: { replicas: 10, available: 5 } });
  assert.equal(settle(half, start).last.status.stableRS, a);
});

test('vector 39: a threshold of 70 percent lets 7 of 10 end the step', () => {
  const canary: CanaryStrategy = {
    steps: [{ setWeight: 100 }, { pause: {} }],
    replicaProgressThreshold: { type: 'Percent', value: 70 },
  };
  const indexWith = (available: number) =>
    lawfulPlan(midway({ canary, stable: { replicas: 0 }, current: { replicas: 10, available } }), start).status
      .currentStepIndex;
  assert.deepEqual([indexWith(6), indexWith(7)], [0, 1]);
});

test('vector 40: without steps it is a rolling update within surge and availability', () => {
  const given = midway({ canary: {}, stable: { replicas: 10 }, current: { replicas: 0 } });
  const { waves, world: rest } = course(given);
  assert.deepEqual(sizesOf(rest), { [a]: 0, [b]: 10 });
  assert.deepEqual(scalesOf(waves).slice(0, 2), [`scale demo-${a} 8`, `scale demo-${b} 5`]);
  assert.ok(waves.every(({ status }) => status.currentStepIndex === undefined));
});

test('vector 51: with limits as large as the whole a full promotion changes everything at once', () => {
  const canary = { ...twenty, maxSurge: 4, maxUnavailable: 4 };
  const counts = { stable: { replicas: 4 }, current: { replicas: 0 } };
  const given = midway({ canary, replicas: 4, ...counts, status: { promoteFull: true } });
  assert.deepEqual(scalesOf(settle(given, start).waves), [`scale demo-${a} 0`, `scale demo-${b} 4`]);
});

/** A blue/green Rollout whose active version is demo:b, with what was before it. */
function switched(strategy: Partial<BlueGreenStrategy>, more: Partial<World>, status: RolloutStatus = {}): World {
  return world({
    rollout: rollout({
      image: 'demo:b',
      blueGreen: { activeService: 'active', ...strategy },
      annotations: { 'rollout.argoproj.io/revision': '2' },
      status: {
        ...promotedStatus('demo:b'),
        selector: `app=demo,rollouts-pod-template-hash=${b}`,
        blueGreen: { activeSelector: b },
        ...status,
      },
    }),
    services: [service('active', { hash: b })],
    ...more,
  });
}

test('vector 62: once the deadline has passed the way back is an ordinary update, although the pods are there', () => {
  const given = switched(
    { autoPromotionEnabled: false },
    {
      replicaSets: [
        replicaSet({ image: 'demo:a', revision: 1, replicas: 10, createdAt: -90, deadline: at(-1) }),
        replicaSet({ image: 'demo:b', revision: 2, replicas: 10, createdAt: -80 }),
      ],
    },
  );
  const spec = { ...given.rollout.spec, template: template('demo:a') };
  const rolledBack = { ...given, rollout: { ...given.rollout, spec } };
  const { world: rest } = course(rolledBack);
  assert.deepEqual([rest.rollout.status?.phase, rest.rollout.status?.message], ['Paused', 'BlueGreenPause']);
  assert.equal(rest.rollout.status?.stableRS, b);
});

test('vector 66: old versions stay while the analysis after the switch runs; with a delay of their own they do not', () => {
  const analysis = { templates: [{ templateName: 'check' }] };
  const updating = updatingStatus({
    stable: 'demo:a',
    current: 'demo:b',
    more: {
      blueGreen: { activeSelector: b, postPromotionAnalysisRunStatus: { name: 'run', status: 'Running' } },
      selector: `app=demo,rollouts-pod-template-hash=${b}`,
    },
  });
  const replicaSets = [
    replicaSet({ image: 'demo:z', revision: 0, replicas: 10 }),
    replicaSet({ image: 'demo:a', revision: 1, replicas: 10 }),
    replicaSet({ image: 'demo:b', revision: 2, replicas: 10 }),
  ];
  const check = {
    metadata: { name: 'check' },
    spec: { metrics: [{ name: 'm', provider: { web: { url: 'http://a' } } }] },
  };
  const templates: World['templates'] = { check: { is: 'present', value: { apiVersion: '', kind: '', ...check } } };
  const writesWith = (strategy: Partial<BlueGreenStrategy>) =>
    lawfulPlan(switched({ postPromotionAnalysis: analysis, ...strategy }, { replicaSets, templates }, updating), start)
      .writes.map(shortWrite)
      .filter((text) => text.includes(z));
  assert.deepEqual(writesWith({}), []);
  assert.deepEqual(writesWith({ scaleDownDelaySeconds: 60 }), [`annotate demo-${z}`]);
});

test('vectors 37, 67: a new size is followed by stable, preview and what is delayed, also while a person pauses', () => {
  const strategy = { activeService: 'active', previewService: 'preview', autoPromotionEnabled: false };
  const given = (paused: boolean) =>
    world({
      rollout: rollout({
        image: 'demo:b',
        replicas: 12,
        blueGreen: strategy,
        annotations: { 'rollout.argoproj.io/revision': '2' },
        spec: { paused },
        status: updatingStatus({
          stable: 'demo:a',
          current: 'demo:b',
          replicas: 10,
          more: {
            blueGreen: { activeSelector: a, previewSelector: b },
            selector: `app=demo,rollouts-pod-template-hash=${a}`,
            ...(paused ? { conditions: pausedConditions } : {}),
          },
        }),
      }),
      replicaSets: [
        replicaSet({ image: 'demo:z', revision: 0, replicas: 10, desired: 10, deadline: at(20) }),
        replicaSet({ image: 'demo:a', revision: 1, replicas: 10, desired: 10 }),
        replicaSet({ image: 'demo:b', revision: 2, replicas: 10, desired: 10 }),
      ],
      services: [service('active', { hash: a }), service('preview', { hash: b })],
    });
  for (const paused of [false, true]) {
    assert.deepEqual(sizesOf(settle(given(paused), start).world), { [z]: 12, [a]: 12, [b]: 12 });
  }
});

const outOfTime = [
  condition('Available', 'False', 'AvailableReason', 'Rollout does not have minimum availability'),
  condition('Healthy', 'False', 'RolloutHealthy', 'Rollout is not healthy'),
  condition('Completed', 'False', 'RolloutCompleted', 'RolloutCompleted'),
  condition('Progressing', 'True', 'ReplicaSetUpdated', `ReplicaSet "demo-${b}" is progressing.`, -1200),
];

test('vector 69: an analysis, an experiment and a pause may take their time, a plugin and a weight may not', () => {
  const phaseAt = (step: NonNullable<CanaryStrategy['steps']>[number]) => {
    const status = { conditions: outOfTime };
    const canary = { steps: [{ setWeight: 10 }, step] };
    const counts = { stable: { replicas: 9 }, current: { replicas: 1, available: 0 } };
    const given = midway({ canary, step: 1, ...counts, status });
    return lawfulPlan(given, start).status.phase;
  };
  assert.equal(phaseAt({ analysis: { templates: [] } }), 'Progressing');
  assert.equal(phaseAt({ experiment: { templates: [{ name: 'one', specRef: 'canary' }] } }), 'Progressing');
  assert.notEqual(phaseAt({ pause: {} }), 'Degraded');
  assert.equal(phaseAt({ setWeight: 10 }), 'Degraded');
  assert.equal(phaseAt({ plugin: { name: 'acme/slow' } }), 'Degraded');
});

test('vector 70: whoever resumes after twenty minutes is not degraded, not even for a moment', () => {
  const conditions = pausedConditions.map((found) =>
    found.type === 'Progressing' ? { ...found, lastUpdateTime: at(-1200), lastTransitionTime: at(-1200) } : found,
  );
  const given = midway({
    canary: twenty,
    stable: { replicas: 8 },
    current: { replicas: 2, available: 1 },
    status: { conditions, observedGeneration: '1' },
  });
  const resumed = { ...given, rollout: { ...given.rollout, metadata: { ...given.rollout.metadata, generation: 2 } } };
  const { waves } = settle(resumed, start);
  assert.ok(waves.length > 0);
  for (const { status } of waves) assert.notEqual(status.phase, 'Degraded');
});

test('vector 73: the copied failure is gone with the failure', () => {
  const failure = condition('ReplicaFailure', 'True', 'FailedCreate', 'exceeded quota');
  const status = { conditions: [...outOfTime.slice(0, 3), failure] };
  const given = midway({ canary: twenty, stable: { replicas: 8 }, current: { replicas: 2, available: 1 }, status });
  assert.equal(conditionsOf(lawfulPlan(given, start)).ReplicaFailure, undefined);
});

test('vector 74: the generation of an edited minReadySeconds is observed', () => {
  const given = world({
    rollout: rollout({
      canary: twenty,
      generation: 2,
      annotations: { 'rollout.argoproj.io/revision': '1' },
      spec: { minReadySeconds: 5 },
      status: { ...promotedStatus('demo:a', { canary: twenty }), observedGeneration: '1' },
    }),
    replicaSets: [replicaSet({ image: 'demo:a', replicas: 10 })],
  });
  const { world: rest } = course(given);
  assert.equal(rest.rollout.status?.observedGeneration, '2');
  assert.equal(rest.rollout.metadata.annotations?.['rollout.argoproj.io/revision'], '1');
});

test('vector 79: when the evicted pods are replaced the restart is done', () => {
  const stable = replicaSet({ image: 'demo:a', replicas: 3, desired: 3 });
  const given = world({
    rollout: rollout({
      replicas: 3,
      canary: { ...twenty, maxUnavailable: 2 },
      spec: { restartAt: at(-10) },
      annotations: { 'rollout.argoproj.io/revision': '1' },
      status: promotedStatus('demo:a', { canary: twenty, replicas: 3 }),
    }),
    replicaSets: [stable],
    pods: [pod('one', { of: stable, createdAt: -60 }), pod('two', { of: stable, createdAt: 0 })],
  });
  const evicting = lawfulPlan(given, start);
  assert.deepEqual(evicting.writes.map(shortWrite), ['evict one']);
  const replaced = {
    ...given,
    pods: [pod('two', { of: stable, createdAt: 0 }), pod('three', { of: stable, createdAt: 1 })],
  };
  assert.equal(lawfulPlan(replaced, start + 5000).status.restartedAt, at(-10));
});

test('vector 88: of a ReplicaSet without pods none are listed', () => {
  const canary = { ...twenty, stableMetadata: { labels: { role: 'stable' } } };
  const given = world({
    rollout: rollout({
      replicas: 0,
      canary,
      annotations: { 'rollout.argoproj.io/revision': '1' },
      status: promotedStatus('demo:a', { canary, replicas: 0 }),
    }),
    replicaSets: [replicaSet({ image: 'demo:a', replicas: 0, desired: 0 })],
  });
  const planned = plan({ ...observe(given), pods: { is: 'unread' } }, start);
  assert.deepEqual(planned.needs, []);
  assert.equal(planned.writes[0]?.key, `ephemeral-metadata/demo-${a}`);
  assert.equal(applyPlan(given, planned, start).pods.length, 0);
});
