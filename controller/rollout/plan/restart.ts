// Which pods are evicted for `restartAt` (rollout.md §9.1)? Those created before it, stable first, as many as availability
// allows. A wave that evicts does not say that the restart is done (design.md §5.8).

import { minReadySecondsOf, replicasOf } from '../../api/defaults.ts';
import type { Pod, ReplicaSet } from '../../api/kubernetes-types.ts';
import { because } from '../../explain/reasons.ts';
import { isSameTime, parseRfc3339 } from '../../lang/rfc3339.ts';
import type { EpochMillis } from '../../lang/time.ts';
import {
  addNeed,
  addReason,
  addWrite,
  isAborted,
  newReplicaSet,
  otherReplicaSets,
  type Pass,
  stableReplicaSet,
  wakeAt,
} from './pass.ts';
import { maxUnavailable } from './replica-counts.ts';
import { byCreation, isTerminating, nameOf, uidOf } from './replica-set.ts';
import { specCount, totalCount } from './replica-set-counts.ts';
import { retryAt } from './retry-writes.ts';

export type Restart =
  | { readonly kind: 'none' }
  | { readonly kind: 'waits' }
  | { readonly kind: 'evicts' }
  /** Evictions are under way and the counts are stale: nothing is told until they have moved. */
  | { readonly kind: 'unobserved' }
  | { readonly kind: 'done'; readonly restartedAt: string };

/** How long evictions are waited for, and how long a refusal by a budget is respected. */
const recheckMs = 30_000;

export function planRestart(pass: Pass): Restart {
  const { restartAt } = pass.rollout.spec;
  const at = parseRfc3339(restartAt ?? '');
  if (restartAt === undefined || at === undefined || isSameTime(restartAt, pass.status.restartedAt))
    return { kind: 'none' };
  if (pass.now <= at) {
    wakeAt(pass, at + 1);
    addReason(pass, because('restartScheduled', {}, { until: at }));
    return { kind: 'none' };
  }
  if (!isAborted(pass) && waitsForEvictions(pass)) return { kind: 'unobserved' };
  const { pods } = pass.observed;
  if (pods.is === 'unread') addNeed(pass, { kind: 'pods' });
  if (pods.is === 'failed') {
    addReason(pass, because('objectUnreadable', { kind: 'Pod', name: '', message: pods.problem.message }));
  }
  if (pods.is !== 'present') return { kind: 'waits' };
  const owned = inOrder(pass, pods.value);
  const old = owned.filter(({ pod }) => createdAt(pod) < at);
  if (old.length === 0) return { kind: 'done', restartedAt: restartAt };
  const evicted = planEvictions(pass, owned, old);
  addReason(pass, because('restarting', { oldPods: old.length }, { since: at }));
  pass.wakeTimes.push(pass.now + recheckMs); // pods are not watched: a poll, not a change of the plan
  return evicted > 0 ? { kind: 'evicts' } : { kind: 'waits' };
}

interface OwnedPod {
  readonly pod: Pod;
  readonly replicaSet: ReplicaSet;
}

function planEvictions(pass: Pass, owned: readonly OwnedPod[], old: readonly OwnedPod[]): number {
  const concurrent = Math.max(maxUnavailable(pass.rollout), 1);
  const floor = Math.max(replicasOf(pass.rollout), totalCount(pass.replicaSets, specCount)) - concurrent;
  let budget = owned.filter(({ pod }) => isAvailable(pass, pod)).length - floor;
  let evicted = 0;
  for (const { pod, replicaSet } of old) {
    const key = `evict/${pod.metadata.name}`;
    if (budget <= 0 || isTerminating(pod) || isRefused(pass, key)) continue;
    const isDenied = isHeld(pass, key);
    addWrite(pass, {
      kind: 'evictPod',
      key,
      onFailure: isDenied ? 'continue' : 'stop',
      name: pod.metadata.name ?? '',
      uid: pod.metadata.uid ?? '',
      replicaSetUid: uidOf(replicaSet),
    });
    if (isDenied) break; // the next one would be, too; the rest of the pass does not wait for a right
    budget -= 1;
    evicted += 1;
  }
  return evicted;
}

/** A budget said no: it is asked again later. */
function isRefused(pass: Pass, key: string): boolean {
  const outcome = pass.observed.ledger.outcomes[key];
  if (outcome?.problem.class !== 'throttled') return false;
  const againAt = (outcome.triedAt ?? outcome.since) + recheckMs;
  if (pass.now >= againAt) return false;
  const [, pod = ''] = key.split('/');
  const data = { pod, message: outcome.problem.message };
  addReason(pass, because('evictionRefused', data, { since: outcome.since, until: againAt }));
  wakeAt(pass, againAt);
  return true;
}

/** The API server has refused it for another reason: until the next try it only tells so (retry-writes.ts). */
function isHeld(pass: Pass, key: string): boolean {
  const outcome = pass.observed.ledger.outcomes[key];
  if (outcome?.problem.class !== 'denied' && outcome?.problem.class !== 'invalid') return false;
  return pass.now < (retryAt(outcome) ?? pass.now);
}

/** The counts of a ReplicaSet whose pods were just evicted are stale until it has moved. */
function waitsForEvictions(pass: Pass): boolean {
  for (const replicaSet of pass.replicaSets) {
    const eviction = pass.observed.ledger.evictions[uidOf(replicaSet)];
    if (!eviction || eviction.resourceVersion !== replicaSet.metadata.resourceVersion) continue;
    const until = eviction.at + recheckMs;
    if (pass.now >= until) continue;
    wakeAt(pass, until);
    addReason(pass, because('evictionsUnobserved', { replicaSet: nameOf(replicaSet) }, { since: eviction.at, until }));
    return true;
  }
  return false;
}

/** BUG-17: stable, new, then the others by age; within one as the API lists them. */
function inOrder(pass: Pass, pods: readonly Pod[]): OwnedPod[] {
  const order = [stableReplicaSet(pass), newReplicaSet(pass), ...otherReplicaSets(pass).sort(byCreation)];
  const replicaSets = order.filter((replicaSet, index) => replicaSet && order.indexOf(replicaSet) === index);
  return (replicaSets as ReplicaSet[]).flatMap((replicaSet) =>
    pods.filter((pod) => isOwnedBy(pod, uidOf(replicaSet))).map((pod) => ({ pod, replicaSet })),
  );
}

function isOwnedBy(pod: Pod, uid: string): boolean {
  return pod.metadata.ownerReferences?.some((owner) => owner.uid === uid) ?? false;
}

function isAvailable(pass: Pass, pod: Pod): boolean {
  if (isTerminating(pod)) return false;
  const ready = pod.status?.conditions?.find((condition) => condition.type === 'Ready');
  if (ready?.status !== 'True') return false;
  const minReadySeconds = minReadySecondsOf(pass.rollout);
  if (minReadySeconds === 0) return true;
  const availableAt = (parseRfc3339(ready.lastTransitionTime ?? '') ?? 0) + minReadySeconds * 1000;
  if (availableAt > pass.now) wakeAt(pass, availableAt);
  return availableAt <= pass.now;
}

function createdAt(pod: Pod): EpochMillis {
  return parseRfc3339(pod.metadata.creationTimestamp ?? '') ?? 0;
}
