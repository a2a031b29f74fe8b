// Do load balancers have the pods (traffic.md §2.10, TV-78, TV-79)? Rows of old pods of a canary, from the question to what
// its answer does.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { targetGroupArn } from '../../../test/builders/elbv2.ts';
import { a, b, c, routed, routedWorld, weights } from '../../../test/builders/midway.ts';
import { ingress, service, start, at as timeAt } from '../../../test/builders/objects.ts';
import { lawfulPlan, settle } from '../../../test/builders/rows.ts';
import {
  answered,
  arn,
  asked,
  at,
  codesOf,
  deadlineOf,
  failed,
  group,
  promoted,
  said,
  settings,
  targets,
  thirdVersion,
  writesOf,
} from '../../../test/builders/verified-world.ts';
import type { World } from '../../../test/builders/world.ts';
import type { OutsideAnswer } from '../types.ts';

test('TV-78 old pods of a canary stay until every ready pod is registered, healthy or not', () => {
  const waiting = asked(promoted(0));
  const refused = settle(answered(waiting, targets(group(2, 3, 1))), at(1));
  assert.equal(deadlineOf(refused.world, a), undefined);
  assert.equal(refused.world.replicaSets.find(({ metadata }) => metadata.name === `demo-${a}`)?.spec.replicas, 10);
  assert.ok(codesOf(refused.last).includes('oldPodsAwaitTargets'));
  const passed = settle(answered(waiting, targets(group(3, 3, 0))), at(1));
  assert.equal(deadlineOf(passed.world, a), timeAt(31));
  assert.ok(
    passed.waves
      .flatMap(said)
      .includes(`Normal TargetGroupVerified: Service stable (TargetGroup ${arn}) verified: 3 endpoints registered`),
  );
  assert.ok(!codesOf(passed.last).includes('oldPodsAwaitTargets'));
});

test('TV-79 no group of addresses (instance mode): treated as verified', () => {
  const { world: rest } = settle(answered(asked(promoted(0)), targets()), at(1));
  assert.equal(deadlineOf(rest, a), timeAt(31));
});

test('SLIPWAY: no endpoint of a Service that should have pods is not verified', () => {
  const { last, world: rest } = settle(answered(asked(promoted(0)), targets(group(0, 0))), at(1));
  assert.equal(deadlineOf(rest, a), undefined);
  assert.match(said(last).join(), /not verified: 0\/0 endpoints registered/);
});

test('§2.10 one group of several that lacks a pod is enough to wait', () => {
  const two = { ...group(9), arn: targetGroupArn('t') };
  const { world: rest } = settle(answered(asked(promoted(0)), targets(group(10), two)), at(1));
  assert.equal(deadlineOf(rest, a), undefined);
});

test('§2.10 a failure is told with what it is about, and asked again less and less often', () => {
  const { last } = settle(answered(asked(promoted(0)), failed(), 1, { failures: 1 }), at(1));
  assert.deepEqual(said(last), [
    `Warning TargetGroupVerifyError: Failed to verify Service stable (TargetGroup ${arn}): AccessDenied`,
  ]);
  assert.equal(last.wakeAt, at(11));
  assert.ok(codesOf(last).includes('targetVerificationFailed'));
  const waits = [2, 3, 5, 40].map((failures) => {
    const plan = settle(answered(asked(promoted(0)), failed(), 1, { failures }), at(1)).last;
    return ((plan.wakeAt ?? 0) - at(1)) / 1000;
  });
  assert.deepEqual(waits, [20, 40, 160, 300]);
});

test('§2.10 throttling is no warning', () => {
  const { last } = settle(answered(asked(promoted(0)), failed(true), 1, { notBefore: at(18), failures: 1 }), at(1));
  assert.deepEqual([said(last), last.wakeAt], [[], at(18)]);
});

test('§2.10 a port that cannot be told is skipped with a warning', () => {
  const answer: OutsideAnswer = {
    is: 'targets',
    facts: { groups: [], skipped: [{ arn, why: 'target port "http" is not known' }] },
  };
  const { world: rest, waves } = settle(answered(asked(promoted(0)), answer), at(1));
  assert.equal(deadlineOf(rest, a), timeAt(31));
  const text = `Failed to verify Service stable (TargetGroup ${arn}): target port "http" is not known`;
  assert.ok(waves.flatMap(said).includes(`Warning TargetGroupVerifyError: ${text}`));
});

test('§2.10 during the next update the pods of an interrupted one go as ever', () => {
  const given = thirdVersion({ stableRS: a, ...weights(0, c, a) });
  const services = [service('stable', { hash: a }), service('canary', { hash: c })];
  const written = settle({ ...given, services }, start, 12).waves.flatMap(writesOf);
  assert.ok(written.includes(`scale demo-${b} 0`), written.join());
  assert.ok(!written.includes('call targets'));
});

const quiet: readonly (readonly [name: string, given: World])[] = [
  ['switched off', promoted(100, { more: { settings: { verifyRetryIntervalMs: 10_000 } } })],
  ['old ReplicaSets that have their deadline', promoted(0, { stable: { replicas: 10, deadline: timeAt(30) } })],
  ['no old pods', promoted(0, { stable: { replicas: 0 } })],
  [
    'a step of an update',
    routedWorld(
      {
        canary: routed,
        step: 1,
        stable: { replicas: 10 },
        current: { replicas: 2 },
        status: weights(20),
        more: { ingresses: [ingress()], settings },
      },
      { canary: b, stable: a },
    ),
  ],
];

for (const [name, given] of quiet) {
  test(`§2.10 nothing is asked: ${name}`, () => {
    const { waves } = settle(given, start, 12);
    assert.ok(waves.flatMap(writesOf).every((write) => write !== 'call targets'));
  });
}

test('an answer of a while ago, or to another question, is not one', () => {
  const given = answered(asked(promoted(0)), targets(group(10)));
  assert.deepEqual(writesOf(lawfulPlan(given, at(12))), ['call targets']);
  const [port] = given.services[0]?.spec.ports ?? [];
  const other = given.services.map((of) => ({
    ...of,
    spec: { ...of.spec, ports: [{ port: 81, ...port, name: 'new' }] },
  }));
  assert.deepEqual(writesOf(lawfulPlan({ ...given, services: other }, at(2))), ['call targets']);
});
