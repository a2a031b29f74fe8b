// How are the other ReplicaSets of a canary shrunk (rollout.md §4.7)? Unhealthy pods first, then as far as availability
// allows; what traffic may still reach stays, with a router until its delay is over.

import { canaryOf, hasTrafficRouting, replicasOf, scaleDownDelaySecondsOf } from '../../api/defaults.ts';
import type { ReplicaSet } from '../../api/kubernetes-types.ts';
import type { TrafficWeights } from '../../api/types.generated.ts';
import { because } from '../../explain/reasons.ts';
import { addReason, currentVersion, newReplicaSet, otherReplicaSets, type Pass } from './pass.ts';
import { isReferenced } from './references.ts';
import { maxUnavailable } from './replica-counts.ts';
import { byCreation, byRevisionDescending, deadlineOf, hashOf, nameOf } from './replica-set.ts';
import { answeringCount, availableCount, lastingCount, specCount, totalCount } from './replica-set-counts.ts';
import { planDeadline, planScale } from './scale.ts';
import { type DelayCounter, delayedCount } from './scale-down-delay.ts';
import { propagating } from './served-weights.ts';
import { mustKeepOldPods } from './target-moments.ts';
import { isFullyPromoted } from './weights.ts';

/** Plans the other ReplicaSets, and says whether the size of one changes. */
export function planCanaryOthers(pass: Pass): boolean {
  const active = otherReplicaSets(pass).filter((replicaSet) => specCount(replicaSet) > 0);
  const leaving = active.filter((replicaSet) => !isServed(pass, replicaSet));
  if (active.length === 0 || mustKeepOldPods(pass, leaving)) return false;
  let isScaled = false;
  for (const replicaSet of [...active].sort(byCreation)) {
    // SLIPWAY: pods that are ready, and not yet for minReadySeconds, answer all the same (design law 10).
    const healthy = isServed(pass, replicaSet) ? answeringCount(replicaSet) : availableCount(replicaSet);
    if (specCount(replicaSet) > healthy) isScaled = planScale(pass, replicaSet, healthy) || isScaled;
  }
  const minAvailable = replicasOf(pass.rollout) - maxUnavailable(pass.rollout);
  let budget = totalCount(pass.replicaSets, lastingCount) - minAvailable;
  const counter: DelayCounter = { count: 0 };
  for (const given of [...active].sort(byRevisionDescending)) {
    const replicaSet = currentVersion(pass, given);
    const before = specCount(replicaSet);
    if (before === 0) continue;
    if (budget <= 0) {
      addReason(pass, because('oldPodsRemain', { replicaSet: nameOf(replicaSet), replicas: before }));
      continue;
    }
    if (isServed(pass, replicaSet)) {
      addReason(pass, because('stillReferenced', { replicaSet: nameOf(replicaSet), replicas: before }));
      continue;
    }
    const desired = wantedCount(pass, replicaSet, budget, counter);
    isScaled = planScale(pass, replicaSet, desired) || isScaled;
    budget -= Math.max(0, before - desired);
  }
  return isScaled;
}

/** Whether a router may still send to it. */
function isServed(pass: Pass, replicaSet: ReplicaSet): boolean {
  // Where no pods are wanted no Service would ever be switched: then none is kept for it.
  if (!hasTrafficRouting(pass.rollout) || replicasOf(pass.rollout) === 0) return false;
  const isPropagating = propagating(pass.observed.ledger.servedWeights, pass.now) !== undefined; // TV-85
  return isPropagating || isReferenced(pass, replicaSet);
}

function wantedCount(pass: Pass, replicaSet: ReplicaSet, budget: number, counter: DelayCounter): number {
  const spec = specCount(replicaSet);
  if (!hasTrafficRouting(pass.rollout)) return Math.max(0, spec - budget);
  if (isFullyPromoted(pass.status) || deadlineOf(replicaSet).kind !== 'none') {
    return canaryOf(pass.rollout)?.dynamicStableScale ? 0 : delayedCount(pass, replicaSet, spec, counter);
  }
  return 0; // of an update that was interrupted, and without traffic since
}

/**
 * A revision that had weight and is displaced by the next one keeps its pods for the normal delay, counted from the
 * moment its weight is gone: data planes may still send to it (traffic.md §1.11).
 */
export function planDisplacedDeadline(pass: Pass, weights: TrafficWeights | undefined): void {
  const recorded = pass.status.canary?.weights?.canary;
  const hash = recorded?.podTemplateHash ?? '';
  if (hash === '' || (recorded?.weight ?? 0) === 0 || hash === hashOf(newReplicaSet(pass))) return;
  if (weights?.canary.podTemplateHash === hash && weights.canary.weight > 0) return;
  if (isFullyPromoted(pass.status) && canaryOf(pass.rollout)?.dynamicStableScale) return;
  const displaced = otherReplicaSets(pass).find((replicaSet) => hashOf(replicaSet) === hash);
  const delaySeconds = scaleDownDelaySecondsOf(pass.rollout) ?? 0;
  if (!displaced || specCount(displaced) === 0 || deadlineOf(displaced).kind !== 'none' || delaySeconds <= 0) return;
  planDeadline(pass, displaced, pass.now + delaySeconds * 1000);
}
