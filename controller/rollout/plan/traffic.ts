// What does traffic routing do in this pass: one decision, carried out by every router of the Rollout (traffic.md
// §1.4-1.5, §1.9)? Where a router fails, the others still hear of the decision; the pass then goes no further.

import type { ReplicaSet } from '../../api/kubernetes-types.ts';
import type { Rollout, RolloutStatus, TrafficWeights, WeightDestination } from '../../api/types.generated.ts';
import { because } from '../../explain/reasons.ts';
import type { EpochMillis } from '../../lang/time.ts';
import { decideTraffic } from '../../traffic/decide.ts';
import { routersOf } from '../../traffic/registry.ts';
import type { RouterPlan, TrafficDecision, TrafficPlan, Verification } from '../../traffic/types.ts';
import { isSameSplit, makeTrafficWeights, weightUpdatedEvent } from '../../traffic/weights-status.ts';
import type { EventRecord, Ledger, Observed, Reason, Write } from '../types.ts';
import { holdPromotion, type PromotionHold } from './promotion-hold.ts';
import { availableCount } from './replica-set-counts.ts';

export interface TrafficInput {
  readonly observed: Observed;
  readonly now: EpochMillis;
  /** With defaults and a resolved template. */
  readonly rollout: Rollout;
  readonly status: RolloutStatus;
  readonly newRS?: ReplicaSet | undefined;
  readonly stableRS?: ReplicaSet | undefined;
  readonly others: readonly ReplicaSet[];
  readonly revision: number;
  readonly additional?: readonly WeightDestination[];
  readonly isStableServiceEmpty?: boolean;
}

/** Undefined: the Rollout has no router; status.canary.weights then goes away. */
export function planTraffic(input: TrafficInput): TrafficPlan | undefined {
  const { observed, now, rollout, status } = input;
  const used = routersOf(rollout);
  if (used.routers.length === 0 && used.unsupported.length === 0) return undefined;

  const hold = holdPromotion(input, decideTraffic(input));
  const { decision } = hold;
  const plans = used.routers.map((router) => router.plan({ observed, now, rollout, status, decision }));
  const problems = [
    ...used.unsupported.map((key) => `the traffic router "${key}" is not supported yet`),
    ...plans.flatMap((plan) => plan.problems),
  ];
  const before = status.canary?.weights;
  const verification = combineVerification(plans);
  const isStill = decision.heldBy !== undefined || problems.length > 0;
  const weights = isStill ? before : nextWeights(rollout, decision, before, verification.verified);
  const event = isStill ? undefined : weightUpdatedEvent(before, weights);
  const written = failedLast(
    plans.flatMap((plan) => plan.writes),
    observed.ledger,
  );
  return {
    decision,
    writes: [...written, ...verification.writes, ...hold.writes],
    needs: plans.flatMap((plan) => plan.needs),
    reasons: [
      ...plans.flatMap((plan) => plan.reasons),
      ...verification.reasons,
      ...hold.reasons,
      ...heldReasons(decision, input.stableRS),
      ...problems.map((message) => because('trafficRoutingFailed', { message })),
    ],
    weights,
    events: [
      ...(event ? [event] : []),
      ...plans.flatMap((plan) => plan.events ?? []),
      ...verification.events,
      ...hold.events,
      ...abortBlocked(decision, status),
    ],
    ...(verification.loadBalancers ? { loadBalancers: verification.loadBalancers } : {}),
    ...earliest(verification, hold),
    ...blockedBy(problems, hold, verification),
  };
}

/**
 * A pass that failed goes no further; nor does one at the end whose last weight is not yet obeyed (traffic.md §1.5.8), nor
 * one of the next version before the weight of the promotion is settled.
 */
function blockedBy(
  problems: readonly string[],
  { decision: { desired, max }, isBlocking }: PromotionHold,
  { verified }: Verification,
): Pick<TrafficPlan, 'blocked'> {
  if (problems.length > 0) return { blocked: { event: routingError(problems) } };
  if (isBlocking) return { blocked: { isPromotions: true } };
  return desired === max && verified === false ? { blocked: {} } : {};
}

function earliest(...timed: readonly Pick<TrafficPlan, 'wakeAt'>[]): Pick<TrafficPlan, 'wakeAt'> {
  const times = timed.flatMap(({ wakeAt }) => wakeAt ?? []);
  return times.length === 0 ? {} : { wakeAt: Math.min(...times) };
}

/** One broken router or object does not keep the others from their weight (traffic.md §1.4, §2.5). */
function failedLast(writes: readonly Write[], { outcomes }: Ledger): Write[] {
  const hasFailed = (write: Write) => outcomes[write.key] !== undefined;
  return [...writes.filter((write) => !hasFailed(write)), ...writes.filter(hasFailed)];
}

/** The stored object is kept as it is while nothing changed, so that an unchanged status makes no patch. */
function nextWeights(
  rollout: Rollout,
  decision: TrafficDecision,
  before: TrafficWeights | undefined,
  verified: boolean | undefined,
): TrafficWeights {
  const next = makeTrafficWeights(rollout, decision, verified);
  return before && isSameSplit(before, next) && before.verified === verified ? before : next;
}

/** `verified`: any `false` is false, else any `true` is true, else nothing is known (traffic.md §1.4). */
function combineVerification(plans: readonly RouterPlan[]): Verification {
  const all = plans.flatMap(({ verification }) => verification ?? []);
  const answers = all.flatMap(({ verified }) => verified ?? []);
  const loadBalancers = all.find((verification) => verification.loadBalancers)?.loadBalancers;
  return {
    writes: all.flatMap(({ writes }) => writes),
    events: all.flatMap(({ events }) => events),
    reasons: all.flatMap(({ reasons }) => reasons),
    ...(answers.length === 0 ? {} : { verified: answers.every(Boolean) }),
    ...earliest(...all),
    ...(loadBalancers ? { loadBalancers } : {}),
  };
}

function heldReasons({ heldBy, desired }: TrafficDecision, stableRS: ReplicaSet | undefined): Reason[] {
  if (heldBy === 'abortBlocked') return [because('abortWaitsForStable', { weight: desired })];
  if (heldBy !== 'stableUnavailable') return [];
  return [because('trafficWaitsForStable', { available: availableCount(stableRS), weight: desired })];
}

/** Told when the abort begins; that it lasts is a reason. */
function abortBlocked({ heldBy }: TrafficDecision, { abortedAt }: RolloutStatus): EventRecord[] {
  if (heldBy !== 'abortBlocked' || abortedAt !== undefined) return [];
  const message = 'The abort keeps the weight: the stable ReplicaSet has no available pod';
  return [{ type: 'Warning', reason: 'AbortBlockedByStableAvailability', message }];
}

function routingError(problems: readonly string[]): EventRecord {
  return { type: 'Warning', reason: 'TrafficRoutingError', message: problems.join('; '), lasts: 'trafficRouting' };
}
