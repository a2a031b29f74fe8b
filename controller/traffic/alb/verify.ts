// Does the load balancer obey the weights that the Ingresses ask for (traffic.md §2.9)? Asked with each new weight of a
// setWeight step and at the end; judged from what AWS told. Until it is confirmed, `verified` is false.

import type {
  AlbStatus,
  AwsResourceReference,
  Rollout,
  RolloutStatus,
  TrafficWeights,
} from '../../api/types.generated.ts';
import { because } from '../../explain/reasons.ts';
import type { EpochMillis } from '../../lang/time.ts';
import { callWrite, outcomeOf } from '../../rollout/plan/outside-calls.ts';
import { currentStepIndex, isFullyPromoted } from '../../rollout/plan/weights.ts';
import type { EventRecord, Observed, Reason } from '../../rollout/types.ts';
import type { RouterInput, TrafficDecision, Verification } from '../types.ts';
import { isSameSplit, makeTrafficWeights } from '../weights-status.ts';
import type { LoadBalancerFacts, LoadBalancerQuestion, TargetGroupFacts } from './facts.ts';
import type { AlbSettings } from './settings.ts';
import { type ServiceWeight, splitOf } from './split.ts';

/** Void whenever an Ingress is changed: an answer counts only for calls that began after the weight was written. */
export const loadBalancerCall = 'call/loadBalancers';

/** `isWritten`: an Ingress changes in this wave, so nothing that was told before counts. */
export function verifyWeights(input: RouterInput, settings: AlbSettings, isWritten: boolean): Verification {
  const { observed, status, decision, now } = input;
  if (!observed.settings.verifiesTargetGroups) return { writes: [], events: [], reasons: [], loadBalancers: {} };
  if (decision.heldBy !== undefined || !shouldVerify(input.rollout, status, decision)) return nothing;
  if (isWritten) return unverified;
  if (isConfirmed(input.rollout, status, decision)) return { ...nothing, verified: true };
  const questions = questionsOf(observed, settings, decision);
  if (!questions) return unverified; // no hostname yet: the Ingress's next change tells of it
  const about = JSON.stringify([questions, splitOf(settings, decision), decision.canaryHash, decision.stableHash]);
  const { answered, isInFlight } = outcomeOf(observed.ledger, loadBalancerCall, about);
  const judged = answered ? judge(answered.answer, settings, decision, observed) : unverified;
  if (judged.verified || isInFlight) return judged;
  const dueAt = answered ? (answered.notBefore ?? answered.answeredAt + observed.settings.verifyRetryIntervalMs) : now;
  if (dueAt > now) return { ...judged, reasons: [standing(answered?.answer, decision.desired, dueAt)], wakeAt: dueAt };
  return { ...judged, writes: [callWrite(loadBalancerCall, about, { kind: 'loadBalancers', questions })] };
}

const nothing: Verification = { writes: [], events: [], reasons: [] };
const unverified: Verification = { ...nothing, verified: false };

/** Calls to AWS are rare: at setWeight steps, at the end, and once to fill `status.alb`. */
function shouldVerify(rollout: Rollout, status: RolloutStatus, decision: TrafficDecision): boolean {
  if (!status.alb?.loadBalancer?.arn) return true;
  if ((status.stableRS ?? '') === '' || isFullyPromoted(status)) return false;
  const index = currentStepIndex(rollout, status);
  if (index === undefined) return decision.desired === decision.max;
  return rollout.spec.strategy?.canary?.steps?.[index]?.setWeight !== undefined;
}

/** The status says so already, of these very weights. */
function isConfirmed(rollout: Rollout, status: RolloutStatus, decision: TrafficDecision): boolean {
  const stored = status.canary?.weights;
  if (stored?.verified !== true || !status.alb?.loadBalancer?.arn) return false;
  return isSameSplit(stored, makeTrafficWeights(rollout, decision, undefined) satisfies TrafficWeights);
}

/** Undefined while one of the Ingresses has no load balancer. */
function questionsOf(
  observed: Observed,
  settings: AlbSettings,
  decision: TrafficDecision,
): LoadBalancerQuestion[] | undefined {
  const namespace = observed.rollout.metadata.namespace ?? '';
  const services = splitOf(settings, decision).map(({ serviceName }) => serviceName);
  const questions = settings.ingresses.map((ingress): LoadBalancerQuestion => {
    const known = observed.ingresses[ingress];
    const points = known?.is === 'present' ? (known.value.status?.loadBalancer?.ingress ?? []) : [];
    const hostnames = points.flatMap(({ hostname }) => (hostname ? [hostname.toLowerCase()] : []));
    const resourceIds = services.map((service) => resourceId(namespace, ingress, service, settings));
    return { ingress, hostnames, resourceIds };
  });
  return questions.every(({ hostnames }) => hostnames.length > 0) ? questions : undefined;
}

function resourceId(namespace: string, ingress: string, service: string, { servicePort }: AlbSettings): string {
  return `${namespace}/${ingress}-${service}:${servicePort}`;
}

type Answer = NonNullable<ReturnType<typeof outcomeOf>['answered']>['answer'];

function judge(answer: Answer, settings: AlbSettings, decision: TrafficDecision, observed: Observed): Verification {
  if (answer.is === 'failed') return failed(answer, settings);
  if (answer.is !== 'loadBalancers') return unverified;
  const split = splitOf(settings, decision);
  const judged = answer.facts.map((facts) => judgeOne(facts, split, settings, observed));
  const albs = judged.map(({ alb }) => alb);
  const last = albs.at(-1);
  return {
    writes: [],
    reasons: [],
    verified: judged.every(({ isVerified }) => isVerified),
    events: judged.flatMap(({ events }) => events),
    loadBalancers: last === undefined ? {} : { alb: last, albs },
  };
}

/** Why it is not confirmed, and when it is asked again. */
function standing(answer: Answer | undefined, weight: number, until: EpochMillis): Reason {
  if (answer?.is !== 'failed') return because('weightUnverified', { weight }, { until });
  return because('weightVerificationFailed', { message: answer.message }, { until });
}

/** SLIPWAY: an API that has too much to do is no error, and nothing to warn of. */
function failed(
  { message, isThrottled }: { readonly message: string; readonly isThrottled: boolean },
  settings: AlbSettings,
): Verification {
  if (isThrottled) return unverified;
  const text = `Failed to verify Service ${settings.canaryService} (TargetGroup unknown): ${message}`;
  return {
    ...unverified,
    events: [
      lasting('TargetGroupVerifyError', text, settings.canaryService),
      lasting('WeightVerifyError', `Failed to verify weight: ${message}`, ''),
    ],
  };
}

interface Judged {
  readonly isVerified: boolean;
  readonly events: readonly EventRecord[];
  readonly alb: AlbStatus;
}

function judgeOne(
  facts: LoadBalancerFacts,
  split: readonly ServiceWeight[],
  settings: AlbSettings,
  observed: Observed,
): Judged {
  const { ingress, loadBalancer } = facts;
  if (!loadBalancer) {
    const known = observed.ingresses[ingress];
    const points = known?.is === 'present' ? known.value.status?.loadBalancer?.ingress : undefined;
    const message = `Failed to find load balancer: ${points?.find(({ hostname }) => hostname)?.hostname ?? ''}`;
    return { isVerified: false, events: [lasting('LoadBalancerNotFound', message, ingress)], alb: { ingress } };
  }
  const namespace = observed.rollout.metadata.namespace ?? '';
  const groupOf = (service: string) => find(facts, resourceId(namespace, ingress, service, settings));
  const canary = groupOf(settings.canaryService);
  const stable = groupOf(settings.stableService);
  const alb: AlbStatus = {
    ingress,
    loadBalancer: { ...loadBalancer, fullName: afterSlash(loadBalancer.arn, 2) },
    ...(canary ? { canaryTargetGroup: reference(canary) } : {}),
    ...(stable ? { stableTargetGroup: reference(stable) } : {}),
  };
  // SLIPWAY: rules of header routes send everything to the canary; only those that split count, and all of them.
  const splits = facts.forwards.filter(
    (forward) => forward.some(({ arn }) => arn === canary?.arn) && forward.some(({ arn }) => arn === stable?.arn),
  );
  const events: EventRecord[] = [];
  let isVerified = splits.length > 0;
  for (const { serviceName, weight } of split) {
    const group = groupOf(serviceName);
    const weights = splits.map((forward) => forward.find(({ arn }) => arn === group?.arn)?.weight);
    const other = weights.findIndex((found) => found !== weight);
    if (other >= 0) isVerified = false;
    const isTold = serviceName !== settings.stableService && group !== undefined && weights.length > 0;
    if (isTold) events.push(weightEvent(serviceName, group.arn, weight, other < 0 ? weight : weights[other]));
  }
  return { isVerified, events, alb };
}

/** SLIPWAY: of several target groups with the tag, the one that a rule names. */
function find({ targetGroups, forwards }: LoadBalancerFacts, id: string): TargetGroupFacts | undefined {
  const tagged = targetGroups.filter((group) => group.resourceId === id);
  return (
    tagged.find(({ arn }) => forwards.some((forward) => forward.some((target) => target.arn === arn))) ?? tagged[0]
  );
}

function weightEvent(service: string, arn: string, wanted: number, found: number | undefined): EventRecord {
  const subject = `Service ${service} (TargetGroup ${arn})`;
  if (found === wanted) {
    const message = `${subject} verified: canary weight ${wanted} set`;
    return { type: 'Normal', reason: 'TargetGroupVerified', message, lasts: `verify/${service}` };
  }
  const message = `${subject} not verified: canary weight ${wanted} not yet set (current: ${found ?? 0})`;
  return lasting('TargetGroupUnverified', message, service);
}

function lasting(reason: string, message: string, subject: string): EventRecord {
  return { type: 'Warning', reason, message, lasts: `verify/${reason}/${subject}` };
}

/** QUIRK: `NAME/ID` for both kinds, although CloudWatch wants more in front of it (traffic.md §2.11). */
function afterSlash(arn: string, from: number): string {
  return arn.split('/').slice(from).join('/');
}

function reference({ name, arn }: TargetGroupFacts): AwsResourceReference {
  return { name, arn, fullName: afterSlash(arn, 1) };
}
