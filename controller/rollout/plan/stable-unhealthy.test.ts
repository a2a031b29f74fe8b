// A stable version that is broken, a fix on its way, and a pause in between: what stands still, what is said of it, and
// how one gets out (rollout.md §4.3, §6.6; traffic.md §1.5.1). The pods of stable never become ready here.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { course as runOn, sizesOf } from '../../../test/builders/course.ts';
import { a, b, midway, routed, routedWorld, weights } from '../../../test/builders/midway.ts';
import { at, hashFor, replicaSet, rollout, service, updatingStatus } from '../../../test/builders/objects.ts';
import { type World, world } from '../../../test/builders/world.ts';
import type { RolloutSpec, RolloutStatus } from '../../api/types.generated.ts';
import type { Plan } from '../types.ts';

const pausing = { steps: [{ setWeight: 20 }, { pause: {} }] };
const broken = { [`demo-${hashFor('demo:a')}`]: 0 };

/** Pods of the fix become ready, those of stable never do. */
const course = (given: World, seconds = 20) => runOn(given, seconds, broken);

const codes = ({ reasons }: Plan) => reasons.map(({ code }) => code);

function asked(at: World, change: { readonly status?: RolloutStatus; readonly spec?: Partial<RolloutSpec> }): World {
  const { rollout: before } = at;
  const metadata = change.spec
    ? { ...before.metadata, generation: (before.metadata.generation ?? 0) + 1 }
    : before.metadata;
  const status = { ...before.status, ...change.status };
  return { ...at, rollout: { ...before, metadata, spec: { ...before.spec, ...change.spec }, status } };
}

const basic = midway({ canary: pausing, stable: { replicas: 10, available: 0 }, current: { replicas: 0 } });

test('the fix reaches its pause although no pod of stable is available, and both are said', () => {
  const { world: rest, last } = course(basic);
  assert.deepEqual([rest.rollout.status?.phase, rest.rollout.status?.message], ['Paused', 'CanaryPauseStep']);
  assert.deepEqual([sizesOf(rest)[a], sizesOf(rest)[b]], [8, 2]);
  assert.ok(codes(last).includes('pausedAtStep'));
  const missing = last.reasons.find(({ code, data }) => code === 'podsNotAvailable' && data.role === 'stable');
  assert.deepEqual([missing?.data.available, missing?.data.wanted], [0, 8]);
});

test('out by promotion, in full or of the pause: the fix replaces what is broken', () => {
  const paused = course(basic).world;
  for (const status of [{ promoteFull: true }, { pauseConditions: undefined } as unknown as RolloutStatus]) {
    const { world: rest } = course(asked(paused, { status }), 40);
    assert.deepEqual([rest.rollout.status?.phase, rest.rollout.status?.stableRS], ['Healthy', b]);
    assert.deepEqual([sizesOf(rest)[a], sizesOf(rest)[b]], [0, 10]);
  }
});

test('out by an abort: back at what is broken, but the pods that serve stay until others do', () => {
  const { world: rest, last } = course(asked(course(basic).world, { status: { abort: true } }), 40);
  assert.deepEqual([sizesOf(rest)[a], sizesOf(rest)[b]], [10, 2]);
  assert.ok((['aborted', 'podsNotAvailable', 'oldPodsRemain'] as const).every((code) => codes(last).includes(code)));
});

test('paused by a person before it began it is sized when that ends', () => {
  const held = course(asked(basic, { spec: { paused: true } }));
  assert.ok(codes(held.last).includes('podsNotYetSized'));
  const { world: rest } = course(asked(held.world, { spec: { paused: false } }));
  assert.deepEqual([rest.rollout.status?.message, sizesOf(rest)[b]], ['CanaryPauseStep', 2]);
});

test('behind a router the weight waits for stable pods and says so; a full promotion needs none', () => {
  const given = routedWorld(
    {
      canary: { ...routed, ...pausing },
      stable: { replicas: 10, available: 0 },
      current: { replicas: 0 },
      status: weights(0),
    },
    { canary: a, stable: a },
  );
  const waiting = course(given);
  assert.equal(waiting.world.rollout.status?.canary?.weights?.canary.weight, 0);
  assert.ok(codes(waiting.last).includes('trafficWaitsForStable'));
  const { world: rest } = course(asked(waiting.world, { status: { promoteFull: true } }), 60);
  assert.deepEqual([rest.rollout.status?.phase, rest.rollout.status?.stableRS], ['Healthy', b]);
  assert.deepEqual(
    rest.services.map(({ spec }) => spec.selector?.['rollouts-pod-template-hash']),
    [b, b],
  );
});

test('a blue/green update is switched to on promotion, whatever the active version does', () => {
  const given = world({
    rollout: rollout({
      image: 'demo:b',
      blueGreen: { activeService: 'active', autoPromotionEnabled: false },
      annotations: { 'rollout.argoproj.io/revision': '2' },
      status: updatingStatus({
        stable: 'demo:a',
        current: 'demo:b',
        more: { blueGreen: { activeSelector: a }, selector: `app=demo,rollouts-pod-template-hash=${a}` },
      }),
    }),
    replicaSets: [
      replicaSet({ image: 'demo:a', revision: 1, replicas: 10, available: 0 }),
      replicaSet({ image: 'demo:b', revision: 2, replicas: 0 }),
    ],
    services: [service('active', { hash: a })],
  });
  const paused = course(given);
  assert.equal(paused.world.rollout.status?.message, 'BlueGreenPause');
  const conditions = paused.world.rollout.status?.conditions ?? [];
  assert.equal(conditions.find(({ type }) => type === 'Available')?.status, 'False');
  const resumed = asked(paused.world, { status: { pauseConditions: undefined } as unknown as RolloutStatus });
  const { world: rest } = course(resumed);
  assert.deepEqual([rest.rollout.status?.phase, rest.rollout.status?.stableRS], ['Healthy', b]);
  assert.equal(rest.replicaSets[0]?.metadata.annotations?.['scale-down-deadline']?.slice(0, 10), at(0).slice(0, 10));
});
