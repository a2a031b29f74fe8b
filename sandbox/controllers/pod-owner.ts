// What a StatefulSet and a DaemonSet have in common: a queue of owners that their pods wake, the pods that are theirs, and
// what is written of both. Which pods there are to be says the controller of the kind.

import type { KubernetesObject, LabelSelector, Pod } from '../../controller/api/kubernetes-types.ts';
import { diffMergePatch } from '../../controller/lang/merge-patch.ts';
import { unlessGone } from '../machinery/client.ts';
import type { EventRecorder } from '../machinery/events.ts';
import type { Informer } from '../machinery/informer.ts';
import { availableAt, controllerOf, isTerminating, makeControllerReference } from '../machinery/pods.ts';
import { keyOf, type ResourceName, resources } from '../machinery/resources.ts';
import { createWorkQueue } from '../machinery/work-queue.ts';
import { claim, indexForClaims } from './claim.ts';
import type { Controller, ControllerContext } from './controller.ts';

export interface PodOwner extends KubernetesObject {
  readonly spec: { readonly selector: LabelSelector; readonly minReadySeconds?: number };
  readonly status?: object;
}

export interface OwnedPods<T extends PodOwner> {
  readonly sets: Informer<T>;
  readonly pods: Informer<Pod>;
  readonly events: EventRecorder;
  /** Looks at every owner again. */
  wakeAll(): void;
  /** Ready for its minReadySeconds, and there to stay. */
  isAvailable(set: T, pod: Pod): boolean;
  remove(set: T, pod: Pod, told: string): Promise<void>;
  /** The whole status; only what differs is sent. */
  writeStatus(set: T, status: NonNullable<T['status']>): Promise<void>;
  readonly controller: Controller;
}

export interface PodOwnerOptions<T extends PodOwner> {
  readonly kind: string;
  readonly resource: ResourceName;
  /** Which orphans are worth adopting; default: all that stay. */
  readonly wants?: (set: T, orphan: Pod) => boolean;
  /** Brings the pods of an owner that stays to what they are to be. */
  readonly reconcile: (set: T, own: readonly Pod[]) => Promise<void>;
}

export function ownPods<T extends PodOwner>(context: ControllerContext, options: PodOwnerOptions<T>): OwnedPods<T> {
  const { client, clock, informers } = context;
  const { kind, resource, wants } = options;
  const name = kind.toLowerCase();
  const events = context.recorder(`${name}-controller`);
  const sets = informers.of<T>(resource);
  const pods = informers.of<Pod>(resources.pods);
  indexForClaims(pods);
  sets.index('uid', (set) => [set.metadata.uid ?? '']);
  const queue = createWorkQueue({ name, clock, process: sync, report: context.report });
  sets.onChange((now) => now !== undefined && queue.add(keyOf(now)));
  pods.onChange((now, before) => {
    const owner = controllerOf((now ?? before)!);
    if (owner?.kind !== kind) return;
    for (const set of sets.find('uid', owner.uid)) queue.add(keyOf(set));
  });

  async function sync(key: string): Promise<void> {
    const set = sets.get(key);
    if (set === undefined) return;
    const own = await claim({
      client,
      informer: pods,
      resource: resources.pods,
      owner: set,
      reference: makeControllerReference(set, 'apps/v1', kind),
      selector: set.spec.selector,
      ...(wants && { wants: (orphan: Pod) => wants(set, orphan) }),
    });
    if (set.metadata.deletionTimestamp !== undefined) return;
    await options.reconcile(set, own);
    const waits = own
      .map((pod) => availableAt(pod, set.spec.minReadySeconds ?? 0) ?? 0)
      .filter((at) => at > clock.now());
    if (waits.length > 0) queue.addAfter(key, Math.min(...waits) - clock.now());
  }

  return {
    sets,
    pods,
    events,
    wakeAll() {
      for (const set of sets.all()) queue.add(keyOf(set));
    },
    isAvailable(set, pod) {
      const at = availableAt(pod, set.spec.minReadySeconds ?? 0);
      return at !== undefined && at <= clock.now() && !isTerminating(pod);
    },
    async remove(set, pod, told) {
      const { namespace, name: podName = '' } = pod.metadata;
      const gone = client.delete<Pod>(resources.pods, namespace, podName).then((answer) => ({ answer }));
      const left = await unlessGone(gone);
      if (left?.answer === undefined) pods.removed(pod);
      else pods.wrote(left.answer);
      events.event(set, 'Normal', 'SuccessfulDelete', told);
    },
    async writeStatus(set, status) {
      const patch = diffMergePatch(set.status, status);
      if (patch === undefined) return;
      const { namespace, name: setName = '' } = set.metadata;
      sets.wrote(await unlessGone(client.patch<T>(resource, namespace, setName, { status: patch }, 'status')));
    },
    controller: { name, start: () => queue.start(), stop: () => queue.stop() },
  };
}
