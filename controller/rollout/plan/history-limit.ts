// Which old ReplicaSets are deleted (rollout.md §9.4)? QUIRK: only the oldest that are over the limit are looked at; one
// that still has pods is passed over, not replaced by a younger one.

import { revisionHistoryLimitOf } from '../../api/defaults.ts';
import { addWrite, otherReplicaSets, type Pass } from './pass.ts';
import { byCreation, isTerminating, nameOf, uidOf } from './replica-set.ts';
import { actualCount, isObserved, specCount } from './replica-set-counts.ts';

export function planHistoryLimit(pass: Pass): void {
  const kept = otherReplicaSets(pass).filter((replicaSet) => !isTerminating(replicaSet));
  const excess = kept.length - revisionHistoryLimitOf(pass.rollout);
  if (excess <= 0) return;
  for (const replicaSet of kept.sort(byCreation).slice(0, excess)) {
    if (specCount(replicaSet) !== 0 || actualCount(replicaSet) !== 0 || !isObserved(replicaSet)) continue;
    addWrite(pass, {
      kind: 'deleteReplicaSet',
      key: `delete/${nameOf(replicaSet)}`,
      onFailure: 'continue',
      name: nameOf(replicaSet),
      uid: uidOf(replicaSet),
      resourceVersion: replicaSet.metadata.resourceVersion ?? '',
    });
    pass.replicaSets = pass.replicaSets.filter((candidate) => candidate !== replicaSet);
  }
}
