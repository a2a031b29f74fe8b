// Do the load balancers have the pods of a Service as targets (traffic.md §2.10)? Asked through the ledger, at once and then
// at the verify interval; an answer is good for as long, and only for the Service as it was when the question began. Until
// there is one, nothing is verified.

import { podTemplateHashLabel } from '../../api/constants.ts';
import type { ReplicaSet, Service } from '../../api/kubernetes-types.ts';
import { because, type Reason } from '../../explain/reasons.ts';
import type { EpochMillis } from '../../lang/time.ts';
import {
  type GroupTargets,
  podPrefixOf,
  type TargetFacts,
  type TargetQuestion,
} from '../../traffic/alb/target-facts.ts';
import type { AnsweredCall, EventRecord, Observed, Write } from '../types.ts';
import { callWrite, outcomeOf } from './outside-calls.ts';
import { hashOf, nameOf } from './replica-set.ts';
import { specCount } from './replica-set-counts.ts';

/** Void whenever a Service is pointed elsewhere. */
export const targetCall = 'call/targets';

/** A question that fails is asked less and less often, but at least every five minutes. */
const longestWaitMs = 300_000;
/** SLIPWAY (§2.8): that many targets take all of the requests. */
const servingShare = 0.9;

export interface TargetInput {
  readonly observed: Observed;
  readonly now: EpochMillis;
  readonly service: string;
  /** Whose pods the Service should send to. */
  readonly replicaSet: ReplicaSet;
}

export interface TargetVerification {
  /** Every ready pod is a target of every group that is bound to the Service, if there is any. */
  readonly isRegistered: boolean;
  /** And nine of ten are healthy there. */
  readonly isServing: boolean;
  /** The cluster or AWS did not say it when they were asked last. */
  readonly hasFailed: boolean;
  readonly writes: readonly Write[];
  readonly events: readonly EventRecord[];
  readonly wakeAt?: EpochMillis;
  /** Why it is waited for, in the terms of the moment that waits. */
  reason(code: WaitingCode): Reason;
}

export type WaitingCode = 'weightAwaitsTargets' | 'promotionAwaitsTargets' | 'oldPodsAwaitTargets';

export function verifyTargets(input: TargetInput): TargetVerification {
  const { observed, now, service, replicaSet } = input;
  const known = observed.services[service];
  // Asked in the wave after the one that switches it: the endpoints before are those of other pods.
  const isSwitched =
    known?.is === 'present' && known.value.spec.selector?.[podTemplateHashLabel] === hashOf(replicaSet);
  if (!isSwitched) return { ...unverified, reason: reasonOf(input, undefined, undefined) };
  const question = questionOf(known.value, observed, replicaSet);
  const about = JSON.stringify(question);
  const { answered, last, isInFlight } = outcomeOf(observed.ledger, targetCall, about);
  const dueAt = answered ? dueAgainAt(answered, observed.settings.verifyRetryIntervalMs) : now;
  const isDue = dueAt <= now && !isInFlight;
  const facts = isDue || answered?.answer.is !== 'targets' ? undefined : answered.answer.facts;
  return {
    isRegistered: facts?.groups.every((group) => isRegistered(group, replicaSet)) ?? false,
    isServing: facts?.groups.every((group) => isRegistered(group, replicaSet) && isServing(group)) ?? false,
    hasFailed: last?.answer.is === 'failed',
    writes: isDue ? [callWrite(targetCall, about, { kind: 'targets', question })] : [],
    events: last ? eventsOf(last, input) : [],
    ...(isDue || isInFlight ? {} : { wakeAt: dueAt }),
    reason: reasonOf(input, last, isDue || isInFlight ? undefined : dueAt),
  };
}

const unverified = { isRegistered: false, isServing: false, hasFailed: false, writes: [], events: [] };

function questionOf({ metadata, spec }: Service, { rollout }: Observed, replicaSet: ReplicaSet): TargetQuestion {
  return {
    namespace: rollout.metadata.namespace ?? '',
    service: metadata.name ?? '',
    ports: spec.ports ?? [],
    podPrefix: podPrefixOf(nameOf(replicaSet)),
  };
}

function dueAgainAt({ answeredAt, notBefore, failures = 0 }: AnsweredCall, intervalMs: number): EpochMillis {
  const waitMs = Math.min(intervalMs * 2 ** Math.max(0, failures - 1), Math.max(intervalMs, longestWaitMs));
  return notBefore ?? answeredAt + waitMs;
}

/** SLIPWAY: no endpoint of a ReplicaSet that should have pods is not all of them (§2.10, point 5). */
function isRegistered({ wanted, registered }: GroupTargets, replicaSet: ReplicaSet): boolean {
  return wanted === 0 ? specCount(replicaSet) === 0 : registered === wanted;
}

function isServing({ wanted, healthy }: GroupTargets): boolean {
  return healthy >= Math.ceil(servingShare * wanted);
}

/** Told once for each group, and again when it changes. An API that has too much to do is nothing to warn of. */
function eventsOf({ answer }: AnsweredCall, { service, replicaSet }: TargetInput): EventRecord[] {
  const failed = (arn: string, why: string): EventRecord => ({
    type: 'Warning',
    reason: 'TargetGroupVerifyError',
    message: `Failed to verify Service ${service} (TargetGroup ${arn}): ${why}`,
    lasts: `targets/${service}/${arn}`,
  });
  if (answer.is === 'failed') return answer.isThrottled ? [] : [failed(answer.subject ?? 'unknown', answer.message)];
  if (answer.is !== 'targets') return [];
  const { groups, skipped } = answer.facts;
  return [
    ...skipped.map(({ arn, why }) => failed(arn, why)),
    ...groups.map((group) => groupEvent(service, group, isRegistered(group, replicaSet))),
  ];
}

function groupEvent(service: string, { arn, wanted, registered }: GroupTargets, isVerified: boolean): EventRecord {
  const subject = `Service ${service} (TargetGroup ${arn})`;
  const lasts = `targets/${service}/${arn}`;
  if (isVerified) {
    const message = `${subject} verified: ${registered} endpoints registered`;
    return { type: 'Normal', reason: 'TargetGroupVerified', message, lasts };
  }
  const message = `${subject} not verified: ${registered}/${wanted} endpoints registered`;
  return { type: 'Warning', reason: 'TargetGroupUnverified', message, lasts };
}

function reasonOf({ service }: TargetInput, last: AnsweredCall | undefined, until: EpochMillis | undefined) {
  return (code: WaitingCode): Reason => {
    const answer = last?.answer;
    if (answer?.is === 'failed') {
      return because('targetVerificationFailed', { service, message: answer.message }, { until });
    }
    const facts = answer?.is === 'targets' ? answer.facts : undefined;
    return because(code, { service, ...totals(facts) }, { until });
  };
}

function totals(facts: TargetFacts | undefined): Record<'registered' | 'healthy' | 'wanted', number> {
  const total = (of: (group: GroupTargets) => number) => (facts?.groups ?? []).reduce((sum, one) => sum + of(one), 0);
  return {
    registered: total(({ registered }) => registered),
    healthy: total(({ healthy }) => healthy),
    wanted: total(({ wanted }) => wanted),
  };
}
