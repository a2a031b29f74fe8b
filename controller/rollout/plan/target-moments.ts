// In which moments are targets verified (traffic.md §2.10)? Before old ReplicaSets of a canary behind an ALB may go, and
// between the switch of a blue/green update and its promotion; a promotion's weight has a file of its own
// (promotion-hold.ts). A Rollout at rest is in none of them, so nothing is asked.

import { blueGreenOf } from '../../api/defaults.ts';
import type { ReplicaSet } from '../../api/kubernetes-types.ts';
import { readAlbSettings } from '../../traffic/alb/settings.ts';
import { addReason, addWrite, newReplicaSet, type Pass, wakeAt } from './pass.ts';
import { isPromotionUnsettled } from './promotion-hold.ts';
import { deadlineOf } from './replica-set.ts';
import { type TargetVerification, verifyTargets, type WaitingCode } from './target-verification.ts';
import { isFullyPromoted } from './weights.ts';

/** Whether the old ReplicaSets of a canary keep all of their pods; `leaving` are those that nothing else keeps. */
export function mustKeepOldPods(pass: Pass, leaving: readonly ReplicaSet[]): boolean {
  const newRS = newReplicaSet(pass);
  const alb = readAlbSettings(pass.rollout, pass.status);
  if (!pass.observed.settings.verifiesTargetGroups || !alb?.stableService || !newRS) return false;
  if (!isFullyPromoted(pass.status)) return false;
  if (leaving.every((replicaSet) => deadlineOf(replicaSet).kind !== 'none')) return false;
  if (isPromotionUnsettled(pass.rollout, pass.status, newRS)) return true; // asked, and told, by who holds the weight
  return !isVerified(pass, alb.stableService, newRS, 'oldPodsAwaitTargets');
}

/** Whether a blue/green update that is switched may go on: to its analysis, and to its promotion. */
export function arePromotedTargetsVerified(pass: Pass): boolean {
  const newRS = newReplicaSet(pass);
  const service = blueGreenOf(pass.rollout)?.activeService;
  if (!pass.observed.settings.verifiesTargetGroups || !service || !newRS || isFullyPromoted(pass.status)) return true;
  return isVerified(pass, service, newRS, 'promotionAwaitsTargets');
}

function isVerified(pass: Pass, service: string, replicaSet: ReplicaSet, code: WaitingCode): boolean {
  const { observed, now } = pass;
  const targets = verifyTargets({ observed, now, service, replicaSet });
  tell(pass, targets);
  if (!targets.isRegistered) addReason(pass, targets.reason(code));
  return targets.isRegistered;
}

function tell(pass: Pass, targets: TargetVerification): void {
  for (const write of targets.writes) addWrite(pass, write);
  pass.pendingEvents.push(...targets.events);
  if (targets.wakeAt !== undefined) wakeAt(pass, targets.wakeAt);
}
