// A canary behind a router: abort delays, Services and displaced revisions (vectors 32, 46-50, 76, 92, 93, 96 of §10).

import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  a,
  abortedConditions,
  b,
  midway,
  pausedAtOne,
  routed,
  routedWorld,
  twenty,
  weights,
} from '../../../test/builders/midway.ts';
import {
  at,
  ingress,
  promotedStatus,
  replicaSet,
  rollout,
  service,
  start,
  updatingStatus,
} from '../../../test/builders/objects.ts';
import { lawfulPlan, rows, settle, shortWrite } from '../../../test/builders/rows.ts';
import { applyPlan, eventsOf, withPods, world } from '../../../test/builders/world.ts';
import type { CanaryStrategy } from '../../api/types.generated.ts';
import type { Plan } from '../types.ts';

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

const pingPonged: CanaryStrategy = {
  pingPong: { pingService: 'ping', pongService: 'pong' },
  trafficRouting: { alb: { ingress: 'demo', rootService: 'root', servicePort: 80 } },
};

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
      check: (plan, given) => {
        const annotates = (planned: Plan) => planned.writes.map(shortWrite).includes(`annotate demo-${b}`);
        assert.ok(!annotates(plan));
        assert.ok(annotates(lawfulPlan(withPods(settle(given, start).world), start)));
      },
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
        status: { abort: true, abortedAt: at(-5), conditions: abortedConditions, readyReplicas: 9, ...weights(0) },
      },
      { canary: a, stable: a },
    ),
    want: {
      writes: [`annotate demo-${b}`, 'status'],
      // A pass for another size leaves the other counts as they were told; the next one is whole.
      status: { updatedReplicas: 2, replicas: 14, readyReplicas: 9 },
      check: (plan, given) => {
        const next = lawfulPlan(applyPlan(given, plan, start), start);
        assert.equal(next.status.readyReplicas, 14);
      },
    },
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
  {
    name: 'vector 76: without an available pod no Service follows, adopted or not',
    given: midway({
      canary: { ...twenty, canaryService: 'canary', stableService: 'stable' },
      stable: { replicas: 8 },
      current: { replicas: 2, available: 0 },
      more: { services: [service('stable', { hash: a }), service('canary', { hash: a })] },
    }),
    want: {
      reasons: ['serviceWaitsForPods'],
      check: (plan) => assert.ok(!plan.writes.some(({ kind }) => kind === 'patchService')),
    },
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

for (const [recorded, known] of [
  [20, 'as the status says'],
  [0, 'although no status was told of it'],
] as const) {
  test(`S6: a third revision gets the Service of ping-pong only after the weight of the second is taken, ${known}`, () => {
    const canary = { ...pingPonged, steps: [{ setWeight: 20 }, { pause: {} }] };
    const given = world({
      rollout: rollout({
        image: 'demo:c',
        canary,
        annotations: { 'rollout.argoproj.io/revision': '3' },
        status: updatingStatus({
          stable: 'demo:a',
          current: 'demo:c',
          canary,
          more: {
            canary: { ...weights(recorded, b, a).canary, stablePingPong: 'ping' },
            replicas: 12,
            HPAReplicas: 12,
            availableReplicas: 12,
            readyReplicas: 12,
          },
        }),
      }),
      replicaSets: [
        replicaSet({ image: 'demo:a', revision: 1, replicas: 10 }),
        replicaSet({ image: 'demo:b', revision: 2, replicas: 2 }),
        replicaSet({ image: 'demo:c', revision: 3, replicas: 0 }),
      ],
      services: [service('ping', { hash: a }), service('pong', { hash: b })],
      ingresses: [ingress()],
    });
    const [first] = settle(given, start).waves;
    const kinds = first?.writes.map(({ kind }) => kind) ?? [];
    assert.ok(kinds.includes('patchIngress'));
    assert.ok(kinds.indexOf('patchIngress') < kinds.indexOf('patchService'));
  });
}

test('while the routes are those of the stable version before, what was its Service does not move to an empty canary', () => {
  const canary = { ...pingPonged, steps: [{ setWeight: 20 }, { pause: {} }] };
  const more = { canary: { ...weights(0, b, a).canary, stablePingPong: 'pong' } } as const;
  const given = world({
    rollout: rollout({
      image: 'demo:c',
      canary,
      annotations: { 'rollout.argoproj.io/revision': '3' },
      status: updatingStatus({ stable: 'demo:b', current: 'demo:c', canary, more }),
    }),
    replicaSets: [
      replicaSet({ image: 'demo:a', revision: 1, replicas: 10 }),
      replicaSet({ image: 'demo:b', revision: 2, replicas: 10, available: 0 }),
      replicaSet({ image: 'demo:c', revision: 3, replicas: 0 }),
    ],
    services: [service('ping', { hash: a }), service('pong', { hash: b })],
    ingresses: [ingress()],
  });
  const [first] = settle(given, start).waves;
  assert.ok(first && !first.writes.some(({ kind }) => kind === 'patchService'));
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
  const scales = waves.flatMap(({ writes }) => writes.map(shortWrite)).filter((text) => text.startsWith('scale'));
  assert.deepEqual(scales, [], 'the weights of steps never sized it');
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

test('vector 50: with dynamicStableScale and a delay of its own, an abort gives the weight back as stable grows', () => {
  const canary = {
    ...routed,
    dynamicStableScale: true,
    abortScaleDownDelaySeconds: 30,
    steps: [{ setWeight: 25 }, { setWeight: 50 }, { setWeight: 75 }, { pause: {} }],
  };
  let current = routedWorld(
    {
      canary,
      step: 3,
      stable: { replicas: 3 },
      current: { replicas: 8 },
      status: { ...pausedAtOne, abort: true, ...weights(75) },
    },
    { canary: b, stable: a },
  );
  const sizeOf = (hash: string) =>
    current.replicaSets.find(({ metadata }) => metadata.name === `demo-${hash}`)?.spec.replicas;
  const seen: number[] = [];
  for (let round = 0; round < 8; round += 1) {
    current = withPods(settle(current, start, 12).world);
    seen.push(current.rollout.status?.canary?.weights?.canary.weight ?? -1);
    assert.equal(sizeOf(b), 8, 'the canary keeps its pods');
  }
  assert.equal(seen.at(-1), 0);
  assert.deepEqual(
    [...seen].sort((x, y) => y - x),
    seen,
    'the weight only falls',
  );
  assert.equal(sizeOf(a), 10);
  const kept = current.replicaSets.find(({ metadata }) => metadata.name === `demo-${b}`);
  assert.equal(kept?.metadata.annotations?.['scale-down-deadline'], at(30));
  current = settle(current, start + 30_000).world;
  assert.equal(sizeOf(b), 0);
});

test('vector 93: setCanaryScale is not looked at while aborted: the canary is kept as it is, then goes to 0', () => {
  const canary = {
    ...routed,
    steps: [
      { setCanaryScale: { replicas: 2 } },
      { setWeight: 20 },
      { pause: {} },
      { setCanaryScale: { replicas: 4 } },
      { pause: {} },
    ],
  };
  const given = routedWorld(
    {
      canary,
      step: 4,
      stable: { replicas: 10 },
      current: { replicas: 4 },
      status: { ...pausedAtOne, abort: true, ...weights(20) },
    },
    { canary: b, stable: a },
  );
  const sizeAt = (seconds: number) => {
    const aborted = settle(given, start).world;
    const later = settle(withPods(aborted), start + seconds * 1000).world;
    return later.replicaSets.find(({ metadata }) => metadata.name === `demo-${b}`)?.spec.replicas;
  };
  assert.deepEqual([sizeAt(1), sizeAt(29), sizeAt(30)], [4, 4, 0]);
});
