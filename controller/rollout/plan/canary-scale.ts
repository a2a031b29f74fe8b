// How are the ReplicaSets of a canary sized in this pass (rollout.md §3.4.1)? One class a pass: stable, then new, then the
// others; availability is trusted only as read at the start of a pass.

import { canaryOf, hasTrafficRouting, maxTrafficWeightOf, replicasOf } from '../../api/defaults.ts';
import type { ReplicaSet } from '../../api/kubernetes-types.ts';
import type { TrafficWeights } from '../../api/types.generated.ts';
import { because } from '../../explain/reasons.ts';
import { isAbortDelayed, planAbortedReplicaSet } from './abort-delay.ts';
import { planCanaryOthers } from './canary-others.ts';
import { isHalted, isHeldBack, isSizedForAnother } from './halt.ts';
import { withRoom } from './make-room.ts';
import { addReason, isAborted, newReplicaSet, otherReplicaSets, type Pass, stableReplicaSet, wakeAt } from './pass.ts';
import { isPromotionUnsettled } from './promotion-hold.ts';
import { basicTarget, canaryReplicaCounts, type ReplicaCounts } from './replica-counts.ts';
import { hashOf, nameOf } from './replica-set.ts';
import { lastingCount, specCount } from './replica-set-counts.ts';
import { planNoDeadline, planScale } from './scale.ts';
import { propagating, sizingWeights } from './served-weights.ts';
import { selectedHash } from './services.ts';
import { inMaximum, isFullyPromoted, toReplicas } from './weights.ts';
import { planWorkloadProgressively } from './workload-scale-down.ts';

/** Plans sizes and deadlines, and says whether a size changes. `weights`: as planned in this pass. */
export function planCanaryScale(pass: Pass, weights: TrafficWeights | undefined): boolean {
  if (isHalted(pass) && !isSizedForAnother(pass)) return false;
  waitForPropagation(pass);
  const newRS = newReplicaSet(pass);
  const stableRS = stableReplicaSet(pass);
  if (!isAbortDelayed(pass)) planNoDeadline(pass, newRS);
  if (pass.stableName !== pass.newName) planNoDeadline(pass, stableRS);
  const heldWeight = isHeldBack(pass) ? 0 : undefined;
  const counts = wantedCounts(pass, weights, heldWeight);
  const last = lastCounts(pass, counts, heldWeight);
  if (stableRS && pass.stableName !== pass.newName && planSize(pass, stableRS, counts.stable, last.stable)) return true;
  if (newRS && heldWeight === undefined && planNewReplicaSet(pass, counts, last, weights)) return true;
  return planCanaryOthers(pass);
}

/** TV-85: time alone ends it, so it is told and looked at again. */
function waitForPropagation(pass: Pass): void {
  const served = propagating(pass.observed.ledger.servedWeights, pass.now);
  if (served?.until === undefined) return;
  addReason(
    pass,
    because('weightPropagates', { canary: served.canary, stable: served.stable }, { until: served.until }),
  );
  wakeAt(pass, served.until);
}

/** Where the sizes are going to: a basic canary goes there in stages, as surge and availability allow. */
function lastCounts(pass: Pass, counts: ReplicaCounts, heldWeight: number | undefined): ReplicaCounts {
  if (hasTrafficRouting(pass.rollout)) return counts;
  const { rollout, status } = pass;
  return basicTarget({ rollout, status, newRS: newReplicaSet(pass), stableRS: stableReplicaSet(pass), heldWeight });
}

/** While the sizing is stopped only desired-replicas tells that it is to go on: it is not put right before the last stage. */
function planSize(pass: Pass, replicaSet: ReplicaSet, count: number, last: number): boolean {
  return planScale(pass, replicaSet, count, { keepsDesired: isHalted(pass) && count !== last });
}

export function wantedCounts(
  pass: Pass,
  weights: TrafficWeights | undefined,
  heldWeight: number | undefined = undefined,
): ReplicaCounts {
  const input = {
    rollout: pass.rollout,
    status: pass.status,
    newRS: newReplicaSet(pass),
    stableRS: stableReplicaSet(pass),
    others: otherReplicaSets(pass),
    recordedWeights: stableWeights(pass, weights),
    plannedWeights: weights ?? null,
    heldWeight,
  };
  const counts = withRoom(input, canaryReplicaCounts(input));
  const endpoint = withEndpoint(pass, withPromotedTraffic(pass, withUnrecordedTraffic(pass, counts)));
  return withTrafficLeft(pass, withHeldTraffic(pass, withServedPods(pass, endpoint, weights), weights), weights);
}

/**
 * SLIPWAY (design law 10): pods wait for the weight to go. One does while it is the canary's, when steps and size are new
 * at once; and the whole share of a version that was stable or active until just now, and is the next canary already, as
 * long as the stable Service selects it. Of no replicas no share is a pod.
 */
function withTrafficLeft(pass: Pass, counts: ReplicaCounts, weights: TrafficWeights | undefined): ReplicaCounts {
  const newRS = newReplicaSet(pass);
  if (!newRS || !hasTrafficRouting(pass.rollout)) return counts;
  const { rollout } = pass;
  const hash = hashOf(newRS);
  const isCanary = weights?.canary.podTemplateHash === hash;
  const isStable =
    weights?.stable.podTemplateHash === hash || selectedHash(pass, canaryOf(rollout)?.stableService) === hash;
  const ofCanary = isCanary ? Math.min(1, toReplicas(rollout, weights.canary.weight)) : 0;
  const ofStable = isStable ? toReplicas(rollout, weights?.stable.weight ?? maxTrafficWeightOf(rollout)) : 0;
  return { ...counts, canary: Math.max(counts.canary, Math.min(Math.max(ofCanary, ofStable), specCount(newRS))) };
}

/** After a promotion stable has what was the canary's share (traffic.md §2.8); the next version may have come meanwhile. */
function withPromotedTraffic(pass: Pass, counts: ReplicaCounts): ReplicaCounts {
  const { rollout, status } = pass;
  if (!isPromotionUnsettled(rollout, status, stableReplicaSet(pass))) return counts;
  const left = toReplicas(rollout, status.canary?.weights?.canary.weight ?? 0);
  return { ...counts, stable: Math.max(counts.stable, left) };
}

/** The next version waits for the weight of a promotion, and only stable, which has all of it, follows `replicas`. */
export function planPromotedScale(pass: Pass): void {
  const stableRS = stableReplicaSet(pass);
  if (!stableRS || (isHalted(pass) && !isSizedForAnother(pass))) return;
  planScale(pass, stableRS, replicasOf(pass.rollout));
}

/** What stable is sized by: what was recorded, and what this very wave gives back to it (design law 10). */
function stableWeights(pass: Pass, planned: TrafficWeights | undefined): TrafficWeights | null {
  const recorded = inMaximum(pass.rollout, pass.status.canary?.weights);
  if (!recorded) return null;
  const served = pass.observed.ledger.servedWeights;
  const sizing = sizingWeights(recorded, served, { max: maxTrafficWeightOf(pass.rollout), now: pass.now });
  return planned && planned.stable.weight > sizing.stable.weight ? planned : sizing;
}

/**
 * SLIPWAY (traffic.md §3.3, issue 1820): ingress-nginx answers 503 while the stable Service has no endpoint, whatever the
 * weight; so one pod stays until promotion.
 */
function withEndpoint(pass: Pass, counts: ReplicaCounts): ReplicaCounts {
  const isNginx = canaryOf(pass.rollout)?.trafficRouting?.nginx !== undefined;
  if (!isNginx || isFullyPromoted(pass.status) || replicasOf(pass.rollout) === 0) return counts;
  return { ...counts, stable: Math.max(counts.stable, 1) };
}

/**
 * SLIPWAY (design law 10): while no weights are recorded (a router was added in the middle of an update) nobody knows
 * that requests have left stable, so a dynamic stable does not shrink.
 */
function withUnrecordedTraffic(pass: Pass, counts: ReplicaCounts): ReplicaCounts {
  const isDynamic = hasTrafficRouting(pass.rollout) && canaryOf(pass.rollout)?.dynamicStableScale === true;
  if (!isDynamic || pass.status.canary?.weights || isFullyPromoted(pass.status)) return counts;
  return { ...counts, stable: Math.max(counts.stable, specCount(stableReplicaSet(pass))) };
}

/**
 * SLIPWAY (design law 10): the weight stays where it is while stable lacks pods for its share, and so do the pods; all of
 * them where no weight is recorded, as when a router was just added: nobody knows where requests go.
 */
function withHeldTraffic(pass: Pass, counts: ReplicaCounts, weights: TrafficWeights | undefined): ReplicaCounts {
  const newRS = newReplicaSet(pass);
  const stableRS = stableReplicaSet(pass);
  if (!newRS || !stableRS || !hasTrafficRouting(pass.rollout)) return counts;
  if (weights && weights.canary.podTemplateHash !== hashOf(newRS)) return counts;
  if (lastingCount(stableRS) >= counts.stable) return counts;
  const weight = weights?.canary.weight ?? maxTrafficWeightOf(pass.rollout);
  const pods = Math.min(specCount(newRS), toReplicas(pass.rollout, weight));
  return { ...counts, canary: Math.max(counts.canary, pods) };
}

/** An aborted canary keeps the pods that an unverified load balancer, or nodes of it, may still send to (BUG 3926). */
function withServedPods(pass: Pass, counts: ReplicaCounts, weights: TrafficWeights | undefined): ReplicaCounts {
  if (!isAborted(pass) || !canaryOf(pass.rollout)?.dynamicStableScale) return counts;
  const { servedWeights } = pass.observed.ledger;
  const isUnverified = weights?.verified === false;
  const unverified = isUnverified ? (servedWeights?.canary ?? maxTrafficWeightOf(pass.rollout)) : undefined;
  const served = unverified ?? propagating(servedWeights, pass.now)?.canary;
  if (served === undefined) return counts;
  const pods = Math.min(specCount(newReplicaSet(pass)), toReplicas(pass.rollout, served));
  return { ...counts, canary: Math.max(counts.canary, pods) };
}

function planNewReplicaSet(
  pass: Pass,
  counts: ReplicaCounts,
  last: ReplicaCounts,
  weights: TrafficWeights | undefined,
): boolean {
  const newRS = newReplicaSet(pass);
  if (!newRS) return false;
  const aborted = planAbortedReplicaSet(pass, newRS, weights);
  if (aborted !== undefined) return aborted;
  if (isAborted(pass) && canaryOf(pass.rollout)?.abortScaleDownDelaySeconds === 0 && specCount(newRS) > 0) {
    addReason(pass, because('abortedCanaryKept', { replicaSet: nameOf(newRS), replicas: specCount(newRS) }));
  }
  // Without another ReplicaSet to go back to it carries everything, whatever was aborted or was recorded.
  const isAlone = hasTrafficRouting(pass.rollout) && (!pass.stableName || pass.stableName === pass.newName);
  const wanted = isAlone ? replicasOf(pass.rollout) : counts.canary;
  planWorkloadProgressively(pass, wanted < specCount(newRS));
  return planSize(pass, newRS, wanted, isAlone ? wanted : last.canary);
}
