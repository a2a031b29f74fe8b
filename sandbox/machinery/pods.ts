// What controllers ask of a pod: does it count, is it ready and since when, whose is it.

import type { KubernetesObject, OwnerReference, Pod } from '../../controller/api/kubernetes-types.ts';
import type { EpochMillis } from '../../controller/lang/time.ts';
import { parseTime } from './times.ts';

export function isFinished(pod: Pod): boolean {
  return pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed';
}

export function isTerminating(pod: Pod): boolean {
  return pod.metadata.deletionTimestamp !== undefined;
}

/** Neither finished nor about to be: it counts as a replica. */
export function isActive(pod: Pod): boolean {
  return !isFinished(pod) && !isTerminating(pod);
}

export function isReady(pod: Pod): boolean {
  return pod.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') ?? false;
}

/** When the pod became ready; undefined while it is not. */
export function readySince(pod: Pod): EpochMillis | undefined {
  const ready = pod.status?.conditions?.find(({ type }) => type === 'Ready');
  return ready?.status === 'True' ? (parseTime(ready.lastTransitionTime) ?? 0) : undefined;
}

/** When the pod is (or was) ready for long enough; undefined while it is not ready. */
export function availableAt(pod: Pod, minReadySeconds: number): EpochMillis | undefined {
  const since = readySince(pod);
  if (since === undefined) return undefined;
  return minReadySeconds === 0 ? 0 : since + minReadySeconds * 1000;
}

export function nodeNameOf(pod: Pod): string {
  return (pod.spec.nodeName as string | undefined) ?? '';
}

export function podIpOf(pod: Pod): string {
  return pod.status?.podIP ?? '';
}

export function controllerOf(object: KubernetesObject): OwnerReference | undefined {
  return object.metadata.ownerReferences?.find(({ controller }) => controller === true);
}

/** The reference that a controller puts on what it makes. */
export function makeControllerReference(owner: KubernetesObject, apiVersion: string, kind: string): OwnerReference {
  return {
    apiVersion,
    kind,
    name: owner.metadata.name ?? '',
    uid: owner.metadata.uid ?? '',
    controller: true,
    blockOwnerDeletion: true,
  };
}
