// What becomes of a node: taints say that it is cordoned, not ready or not heard of any more. A node that is silent for
// 40 s counts as unreachable and its pods as not ready; who has to leave is taint-eviction.ts. Where no node is ready at
// all, nobody has to (upstream: the trouble is then more likely ours). Silence is a fault (`Cluster.loseNode`): nothing
// here polls leases. One that somebody has only written down gets no pods, and counts as unknown after a minute.

import type { KubernetesObject, Pod } from '../../controller/api/kubernetes-types.ts';
import { formatRfc3339 } from '../../controller/lang/rfc3339.ts';
import type { TimerHandle } from '../../controller/lang/time.ts';
import { unlessGone } from '../machinery/client.ts';
import { type Node, readinessOf, type Taint, unschedulableTaint } from '../machinery/nodes.ts';
import { isFinished, isReady, nodeNameOf } from '../machinery/pods.ts';
import { resources } from '../machinery/resources.ts';
import { createWorkQueue } from '../machinery/work-queue.ts';
import type { Controller, ControllerContext } from './controller.ts';

export interface NodeLifecycleController extends Controller {
  /** From now on nothing is heard of this node. */
  silent(node: string): void;
  heard(node: string): void;
}

/** Upstream's --node-monitor-grace-period. */
const graceMs = 40_000;
/** Upstream's --node-startup-grace-period. */
const startupGraceMs = 60_000;
const conditionTypes = ['Ready', 'MemoryPressure', 'DiskPressure', 'PIDPressure'];
const unreachableKey = 'node.kubernetes.io/unreachable';
const notReadyKey = 'node.kubernetes.io/not-ready';
const ownKeys = [unschedulableTaint.key, unreachableKey, notReadyKey];

export function createNodeLifecycleController(context: ControllerContext): NodeLifecycleController {
  const { client, clock, informers, report } = context;
  const events = context.recorder('node-controller');
  const pods = informers.of<Pod>(resources.pods);
  const nodes = informers.of<Node>(resources.nodes);
  pods.index('node', (pod) => (nodeNameOf(pod) === '' ? [] : [nodeNameOf(pod)]));
  const timers = new Map<string, TimerHandle>();
  /** Nodes that have said nothing yet. */
  const awaited = new Map<string, TimerHandle>();
  const queue = createWorkQueue({ name: 'node-lifecycle', clock, process: sync, report });
  nodes.onChange((now, before) => {
    const { name = '' } = (now ?? before)?.metadata ?? {};
    if (now !== undefined && readinessOf(now) === undefined) expect(name);
    else awaited.get(name)?.cancel();
    if (now === undefined || before === undefined || readinessOf(now) !== readinessOf(before)) {
      for (const node of nodes.all()) queue.add(node.metadata.name ?? '');
    } else queue.add(now.metadata.name ?? '');
  });

  async function sync(name: string): Promise<void> {
    const node = nodes.get(name);
    if (node === undefined) return;
    const isUnready = (readinessOf(node) ?? 'True') !== 'True';
    if (isUnready) for (const pod of pods.find('node', name)) await markNotReady(pod);
    await setTaints(node);
  }

  async function setTaints(node: Node): Promise<void> {
    const present = node.spec?.taints ?? [];
    const wanted = wantedTaints(
      node,
      [...nodes.all()].some((one) => readinessOf(one) === 'True'),
    );
    const own = present.filter(({ key }) => ownKeys.includes(key));
    const isSame =
      own.length === wanted.length && wanted.every((taint) => own.some((known) => isSameTaint(known, taint)));
    if (isSame) return;
    const time = formatRfc3339(clock.now());
    const added = wanted.map(
      (taint) => own.find((known) => isSameTaint(known, taint)) ?? { ...taint, timeAdded: time },
    );
    const taints = [...present.filter(({ key }) => !ownKeys.includes(key)), ...added];
    const { name = '', resourceVersion } = node.metadata;
    const patch = { metadata: { resourceVersion }, spec: { taints: taints.length > 0 ? taints : null } };
    nodes.wrote(await unlessGone(client.patch<Node>(resources.nodes, undefined, name, patch)));
  }

  function expect(name: string): void {
    awaited.get(name)?.cancel();
    const timer = clock.schedule(startupGraceMs, () => {
      markNeverHeard(name).catch((problem: Error) =>
        report(new Error(`node ${name}: ${problem.message}`, { cause: problem })),
      );
    });
    awaited.set(name, timer);
  }

  async function markNeverHeard(name: string): Promise<void> {
    const node = nodes.get(name);
    if (node === undefined || readinessOf(node) !== undefined) return;
    const lastTransitionTime = formatRfc3339(clock.now());
    const message = 'Kubelet never posted node status.';
    const conditions = conditionTypes.map((type) => ({
      type,
      status: 'Unknown',
      lastHeartbeatTime: node.metadata.creationTimestamp,
      lastTransitionTime,
      reason: 'NodeStatusNeverUpdated',
      message,
    }));
    const body = { status: { conditions } };
    nodes.wrote(await unlessGone(client.patch<Node>(resources.nodes, undefined, name, body, 'status')));
  }

  async function markUnknown(name: string): Promise<void> {
    const node = await client.get<Node>(resources.nodes, undefined, name);
    if (node === undefined) return;
    const time = formatRfc3339(clock.now());
    const conditions = (node.status?.conditions ?? []).map((condition) => ({
      ...condition,
      status: 'Unknown',
      reason: 'NodeStatusUnknown',
      message: 'Kubelet stopped posting node status.',
      lastTransitionTime: time,
    }));
    nodes.wrote(await client.patch<Node>(resources.nodes, undefined, name, { status: { conditions } }, 'status'));
    const about = { apiVersion: 'v1', kind: 'Node', metadata: node.metadata };
    events.event(about, 'Normal', 'NodeNotReady', `Node ${name} status is now: NodeNotReady`);
  }

  async function markNotReady(pod: Pod): Promise<void> {
    if (isFinished(pod) || !isReady(pod)) return;
    const { namespace, name = '', uid } = pod.metadata;
    const conditions = [{ type: 'Ready', status: 'False', lastTransitionTime: formatRfc3339(clock.now()) }];
    const body = { metadata: { uid }, status: { conditions } };
    const written = client.patch<Pod>(resources.pods, namespace, name, body, 'status', 'strategic-merge');
    pods.wrote(await unlessGone(written));
    const about: KubernetesObject = { apiVersion: 'v1', kind: 'Pod', metadata: pod.metadata };
    events.event(about, 'Warning', 'NodeNotReady', 'Node is not ready');
  }

  function heard(node: string): void {
    timers.get(node)?.cancel();
    timers.delete(node);
  }

  return {
    name: 'node-lifecycle',
    start: queue.start,
    stop() {
      queue.stop();
      for (const node of [...timers.keys()]) heard(node);
      for (const timer of awaited.values()) timer.cancel();
    },
    silent(node) {
      heard(node);
      const timer = clock.schedule(graceMs, () => {
        markUnknown(node).catch((problem: Error) =>
          report(new Error(`node ${node}: ${problem.message}`, { cause: problem })),
        );
      });
      timers.set(node, timer);
    },
    heard,
  };
}

/** `someReady`: pods can only be asked to leave where there is somewhere to go. */
function wantedTaints(node: Node, someReady: boolean): readonly Taint[] {
  const readiness = readinessOf(node);
  const key = readiness === 'Unknown' ? unreachableKey : notReadyKey;
  const mayStay = readiness === undefined || readiness === 'True' || !someReady;
  return [
    ...(node.spec?.unschedulable === true ? [unschedulableTaint] : []),
    ...(readiness === 'True' ? [] : [{ key, effect: 'NoSchedule' }]),
    ...(mayStay ? [] : [{ key, effect: 'NoExecute' }]),
  ];
}

function isSameTaint(a: Taint, b: Taint): boolean {
  return a.key === b.key && a.effect === b.effect;
}
