// Is this update a way back, and may it be a fast one (rollout.md §6.5)? Counted over ReplicaSets that exist, by creation
// time in whole seconds, not by revision numbers.

import { experimentNameAnnotation } from '../../api/constants.ts';
import { blueGreenOf } from '../../api/defaults.ts';
import type { ReplicaSet } from '../../api/kubernetes-types.ts';
import type { EpochMillis } from '../../lang/time.ts';
import { newReplicaSet, type Pass, stableReplicaSet } from './pass.ts';
import { createdAtOf, deadlineOf, hashOf } from './replica-set.ts';

/** The new ReplicaSet is the stable one, or older than it. */
export function isRollback(pass: Pass): boolean {
  const newRS = newReplicaSet(pass);
  const stableRS = stableReplicaSet(pass);
  if (!newRS || !stableRS) return false;
  return hashOf(newRS) === hashOf(stableRS) || createdAtOf(newRS) < createdAtOf(stableRS);
}

export function isWithinRollbackWindow(pass: Pass): boolean {
  const revisions = pass.rollout.spec.rollbackWindow?.revisions ?? 0;
  const newRS = newReplicaSet(pass);
  const stableRS = stableReplicaSet(pass);
  if (revisions <= 0 || !newRS || !stableRS || createdAtOf(newRS) >= createdAtOf(stableRS)) return false;
  return pass.replicaSets.filter((replicaSet) => isBetween(replicaSet, newRS, stableRS)).length < revisions;
}

/** Without steps, pauses and analysis. True in every pass of a promoted Rollout. */
export function isFastRollback(pass: Pass): boolean {
  if (!isRollback(pass)) return false;
  if (isWithinRollbackWindow(pass) || pass.status.stableRS === hashOf(newReplicaSet(pass))) return true;
  return blueGreenOf(pass.rollout) !== undefined && wasWithinDelay(pass);
}

/**
 * The new ReplicaSet had an unexpired deadline when the pass began: it may be removed in its course. That of an abort is
 * none, and a retry still finds it (§6.6).
 */
function wasWithinDelay(pass: Pass): boolean {
  if (pass.status.abort || pass.stored.abortedAt !== undefined) return false;
  const deadlineAt = deadlineAtFirst(pass);
  return deadlineAt !== undefined && deadlineAt > pass.now;
}

/**
 * Until when a way back of blue/green that is not stable yet is known to be a fast one, by the deadline that its ReplicaSet
 * has; undefined: it is none.
 */
export function wayBackUntil(pass: Pass): EpochMillis | undefined {
  const isWayBack = blueGreenOf(pass.rollout) && isRollback(pass) && pass.stableName !== pass.newName;
  return isWayBack && wasWithinDelay(pass) ? deadlineAtFirst(pass) : undefined;
}

function deadlineAtFirst(pass: Pass): EpochMillis | undefined {
  const observed = pass.observed.replicaSets.find((replicaSet) => replicaSet.metadata.name === pass.newName);
  const deadline = observed && deadlineOf(observed);
  return deadline?.kind === 'at' ? deadline.at : undefined;
}

function isBetween(replicaSet: ReplicaSet, newRS: ReplicaSet, stableRS: ReplicaSet): boolean {
  if (replicaSet.metadata.annotations?.[experimentNameAnnotation] !== undefined) return false;
  const createdAt = createdAtOf(replicaSet);
  return createdAt > createdAtOf(newRS) && createdAt < createdAtOf(stableRS);
}
