// Which revision is this (rollout.md §2.5)? One more than any older one; the ReplicaSet carries it, the Rollout copies it,
// and with it go the Rollout's annotations, minReadySeconds and the anti-affinity of a moved stable revision.

import { annotationsNotCopied, revisionAnnotation, revisionHistoryAnnotation } from '../../api/constants.ts';
import { minReadySecondsOf } from '../../api/defaults.ts';
import type { PodTemplateSpec, ReplicaSet, StringMap } from '../../api/kubernetes-types.ts';
import type { Rollout } from '../../api/types.generated.ts';
import { diffMergePatch } from '../../lang/merge-patch.ts';
import { needsNewAntiAffinity, withAntiAffinity } from './anti-affinity.ts';
import { events } from './events.ts';
import { addWrite, isAborted, newReplicaSet, olderReplicaSets, type Pass, replaceReplicaSet } from './pass.ts';
import { hashOf, nameOf, revisionOf, uidOf } from './replica-set.ts';

/** One more than the highest revision of the older ReplicaSets; unreadable ones are passed over. */
export function nextRevision(older: readonly ReplicaSet[]): number {
  return older.reduce((highest, replicaSet) => Math.max(highest, revisionOf(replicaSet) ?? 0), 0) + 1;
}

/** Annotations that a ReplicaSet takes over from its Rollout. */
export function copiedAnnotations(rollout: Rollout): Record<string, string> {
  const entries = Object.entries(rollout.metadata.annotations ?? {});
  return Object.fromEntries(entries.filter(([key]) => !annotationsNotCopied.has(key)));
}

/** Plans the new ReplicaSet's annotations, minReadySeconds and anti-affinity, then the Rollout's revision. */
export function planRevision(pass: Pass): void {
  const replicaSet = newReplicaSet(pass);
  if (!replicaSet) return;
  const own = revisionOf(replicaSet);
  if (own === undefined) return; // an annotation that is no number is left alone, with everything else
  const changes = changedAnnotations(pass, replicaSet, own);
  const minReadySeconds = minReadySecondsOf(pass.rollout);
  const isMinReadyNew = (replicaSet.spec.minReadySeconds ?? 0) !== minReadySeconds;
  const hasNewStable = needsNewAntiAffinity(replicaSet, pass.rollout, pass.status.stableRS);
  const template = hasNewStable
    ? withAntiAffinity(replicaSet.spec.template, pass.rollout, pass.status.stableRS, hashOf(replicaSet))
    : replicaSet.spec.template;
  const isSpecNew = isMinReadyNew || hasNewStable;
  const key = `revision/${nameOf(replicaSet)}`;
  if (Object.keys(changes).length > 0 || isSpecNew) {
    // Annotations of users may be more than fits beside ours.
    const isEssential = !isAborted(pass) && (isSpecNew || changes[revisionAnnotation] !== undefined);
    addWrite(pass, {
      kind: 'patchReplicaSet',
      key,
      onFailure: isEssential ? 'stop' : 'continue',
      name: nameOf(replicaSet),
      uid: uidOf(replicaSet),
      patch: {
        ...(Object.keys(changes).length > 0 ? { metadata: { annotations: changes } } : {}),
        ...(isSpecNew
          ? {
              spec: {
                ...(isMinReadyNew ? { minReadySeconds } : {}),
                ...(hasNewStable ? { template: { spec: { affinity: affinityPatch(replicaSet, template) } } } : {}),
              },
            }
          : {}),
      },
    });
    const isRefused = pass.observed.ledger.outcomes[key] !== undefined; // nobody waits for the cluster to act on it
    const generation = (replicaSet.metadata.generation ?? 0) + (isSpecNew && !isRefused ? 1 : 0);
    replaceReplicaSet(pass, {
      ...replicaSet,
      metadata: {
        ...replicaSet.metadata,
        generation,
        annotations: { ...replicaSet.metadata.annotations, ...changes },
      },
      spec: { ...replicaSet.spec, minReadySeconds, template },
    });
  }
  planRolloutRevision(pass, changes[revisionAnnotation] ?? replicaSet.metadata.annotations?.[revisionAnnotation]);
}

/** What the term is gone from must not stay: preferred may have become required, or the other way round. */
function affinityPatch({ spec }: ReplicaSet, template: PodTemplateSpec): unknown {
  return diffMergePatch(spec.template.spec.affinity, template.spec.affinity);
}

/** Copies the revision to the Rollout; `more` follows its event. */
export function planRolloutRevision(pass: Pass, revision: string | undefined): void {
  if (revision === undefined || revision === pass.revision) return;
  addWrite(pass, {
    kind: 'patchRollout',
    key: 'rollout/revision',
    onFailure: isAborted(pass) ? 'continue' : 'stop', // traffic leads back, whoever refuses to have it noted
    patch: { metadata: { annotations: { [revisionAnnotation]: revision } } },
    events: [events.rolloutUpdated(revision)],
  });
  pass.revision = revision;
}

function changedAnnotations(pass: Pass, replicaSet: ReplicaSet, own: number): Record<string, string> {
  const present: StringMap = replicaSet.metadata.annotations ?? {};
  const changes: Record<string, string> = {};
  for (const [key, value] of Object.entries(copiedAnnotations(pass.rollout))) {
    if (present[key] !== value) changes[key] = value;
  }
  const wanted = nextRevision(olderReplicaSets(pass));
  if (own < wanted) {
    changes[revisionAnnotation] = String(wanted);
    const previous = present[revisionAnnotation];
    const history = present[revisionHistoryAnnotation];
    // BUG-9: only a revision that changes is history.
    if (previous !== undefined) changes[revisionHistoryAnnotation] = history ? `${history},${previous}` : previous;
  }
  return changes;
}
