// Rollouts whose controller asks which targets load balancers have: a canary that was promoted just now, what it is answered,
// and what a plan of it says.

import assert from 'node:assert/strict';
import { targetCall } from '../../controller/rollout/plan/target-verification.ts';
import type { OutsideAnswer, Plan } from '../../controller/rollout/types.ts';
import type { GroupTargets } from '../../controller/traffic/alb/target-facts.ts';
import { targetGroupArn } from './elbv2.ts';
import { b, c, type Midway, routed, routedWorld, weights } from './midway.ts';
import { condition, ingress, replicaSet, rollout, start, at as timeAt } from './objects.ts';
import { settle, shortWrite } from './rows.ts';
import { eventsOf, type World } from './world.ts';

export const settings = { verifyRetryIntervalMs: 10_000, verifiesTargetGroups: true };
export const arn = targetGroupArn('s');
export const at = (seconds: number) => start + seconds * 1000;
export const writesOf = (plan: Plan) => plan.writes.map(shortWrite);
export const said = (plan: Plan) => eventsOf(plan).map(({ type, reason, message }) => `${type} ${reason}: ${message}`);
export const codesOf = (plan: Plan) => plan.reasons.map(({ code }) => code);

export function group(registered: number, wanted = 10, healthy = registered): GroupTargets {
  return { arn, wanted, registered, healthy };
}

export function targets(...groups: readonly GroupTargets[]): OutsideAnswer {
  return { is: 'targets', facts: { groups, skipped: [] } };
}

export const failed = (isThrottled = false): OutsideAnswer => ({
  is: 'failed',
  message: 'AccessDenied',
  isThrottled,
  subject: arn,
});

/** The world once what goes on was answered, `seconds` after the start. */
export function answered(
  given: World,
  answer: OutsideAnswer,
  seconds = 1,
  more: { notBefore?: number; failures?: number } = {},
): World {
  const flight = given.ledger.calls?.inFlight[targetCall];
  assert.ok(flight, 'a call goes on');
  const { about, since: startedAt } = flight;
  const told = { about, startedAt, answeredAt: at(seconds), answer, ...more };
  return { ...given, ledger: { ...given.ledger, calls: { inFlight: {}, answers: { [targetCall]: told } } } };
}

export const asked = (given: World, seconds = 0): World => settle(given, at(seconds)).world;

/** Promoted just now: both Services have the new pods, the old ones are still there, the weight is not back yet. */
export function promoted(weight: number, more: Partial<Midway> = {}): World {
  const conditions = [
    condition('Available', 'True', 'AvailableReason', 'Rollout has minimum availability'),
    condition('Healthy', 'False', 'RolloutHealthy', 'Rollout is not healthy'),
    condition('Progressing', 'True', 'ReplicaSetUpdated', `ReplicaSet "demo-${b}" is progressing.`),
    condition('Completed', 'True', 'RolloutCompleted', 'RolloutCompleted'),
  ].map((one) => ({ ...one, lastTransitionTime: timeAt(0), lastUpdateTime: timeAt(0) }));
  return routedWorld(
    {
      canary: routed,
      step: 2,
      stable: { replicas: 10 },
      current: { replicas: 10 },
      status: { stableRS: b, conditions, ...(weight > 0 ? weights(weight) : weights(0, b, b)) },
      ...more,
      more: { ingresses: [ingress()], settings, ...more.more },
    },
    { canary: b, stable: b },
  );
}

export const weightOf = (plan: Plan) => plan.status.canary?.weights?.canary.weight;
export const setsWeight = (plan: Plan) => plan.writes.some(({ kind }) => kind === 'patchIngress');
export const deadlineOf = ({ replicaSets }: World, hash: string) =>
  replicaSets.find(({ metadata }) => metadata.name === `demo-${hash}`)?.metadata.annotations?.['scale-down-deadline'];

/** A third version arrives while the weight of the second is held; it has pods already. */
export function thirdVersion(status: World['rollout']['status'] = {}): World {
  const given = promoted(100, {
    step: 0,
    status: { ...promoted(100).rollout.status, currentPodHash: c, currentStepIndex: 0, ...status },
  });
  const template = rollout({ image: 'demo:c' }).spec.template!;
  const newest = replicaSet({ image: 'demo:c', revision: 3, desired: 10, replicas: 2 });
  return {
    ...given,
    rollout: { ...given.rollout, spec: { ...given.rollout.spec, template } },
    replicaSets: [...given.replicaSets, newest],
  };
}
