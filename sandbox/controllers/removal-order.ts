// Which pods does a ReplicaSet remove first when it scales down? Those that are missed least: upstream's order, in
// which times are compared exactly (upstream compares their orders of magnitude and then draws by uid).

import type { Pod } from '../../controller/api/kubernetes-types.ts';
import type { EpochMillis } from '../../controller/lang/time.ts';
import { isReady, nodeNameOf, readySince } from '../machinery/pods.ts';
import { parseTime } from '../machinery/times.ts';

const phaseRank: Readonly<Record<string, number>> = { Pending: 0, Unknown: 1, Running: 2 };

/** For `Array.sort`: the first ones go first. */
export function byRemovalOrder(now: EpochMillis): (a: Pod, b: Pod) => number {
  return (a, b) => {
    for (const rank of ranks) {
      const difference = rank(a, now) - rank(b, now);
      if (difference !== 0) return difference;
    }
    return (a.metadata.name ?? '') < (b.metadata.name ?? '') ? -1 : 1;
  };
}

const ranks: readonly ((pod: Pod, now: EpochMillis) => number)[] = [
  // not bound to a node before bound
  (pod) => (nodeNameOf(pod) === '' ? 0 : 1),
  // Pending before Unknown before Running
  (pod) => phaseRank[pod.status?.phase ?? 'Pending'] ?? 1,
  // not ready before ready
  (pod) => (isReady(pod) ? 1 : 0),
  // cheaper before dearer
  (pod) => deletionCost(pod),
  // ready for a shorter time before ready for a longer
  (pod, now) => now - (readySince(pod) ?? now),
  // more restarts before fewer
  (pod) => -Math.max(0, ...(pod.status?.containerStatuses ?? []).map(({ restartCount }) => restartCount ?? 0)),
  // younger before older
  (pod, now) => now - (parseTime(pod.metadata.creationTimestamp) ?? now),
];

function deletionCost(pod: Pod): number {
  const cost = Number(pod.metadata.annotations?.['controller.kubernetes.io/pod-deletion-cost'] ?? 0);
  return Number.isInteger(cost) ? cost : 0;
}
