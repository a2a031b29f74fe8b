// Is the new revision the stable one from now on (rollout.md §3.9)? The status says so in this wave; what follows from it
// (Services, weights, deadlines) happens in the next.

import { blueGreenOf, canaryOf, replicasOf } from '../../api/defaults.ts';
import type { RolloutStatus } from '../../api/types.generated.ts';
import type { EventRecord } from '../types.ts';
import { events } from './events.ts';
import { isAborted, newReplicaSet, type Pass, stableReplicaSet } from './pass.ts';
import type { StatusDraft } from './persist-status.ts';
import { flipPingPong } from './ping-pong.ts';
import { meetsThreshold } from './replica-counts.ts';
import { hashOf } from './replica-set.ts';
import { availableCount, lastingCount } from './replica-set-counts.ts';
import { isFastRollback, isWithinRollbackWindow } from './rollback.ts';
import { arePromotedTargetsVerified } from './target-moments.ts';

/** Why a canary is promoted now, or undefined. */
export function canaryPromotionReason(pass: Pass, draft: RolloutStatus): string | undefined {
  const newRS = newReplicaSet(pass);
  const steps = canaryOf(pass.rollout)?.steps ?? [];
  if (!stableReplicaSet(pass)) return 'Initial deploy';
  if (!newRS || isAborted(pass)) return undefined;
  const replicas = replicasOf(pass.rollout);
  if (lastingCount(newRS) < replicas && !meetsThreshold(pass.rollout, newRS, replicas)) return undefined;
  if (pass.status.promoteFull) return 'Full promotion requested';
  if (isFastRollback(pass)) return fastRollbackText(pass);
  const areStepsDone = steps.length === 0 || draft.currentStepIndex === steps.length;
  return areStepsDone ? `Completed all ${steps.length} canary steps` : undefined;
}

/** Why a blue/green update is promoted now, or undefined: the active Service selects it, in this wave at the latest. */
export function blueGreenPromotionReason(pass: Pass, draft: RolloutStatus): string | undefined {
  const active = draft.blueGreen?.activeSelector ?? '';
  if (!stableReplicaSet(pass)) return 'Initial deploy';
  // SLIPWAY: a Service without a hash still sends to the pods of another strategy's stable version (design law 10).
  if (active === '') return servesAnotherStable(pass) ? undefined : 'Initial deploy';
  if (active !== (draft.currentPodHash ?? '')) return undefined;
  const reason = switchedPromotionReason(pass, draft);
  // Verified before the analysis began, it is not asked again (traffic.md §2.10).
  const isVerified = draft.blueGreen?.postPromotionAnalysisRunStatus !== undefined;
  return reason === undefined || isVerified || arePromotedTargetsVerified(pass) ? reason : undefined;
}

function switchedPromotionReason(pass: Pass, draft: RolloutStatus): string | undefined {
  if (pass.status.promoteFull) return 'Full promotion requested';
  if (isFastRollback(pass)) return fastRollbackText(pass);
  if (isAborted(pass)) return undefined;
  const analysis = blueGreenOf(pass.rollout)?.postPromotionAnalysis;
  if (analysis && draft.blueGreen?.postPromotionAnalysisRunStatus?.status !== 'Successful') return undefined;
  return 'Completed blue-green update';
}

function servesAnotherStable(pass: Pass): boolean {
  return pass.stableName !== pass.newName && availableCount(stableReplicaSet(pass)) > 0;
}

/** Makes the current revision the stable one. Runs again, without a trace, in every pass of a promoted Rollout. */
export function promote(
  pass: Pass,
  draft: StatusDraft,
  reason: string,
): { readonly events: readonly EventRecord[]; readonly completionStatus: string | undefined } {
  const { intent } = pass;
  const wasFull = pass.status.promoteFull === true;
  intent.clearPauses = true;
  intent.addPause = undefined;
  intent.removeAbort = true;
  intent.addAbort = undefined;
  draft.promoteFull = undefined;
  const steps = canaryOf(pass.rollout)?.steps ?? [];
  draft.currentStepIndex = steps.length > 0 ? steps.length : undefined;
  if (draft.blueGreen) draft.blueGreen = { ...draft.blueGreen, scaleUpPreviewCheckPoint: undefined };
  const current = draft.currentPodHash ?? '';
  if ((pass.status.stableRS ?? '') === current) return { events: [], completionStatus: undefined };
  flipPingPong(pass, draft);
  draft.stableRS = current;
  return {
    events: [events.completed(pass.revision ?? '', hashOf(newReplicaSet(pass)), reason)],
    completionStatus: wasFull ? 'FastPromoted' : 'Promoted',
  };
}

function fastRollbackText(pass: Pass): string {
  return isWithinRollbackWindow(pass) ? 'Rollback within window' : 'Fast rollback';
}
