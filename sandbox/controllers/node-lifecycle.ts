// A node that is no longer heard of: after 40 s it counts as unreachable and its pods as not ready, and after the time
// that they tolerate that (300 s by default) they are deleted; they stay, terminating, until the node is back and
// confirms it. Losing a node is a fault (`Cluster.loseNode`): nothing here polls leases.

import type { Condition, KubernetesObject, Pod } from '../../controller/api/kubernetes-types.ts';
import { formatRfc3339 } from '../../controller/lang/rfc3339.ts';
import type { TimerHandle } from '../../controller/lang/time.ts';
import { unlessGone } from '../machinery/client.ts';
import { isFinished, isReady, isTerminating, nodeNameOf } from '../machinery/pods.ts';
import { keyOf, resources } from '../machinery/resources.ts';
import type { Controller, ControllerContext } from './controller.ts';

export interface NodeLifecycleController extends Controller {
  /** From now on nothing is heard of this node. */
  silent(node: string): void;
  heard(node: string): Promise<void>;
}

interface Toleration {
  readonly key?: string;
  readonly operator?: string;
  readonly effect?: string;
  readonly tolerationSeconds?: number;
}

/** Upstream's --node-monitor-grace-period. */
const graceMs = 40_000;
const unreachable = 'node.kubernetes.io/unreachable';

export function createNodeLifecycleController(context: ControllerContext): NodeLifecycleController {
  const { client, clock, informers, report } = context;
  const events = context.recorder('node-controller');
  const pods = informers.of<Pod>(resources.pods);
  const timers = new Map<string, Set<TimerHandle>>();

  function after(node: string, delayMs: number, run: () => Promise<void>): void {
    const own = timers.get(node) ?? new Set<TimerHandle>();
    timers.set(node, own);
    const timer = clock.schedule(delayMs, () => {
      own.delete(timer);
      run().catch((problem: Error) => report(new Error(`node ${node}: ${problem.message}`, { cause: problem })));
    });
    own.add(timer);
  }

  function clear(node: string): void {
    for (const timer of timers.get(node) ?? []) timer.cancel();
    timers.delete(node);
  }

  async function markUnreachable(node: string): Promise<void> {
    const known = await client.get<KubernetesObject & { status?: { conditions?: readonly Condition[] } }>(
      resources.nodes,
      undefined,
      node,
    );
    if (known === undefined) return;
    const time = formatRfc3339(clock.now());
    const conditions = (known.status?.conditions ?? []).map((condition) => ({
      ...condition,
      status: 'Unknown',
      reason: 'NodeStatusUnknown',
      message: 'Kubelet stopped posting node status.',
      lastTransitionTime: time,
    }));
    await client.patch(resources.nodes, undefined, node, { status: { conditions } }, 'status');
    const taints = ['NoSchedule', 'NoExecute'].map((effect) => ({ key: unreachable, effect, timeAdded: time }));
    await client.patch(resources.nodes, undefined, node, { spec: { taints } });
    const about = { apiVersion: 'v1', kind: 'Node', metadata: known.metadata };
    events.event(about, 'Normal', 'NodeNotReady', `Node ${node} status is now: NodeNotReady`);
    for (const pod of [...pods.all()].filter((one) => nodeNameOf(one) === node)) await markPod(node, pod, time);
  }

  async function markPod(node: string, pod: Pod, time: string): Promise<void> {
    if (isFinished(pod)) return;
    const { namespace, name = '', uid } = pod.metadata;
    if (isReady(pod)) {
      const conditions = [{ type: 'Ready', status: 'False', lastTransitionTime: time }];
      const body = { metadata: { uid }, status: { conditions } };
      const written = client.patch<Pod>(resources.pods, namespace, name, body, 'status', 'strategic-merge');
      pods.wrote(await unlessGone(written));
      const about = { apiVersion: 'v1', kind: 'Pod', metadata: pod.metadata };
      events.event(about, 'Warning', 'NodeNotReady', 'Node is not ready');
    }
    const seconds = toleratedSeconds(pod);
    if (seconds !== undefined && !isTerminating(pod)) after(node, seconds * 1000, () => evict(keyOf(pod), uid));
  }

  async function evict(key: string, uid: string | undefined): Promise<void> {
    const pod = pods.get(key);
    if (pod === undefined || pod.metadata.uid !== uid || isTerminating(pod)) return;
    const { namespace, name = '' } = pod.metadata;
    const about = { apiVersion: 'v1', kind: 'Pod', metadata: pod.metadata };
    events.event(about, 'Normal', 'TaintManagerEviction', `Marking for deletion Pod ${key}`);
    const conditions = [
      {
        type: 'DisruptionTarget',
        status: 'True',
        reason: 'DeletionByTaintManager',
        message: 'Taint manager: deleting due to NoExecute taint',
        lastTransitionTime: formatRfc3339(clock.now()),
      },
    ];
    const body = { status: { conditions } };
    await unlessGone(client.patch<Pod>(resources.pods, namespace, name, body, 'status', 'strategic-merge'));
    pods.wrote(await unlessGone(client.delete<Pod>(resources.pods, namespace, name)));
  }

  return {
    name: 'node-lifecycle',
    start() {},
    stop() {
      for (const node of [...timers.keys()]) clear(node);
    },
    silent: (node) => after(node, graceMs, () => markUnreachable(node)),
    async heard(node) {
      clear(node);
      await unlessGone(client.patch(resources.nodes, undefined, node, { spec: { taints: null } }));
    },
  };
}

/** How long a pod stays on an unreachable node; undefined: for ever. */
function toleratedSeconds(pod: Pod): number | undefined {
  const tolerations = ((pod.spec.tolerations ?? []) as readonly Toleration[]).filter(
    ({ key = '', effect = '' }) => (key === '' || key === unreachable) && (effect === '' || effect === 'NoExecute'),
  );
  if (tolerations.length === 0) return 0;
  const seconds = tolerations.map(({ tolerationSeconds }) => tolerationSeconds).filter((one) => one !== undefined);
  return seconds.length === 0 ? undefined : Math.max(0, Math.min(...seconds));
}
