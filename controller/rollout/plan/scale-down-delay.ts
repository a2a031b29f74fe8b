// How long does an old ReplicaSet stay up after the traffic has left it (rollout.md §9.5)? Its deadline is an annotation,
// so that any controller that takes over knows it.

import { scaleDownDelayRevisionLimitOf, scaleDownDelaySecondsOf } from '../../api/defaults.ts';
import type { ReplicaSet } from '../../api/kubernetes-types.ts';
import { because } from '../../explain/reasons.ts';
import { addReason, type Pass, wakeAt } from './pass.ts';
import { deadlineOf, nameOf } from './replica-set.ts';
import { specCount } from './replica-set-counts.ts';
import { planDeadline } from './scale.ts';

/** Counts the delayed ReplicaSets of one pass, highest revision first. */
export interface DelayCounter {
  count: number;
}

/** The size that `replicaSet` should have now: `base` while its delay lasts (blue/green: it follows n), then 0. */
export function delayedCount(pass: Pass, replicaSet: ReplicaSet, base: number, counter: DelayCounter): number {
  const limit = scaleDownDelayRevisionLimitOf(pass.rollout);
  const deadline = deadlineOf(replicaSet);
  if (deadline.kind === 'none') {
    const delaySeconds = scaleDownDelaySecondsOf(pass.rollout) ?? 0;
    if (delaySeconds <= 0 || counter.count >= limit) return 0; // BUG-1: a delay of 0 is no delay
    counter.count += 1;
    planDeadline(pass, replicaSet, pass.now + delaySeconds * 1000);
    return specCount(replicaSet);
  }
  counter.count += 1;
  if (counter.count > limit || deadline.kind === 'unreadable' || deadline.at <= pass.now) return 0;
  wakeAt(pass, deadline.at);
  const data = { replicaSet: nameOf(replicaSet), replicas: specCount(replicaSet) };
  addReason(pass, because('scaleDownDelayed', data, { until: deadline.at }));
  return base;
}
