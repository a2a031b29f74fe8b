// An abort goes on beside what is wrong with the spec, where it does not need it (design law 3): a workload that is gone or
// cannot be read, a template of an analysis, the Service of the new version. What a new version would need holds up
// everything else as before.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { a, b, midway, routed, routedWorld, twenty, weights } from '../../../test/builders/midway.ts';
import {
  at,
  ingress,
  replicaSet,
  rollout,
  service,
  start,
  template,
  updatingStatus,
} from '../../../test/builders/objects.ts';
import { lawfulPlan, settle } from '../../../test/builders/rows.ts';
import { eventsOf, type World, withPods, world } from '../../../test/builders/world.ts';
import type { RolloutSpec, RolloutStatus } from '../../api/types.generated.ts';
import { findCondition } from './status-conditions.ts';

const workloadRef = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' };
const denied = { class: 'denied', message: 'deployments.apps is forbidden' } as const;
const notFound = 'InvalidSpec: The Rollout "demo" is invalid: deployments.apps "shop/web" not found';
const missingTemplate = /^InvalidSpec: .* AnalysisTemplate 'gone' not found$/;

/** The template comes from a workload that nobody sees any more, with or without a selector of one's own. */
function withoutTemplate(given: World, lost: Partial<World>, ownsSelector = true): World {
  const selector = ownsSelector ? given.rollout.spec.selector : undefined;
  const spec = { ...given.rollout.spec, template: undefined, selector, workloadRef } as unknown as RolloutSpec;
  return { ...given, ...lost, rollout: { ...given.rollout, spec } };
}

const changed = (given: World, status: RolloutStatus): World => ({
  ...given,
  rollout: { ...given.rollout, status: { ...given.rollout.status, ...status } },
});

const blueGreen = { activeService: 'active', previewService: 'preview' };
const strategies: Readonly<Record<string, World>> = {
  'a canary': midway({ canary: twenty, step: 1, stable: { replicas: 8 }, current: { replicas: 2 } }),
  'a canary with a router': routedWorld(
    {
      canary: routed,
      stable: { replicas: 10 },
      current: { replicas: 2 },
      status: weights(20),
    },
    { canary: b, stable: a },
  ),
  'a canary whose stable side had shrunk': routedWorld(
    {
      canary: { ...routed, dynamicStableScale: true },
      stable: { replicas: 8 },
      current: { replicas: 2 },
      status: weights(20),
    },
    { canary: b, stable: a },
  ),
  'a canary between ping and pong': midway({
    canary: {
      pingPong: { pingService: 'ping', pongService: 'pong' },
      ...(routed.trafficRouting ? { trafficRouting: routed.trafficRouting } : {}),
      ...(routed.steps ? { steps: routed.steps } : {}),
    },
    stable: { replicas: 10 },
    current: { replicas: 2 },
    status: { canary: { ...weights(20).canary, stablePingPong: 'ping' } },
    more: { services: [service('ping', { hash: a }), service('pong', { hash: b })], ingresses: [ingress()] },
  }),
  'a preview': world({
    rollout: rollout({
      image: 'demo:b',
      blueGreen,
      status: updatingStatus({ stable: 'demo:a', current: 'demo:b', more: { blueGreen: { activeSelector: b } } }),
    }),
    replicaSets: [
      replicaSet({ image: 'demo:a', revision: 1, replicas: 10 }),
      replicaSet({ image: 'demo:b', revision: 2, replicas: 10 }),
    ],
    services: [service('active', { hash: b }), service('preview', { hash: b })],
  }),
};

/** Waves and pods in turn; what every status of the way said. */
function ledBack(given: World): { readonly end: World; readonly messages: readonly string[] } {
  let current = given;
  const messages: string[] = [];
  for (let round = 0; round < 8; round += 1) {
    const { world: rest, last } = settle(current, start + round * 40_000);
    messages.push(last.status.message ?? '');
    current = withPods(rest);
  }
  return { end: current, messages };
}

function assertLedBack({ rollout: { status }, replicaSets, services }: World): void {
  const sizes = replicaSets.map(({ metadata, spec }) => [metadata.name, spec.replicas]);
  assert.deepEqual(sizes, [
    [`demo-${a}`, 10],
    [`demo-${b}`, 0],
  ]);
  assert.equal(status?.abort, true);
  assert.equal(status?.currentPodHash, b);
  if (status?.canary?.weights) assert.equal(status.canary.weights.canary.weight, 0);
  const active = services.find(({ metadata }) => metadata.name === 'active' || metadata.name === 'stable');
  if (active) assert.equal(active.spec.selector?.['rollouts-pod-template-hash'], a);
}

for (const [name, given] of Object.entries(strategies)) {
  for (const ownsSelector of [true, false]) {
    const whose = ownsSelector ? 'a selector of its own' : "the workload's selector";
    test(`an abort of ${name} with ${whose} leads back while nobody may read the workload`, () => {
      const lost = changed(withoutTemplate(given, { workloadProblem: denied }, ownsSelector), { abort: true });
      const first = lawfulPlan(lost, start);
      assert.ok(eventsOf(first).some(({ reason }) => reason === 'RolloutAborted'));
      const { end, messages } = ledBack(lost);
      assertLedBack(end);
      assert.equal(messages.at(-1), 'RolloutAborted: Rollout aborted update to revision 2');
      const { reasons, wakeAt } = lawfulPlan(end, start + 1_000_000);
      const told = reasons.find(({ code }) => code === 'objectUnreadable');
      assert.deepEqual(told?.data, { kind: 'Deployment', name: 'web', message: denied.message });
      assert.equal(wakeAt, start + 1_030_000);
    });

    test(`an abort of ${name} with ${whose} leads back without the workload, which goes on being told`, () => {
      const lost = changed(withoutTemplate(given, {}, ownsSelector), { abort: true });
      const { end, messages } = ledBack(lost);
      assertLedBack(end);
      assert.deepEqual([...new Set(messages)], [notFound]);
      const { conditions } = end.rollout.status ?? {};
      assert.equal(findCondition(conditions, 'InvalidSpec')?.lastTransitionTime, at(0));
      assert.equal(findCondition(conditions, 'Progressing')?.reason, 'RolloutAborted');
      const codes = lawfulPlan(end, start + 1_000_000).reasons.map(({ code }) => code);
      assert.deepEqual(codes, ['specInvalidWhileAborting', 'aborted']);
    });
  }
}

for (const [strategy, missing] of [
  ['a canary with a router', 'canary'],
  ['a canary between ping and pong', 'pong'],
  ['a preview', 'preview'],
] as const) {
  test(`an abort of ${strategy} leads back without Service ${missing}, which goes on being told`, () => {
    const given = strategies[strategy]!;
    const services = given.services.filter(({ metadata }) => metadata.name !== missing);
    const { end, messages } = ledBack(changed({ ...given, services }, { abort: true }));
    assertLedBack(end);
    assert.match(messages.at(-1) ?? '', new RegExp(`^InvalidSpec: .*service "${missing}" not found`));
    assert.deepEqual(
      lawfulPlan(changed({ ...given, services }, {}), start).writes.map(({ kind }) => kind),
      ['patchStatus'],
    );
  });
}

for (const [name, status] of Object.entries({
  'an update that is not aborted': {},
  'a full promotion of what was aborted': { abort: true, abortedAt: at(-10), promoteFull: true },
  'an abort of what is stable already': { abort: true, stableRS: b },
})) {
  test(`${name} stands still without its workload`, () => {
    const given = changed(strategies['a canary with a router']!, status);
    assert.deepEqual(lawfulPlan(withoutTemplate(given, { workloadProblem: denied }), start).writes, []);
    const { writes, status: told } = lawfulPlan(withoutTemplate(given, {}), start);
    assert.deepEqual(
      writes.map(({ kind }) => kind),
      ['patchStatus'],
    );
    assert.equal(told.message, notFound);
  });
}

test('other steps would end an abort: without its workload the Rollout stands still', () => {
  const given = changed(strategies['a canary with a router']!, { abort: true, currentStepHash: 'other' });
  assert.deepEqual(lawfulPlan(withoutTemplate(given, { workloadProblem: denied }), start).writes, []);
});

const judged = (image: string): World => {
  const steps = [{ setWeight: 20 }, { pause: {} }, { analysis: { templates: [{ templateName: 'gone' }] } }];
  const given = midway({ canary: { steps }, step: 1, stable: { replicas: 8 }, current: { replicas: 2 } });
  const spec = { ...given.rollout.spec, template: template(image) };
  return changed(
    { ...given, rollout: { ...given.rollout, spec }, templates: { gone: { is: 'absent' } } },
    { abort: true },
  );
};

test('an abort starts no analysis: it leads back although a template of one is gone, which goes on being told', () => {
  const { end, messages } = ledBack(judged('demo:b'));
  assertLedBack(end);
  for (const message of messages) assert.match(message, missingTemplate);
});

test('a new version waits for the template of its analysis, after an abort too', () => {
  const { end, messages } = ledBack(judged('demo:c'));
  assert.equal(end.replicaSets.length, 2);
  for (const message of messages) assert.match(message, missingTemplate);
});
