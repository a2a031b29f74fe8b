// What a ReplicaSet of a Rollout says of itself: its hash, its revision, its deadline, its age (rollout.md §2.1).

import {
  desiredReplicasAnnotation,
  podTemplateHashLabel,
  revisionAnnotation,
  scaleDownDeadlineAnnotation,
} from '../../api/constants.ts';
import type { ReplicaSet } from '../../api/kubernetes-types.ts';
import { parseRfc3339 } from '../../lang/rfc3339.ts';
import type { EpochMillis } from '../../lang/time.ts';

export function nameOf(replicaSet: ReplicaSet): string {
  return replicaSet.metadata.name ?? '';
}

export function uidOf(replicaSet: ReplicaSet): string {
  return replicaSet.metadata.uid ?? '';
}

/** The hash label: the only identity that planning trusts, never a recomputed hash. */
export function hashOf(replicaSet: ReplicaSet | undefined): string {
  return replicaSet?.metadata.labels?.[podTemplateHashLabel] ?? '';
}

/** 0 without the annotation, undefined when it is no number. */
export function revisionOf(replicaSet: ReplicaSet): number | undefined {
  const text = replicaSet.metadata.annotations?.[revisionAnnotation];
  if (text === undefined) return 0;
  return /^[+-]?\d+$/.test(text) ? Number(text) : undefined;
}

/** What events and messages call the revision. */
export function revisionTextOf(replicaSet: ReplicaSet | undefined): string {
  return replicaSet?.metadata.annotations?.[revisionAnnotation] ?? '';
}

/** The size that the Rollout had when this ReplicaSet was last scaled. */
export function desiredReplicasOf(replicaSet: ReplicaSet): number | undefined {
  const text = replicaSet.metadata.annotations?.[desiredReplicasAnnotation];
  return text !== undefined && /^[+-]?\d+$/.test(text) ? Number(text) : undefined;
}

export type Deadline =
  | { readonly kind: 'none' }
  | { readonly kind: 'unreadable' }
  | { readonly kind: 'at'; readonly at: EpochMillis };

export function deadlineOf(replicaSet: ReplicaSet): Deadline {
  const text = replicaSet.metadata.annotations?.[scaleDownDeadlineAnnotation];
  if (!text) return { kind: 'none' };
  const at = parseRfc3339(text);
  return at === undefined ? { kind: 'unreadable' } : { kind: 'at', at };
}

export function createdAtOf(replicaSet: ReplicaSet): EpochMillis {
  const at = parseRfc3339(replicaSet.metadata.creationTimestamp ?? '');
  return at ?? 0;
}

export function byCreation(left: ReplicaSet, right: ReplicaSet): number {
  return createdAtOf(left) - createdAtOf(right) || compareText(nameOf(left), nameOf(right));
}

/** Highest revision first; unreadable revisions last, ties by creation. */
export function byRevisionDescending(left: ReplicaSet, right: ReplicaSet): number {
  const leftRevision = revisionOf(left);
  const rightRevision = revisionOf(right);
  if (leftRevision === rightRevision) return byCreation(left, right);
  if (leftRevision === undefined) return 1;
  if (rightRevision === undefined) return -1;
  return rightRevision - leftRevision;
}

export function isTerminating(object: { readonly metadata: { readonly deletionTimestamp?: string } }): boolean {
  return object.metadata.deletionTimestamp !== undefined;
}

function compareText(left: string, right: string): number {
  if (left === right) return 0;
  return left < right ? -1 : 1;
}
