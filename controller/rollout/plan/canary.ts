// One pass of a canary, as the ordered list of questions (rollout.md §3.4). What moves traffic stands before what removes
// pods: the order of this list is the order of the writes.

import { pauseReasons } from '../../api/constants.ts';
import { hasTrafficRouting } from '../../api/defaults.ts';
import type { TrafficWeights } from '../../api/types.generated.ts';
import { keptStepHash } from '../../lang/step-hash.ts';
import type { TrafficPlan } from '../../traffic/types.ts';
import { planAnalysis } from './analysis.ts';
import { planDisplacedDeadline } from './canary-others.ts';
import { planCanaryScale, planPromotedScale } from './canary-scale.ts';
import { blockedCanaryStatus, canaryStatus, resetCanaryStatus } from './canary-status.ts';
import { planEphemeralMetadata } from './ephemeral-metadata.ts';
import { experimentDestinations, planExperiment } from './experiment.ts';
import { planHistoryLimit } from './history-limit.ts';
import { addNeed, addWrite, newReplicaSet, otherReplicaSets, type Pass, stableReplicaSet, wakeAt } from './pass.ts';
import type { Persisted } from './persist-status.ts';
import { planPingPongServices } from './ping-pong.ts';
import { hashOf } from './replica-set.ts';
import { lastingCount } from './replica-set-counts.ts';
import { planRestart } from './restart.ts';
import { planRevision } from './revisions.ts';
import {
  isStableServiceEmpty,
  planCanaryService,
  planSelector,
  planStableService,
  selectedHash,
  serviceNamed,
} from './services.ts';
import { planStepPlugins } from './step-plugins.ts';
import { currentStep, pauseEndsAt, pauseStartedAt } from './steps.ts';
import { planTraffic } from './traffic.ts';

/** Undefined: the status is not told in this pass, because pods were evicted and its counts are stale. */
export function planCanary(pass: Pass): Persisted | undefined {
  planRevision(pass);
  if (isCanaryChanged(pass)) return resetCanaryStatus(pass);
  const restart = planRestart(pass);
  if (restart.kind === 'evicts' || restart.kind === 'unobserved') return undefined;
  planEphemeralMetadata(pass);
  planHistoryLimit(pass);
  planStableService(pass);
  const traffic = decide(pass);
  const takesWeightFirst = traffic !== undefined && takesWeightBeforeHash(pass, traffic);
  if (!takesWeightFirst) planPingPongServices(pass);
  planCanaryService(pass, traffic?.decision.pinsCanaryServiceToStable ?? false);
  const weights = planRoutes(pass, traffic);
  if (traffic?.blocked) {
    if (traffic.blocked.event) pass.pendingEvents.push(traffic.blocked.event);
    if (traffic.blocked.isPromotions) planPromotedScale(pass);
    return blockedCanaryStatus(pass, weights);
  }
  // A new hash with the old weight would be an outage (operations.md §20.3, S6).
  if (takesWeightFirst && weights?.canary.weight === 0 && !isHeldAtOtherStable(pass, traffic))
    planPingPongServices(pass);
  planExperiment(pass);
  planAnalysis(pass);
  // An outcome that a person has to judge came in just now: nothing is sized and no other pause begins (§3.4.10).
  const isHeld = pass.intent.addPause !== undefined;
  const isScaled = !isHeld && planCanaryScale(pass, weights);
  if (!isHeld && !isScaled) {
    planCanaryPause(pass);
    planStepPlugins(pass);
  }
  return canaryStatus(pass, weights, restart.kind === 'done' ? restart.restartedAt : undefined);
}

/**
 * An empty canary has no weight, whatever the status says: a write of the weight may have got through, and the status that
 * was to tell of it not (operations.md §20.3, S5).
 */
function takesWeightBeforeHash(pass: Pass, traffic: TrafficPlan): boolean {
  const { decision, writes } = traffic;
  if (decision.setsWeightBeforeHash) return true;
  const isFirst = (pass.status.stableRS ?? '') === '';
  const isMoving = writes.length > 0 || isHeldAtOtherStable(pass, traffic);
  return !isFirst && isMoving && lastingCount(newReplicaSet(pass)) === 0;
}

/** The routes are as they were before a promotion changed the roles: what is canary now still gets what stable got. */
function isHeldAtOtherStable({ status }: Pass, { decision }: TrafficPlan): boolean {
  const recorded = status.canary?.weights?.stable.podTemplateHash;
  return decision.heldBy !== undefined && recorded !== undefined && recorded !== status.stableRS;
}

/** Template or steps are not those that the status speaks of. */
export function isCanaryChanged(pass: Pass): boolean {
  const { status } = pass;
  const current = status.currentPodHash ?? '';
  const isTemplateNew = current !== '' && current !== hashOf(newReplicaSet(pass));
  const stepHash = keptStepHash(pass.rollout.spec.strategy ?? {}, status.currentStepHash);
  return isTemplateNew || (status.currentStepHash ?? '') !== stepHash;
}

function decide(pass: Pass): TrafficPlan | undefined {
  if (!hasTrafficRouting(pass.rollout)) return undefined;
  return planTraffic({
    observed: pass.observed,
    now: pass.now,
    rollout: pass.rollout,
    status: pass.status,
    newRS: newReplicaSet(pass),
    stableRS: stableReplicaSet(pass),
    others: otherReplicaSets(pass),
    revision: Number(pass.revision ?? 0) || 0,
    additional: experimentDestinations(pass),
    isStableServiceEmpty: isStableServiceEmpty(pass),
  });
}

/** The canary Service of an abort, then the routers; says which weights hold after this wave. */
function planRoutes(pass: Pass, traffic: TrafficPlan | undefined): TrafficWeights | undefined {
  if (!traffic) return undefined;
  const stableRS = stableReplicaSet(pass);
  const canaryService = pass.rollout.spec.strategy?.canary?.canaryService;
  if (traffic.decision.pinsCanaryServiceToStable && stableRS && canaryService) {
    const known = serviceNamed(pass, canaryService);
    const isThere = selectedHash(pass, canaryService) === hashOf(stableRS);
    if (known.is === 'present' && !isThere) planSelector(pass, canaryService, known.value, hashOf(stableRS));
  }
  for (const write of traffic.writes) addWrite(pass, write);
  for (const need of traffic.needs) addNeed(pass, need);
  pass.reasons.push(...traffic.reasons);
  pass.pendingEvents.push(...traffic.events);
  if (traffic.loadBalancers) pass.loadBalancers = traffic.loadBalancers;
  if (traffic.wakeAt !== undefined) wakeAt(pass, traffic.wakeAt);
  if (!traffic.blocked) planDisplacedDeadline(pass, traffic.weights);
  return traffic.weights;
}

/** A pause begins once the counts of its place are there (rollout.md §6.2). */
function planCanaryPause(pass: Pass): void {
  const { status } = pass;
  const current = currentStep(pass);
  if (!current?.step.pause || pass.rollout.spec.paused || status.promoteFull || status.abort) return;
  if (pauseStartedAt(pass) === undefined) {
    if (!status.controllerPause) pass.intent.addPause = pauseReasons.canaryPauseStep;
    return;
  }
  const endsAt = pauseEndsAt(pass, current.step);
  if (endsAt !== undefined) wakeAt(pass, endsAt + 1);
}
