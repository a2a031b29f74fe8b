// What does the status of a blue/green update say after this pass (rollout.md §3.8)? The switch and the promotion that
// follows from it are told in the same wave.

import { previewReplicaCountOf } from '../../api/defaults.ts';
import type { BlueGreenStatus } from '../../api/types.generated.ts';
import { baseStatus } from './base-status.ts';
import { blueGreenPauseEndsAt, isBlueGreenPauseOver, isFastTracked, isPrePromotionDone } from './blue-green-state.ts';
import { resetDraft } from './canary-status.ts';
import { newReplicaSet, type Pass, wakeAt } from './pass.ts';
import { type Persisted, persistStatus, type StatusDraft } from './persist-status.ts';
import { blueGreenPromotionReason, promote } from './promotion.ts';
import { availableCount } from './replica-set-counts.ts';
import { isWithinRollbackWindow } from './rollback.ts';

export function resetBlueGreenStatus(pass: Pass): Persisted {
  const draft = baseStatus(pass, undefined);
  resetDraft(pass, draft);
  const { activeSelector, previewSelector } = draft.blueGreen ?? {};
  draft.blueGreen = { activeSelector, previewSelector };
  return finish(pass, draft, true, true);
}

export function blueGreenStatus(pass: Pass, restartedAt: string | undefined): Persisted {
  const draft = baseStatus(pass, undefined);
  if (restartedAt !== undefined) draft.restartedAt = restartedAt;
  return finish(pass, draft, (pass.status.currentPodHash ?? '') === '', false);
}

function finish(pass: Pass, draft: StatusDraft, isChanged: boolean, isReset: boolean): Persisted {
  if (pass.status.promoteFull || isWithinRollbackWindow(pass)) {
    pass.intent.clearPauses = true;
    pass.intent.removeAbort = true;
  }
  const reason = blueGreenPromotionReason(pass, draft);
  if (reason !== undefined) {
    return persistStatus(pass, { draft, isChanged, ...promote(pass, draft, reason) });
  }
  // The observed checkpoint is that of the template before: a new one has passed nothing yet.
  if (!isReset) draft.blueGreen = { ...draft.blueGreen, scaleUpPreviewCheckPoint: checkpoint(pass, draft.blueGreen) };
  // BUG-8: a resume counts until the switch, even if the preview loses a pod meanwhile. Before the analysis has passed it
  // was that of an inconclusive outcome: the pause before the switch begins only after it (§5.3).
  const isSwitchPending = draft.blueGreen?.activeSelector !== draft.currentPodHash;
  const keepsResume = !pass.intent.clearPauses && isSwitchPending && isPrePromotionDone(pass);
  return persistStatus(pass, { draft, isChanged, keepsResume, events: [] });
}

/** With a smaller preview: it was complete and everything was passed, so it may grow and then be switched to. */
function checkpoint(pass: Pass, part: BlueGreenStatus | undefined): boolean {
  const preview = previewReplicaCountOf(pass.rollout);
  if (preview === undefined) return false;
  if (part?.scaleUpPreviewCheckPoint) return true;
  if (pass.status.promoteFull) return false; // it grows without having passed
  if (availableCount(newReplicaSet(pass)) !== preview) return false;
  // A way back is never paused, so nobody could resume it: it may grow as soon as the preview is complete.
  if (isFastTracked(pass)) return true;
  if (!isPrePromotionDone(pass)) return false;
  // Also while a person halts the update: then nothing else waits for the end of the pause.
  const endsAt = blueGreenPauseEndsAt(pass);
  if (endsAt !== undefined) wakeAt(pass, endsAt + 1);
  return isBlueGreenPauseOver(pass);
}
