// The same node delays as in the recording (goldens/README, "To compare"): its pods did not get ready at one instant,
// and how many were ready when the controller looked decides how it scales. The n-th pod of a ReplicaSet gets the delay
// that the n-th pod of the recording had; counts that the reference's controller never looked at are passed over.

import type { Pod } from '../../controller/api/kubernetes-types.ts';
import { readyTogether } from './differences.ts';
import type { Fields, Trace, Version } from './trace.ts';
import { isOfRollout } from './world-state.ts';

/** Versions this close belong to one burst. */
const burstMs = 200;

interface Arrival {
  readonly replicaSet: string;
  readonly row: number;
  readonly atMs: number;
  /** Pods that got ready with this version. */
  readonly count: number;
  /** Ready pods of all ReplicaSets after it. */
  readonly total: number;
}

/** What the cluster's node is told of each pod. */
export function podScripts(trace: Trace): (pod: Pod) => { readonly startDelayMs: number } | undefined {
  const delays = podDelays(trace);
  const names = new Map<string, string[]>();
  return (pod) => {
    // A probe has a delay of its own.
    if (pod.spec.containers.some((container) => container.readinessProbe !== undefined)) return undefined;
    const owner = pod.metadata.ownerReferences?.[0]?.name ?? '';
    const known = names.get(owner) ?? [];
    const name = pod.metadata.name ?? '';
    if (!known.includes(name)) names.set(owner, [...known, name]);
    const delay = delays.get(owner)?.[(names.get(owner) ?? []).indexOf(name)];
    return delay === undefined ? undefined : { startDelayMs: delay };
  };
}

/** By ReplicaSet: the delay of each pod in the order of creation; undefined for one that never got ready. */
export function podDelays(trace: Trace): Map<string, (number | undefined)[]> {
  const readyAt = momentsOf(trace);
  const delays = new Map<string, (number | undefined)[]>();
  for (const [key, versions] of trace.objects) {
    if (!key.startsWith('ReplicaSet/')) continue;
    const name = key.slice('ReplicaSet/'.length);
    delays.set(name, delaysOfPods(versions, readyAt));
  }
  return delays;
}

function delaysOfPods(versions: readonly Version[], readyAt: ReadonlyMap<number, number>): (number | undefined)[] {
  const delays: (number | undefined)[] = [];
  const waiting: { readonly index: number; readonly createdAt: number }[] = [];
  let spec = 0;
  let ready = 0;
  for (const { object, atMs, row } of versions) {
    const wanted = object ? specOf(object) : 0;
    for (let index = delays.length; spec < wanted; index += 1, spec += 1) {
      delays.push(undefined);
      waiting.push({ index, createdAt: atMs });
    }
    // Pods that are not ready go first when a ReplicaSet shrinks.
    for (; spec > wanted; spec -= 1) waiting.pop();
    const nowReady = object ? readyOf(object) : 0;
    for (; ready < nowReady; ready += 1) {
      const pod = waiting.shift();
      if (pod) delays[pod.index] = (readyAt.get(row) ?? atMs) - pod.createdAt;
    }
    ready = nowReady;
  }
  return delays;
}

/** When the pods of an arrival are to get ready, by the row of the version. */
function momentsOf(trace: Trace): Map<number, number> {
  const arrivals = arrivalsOf(trace);
  const seen = seenCounts(trace);
  const moments = new Map<number, number>();
  let later: { readonly arrival: Arrival; readonly moment: number } | undefined;
  for (const arrival of arrivals.toReversed()) {
    const isLast = !later || later.arrival.atMs - arrival.atMs > burstMs;
    const next = seen.find(({ row, count }) => row > arrival.row && count >= arrival.total);
    const wasSeen =
      !isTogether(trace.name, arrival.row) && next?.count === arrival.total && next.atMs - arrival.atMs <= burstMs;
    // One millisecond apart is enough: the sandbox's controllers need no time.
    const own = later && !isLast ? Math.min(arrival.atMs, later.moment - 1) : arrival.atMs + 20;
    const moment = isLast || wasSeen ? own : (later?.moment ?? own);
    moments.set(arrival.row, moment);
    later = { arrival, moment };
  }
  return moments;
}

function arrivalsOf(trace: Trace): Arrival[] {
  const versions = [...trace.objects]
    .filter(([key, list]) => isOfRollout(key, list[0]?.object))
    .flatMap(([key, list]) => list.map((version) => ({ replicaSet: key, ...version })))
    .toSorted((a, b) => a.row - b.row);
  const ready = new Map<string, number>();
  return versions.flatMap(({ replicaSet, row, atMs, object }): Arrival[] => {
    const before = ready.get(replicaSet) ?? 0;
    const after = object ? readyOf(object) : 0;
    ready.set(replicaSet, after);
    const total = [...ready.values()].reduce((sum, count) => sum + count, 0);
    return after > before ? [{ replicaSet, row, atMs, count: after - before, total }] : [];
  });
}

/** The numbers of ready pods that the controller wrote into the Rollout's status. */
function seenCounts(trace: Trace): { readonly row: number; readonly atMs: number; readonly count: number }[] {
  return [...trace.objects]
    .filter(([key]) => key.startsWith('Rollout/'))
    .flatMap(([, list]) => list.map(({ row, atMs, object }) => ({ row, atMs, count: object ? readyOf(object) : 0 })))
    .filter(({ count }, index, all) => count !== all[index - 1]?.count);
}

function isTogether(trace: string, row: number): boolean {
  return readyTogether.some((entry) => entry.trace === trace && row >= entry.fromRow && row <= entry.toRow);
}

function specOf(object: Fields): number {
  return (object as { spec?: { replicas?: number } }).spec?.replicas ?? 0;
}

function readyOf(object: Fields): number {
  return (object as { status?: { readyReplicas?: number } }).status?.readyReplicas ?? 0;
}
