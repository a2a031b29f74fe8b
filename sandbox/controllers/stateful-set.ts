// StatefulSets: pods by number, made from the lowest and removed from the highest, each waiting for the one before
// (OrderedReady) or all at once (Parallel); updates go down from the highest to the partition, one pod at a time.

import type { Pod } from '../../controller/api/kubernetes-types.ts';
import { diffMergePatch } from '../../controller/lang/merge-patch.ts';
import { statusOf, unlessGone } from '../machinery/client.ts';
import {
  availableAt,
  controllerOf,
  isFinished,
  isReady,
  isTerminating,
  makeControllerReference,
} from '../machinery/pods.ts';
import { keyOf, resources } from '../machinery/resources.ts';
import { createWorkQueue } from '../machinery/work-queue.ts';
import { claim, indexForClaims } from './claim.ts';
import type { Controller, ControllerContext } from './controller.ts';
import { makeClaims, makeSetPod, ordinalOf, type StatefulSet, type StatefulSetStatus } from './stateful-set-objects.ts';
import { type Revision, revisionLabel, templateRevisions } from './template-revisions.ts';

/** The template as it is now, and that of the pods that are still to be replaced. */
interface Revisions {
  readonly current: Revision;
  readonly update: Revision;
}

export function createStatefulSetController(context: ControllerContext): Controller {
  const { client, clock, informers } = context;
  const events = context.recorder('statefulset-controller');
  const sets = informers.of<StatefulSet>(resources.statefulSets);
  const pods = informers.of<Pod>(resources.pods);
  const revisions = templateRevisions(context, 'StatefulSet');
  indexForClaims(pods);
  sets.index('uid', (set) => [set.metadata.uid ?? '']);
  const queue = createWorkQueue({ name: 'statefulset', clock, process: sync, report: context.report });
  sets.onChange((now) => now !== undefined && queue.add(keyOf(now)));
  pods.onChange((now, before) => {
    const owner = controllerOf((now ?? before)!);
    if (owner?.kind !== 'StatefulSet') return;
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
      reference: makeControllerReference(set, 'apps/v1', 'StatefulSet'),
      selector: set.spec.selector,
      wants: (orphan) => ordinalOf(set, orphan) !== undefined,
    });
    if (set.metadata.deletionTimestamp !== undefined) return;
    const { all, update } = await revisions.of(set);
    const current = all.find(({ metadata }) => metadata.name === set.status?.currentRevision) ?? update;
    const known = { current, update };
    const byOrdinal = new Map(own.map((pod) => [ordinalOf(set, pod) ?? -1, pod]));
    await writeStatus(set, makeStatus(set, own, known));
    await act(set, byOrdinal, known);
    await revisions.forget(set, new Set([current, update].map(({ metadata }) => metadata.name ?? '')));
    const waits = own
      .map((pod) => availableAt(pod, set.spec.minReadySeconds ?? 0) ?? 0)
      .filter((at) => at > clock.now());
    if (waits.length > 0) queue.addAfter(key, Math.min(...waits) - clock.now());
  }

  /** One step; with Parallel all that can be done at once. */
  async function act(set: StatefulSet, own: ReadonlyMap<number, Pod>, known: Revisions): Promise<void> {
    const start = set.spec.ordinals?.start ?? 0;
    const end = start + (set.spec.replicas ?? 1);
    const isOrdered = set.spec.podManagementPolicy !== 'Parallel';
    for (let ordinal = start; ordinal < end; ordinal++) {
      const pod = own.get(ordinal);
      if (pod === undefined) await create(set, ordinal, revisionOf(set, ordinal - start, known));
      else if (isFinished(pod) && !isTerminating(pod)) await remove(set, pod);
      else if (isHealthy(set, pod)) continue;
      if (isOrdered) return;
    }
    const surplus = [...own].filter(([ordinal]) => ordinal < start || ordinal >= end).toSorted(([a], [b]) => b - a);
    for (const [, pod] of surplus) {
      if (!isTerminating(pod)) await remove(set, pod);
      if (isOrdered) return;
    }
    if (set.spec.updateStrategy?.type === 'OnDelete') return;
    const partition = set.spec.updateStrategy?.rollingUpdate?.partition ?? 0;
    for (let ordinal = end - 1; ordinal >= start + partition; ordinal--) {
      const pod = own.get(ordinal);
      if (pod === undefined || isTerminating(pod)) return;
      if (pod.metadata.labels?.[revisionLabel] !== known.update.metadata.name) return remove(set, pod);
      if (!isHealthy(set, pod)) return;
    }
  }

  function isHealthy(set: StatefulSet, pod: Pod): boolean {
    const at = availableAt(pod, set.spec.minReadySeconds ?? 0);
    return at !== undefined && at <= clock.now() && !isTerminating(pod);
  }

  async function create(set: StatefulSet, ordinal: number, revision: Revision): Promise<void> {
    const name = `${set.metadata.name}-${ordinal}`;
    for (const wanted of makeClaims(set, ordinal)) {
      try {
        await client.create(resources.persistentVolumeClaims, set.metadata.namespace, wanted);
      } catch (problem) {
        if (statusOf(problem) === 409) continue;
        throw problem;
      }
      const told = `create Claim ${wanted.metadata.name} Pod ${name} in StatefulSet ${set.metadata.name} success`;
      events.event(set, 'Normal', 'SuccessfulCreate', told);
    }
    const about = `create Pod ${name} in StatefulSet ${set.metadata.name}`;
    try {
      pods.wrote(await client.create<Pod>(resources.pods, set.metadata.namespace, makeSetPod(set, ordinal, revision)));
      events.event(set, 'Normal', 'SuccessfulCreate', `${about} successful`);
    } catch (problem) {
      if (statusOf(problem) !== 404) {
        events.event(set, 'Warning', 'FailedCreate', `${about} failed error: ${(problem as Error).message}`);
      }
      throw problem;
    }
  }

  async function remove(set: StatefulSet, pod: Pod): Promise<void> {
    const { namespace, name = '' } = pod.metadata;
    const left = await unlessGone(client.delete<Pod>(resources.pods, namespace, name).then((answer) => ({ answer })));
    if (left?.answer === undefined) pods.removed(pod);
    else pods.wrote(left.answer);
    const told = `delete Pod ${name} in StatefulSet ${set.metadata.name} successful`;
    events.event(set, 'Normal', 'SuccessfulDelete', told);
  }

  function makeStatus(set: StatefulSet, own: readonly Pod[], { current, update }: Revisions): StatefulSetStatus {
    const of = (revision: Revision): number =>
      own.filter((pod) => !isTerminating(pod) && pod.metadata.labels?.[revisionLabel] === revision.metadata.name)
        .length;
    const readyReplicas = own.filter(isReady).length;
    const updatedReplicas = of(update);
    const replicas = own.length;
    const isDone = [updatedReplicas, readyReplicas].every((count) => count === replicas);
    const serving = isDone ? update : current;
    return {
      observedGeneration: set.metadata.generation ?? 0,
      replicas,
      availableReplicas: own.filter((pod) => isHealthy(set, pod)).length,
      ...(readyReplicas > 0 && { readyReplicas }),
      ...(of(serving) > 0 && { currentReplicas: of(serving) }),
      ...(updatedReplicas > 0 && { updatedReplicas }),
      currentRevision: serving.metadata.name ?? '',
      updateRevision: update.metadata.name ?? '',
      collisionCount: set.status?.collisionCount ?? 0,
    };
  }

  async function writeStatus(set: StatefulSet, status: StatefulSetStatus): Promise<void> {
    const patch = diffMergePatch(set.status, status);
    if (patch === undefined) return;
    const { namespace, name = '' } = set.metadata;
    const body = { status: patch };
    sets.wrote(await unlessGone(client.patch<StatefulSet>(resources.statefulSets, namespace, name, body, 'status')));
  }

  return { name: 'statefulset', start: () => queue.start(), stop: () => queue.stop() };
}

/** Below the partition pods are made as they were. */
function revisionOf(set: StatefulSet, index: number, { current, update }: Revisions): Revision {
  const partition = set.spec.updateStrategy?.rollingUpdate?.partition ?? 0;
  return set.spec.updateStrategy?.type !== 'OnDelete' && index < partition ? current : update;
}
