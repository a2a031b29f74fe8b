// Who owns what, in which revision, in which order it is shown (spec/cli.md §§5.5, 5.8–5.10).

import { revisionAnnotation } from '../../controller/api/constants.ts';
import type { KubernetesObject } from '../../controller/api/kubernetes-types.ts';
import { parseRfc3339 } from '../../controller/lang/rfc3339.ts';

export function isOwnedBy(object: KubernetesObject, uid: string | undefined): boolean {
  return uid !== undefined && (object.metadata.ownerReferences ?? []).some((owner) => owner.uid === uid);
}

export function ownedBy<T extends KubernetesObject>(objects: readonly T[], owner: KubernetesObject): T[] {
  return objects.filter((object) => isOwnedBy(object, owner.metadata.uid));
}

/** The revision annotation; 0 without one. */
export function revisionOf(object: KubernetesObject): number {
  const text = object.metadata.annotations?.[revisionAnnotation];
  return text !== undefined && /^[+-]?\d+$/.test(text) ? Number(text) : 0;
}

type Order<T> = (a: T, b: T) => number;

/** QUIRK: creation time plays no part among ReplicaSets. */
export const inReplicaSetOrder: Order<KubernetesObject> = (a, b) => byRevision(a, b) || byName(a, b);
export const inPodOrder: Order<KubernetesObject> = (a, b) => byCreation(a, b) || byName(a, b);
export const inExperimentOrder: Order<KubernetesObject> = (a, b) =>
  byRevision(a, b) || byCreation(a, b) || byName(a, b);
/** QUIRK: names descend here. */
export const inAnalysisRunOrder: Order<KubernetesObject> = (a, b) =>
  byRevision(a, b) || byCreation(a, b) || byName(b, a);

function byRevision(a: KubernetesObject, b: KubernetesObject): number {
  return revisionOf(b) - revisionOf(a);
}

function byCreation(a: KubernetesObject, b: KubernetesObject): number {
  return createdAt(a) - createdAt(b);
}

function createdAt(object: KubernetesObject): number {
  return parseRfc3339(object.metadata.creationTimestamp ?? '') ?? 0;
}

function byName(a: KubernetesObject, b: KubernetesObject): number {
  return compareText(a.metadata.name ?? '', b.metadata.name ?? '');
}

/** Byte order of UTF-8, not the locale's: code points compare alike. */
export function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
