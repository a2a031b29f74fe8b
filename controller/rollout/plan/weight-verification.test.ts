// Does a load balancer obey (traffic.md §2.9, TV-37 to TV-39, TV-72 to TV-77, TV-82, TV-86; design.md §5.14-15)? Rows from
// the question to what its answer does.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadBalancerArn, targetGroupArn } from '../../../test/builders/elbv2.ts';
import { a, abortedConditions, b, type Midway, routed, routedWorld, weights } from '../../../test/builders/midway.ts';
import { ingress, start } from '../../../test/builders/objects.ts';
import { lawfulPlan, settle, shortWrite } from '../../../test/builders/rows.ts';
import { applyPlan, eventsOf, type World } from '../../../test/builders/world.ts';
import type { Ingress } from '../../api/kubernetes-types.ts';
import type { AlbStatus } from '../../api/types.generated.ts';
import type { LoadBalancerFacts } from '../../traffic/alb/facts.ts';
import type { OutsideAnswer, Plan } from '../types.ts';

const settings = { verifyRetryIntervalMs: 10_000, verifiesTargetGroups: true };
const callKey = 'call/loadBalancers';

const known: AlbStatus = {
  ingress: 'demo',
  loadBalancer: { name: 'lb', arn: loadBalancerArn('lb'), fullName: 'lb/50dc6c495c0c9188' },
};

function withHostname(of: Ingress, hostname = 'LB.example.com'): Ingress {
  return { ...of, status: { loadBalancer: { ingress: [{ hostname }] } } };
}

/** At the setWeight 20 with its pods there, the weight of the step before it on the Ingress. */
function atTwenty(more: Partial<Midway> = {}, ingresses = [withHostname(ingress())]): World {
  const given = {
    canary: routed,
    step: 0,
    stable: { replicas: 10 },
    current: { replicas: 2 },
    status: { alb: known, albs: [known], ...weights(0) },
    ...more,
  };
  return routedWorld({ ...given, more: { ingresses, settings, ...more.more } }, { canary: b, stable: a });
}

function facts(canaryWeight: number, ingressName = 'demo'): LoadBalancerFacts {
  const group = (name: string, service: string) => ({
    name,
    arn: targetGroupArn(name),
    resourceId: `shop/${ingressName}-${service}:80`,
  });
  return {
    ingress: ingressName,
    loadBalancer: { name: 'lb', arn: loadBalancerArn('lb') },
    targetGroups: [group('c', 'canary'), group('s', 'stable')],
    forwards: [
      [
        { arn: targetGroupArn('c'), weight: canaryWeight },
        { arn: targetGroupArn('s'), weight: 100 - canaryWeight },
      ],
    ],
  };
}

/** The world once what goes on was answered, `seconds` after the start. */
function answered(at: World, answer: OutsideAnswer, seconds = 1, notBefore?: number): World {
  const calls = at.ledger.calls;
  const flight = calls?.inFlight[callKey];
  assert.ok(flight, 'a call goes on');
  const { about, since: startedAt } = flight;
  const wait = notBefore === undefined ? {} : { notBefore: start + notBefore * 1000 };
  const told = { about, startedAt, answeredAt: start + seconds * 1000, answer, ...wait };
  return { ...at, ledger: { ...at.ledger, calls: { inFlight: {}, answers: { [callKey]: told } } } };
}

const at = (seconds: number) => start + seconds * 1000;
const writesOf = (plan: Plan) => plan.writes.map(shortWrite);
const warnings = (plan: Plan) => eventsOf(plan).filter(({ type }) => type === 'Warning');
const said = (plan: Plan) => eventsOf(plan).map(({ reason, message }) => `${reason}: ${message}`);
const verifiedOf = (plan: Plan) => plan.status.canary?.weights?.verified;

/** Weight written, question asked. */
const asked = (given = atTwenty()): World => settle(given, start).world;

test('§5.15: a new weight is unverified in the wave that writes it, and asked about in the next', () => {
  const given = atTwenty();
  const first = lawfulPlan(given, start);
  assert.deepEqual(writesOf(first), ['patchIngress demo', 'status']);
  assert.equal(verifiedOf(first), false);
  assert.equal(first.status.currentStepIndex, 0, 'the step waits');
  const second = lawfulPlan(applyPlan(given, first, start), start);
  assert.deepEqual(writesOf(second), ['call loadBalancers']);
});

test('§5.14: a call that goes on is not started again; a call that nobody answers holds the step', () => {
  const resting = lawfulPlan(asked(), at(60));
  assert.deepEqual(writesOf(resting), []);
  assert.deepEqual(
    resting.reasons.filter(({ code }) => code === 'weightUnverified').map(({ until }) => until),
    [undefined],
  );
});

test('§7.6: a weight that is never confirmed runs into the progress deadline, in a step and at the end', () => {
  const atEnd = atTwenty({
    step: 2,
    current: { replicas: 10 },
    canary: { ...routed, steps: [{ setWeight: 20 }, { setWeight: 60 }] },
  });
  for (const given of [asked(), asked(atEnd)]) {
    const last = lawfulPlan(given, at(60));
    assert.deepEqual(writesOf(last), []);
    const exceeded = lawfulPlan(given, last.wakeAt ?? 0);
    assert.deepEqual([exceeded.status.phase, exceeded.status.canary?.weights?.verified], ['Degraded', false]);
    assert.match(exceeded.status.message ?? '', /^ProgressDeadlineExceeded: /);
  }
});

test('TV-73 verified: the step ends, and status.alb says which load balancer it is', () => {
  const plan = lawfulPlan(answered(asked(), { is: 'loadBalancers', facts: [facts(20)] }), at(1));
  assert.equal(verifiedOf(plan), true);
  assert.equal(plan.status.currentStepIndex, 1);
  const arn = targetGroupArn('c');
  assert.ok(
    said(plan).includes(`TargetGroupVerified: Service canary (TargetGroup ${arn}) verified: canary weight 20 set`),
  );
  assert.deepEqual(plan.status.alb, {
    ...known,
    canaryTargetGroup: { name: 'c', arn, fullName: 'c/73e2d6bc24d8a067' },
    stableTargetGroup: { name: 's', arn: targetGroupArn('s'), fullName: 's/73e2d6bc24d8a067' },
  });
  assert.deepEqual(plan.status.albs, [plan.status.alb]);
});

test('TV-73 not yet: a warning with both weights, and the next question after ten seconds', () => {
  const given = answered(asked(), { is: 'loadBalancers', facts: [facts(10)] });
  const plan = lawfulPlan(given, at(1));
  assert.equal(verifiedOf(plan), false);
  const text = `Service canary (TargetGroup ${targetGroupArn('c')}) not verified: canary weight 20 not yet set (current: 10)`;
  assert.ok(said(plan).includes(`TargetGroupUnverified: ${text}`));
  const { world, last } = settle(given, at(1));
  assert.equal(last.wakeAt, at(11));
  const told = last.reasons.filter(({ code }) => code === 'weightUnverified');
  assert.deepEqual(
    told.map(({ data, until }) => [data.weight, until]),
    [[20, at(11)]],
  );
  assert.deepEqual(writesOf(lawfulPlan(world, at(11))), ['call loadBalancers']);
});

test('SLIPWAY: the weight of the stable side must be right too', () => {
  const [wrong] = [facts(20)].map((of) => ({
    ...of,
    forwards: of.forwards.map(([c]) => (c ? [c, { arn: targetGroupArn('s'), weight: 50 }] : [])),
  }));
  assert.ok(wrong);
  assert.equal(verifiedOf(lawfulPlan(answered(asked(), { is: 'loadBalancers', facts: [wrong] }), at(1))), false);
});

test('TV-75 the rule of a header route does not count, whatever the order; a split of another weight does', () => {
  const header = [{ arn: targetGroupArn('c'), weight: 100 }];
  const other = facts(30).forwards[0] ?? [];
  const of = (forwards: LoadBalancerFacts['forwards']) =>
    verifiedOf(lawfulPlan(answered(asked(), { is: 'loadBalancers', facts: [{ ...facts(20), forwards }] }), at(1)));
  const split = facts(20).forwards[0] ?? [];
  assert.deepEqual(
    [of([header, split]), of([split, header]), of([header]), of([split, other])],
    [true, true, false, false],
  );
});

test('TV-74 two Ingresses are verified when both obey', () => {
  const canary = {
    ...routed,
    trafficRouting: { alb: { ingresses: ['demo', 'two'], rootService: 'root', servicePort: 80 } },
  };
  const two = withHostname({ ...ingress(), metadata: { ...ingress().metadata, name: 'two' } });
  const given = asked(
    atTwenty({ canary, status: { alb: known, albs: [known], ...weights(0) } }, [withHostname(ingress()), two]),
  );
  const verified = (second: number) =>
    verifiedOf(lawfulPlan(answered(given, { is: 'loadBalancers', facts: [facts(20), facts(second, 'two')] }), at(1)));
  assert.deepEqual([verified(20), verified(0)], [true, false]);
});

test('TV-72 off: nothing is asked, verified and status.alb are absent', () => {
  const given = { ...atTwenty(), settings: { verifyRetryIntervalMs: 10_000 } };
  const { waves, world } = settle(given, start);
  assert.ok(waves.every(({ writes }) => writes.every(({ kind }) => kind !== 'startCall')));
  const { alb, albs, canary } = world.rollout.status ?? {};
  assert.deepEqual([alb, albs, canary?.weights?.verified], [undefined, undefined, undefined]);
});

test('TV-77 no hostname yet: not verified, nothing asked, no event', () => {
  const { last, waves } = settle(atTwenty({}, [ingress()]), start);
  assert.equal(verifiedOf(last), false);
  assert.deepEqual(waves.flatMap(warnings), []);
  assert.ok(waves.every(({ writes }) => writes.every(({ kind }) => kind !== 'startCall')));
});

test('a load balancer that nobody knows is said by its hostname', () => {
  const none: LoadBalancerFacts = { ingress: 'demo', targetGroups: [], forwards: [] };
  const plan = lawfulPlan(answered(asked(), { is: 'loadBalancers', facts: [none] }), at(1));
  assert.ok(said(plan).includes('LoadBalancerNotFound: Failed to find load balancer: LB.example.com'));
});

test('TV-37 an error is told twice over, once; sizes follow, the step waits, and it is asked again', () => {
  const given = answered(asked(), { is: 'failed', message: 'AccessDenied', isThrottled: false });
  const plan = lawfulPlan(given, at(1));
  assert.deepEqual(
    warnings(plan).map(({ reason, message, lasts }) => [reason, message, lasts !== undefined]),
    [
      ['TargetGroupVerifyError', 'Failed to verify Service canary (TargetGroup unknown): AccessDenied', true],
      ['WeightVerifyError', 'Failed to verify weight: AccessDenied', true],
    ],
  );
  assert.equal(verifiedOf(plan), false);
  assert.ok(
    plan.reasons.some(({ code, data }) => code === 'weightVerificationFailed' && data.message === 'AccessDenied'),
  );
  assert.equal(plan.wakeAt, at(11));
});

test('TV-82 throttling is no warning, and waits as long as AWS needs', () => {
  const given = answered(asked(), { is: 'failed', message: 'Throttling', isThrottled: true }, 1, 18);
  const plan = lawfulPlan(given, at(1));
  assert.deepEqual(warnings(plan), []);
  assert.equal(plan.wakeAt, at(18));
});

test('TV-38 at the end nothing is promoted before the whole weight is verified', () => {
  const given = atTwenty({ step: 2, current: { replicas: 10 }, status: { alb: known, ...weights(20) } });
  const waiting = settle(given, start).world;
  const refused = lawfulPlan(answered(waiting, { is: 'loadBalancers', facts: [facts(20)] }), at(1));
  assert.equal(refused.status.stableRS, a);
  assert.deepEqual(refused.reasons.map(({ code }) => code).includes('weightUnverified'), true);
  const passed = lawfulPlan(answered(waiting, { is: 'loadBalancers', facts: [facts(100)] }), at(1));
  assert.deepEqual([passed.status.stableRS, verifiedOf(passed)], [b, true]);
});

test('an answer about an older weight does not count: 20, 0 and 20 again is asked again', () => {
  const first = answered(asked(), { is: 'loadBalancers', facts: [facts(20)] });
  const { abort: _no, ...status } = first.rollout.status ?? {};
  const aborted: World = {
    ...first,
    rollout: { ...first.rollout, status: { ...status, abort: true, conditions: abortedConditions } },
  };
  const back = settle(aborted, at(2)).world;
  assert.equal(back.rollout.status?.canary?.weights?.canary.weight, 0);
  const { abort: _aborted, abortedAt: _at, ...retried } = back.rollout.status ?? {};
  const again = settle({ ...back, rollout: { ...back.rollout, status: retried } }, at(3), 12);
  assert.equal(again.world.rollout.status?.canary?.weights?.canary.weight, 20);
  assert.equal(again.world.rollout.status?.canary?.weights?.verified, false);
  assert.ok(again.world.ledger.calls?.inFlight[callKey], 'it is asked');
});

const rests: readonly (readonly [name: string, world: World, asks: boolean])[] = [
  ['at a pause nothing is asked', atTwenty({ step: 1, status: { alb: known, ...weights(20) } }), false],
  ['a new Rollout is asked once, for status.alb', atTwenty({ step: 1, status: weights(20) }), true],
  ['a weight that the status calls verified is not asked again', confirmed(), false],
];

/** 20 are on the Ingress and in the status; the process knows of no call. */
function confirmed(): World {
  const { rollout, ledger, ...rest } = asked();
  const { status } = rollout;
  const weights = { ...status!.canary!.weights!, verified: true };
  const { calls: _none, ...without } = ledger;
  return { ...rest, rollout: { ...rollout, status: { ...status, canary: { weights } } }, ledger: without };
}

for (const [name, given, asks] of rests) {
  test(name, () => {
    const { waves } = settle(given, start);
    assert.equal(
      waves.flatMap(({ writes }) => writes).some(({ kind }) => kind === 'startCall'),
      asks,
    );
  });
}
