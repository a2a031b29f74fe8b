// ReplicaSets: as many pods as the spec says, and a status that counts them. The status of a pass counts the pods that
// were there before the pass acted, as upstream's does: a scale is observed first, its pods are counted a moment later.

import type { KubernetesObject, Pod, ReplicaSet } from '../../controller/api/kubernetes-types.ts';
import { matchesLabelSelector } from '../../controller/lang/label-selector.ts';
import { diffMergePatch } from '../../controller/lang/merge-patch.ts';
import { statusOf, unlessGone } from '../machinery/client.ts';
import { controllerOf, isActive, isFinished, isTerminating, makeControllerReference } from '../machinery/pods.ts';
import { keyOf, resources } from '../machinery/resources.ts';
import { createWorkQueue } from '../machinery/work-queue.ts';
import { byController, claim, indexForClaims } from './claim.ts';
import type { Controller, ControllerContext } from './controller.ts';
import { byRemovalOrder } from './removal-order.ts';
import { countReplicas, type Failure, nextAvailabilityAt, withReplicaFailure } from './replica-set-status.ts';

/** Upstream makes or removes at most so many pods in one pass. */
const burstCount = 500;

export function createReplicaSetController(context: ControllerContext): Controller {
  const { client, clock, informers } = context;
  const events = context.recorder('replicaset-controller');
  const replicaSets = informers.of<ReplicaSet>(resources.replicaSets);
  const pods = informers.of<Pod>(resources.pods);
  indexForClaims(pods);
  indexForClaims(replicaSets);
  replicaSets.index('namespace', (item) => [item.metadata.namespace ?? '']);
  replicaSets.index('uid', (item) => [item.metadata.uid ?? '']);

  const queue = createWorkQueue({ name: 'replicaset', clock, process: sync, report: context.report });
  replicaSets.onChange((now) => now !== undefined && queue.add(keyOf(now)));
  pods.onChange((now, before) => {
    for (const pod of [now, before]) if (pod !== undefined) enqueueOwner(pod);
  });

  function enqueueOwner(pod: Pod): void {
    const owner = controllerOf(pod);
    if (owner !== undefined) {
      if (owner.kind === 'ReplicaSet') for (const found of replicaSets.find('uid', owner.uid)) queue.add(keyOf(found));
      return;
    }
    for (const candidate of replicaSets.find('namespace', pod.metadata.namespace ?? '')) {
      if (matchesLabelSelector(candidate.spec.selector, pod.metadata.labels)) queue.add(keyOf(candidate));
    }
  }

  async function sync(key: string): Promise<void> {
    const replicaSet = replicaSets.get(key);
    if (replicaSet === undefined) return;
    const claimed = await claim({
      client,
      informer: pods,
      resource: resources.pods,
      owner: replicaSet,
      reference: makeControllerReference(replicaSet, 'apps/v1', 'ReplicaSet'),
      selector: replicaSet.spec.selector,
      wants: isActive,
    });
    const active = claimed.filter(isActive);
    const terminating = claimed.filter((pod) => isTerminating(pod) && !isFinished(pod));
    const failure = replicaSet.metadata.deletionTimestamp === undefined ? await manage(replicaSet, active) : undefined;
    await writeStatus(replicaSet, active, terminating.length, failure);
    const nextAt = nextAvailabilityAt(active, replicaSet.spec.minReadySeconds ?? 0, clock.now());
    if (nextAt !== undefined) queue.addAfter(key, nextAt - clock.now());
    if (failure !== undefined) throw failure.problem;
  }

  async function manage(replicaSet: ReplicaSet, active: readonly Pod[]): Promise<Failure | undefined> {
    const missingCount = (replicaSet.spec.replicas ?? 1) - active.length;
    if (missingCount > 0) return createPods(replicaSet, Math.min(missingCount, burstCount));
    if (missingCount < 0) return deletePods(replicaSet, active, Math.min(-missingCount, burstCount));
    return undefined;
  }

  /** In batches of 1, 2, 4 …: what one creation is refused for will be refused to the others too. */
  async function createPods(replicaSet: ReplicaSet, count: number): Promise<Failure | undefined> {
    for (let left = count, batch = 1; left > 0; left -= batch, batch = Math.min(2 * batch, left)) {
      const results = await Promise.allSettled(Array.from({ length: batch }, () => createPod(replicaSet)));
      const problems = results.flatMap((result) => (result.status === 'rejected' ? [result.reason as Error] : []));
      const told = problems.filter((problem) => statusOf(problem) !== 404 && !isNamespaceGoing(problem));
      for (const { message } of told) {
        events.event(about(replicaSet), 'Warning', 'FailedCreate', `Error creating: ${message}`);
      }
      if (problems.length > 0) return told[0] && { reason: 'FailedCreate', problem: told[0] };
    }
    return undefined;
  }

  async function createPod(replicaSet: ReplicaSet): Promise<void> {
    const { template } = replicaSet.spec;
    const pod = await client.create<Pod>(resources.pods, replicaSet.metadata.namespace, {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: {
        generateName: `${replicaSet.metadata.name}-`,
        namespace: replicaSet.metadata.namespace,
        ...(template.metadata?.labels && { labels: template.metadata.labels }),
        ...(template.metadata?.annotations && { annotations: template.metadata.annotations }),
        ...(template.metadata?.finalizers && { finalizers: template.metadata.finalizers }),
        ownerReferences: [makeControllerReference(replicaSet, 'apps/v1', 'ReplicaSet')],
      },
      spec: template.spec,
    });
    pods.wrote(pod);
    events.event(about(replicaSet), 'Normal', 'SuccessfulCreate', `Created pod: ${pod.metadata.name}`);
  }

  async function deletePods(
    replicaSet: ReplicaSet,
    active: readonly Pod[],
    count: number,
  ): Promise<Failure | undefined> {
    const isSome = count < active.length;
    const sorted = isSome ? active.toSorted(byRemovalOrder(clock.now(), podsOfSiblings(replicaSet))) : active;
    const chosen = sorted.slice(0, count);
    const results = await Promise.allSettled(chosen.map((pod) => deletePod(replicaSet, pod)));
    const failed = results.find((result) => result.status === 'rejected');
    if (failed === undefined) return undefined;
    const problem = failed.reason as Error;
    events.event(about(replicaSet), 'Warning', 'FailedDelete', `Error deleting: ${problem.message}`);
    return { reason: 'FailedDelete', problem };
  }

  /** The pods of all ReplicaSets of the same owner; of one without an owner nobody's, as upstream. */
  function podsOfSiblings(replicaSet: ReplicaSet): Pod[] {
    const owner = controllerOf(replicaSet);
    const siblings = owner === undefined ? [] : replicaSets.find(byController, owner.uid);
    return siblings.flatMap(({ metadata }) => pods.find(byController, metadata.uid ?? ''));
  }

  async function deletePod(replicaSet: ReplicaSet, pod: Pod): Promise<void> {
    const { namespace, name = '', uid } = pod.metadata;
    const options = uid === undefined ? {} : { preconditions: { uid } };
    const left = await unlessGone(
      client.delete<Pod>(resources.pods, namespace, name, options).then((answer) => ({ answer })),
    );
    if (left?.answer === undefined) pods.removed(pod);
    else pods.wrote(left.answer);
    events.event(about(replicaSet), 'Normal', 'SuccessfulDelete', `Deleted pod: ${name}`);
  }

  async function writeStatus(
    replicaSet: ReplicaSet,
    active: readonly Pod[],
    terminatingCount: number,
    failure: Failure | undefined,
  ): Promise<void> {
    const counted = countReplicas(replicaSet, active, terminatingCount, clock.now());
    const status = withReplicaFailure(counted, replicaSet, failure, clock.now());
    const patch = diffMergePatch(replicaSet.status, status);
    if (patch === undefined) return;
    const { namespace, name = '', uid } = replicaSet.metadata;
    const written = await unlessGone(
      client.patch<ReplicaSet>(resources.replicaSets, namespace, name, { metadata: { uid }, status: patch }, 'status'),
    );
    replicaSets.wrote(written);
  }

  return { name: 'replicaset', start: queue.start, stop: queue.stop };
}

/** Objects of lists and watches in typed caches may come without their kind. */
function about(replicaSet: ReplicaSet): KubernetesObject {
  return { apiVersion: 'apps/v1', kind: 'ReplicaSet', metadata: replicaSet.metadata };
}

function isNamespaceGoing(problem: Error): boolean {
  return statusOf(problem) === 403 && problem.message.includes('because it is being terminated');
}
