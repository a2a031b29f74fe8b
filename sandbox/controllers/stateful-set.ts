// StatefulSets: pods by number, made from the lowest and removed from the highest, each waiting for the one before
// (OrderedReady) or all at once (Parallel); updates go down from the highest to the partition, one pod at a time.

import type { Pod } from '../../controller/api/kubernetes-types.ts';
import { statusOf } from '../machinery/client.ts';
import { isFinished, isReady, isTerminating } from '../machinery/pods.ts';
import { resources } from '../machinery/resources.ts';
import type { Controller, ControllerContext } from './controller.ts';
import { ownPods } from './pod-owner.ts';
import { makeClaims, makeSetPod, ordinalOf, type StatefulSet, type StatefulSetStatus } from './stateful-set-objects.ts';
import { type Revision, revisionLabel, templateRevisions } from './template-revisions.ts';

/** The template as it is now, and that of the pods that are still to be replaced. */
interface Revisions {
  readonly current: Revision;
  readonly update: Revision;
}

export function createStatefulSetController(context: ControllerContext): Controller {
  const { client } = context;
  const revisions = templateRevisions(context, 'StatefulSet');
  const { pods, events, isAvailable, remove, writeStatus, controller } = ownPods<StatefulSet>(context, {
    kind: 'StatefulSet',
    resource: resources.statefulSets,
    wants: (set, orphan) => ordinalOf(set, orphan) !== undefined,
    reconcile,
  });

  async function reconcile(set: StatefulSet, own: readonly Pod[]): Promise<void> {
    const { all, update } = await revisions.of(set);
    const current = all.find(({ metadata }) => metadata.name === set.status?.currentRevision) ?? update;
    const known = { current, update };
    const byOrdinal = new Map(own.map((pod) => [ordinalOf(set, pod) ?? -1, pod]));
    await writeStatus(set, makeStatus(set, own, known));
    await act(set, byOrdinal, known);
    await revisions.forget(set, new Set([current, update].map(({ metadata }) => metadata.name ?? '')));
  }

  /** One step; with Parallel all that can be done at once. */
  async function act(set: StatefulSet, own: ReadonlyMap<number, Pod>, known: Revisions): Promise<void> {
    const start = set.spec.ordinals?.start ?? 0;
    const end = start + (set.spec.replicas ?? 1);
    const isOrdered = set.spec.podManagementPolicy !== 'Parallel';
    for (let ordinal = start; ordinal < end; ordinal++) {
      const pod = own.get(ordinal);
      if (pod === undefined) await create(set, ordinal, revisionOf(set, ordinal - start, known));
      else if (isFinished(pod) && !isTerminating(pod)) await removeOne(set, pod);
      else if (isAvailable(set, pod)) continue;
      if (isOrdered) return;
    }
    const surplus = [...own].filter(([ordinal]) => ordinal < start || ordinal >= end).toSorted(([a], [b]) => b - a);
    for (const [, pod] of surplus) {
      if (!isTerminating(pod)) await removeOne(set, pod);
      if (isOrdered) return;
    }
    if (set.spec.updateStrategy?.type === 'OnDelete') return;
    const partition = set.spec.updateStrategy?.rollingUpdate?.partition ?? 0;
    for (let ordinal = end - 1; ordinal >= start + partition; ordinal--) {
      const pod = own.get(ordinal);
      if (pod === undefined || isTerminating(pod)) return;
      if (pod.metadata.labels?.[revisionLabel] !== known.update.metadata.name) return removeOne(set, pod);
      if (!isAvailable(set, pod)) return;
    }
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

  function removeOne(set: StatefulSet, pod: Pod): Promise<void> {
    return remove(set, pod, `delete Pod ${pod.metadata.name} in StatefulSet ${set.metadata.name} successful`);
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
      availableReplicas: own.filter((pod) => isAvailable(set, pod)).length,
      ...(readyReplicas > 0 && { readyReplicas }),
      ...(of(serving) > 0 && { currentReplicas: of(serving) }),
      ...(updatedReplicas > 0 && { updatedReplicas }),
      currentRevision: serving.metadata.name ?? '',
      updateRevision: update.metadata.name ?? '',
      collisionCount: set.status?.collisionCount ?? 0,
    };
  }

  return controller;
}

/** Below the partition pods are made as they were. */
function revisionOf(set: StatefulSet, index: number, { current, update }: Revisions): Revision {
  const partition = set.spec.updateStrategy?.rollingUpdate?.partition ?? 0;
  return set.spec.updateStrategy?.type !== 'OnDelete' && index < partition ? current : update;
}
