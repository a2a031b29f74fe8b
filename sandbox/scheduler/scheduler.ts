// Which node does a pod go to? One decision at a time, in the order of the pods' creation: the nodes that may (filters.ts),
// of these the best (scores.ts), a Binding, an event. A pod that fits nowhere says why in its condition and an event, and
// is tried again when something has changed that could help, at the latest after five minutes, as upstream does.

import type { KubernetesObject, Pod } from '../../controller/api/kubernetes-types.ts';
import { isEqualJson } from '../../controller/lang/merge-patch.ts';
import { formatRfc3339 } from '../../controller/lang/rfc3339.ts';
import type { Clock, EpochMillis, TimerHandle } from '../../controller/lang/time.ts';
import { type KubeClient, unlessGone } from '../machinery/client.ts';
import { createEventRecorder } from '../machinery/events.ts';
import type { Informers } from '../machinery/informers.ts';
import type { Node } from '../machinery/nodes.ts';
import { isFinished, isTerminating, nodeNameOf } from '../machinery/pods.ts';
import { keyOf, resources } from '../machinery/resources.ts';
import { failureMessage, type Refusal, refusalOf } from './filters.ts';
import { NodeTable } from './nodes.ts';
import { bestNode } from './scores.ts';

export interface SchedulerOptions {
  readonly client: KubeClient;
  readonly clock: Clock;
  readonly informers: Informers;
  report(problem: Error): void;
}

export interface Scheduler {
  /** Once the informers have their first lists. */
  start(): void;
  stop(): void;
}

interface Waiting {
  attempts: number;
  triedAt: EpochMillis;
  /** Whether a change of pods could help, or only one of nodes. */
  byPods: boolean;
  timer: TimerHandle | undefined;
  dueAt: EpochMillis;
}

const schedulerName = 'default-scheduler';
/** Upstream's back-off of pods that did not fit: 1 s, doubled up to 10 s. */
const firstBackOffMs = 1000;
const longestBackOffMs = 10_000;
/** After this long a pod is tried again though nothing is known to have changed. */
const flushMs = 300_000;
const bindAgainMs = 1000;

export function createScheduler(options: SchedulerOptions): Scheduler {
  const { client, clock, informers, report } = options;
  const pods = informers.of<Pod>(resources.pods);
  const nodes = informers.of<Node>(resources.nodes);
  const namespaces = informers.of<KubernetesObject>(resources.namespaces);
  const events = createEventRecorder({ client, clock, component: schedulerName, report });
  const table = new NodeTable();
  const waiting = new Map<string, Waiting>();
  let running = false;

  nodes.onChange((now, before) => {
    table.setNode((now ?? before)!.metadata.name ?? '', now);
    if (running && !isSameForPods(now, before)) wake(() => true);
  });
  pods.onChange((now, before) => {
    const key = keyOf((now ?? before)!);
    follow(key, now);
    if (!running) return;
    if (now === undefined || isFinished(now)) {
      forget(key);
      if (before !== undefined && nodeNameOf(before) !== '') wake(({ byPods }) => byPods);
    } else if (needsNode(now)) {
      consider(now, before);
    } else {
      forget(key);
      // Somebody whom others want to stand by has come, or one whose labels keep them away has changed.
      if (!isEqualJson(now.metadata.labels, before?.metadata.labels)) wake(({ byPods }) => byPods);
    }
  });

  /** Bound pods as the cluster has them; decisions that are not confirmed yet stay. */
  function follow(key: string, pod: Pod | undefined): void {
    if (pod === undefined || isFinished(pod)) table.remove(key);
    else if (nodeNameOf(pod) !== '') table.place(pod, nodeNameOf(pod));
  }

  function needsNode(pod: Pod): boolean {
    return (
      nodeNameOf(pod) === '' &&
      !isTerminating(pod) &&
      ((pod.spec.schedulerName as string | undefined) ?? schedulerName) === schedulerName
    );
  }

  function consider(pod: Pod, before: Pod | undefined): void {
    const key = keyOf(pod);
    if (table.placeOf(key) !== undefined) return; // its binding is under way
    const known = waiting.get(key);
    const isChanged =
      before === undefined ||
      !isEqualJson(before.spec, pod.spec) ||
      !isEqualJson(before.metadata.labels, pod.metadata.labels);
    if (known === undefined || isChanged) schedule(pod);
  }

  function schedule(pod: Pod): void {
    const gates = (pod.spec.schedulingGates ?? []) as readonly unknown[];
    if (gates.length > 0) return tellCondition(pod, 'SchedulingGated', gatedMessage);
    const states = table.all();
    const world = { table, nodes: states, namespaces: (name: string) => namespaces.get(name) };
    const refusals: Refusal[] = [];
    const candidates = states.filter((state) => {
      const refusal = refusalOf(pod, state, world);
      if (refusal !== undefined) refusals.push(refusal);
      return refusal === undefined;
    });
    const chosen = bestNode(pod, candidates, world);
    if (chosen === undefined) return refuse(pod, refusals);
    forget(keyOf(pod));
    table.place(pod, chosen.name);
    bind(pod, chosen.name);
  }

  function bind(pod: Pod, node: string): void {
    const { namespace = '', name = '', uid } = pod.metadata;
    const target = { apiVersion: 'v1', kind: 'Node', name: node };
    const binding = { apiVersion: 'v1', kind: 'Binding', metadata: { name, namespace, uid }, target };
    unlessGone(client.createSub(resources.pods, namespace, name, 'binding', binding)).then(
      (bound) => {
        // Undefined: someone else was quicker, or the pod is gone.
        if (bound === undefined) return unbound(keyOf(pod));
        events.event(about(pod), 'Normal', 'Scheduled', `Successfully assigned ${namespace}/${name} to ${node}`);
      },
      (problem: Error) => {
        report(new Error(`pod ${keyOf(pod)} cannot be bound: ${problem.message}`, { cause: problem }));
        unbound(keyOf(pod));
      },
    );
  }

  /** The decision is void; whatever became of the pod is as the cluster says. */
  function unbound(key: string): void {
    table.remove(key);
    follow(key, pods.get(key));
    clock.schedule(bindAgainMs, () => again(key));
  }

  function again(key: string): void {
    const pod = pods.get(key);
    if (running && pod !== undefined && needsNode(pod) && table.placeOf(key) === undefined) schedule(pod);
  }

  function refuse(pod: Pod, refusals: readonly Refusal[]): void {
    const key = keyOf(pod);
    const known = waiting.get(key);
    known?.timer?.cancel();
    const entry: Waiting = {
      attempts: (known?.attempts ?? 0) + 1,
      triedAt: clock.now(),
      byPods: refusals.some(({ by }) => by === 'pods'),
      timer: undefined,
      dueAt: 0,
    };
    waiting.set(key, entry);
    tryAt(key, entry, clock.now() + flushMs);
    const message = failureMessage(pod, refusals);
    events.event(about(pod), 'Warning', 'FailedScheduling', message);
    tellCondition(pod, 'Unschedulable', message);
  }

  function tryAt(key: string, entry: Waiting, at: EpochMillis): void {
    entry.timer?.cancel();
    entry.dueAt = at;
    entry.timer = clock.schedule(Math.max(0, at - clock.now()), () => again(key));
  }

  /** Something changed: those whom it could help are tried again, each after its back-off. */
  function wake(helps: (entry: Waiting) => boolean): void {
    for (const [key, entry] of waiting) {
      if (!helps(entry)) continue;
      const backOffMs = Math.min(firstBackOffMs * 2 ** Math.min(entry.attempts - 1, 10), longestBackOffMs);
      const at = Math.max(clock.now(), entry.triedAt + backOffMs);
      if (at < entry.dueAt) tryAt(key, entry, at);
    }
  }

  function forget(key: string): void {
    waiting.get(key)?.timer?.cancel();
    waiting.delete(key);
  }

  function tellCondition(pod: Pod, reason: string, message: string): void {
    const known = pods.get(keyOf(pod))?.status?.conditions?.find(({ type }) => type === 'PodScheduled');
    if (known?.reason === reason && known.message === message) return;
    const { namespace, name = '', uid } = pod.metadata;
    const lastTransitionTime = known?.status === 'False' ? known.lastTransitionTime : formatRfc3339(clock.now());
    const conditions = [{ type: 'PodScheduled', status: 'False', lastTransitionTime, reason, message }];
    const body = { metadata: { uid }, status: { conditions } };
    unlessGone(client.patch<Pod>(resources.pods, namespace, name, body, 'status', 'strategic-merge')).catch(
      (problem: Error) => report(new Error(`condition of pod ${keyOf(pod)}: ${problem.message}`, { cause: problem })),
    );
  }

  return {
    start() {
      running = true;
      for (const pod of [...pods.all()]) if (needsNode(pod)) consider(pod, undefined);
    },
    stop() {
      running = false;
      for (const key of [...waiting.keys()]) forget(key);
    },
  };
}

const gatedMessage = 'Scheduling is blocked due to non-empty scheduling gates';

/** Heartbeats and conditions say nothing of which pods a node takes. */
function isSameForPods(now: Node | undefined, before: Node | undefined): boolean {
  return (
    now !== undefined &&
    before !== undefined &&
    isEqualJson(now.spec, before.spec) &&
    isEqualJson(now.metadata.labels, before.metadata.labels) &&
    isEqualJson(now.status?.allocatable, before.status?.allocatable)
  );
}

function about(pod: Pod): KubernetesObject {
  return { apiVersion: 'v1', kind: 'Pod', metadata: pod.metadata };
}
