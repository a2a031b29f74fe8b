// Does the weight of a promotion wait for the stable target group (traffic.md §2.8, TV-80)? Rows from the question to what
// its answer does, and what comes meanwhile.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { a, b, c, routed, weights } from '../../../test/builders/midway.ts';
import { replicaSet, rollout, service, start } from '../../../test/builders/objects.ts';
import { lawfulPlan, settle, shortWrite } from '../../../test/builders/rows.ts';
import {
  answered,
  arn,
  asked,
  at,
  codesOf,
  failed,
  group,
  promoted,
  said,
  setsWeight,
  targets,
  thirdVersion,
  weightOf,
  writesOf,
} from '../../../test/builders/verified-world.ts';
import { targetCall } from './target-verification.ts';

test('TV-80 the weight of a promotion stays until every pod is registered and nine of ten are healthy', () => {
  const waiting = asked(promoted(100));
  const first = lawfulPlan(promoted(100), start);
  assert.equal(setsWeight(first), false);
  assert.equal(weightOf(first), 100);
  const rows: readonly (readonly [registered: number, healthy: number, isSet: boolean])[] = [
    [0, 0, false],
    [9, 9, false],
    [10, 8, false],
    [10, 9, true],
    [10, 10, true],
  ];
  for (const [registered, healthy, isSet] of rows) {
    const plan = lawfulPlan(answered(waiting, targets(group(registered, 10, healthy))), at(1));
    assert.deepEqual([setsWeight(plan), weightOf(plan)], [isSet, isSet ? 0 : 100], `${registered}, ${healthy}`);
  }
});

test('TV-80 while it is held the reason says how far it is; it is asked again after ten seconds, not sooner', () => {
  const { world: waiting, last } = settle(answered(asked(promoted(100)), targets(group(7, 10, 4))), at(1));
  assert.deepEqual(
    last.reasons.filter(({ code }) => code === 'weightAwaitsTargets').map(({ data, until }) => [data, until]),
    [[{ service: 'stable', registered: 7, healthy: 4, wanted: 10 }, at(11)]],
  );
  assert.equal(last.wakeAt, at(11));
  assert.deepEqual(writesOf(lawfulPlan(waiting, at(11))), ['call targets']);
  assert.deepEqual(said(last), [
    `Warning TargetGroupUnverified: Service stable (TargetGroup ${arn}) not verified: 7/10 endpoints registered`,
  ]);
});

test('what was told goes on to be told while it is asked again', () => {
  const waiting = answered(asked(promoted(100)), targets(group(7)));
  const again = settle(waiting, at(11));
  assert.ok(again.world.ledger.calls?.inFlight[targetCall]);
  assert.match(said(again.last).join(), /not verified: 7\/10 endpoints registered/);
});

test('§2.8 without a target group of addresses nothing is held', () => {
  const plan = lawfulPlan(answered(asked(promoted(100)), targets()), at(1));
  assert.deepEqual([setsWeight(plan), weightOf(plan)], [true, 0]);
});

test('§2.8 the progress deadline gives up the hold, with a warning', () => {
  const given = answered(asked(promoted(100)), targets(group(7)), 595);
  const held = lawfulPlan(given, at(599));
  assert.deepEqual([weightOf(held), held.wakeAt], [100, at(600)]);
  const plan = lawfulPlan(given, at(600));
  assert.deepEqual([setsWeight(plan), weightOf(plan)], [true, 0]);
  assert.ok(
    said(plan).includes(
      'Warning TargetGroupHoldTimeout: Service stable not verified within 600 seconds: its weight is set all the same',
    ),
  );
});

test('§2.8 an answer counts only for a Service that is switched: in the wave of the switch nothing is asked', () => {
  const services = [service('stable', { hash: a }), service('canary', { hash: b })];
  const plan = lawfulPlan(promoted(100, { more: { services } }), start);
  assert.deepEqual(writesOf(plan), [`service stable ${b}`, ...writesOf(plan).slice(1)]);
  assert.deepEqual([weightOf(plan), writesOf(plan).includes('call targets')], [100, false]);
});

test('§2.8 the way back from an update that has weight is not held', () => {
  const given = promoted(20, { status: { currentPodHash: a, stableRS: a, ...weights(20) } });
  const template = rollout({ image: 'demo:a' }).spec.template!;
  const back = { ...given, rollout: { ...given.rollout, spec: { ...given.rollout.spec, template } } };
  const services = [service('stable', { hash: a }), service('canary', { hash: b })];
  const { waves } = settle({ ...back, services }, start, 12);
  assert.ok(waves.some((plan) => setsWeight(plan) && weightOf(plan) === 0));
  assert.ok(waves.every((plan) => !codesOf(plan).includes('weightAwaitsTargets')));
});

test('§2.8 a version that comes meanwhile gets neither the canary Service nor a step before the weight is back', () => {
  const waiting = settle(thirdVersion(), start, 12);
  const { last } = waiting;
  assert.ok(waiting.waves.every((plan) => !writesOf(plan).includes(`service canary ${c}`)));
  assert.deepEqual([weightOf(last), last.status.currentStepIndex], [100, 0]);
  const told = settle(answered(waiting.world, targets(group(10))), at(1), 12);
  const order = told.waves.flatMap((plan) =>
    plan.writes.flatMap((write) => {
      if (write.kind === 'patchIngress') return `weight ${weightOf(plan)}`;
      return write.kind === 'patchService' ? shortWrite(write) : [];
    }),
  );
  assert.deepEqual(order, ['weight 0', `service canary ${c}`, 'weight 20']);
});

test('§2.8 an abort of that version leaves the traffic where the stable version answers, and is told', () => {
  const { world: rest, waves } = settle(thirdVersion({ abort: true }), start, 12);
  assert.equal(rest.rollout.status?.abort, true);
  assert.notEqual(rest.rollout.status?.abortedAt, undefined);
  assert.ok(waves.every((plan) => writesOf(plan).every((write) => !write.startsWith('service canary'))));
  const back = settle(answered(rest, targets(group(10))), at(1), 12).world;
  assert.equal(back.rollout.status?.canary?.weights?.canary.weight, 0);
});

for (const paused of [false, true]) {
  test(`§2.8 while that version waits${paused ? ', paused' : ''}, stable has pods for the weight that the canary had, and follows replicas`, () => {
    const given = thirdVersion();
    const { spec } = given.rollout;
    const canary = { ...routed, dynamicStableScale: true };
    const grown = { ...spec, replicas: 12, paused, strategy: { canary } };
    const { waves } = settle({ ...given, rollout: { ...given.rollout, spec: grown } }, start, 12);
    const sizes = waves.flatMap(writesOf).filter((write) => write.startsWith(`scale demo-${b}`));
    assert.deepEqual(sizes, [`scale demo-${b} 12`]);
  });
}

test('§2.8 a version that comes meanwhile does not wait for an API that does not answer', () => {
  const waiting = settle(thirdVersion(), start, 12).world;
  const { world: rest } = settle(answered(waiting, failed(), 1, { failures: 1 }), at(1), 12);
  assert.equal(rest.rollout.status?.canary?.weights?.canary.weight, 20);
});

test('§2.10 pods older still wait for the same answer as the weight: it is one question, and one reason', () => {
  const given = promoted(100);
  const older = replicaSet({ image: 'demo:c', revision: 0, desired: 10, replicas: 5 });
  const both = { ...given, replicaSets: [older, ...given.replicaSets] };
  const first = lawfulPlan(both, start);
  assert.equal(writesOf(first).filter((write) => write === 'call targets').length, 1);
  const { last } = settle(answered(asked(both), targets(group(7))), at(1));
  assert.deepEqual(
    codesOf(last).filter((code) => code.endsWith('Targets')),
    ['weightAwaitsTargets'],
  );
  assert.ok(last.writes.length === 0);
});
