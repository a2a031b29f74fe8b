// What becomes of the canary or preview of an aborted update (rollout.md §4.5)? It stays for a while, so that a retry is
// quick; the deadline begins when stable carries everything and the traffic is gone (BUG-12).

import { desiredReplicasAnnotation } from '../../api/constants.ts';
import { abortScaleDownDelaySecondsOf, canaryOf, hasTrafficRouting, replicasOf } from '../../api/defaults.ts';
import type { ReplicaSet } from '../../api/kubernetes-types.ts';
import type { TrafficWeights } from '../../api/types.generated.ts';
import { because } from '../../explain/reasons.ts';
import { addReason, currentVersion, isAborted, type Pass, stableReplicaSet, wakeAt } from './pass.ts';
import { deadlineOf, desiredReplicasOf, hashOf, nameOf } from './replica-set.ts';
import { availableCount, specCount } from './replica-set-counts.ts';
import { planAnnotations, planDeadline, planScale } from './scale.ts';
import { selectedHash } from './services.ts';

/** Whether an aborted update's new ReplicaSet is kept until a deadline. */
export function isAbortDelayed(pass: Pass): boolean {
  const canary = canaryOf(pass.rollout);
  // Back at stable there is nothing to keep for a retry, and nothing to take away.
  if (!isAborted(pass) || !stableReplicaSet(pass) || pass.stableName === pass.newName) return false;
  if (canary && !hasTrafficRouting(pass.rollout)) return false;
  if (abortScaleDownDelaySecondsOf(pass.rollout) === 0) return false;
  return !(canary?.dynamicStableScale && canary.abortScaleDownDelaySeconds === undefined);
}

/** Plans the aborted ReplicaSet, and says whether its size changes. Undefined: its normal count applies. */
export function planAbortedReplicaSet(
  pass: Pass,
  given: ReplicaSet,
  weights: TrafficWeights | undefined,
): boolean | undefined {
  if (!isAbortDelayed(pass)) return undefined;
  const replicaSet = currentVersion(pass, given);
  const deadline = deadlineOf(replicaSet);
  if (deadline.kind === 'unreadable') return undefined;
  if (deadline.kind === 'at' && deadline.at <= pass.now) {
    // BUG-7: never take pods from the active Service; nor those that a router still sends to, however old the deadline.
    if (isServed(pass, replicaSet, weights)) return keep(pass, replicaSet);
    return planScale(pass, replicaSet, 0, { keepsDeadline: true });
  }
  keep(pass, replicaSet);
  if (deadline.kind === 'at') {
    wakeAt(pass, deadline.at);
    const data = { replicaSet: nameOf(replicaSet), replicas: specCount(replicaSet) };
    addReason(pass, because('abortScaleDownDelayed', data, { until: deadline.at }));
  } else if (hasTrafficLeft(pass, replicaSet, weights)) {
    const delaySeconds = abortScaleDownDelaySecondsOf(pass.rollout) ?? 0;
    planDeadline(pass, replicaSet, pass.now + delaySeconds * 1000);
  }
  return false;
}

/** Keeps the size; else every pass would look like a change of spec.replicas, and traffic would never be looked at. */
function keep(pass: Pass, replicaSet: ReplicaSet): boolean {
  const desired = replicasOf(pass.rollout);
  if (desiredReplicasOf(replicaSet) !== desired) {
    planAnnotations(pass, replicaSet, { [desiredReplicasAnnotation]: String(desired) });
  }
  return false;
}

function hasTrafficLeft(pass: Pass, replicaSet: ReplicaSet, weights: TrafficWeights | undefined): boolean {
  return availableCount(stableReplicaSet(pass)) >= replicasOf(pass.rollout) && !isServed(pass, replicaSet, weights);
}

function isServed(pass: Pass, replicaSet: ReplicaSet, weights: TrafficWeights | undefined): boolean {
  // Where no pods are wanted stable never has one to take the traffic: then none are kept for it.
  if (replicasOf(pass.rollout) === 0) return false;
  return (weights?.canary.weight ?? 0) > 0 || weights?.verified === false || isActive(pass, replicaSet);
}

function isActive(pass: Pass, replicaSet: ReplicaSet): boolean {
  const active = selectedHash(pass, pass.rollout.spec.strategy?.blueGreen?.activeService);
  return active !== undefined && active !== '' && active === hashOf(replicaSet);
}
