// Which ReplicaSets belong to this Rollout (rollout.md §9.6)? Orphans that match the selector are adopted, own ones that no
// longer match are released. Not looked at: terminating ones, those of others, those without the hash label.

import { apiVersion, podTemplateHashLabel } from '../../api/constants.ts';
import type { OwnerReference, ReplicaSet } from '../../api/kubernetes-types.ts';
import type { Rollout } from '../../api/types.generated.ts';
import { matchesLabelSelector, selectorTerms } from '../../lang/label-selector.ts';
import { addWrite, type Pass } from './pass.ts';
import { isTerminating, nameOf, uidOf } from './replica-set.ts';

/**
 * Owned ReplicaSets after the claims planned here. Asked before the spec is judged (rollout.md §3.2.4): orphans of an
 * invalid Rollout are its own too. A selector that is empty or cannot be read claims and releases nothing.
 */
export function claimReplicaSets(pass: Pass): ReplicaSet[] {
  const { rollout } = pass;
  if ((selectorTerms(rollout.spec.selector) ?? []).length === 0) {
    return pass.observed.replicaSets.filter((replicaSet) => isOwnedBy(replicaSet, rollout));
  }
  const owned: ReplicaSet[] = [];
  for (const replicaSet of candidates(pass)) {
    if (replicaSet.metadata.labels?.[podTemplateHashLabel] === undefined) continue;
    const controller = replicaSet.metadata.ownerReferences?.find((owner) => owner.controller === true);
    const matches = matchesLabelSelector(rollout.spec.selector, replicaSet.metadata.labels);
    if (controller && controller.uid !== rollout.metadata.uid) continue;
    if (controller && matches) owned.push(replicaSet);
    else if (controller) release(pass, replicaSet);
    else if (matches && !isTerminating(replicaSet)) owned.push(adopt(pass, replicaSet));
  }
  return owned;
}

/** Those of the cache, and those that were read live after a creation met their name. */
function candidates(pass: Pass): readonly ReplicaSet[] {
  const cached = pass.observed.replicaSets;
  const names = new Set(cached.map(nameOf));
  const live = Object.values(pass.observed.liveReplicaSets).flatMap((known) =>
    known.is === 'present' && isOwnedBy(known.value, pass.rollout) && !names.has(nameOf(known.value))
      ? [known.value]
      : [],
  );
  return live.length > 0 ? [...cached, ...live] : cached;
}

export function isOwnedBy(replicaSet: ReplicaSet, rollout: Rollout): boolean {
  const controller = replicaSet.metadata.ownerReferences?.find((owner) => owner.controller === true);
  return controller !== undefined && controller.uid === rollout.metadata.uid;
}

export function makeOwnerReference(rollout: Rollout): OwnerReference {
  return {
    apiVersion,
    kind: 'Rollout',
    name: rollout.metadata.name ?? '',
    uid: rollout.metadata.uid ?? '',
    controller: true,
    blockOwnerDeletion: true,
  };
}

function adopt(pass: Pass, replicaSet: ReplicaSet): ReplicaSet {
  const owner = makeOwnerReference(pass.rollout);
  addWrite(pass, {
    kind: 'adoptReplicaSet',
    key: `adopt/${nameOf(replicaSet)}`,
    onFailure: 'stop',
    name: nameOf(replicaSet),
    uid: uidOf(replicaSet),
    owner,
  });
  const ownerReferences = [...(replicaSet.metadata.ownerReferences ?? []), owner];
  return { ...replicaSet, metadata: { ...replicaSet.metadata, ownerReferences } };
}

function release(pass: Pass, replicaSet: ReplicaSet): void {
  addWrite(pass, {
    kind: 'releaseReplicaSet',
    key: `release/${nameOf(replicaSet)}`,
    onFailure: 'continue',
    name: nameOf(replicaSet),
    uid: uidOf(replicaSet),
    ownerUid: pass.rollout.metadata.uid ?? '',
  });
}
