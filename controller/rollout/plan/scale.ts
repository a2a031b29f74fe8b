// How one ReplicaSet is sized (rollout.md §9.7): spec.replicas together with the desired-replicas annotation, and the
// deadline goes when nothing is left. Nothing grows while pods of it are on their way out. Scale-down carries the
// resourceVersion, scale-up only the uid (design.md §5.7).

import { desiredReplicasAnnotation, scaleDownDeadlineAnnotation } from '../../api/constants.ts';
import { replicasOf } from '../../api/defaults.ts';
import type { ReplicaSet } from '../../api/kubernetes-types.ts';
import { because } from '../../explain/reasons.ts';
import { formatRfc3339 } from '../../lang/rfc3339.ts';
import type { EpochMillis } from '../../lang/time.ts';
import { events } from './events.ts';
import { addReason, addWrite, currentVersion, type Pass, replaceReplicaSet } from './pass.ts';
import { deadlineOf, desiredReplicasOf, nameOf, revisionTextOf, uidOf } from './replica-set.ts';
import { isShrinking, specCount } from './replica-set-counts.ts';

type Annotations = Readonly<Record<string, string | null>>;

export interface ScaleOptions {
  /** An aborted canary stays at 0 by its deadline. */
  readonly keepsDeadline?: boolean;
  /** desired-replicas stays what it was: another size follows. */
  readonly keepsDesired?: boolean;
}

/** Plans `replicas`, and says whether the size changes. */
export function planScale(pass: Pass, given: ReplicaSet, replicas: number, options: ScaleOptions = {}): boolean {
  const replicaSet = currentVersion(pass, given);
  const before = specCount(replicaSet);
  const annotations: Record<string, string | null> = {};
  const desired = replicasOf(pass.rollout);
  // Sized up now, nothing would tell the pods that are being deleted from those that stay.
  const mustWait = replicas > before && isShrinking(replicaSet);
  if (desiredReplicasOf(replicaSet) !== desired && !options.keepsDesired && !mustWait) {
    annotations[desiredReplicasAnnotation] = String(desired);
  }
  if (replicas === 0 && !options.keepsDeadline && deadlineOf(replicaSet).kind !== 'none') {
    annotations[scaleDownDeadlineAnnotation] = null;
  }
  const isResized = before !== replicas;
  if (mustWait) addReason(pass, because('scaleUnobserved', { replicaSet: nameOf(replicaSet) }));
  if (!isResized || mustWait) {
    planAnnotations(pass, replicaSet, annotations);
    return false;
  }
  addWrite(pass, {
    kind: 'scaleReplicaSet',
    key: `scale/${nameOf(replicaSet)}`,
    onFailure: 'stop',
    name: nameOf(replicaSet),
    uid: uidOf(replicaSet),
    ...(replicas < before ? { resourceVersion: replicaSet.metadata.resourceVersion ?? '' } : {}),
    replicas,
    ...(Object.keys(annotations).length > 0 ? { annotations } : {}),
    events: [events.scaled(nameOf(replicaSet), revisionTextOf(replicaSet), before, replicas)],
  });
  const resized = annotated(replicaSet, annotations);
  replaceReplicaSet(pass, {
    ...resized,
    metadata: { ...resized.metadata, generation: (replicaSet.metadata.generation ?? 0) + 1 },
    spec: { ...replicaSet.spec, replicas },
  });
  return true;
}

/** Plans annotations alone; null removes one. */
export function planAnnotations(pass: Pass, given: ReplicaSet, annotations: Annotations): void {
  const replicaSet = currentVersion(pass, given);
  if (Object.keys(annotations).length === 0) return;
  addWrite(pass, {
    kind: 'patchReplicaSet',
    key: `annotate/${nameOf(replicaSet)}`,
    onFailure: 'stop',
    name: nameOf(replicaSet),
    uid: uidOf(replicaSet),
    patch: { metadata: { annotations } },
  });
  replaceReplicaSet(pass, annotated(replicaSet, annotations));
}

export function planDeadline(pass: Pass, replicaSet: ReplicaSet, at: EpochMillis): void {
  planAnnotations(pass, replicaSet, { [scaleDownDeadlineAnnotation]: formatRfc3339(at) });
}

export function planNoDeadline(pass: Pass, replicaSet: ReplicaSet | undefined): void {
  if (!replicaSet || deadlineOf(replicaSet).kind === 'none') return;
  planAnnotations(pass, replicaSet, { [scaleDownDeadlineAnnotation]: null });
}

function annotated(replicaSet: ReplicaSet, patch: Annotations): ReplicaSet {
  const annotations: Record<string, string> = { ...replicaSet.metadata.annotations };
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete annotations[key];
    else annotations[key] = value;
  }
  return { ...replicaSet, metadata: { ...replicaSet.metadata, annotations } };
}
