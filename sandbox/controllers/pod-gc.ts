// Pods of a node that was taken out of the cluster: a minute later they are marked failed and deleted, since nobody is
// left to end them (upstream's pod garbage collector: a quarantine of 40 s, looked at every 20 s).

import type { Pod } from '../../controller/api/kubernetes-types.ts';
import { formatRfc3339 } from '../../controller/lang/rfc3339.ts';
import type { TimerHandle } from '../../controller/lang/time.ts';
import { unlessGone } from '../machinery/client.ts';
import type { Node } from '../machinery/nodes.ts';
import { isFinished, nodeNameOf } from '../machinery/pods.ts';
import { resources } from '../machinery/resources.ts';
import type { Controller, ControllerContext } from './controller.ts';

const quarantineMs = 60_000;

export function createPodGarbageCollector(context: ControllerContext): Controller {
  const { client, clock, informers, report } = context;
  const pods = informers.of<Pod>(resources.pods);
  const nodes = informers.of<Node>(resources.nodes);
  pods.index('node', (pod) => (nodeNameOf(pod) === '' ? [] : [nodeNameOf(pod)]));
  const quarantine = new Map<string, TimerHandle>();
  let running = false;

  nodes.onChange((now, before) => {
    const name = (now ?? before)?.metadata.name ?? '';
    quarantine.get(name)?.cancel();
    quarantine.delete(name);
    if (now !== undefined || !running) return;
    const timer = clock.schedule(quarantineMs, () => {
      quarantine.delete(name);
      Promise.all(pods.find('node', name).map(remove)).catch((problem: Error) =>
        report(new Error(`pods of the absent node ${name}: ${problem.message}`, { cause: problem })),
      );
    });
    quarantine.set(name, timer);
  });

  async function remove(pod: Pod): Promise<void> {
    const { namespace, name = '', uid = '' } = pod.metadata;
    if (!isFinished(pod)) {
      const condition = {
        type: 'DisruptionTarget',
        status: 'True',
        reason: 'DeletionByPodGC',
        message: 'PodGC: node no longer exists',
        lastTransitionTime: formatRfc3339(clock.now()),
      };
      const body = { metadata: { uid }, status: { phase: 'Failed', conditions: [condition] } };
      await unlessGone(client.patch<Pod>(resources.pods, namespace, name, body, 'status', 'strategic-merge'));
    }
    const options = { gracePeriodSeconds: 0, preconditions: { uid } };
    await unlessGone(client.delete<Pod>(resources.pods, namespace, name, options));
  }

  return {
    name: 'pod-garbage-collector',
    start() {
      running = true;
    },
    stop() {
      running = false;
      for (const timer of quarantine.values()) timer.cancel();
    },
  };
}
