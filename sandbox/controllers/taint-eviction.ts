// Who has to leave a node with a NoExecute taint, and when: pods that do not tolerate it at once, others after the time
// that they do. Pods of a node that is silent stay, terminating, until it is back and confirms that they ended.

import type { KubernetesObject, Pod } from '../../controller/api/kubernetes-types.ts';
import { formatRfc3339 } from '../../controller/lang/rfc3339.ts';
import type { EpochMillis, TimerHandle } from '../../controller/lang/time.ts';
import { unlessGone } from '../machinery/client.ts';
import { type Node, type Taint, tolerates, tolerationsOf } from '../machinery/nodes.ts';
import { isFinished, isTerminating, nodeNameOf } from '../machinery/pods.ts';
import { keyOf, resources } from '../machinery/resources.ts';
import { parseTime } from '../machinery/times.ts';
import type { Controller, ControllerContext } from './controller.ts';

interface Planned {
  readonly at: EpochMillis;
  readonly uid: string | undefined;
  readonly timer: TimerHandle;
}

export function createTaintEvictionController(context: ControllerContext): Controller {
  const { client, clock, informers, report } = context;
  const events = context.recorder('taint-eviction-controller');
  const pods = informers.of<Pod>(resources.pods);
  const nodes = informers.of<Node>(resources.nodes);
  pods.index('node', (pod) => (nodeNameOf(pod) === '' ? [] : [nodeNameOf(pod)]));
  const planned = new Map<string, Planned>();
  let running = false;

  nodes.onChange((now, before) => {
    if (!running || (taintsOf(now).length === 0 && taintsOf(before).length === 0)) return;
    for (const pod of pods.find('node', (now ?? before)?.metadata.name ?? '')) judge(pod, taintsOf(now));
  });
  pods.onChange((now, before) => {
    if (!running) return;
    if (now === undefined) return drop(keyOf(before!));
    const taints = taintsOf(nodes.get(nodeNameOf(now)));
    if (taints.length > 0 || planned.has(keyOf(now))) judge(now, taints);
  });

  function judge(pod: Pod, taints: readonly Taint[]): void {
    const key = keyOf(pod);
    const at = leavesAt(pod, taints, clock.now());
    const known = planned.get(key);
    if (isTerminating(pod) || isFinished(pod)) return drop(key);
    if (at === undefined) {
      if (known !== undefined && known.uid === pod.metadata.uid) {
        events.event(about(pod), 'Normal', 'TaintManagerEviction', `Cancelling deletion of Pod ${key}`);
      }
      return drop(key);
    }
    if (known !== undefined && known.uid === pod.metadata.uid && known.at <= at) return;
    drop(key);
    const { uid } = pod.metadata;
    const timer = clock.schedule(Math.max(0, at - clock.now()), () => {
      planned.delete(key);
      evict(key, uid).catch((problem: Error) =>
        report(new Error(`eviction of pod ${key}: ${problem.message}`, { cause: problem })),
      );
    });
    planned.set(key, { at, uid, timer });
  }

  function drop(key: string): void {
    planned.get(key)?.timer.cancel();
    planned.delete(key);
  }

  async function evict(key: string, uid: string | undefined): Promise<void> {
    const pod = pods.get(key);
    if (pod === undefined || pod.metadata.uid !== uid || isTerminating(pod)) return;
    const { namespace, name = '' } = pod.metadata;
    events.event(about(pod), 'Normal', 'TaintManagerEviction', `Marking for deletion Pod ${key}`);
    const condition = {
      type: 'DisruptionTarget',
      status: 'True',
      reason: 'DeletionByTaintManager',
      message: 'Taint manager: deleting due to NoExecute taint',
      lastTransitionTime: formatRfc3339(clock.now()),
    };
    const body = { status: { conditions: [condition] } };
    await unlessGone(client.patch<Pod>(resources.pods, namespace, name, body, 'status', 'strategic-merge'));
    pods.wrote(await unlessGone(client.delete<Pod>(resources.pods, namespace, name)));
  }

  return {
    name: 'taint-eviction',
    start() {
      running = true;
      for (const node of nodes.all()) {
        const taints = taintsOf(node);
        if (taints.length > 0) for (const pod of pods.find('node', node.metadata.name ?? '')) judge(pod, taints);
      }
    },
    stop() {
      running = false;
      for (const key of [...planned.keys()]) drop(key);
    },
  };
}

function taintsOf(node: Node | undefined): readonly Taint[] {
  return (node?.spec?.taints ?? []).filter(({ effect }) => effect === 'NoExecute');
}

/** Undefined: it may stay for ever. */
function leavesAt(pod: Pod, taints: readonly Taint[], now: EpochMillis): EpochMillis | undefined {
  let earliest: EpochMillis | undefined;
  for (const taint of taints) {
    const tolerations = tolerationsOf(pod).filter((one) => tolerates(one, taint));
    if (tolerations.length === 0) return now;
    const seconds = tolerations.map(({ tolerationSeconds }) => tolerationSeconds).filter((one) => one !== undefined);
    if (seconds.length === 0) continue;
    const at = (parseTime(taint.timeAdded) ?? now) + Math.max(0, Math.min(...seconds)) * 1000;
    earliest = Math.min(earliest ?? at, at);
  }
  return earliest;
}

function about(pod: Pod): KubernetesObject {
  return { apiVersion: 'v1', kind: 'Pod', metadata: pod.metadata };
}
