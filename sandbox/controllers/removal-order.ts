// Which pods go first when there are too many? Those that are missed least, in upstream's order. A ReplicaSet prefers
// pods that share their node with others of the same owner, and compares times by their order of magnitude, where a draw
// is settled by uid, so that it is not always the same age that goes; a Job compares times as they are.

import type { Container, Pod } from '../../controller/api/kubernetes-types.ts';
import type { EpochMillis } from '../../controller/lang/time.ts';
import { isActive, isReady, nodeNameOf, readySince } from '../machinery/pods.ts';
import { parseTime } from '../machinery/times.ts';

/** For `Array.sort`: the first ones go first. */
type Compare = (a: Pod, b: Pod) => number;

/** `related`: the pods of all ReplicaSets of the same owner. */
export function byRemovalOrder(now: EpochMillis, related: readonly Pod[]): Compare {
  const countOn = new Map<string, number>();
  for (const pod of related.filter(isActive)) countOn.set(nodeNameOf(pod), (countOn.get(nodeNameOf(pod)) ?? 0) + 1);
  return inTurn([
    ...byState,
    by(deletionCostOf),
    // with more neighbours before fewer
    by((pod) => -(countOn.get(nodeNameOf(pod)) ?? 0)),
    byMagnitude(readySince, now),
    ...byRestarts,
    byMagnitude(createdAt, now),
  ]);
}

export function byJobRemovalOrder(): Compare {
  // ready for a shorter time before a longer, younger before older
  return inTurn([...byState, by((pod) => -(readySince(pod) ?? 0)), ...byRestarts, by((pod) => -createdAt(pod))]);
}

const phaseRank: Readonly<Record<string, number>> = { Pending: 0, Unknown: 1, Running: 2 };

const byState: readonly Compare[] = [
  // not bound to a node before bound
  by((pod) => (nodeNameOf(pod) === '' ? 0 : 1)),
  // Pending before Unknown before Running
  by((pod) => phaseRank[pod.status?.phase ?? 'Pending'] ?? 1),
  // not ready before ready
  by((pod) => (isReady(pod) ? 1 : 0)),
];

/** More restarts before fewer; those of sidecars only between equals. */
const byRestarts: readonly Compare[] = [
  by((pod) => -restartsOf(pod, 'main')),
  by((pod) => -restartsOf(pod, 'sidecar')),
];

function inTurn(comparisons: readonly Compare[]): Compare {
  return (a, b) => {
    for (const compare of comparisons) {
      const order = compare(a, b);
      if (order !== 0) return order;
    }
    return (a.metadata.name ?? '') < (b.metadata.name ?? '') ? -1 : 1;
  };
}

function by(rank: (pod: Pod) => number): Compare {
  return (a, b) => rank(a) - rank(b);
}

/** A shorter time before a longer; of two between the same powers of two (of nanoseconds) the smaller uid. */
function byMagnitude(timeOf: (pod: Pod) => EpochMillis | undefined, now: EpochMillis): Compare {
  const magnitude = (at: EpochMillis): number => (at < now ? Math.floor(Math.log2((now - at) * 1e6)) : -1);
  return (a, b) => {
    const [first, second] = [timeOf(a), timeOf(b)];
    if (first === undefined || second === undefined || first === second) return 0;
    return magnitude(first) - magnitude(second) || ((a.metadata.uid ?? '') < (b.metadata.uid ?? '') ? -1 : 1);
  };
}

function createdAt(pod: Pod): EpochMillis {
  return parseTime(pod.metadata.creationTimestamp) ?? 0;
}

/** A 32 bit number; anything else counts as none, as upstream. */
function deletionCostOf(pod: Pod): number {
  const text = pod.metadata.annotations?.['controller.kubernetes.io/pod-deletion-cost'] ?? '0';
  const cost = /^(?:0|-?[1-9]\d*)$/.test(text) ? Number(text) : 0;
  return Math.abs(cost) <= 2_147_483_647 ? cost : 0;
}

function restartsOf(pod: Pod, role: 'main' | 'sidecar'): number {
  if (role === 'main') return Math.max(0, ...(pod.status?.containerStatuses ?? []).map((one) => one.restartCount ?? 0));
  const inits = (pod.spec.initContainers ?? []) as readonly Container[];
  const sidecars = inits.filter(({ restartPolicy }) => restartPolicy === 'Always').map(({ name }) => name);
  const statuses = ((pod.status as { initContainerStatuses?: unknown } | undefined)?.initContainerStatuses ??
    []) as readonly { readonly name: string; readonly restartCount?: number }[];
  return Math.max(0, ...statuses.filter(({ name }) => sidecars.includes(name)).map((one) => one.restartCount ?? 0));
}
