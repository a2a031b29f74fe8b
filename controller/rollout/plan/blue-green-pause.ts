// Does a blue/green update wait before the switch (rollout.md §5.3)? The pause begins when the preview is complete and its
// analysis has passed, so that the countdown of auto promotion starts only then.

import { pauseReasons } from '../../api/constants.ts';
import { autoPromotionEnabledOf, autoPromotionSecondsOf } from '../../api/defaults.ts';
import {
  blueGreenPauseEndsAt,
  blueGreenPauseStartedAt,
  isBlueGreenPauseOver,
  isFastTracked,
  isPrePromotionDone,
  isReadyForPause,
} from './blue-green-state.ts';
import { isHalted } from './halt.ts';
import { isAborted, type Pass, wakeAt } from './pass.ts';
import { isResumed } from './steps.ts';

export function planBlueGreenPause(pass: Pass): void {
  const { rollout, status, intent } = pass;
  if (isAborted(pass) || !isReadyForPause(pass) || isHalted(pass)) return;
  const isPauseNeeded = !autoPromotionEnabledOf(rollout) || autoPromotionSecondsOf(rollout) > 0;
  if (isFastTracked(pass) || status.blueGreen?.scaleUpPreviewCheckPoint || !isPauseNeeded) {
    intent.removePause = pauseReasons.blueGreenPause;
    return;
  }
  if (!isPrePromotionDone(pass)) return;
  if (blueGreenPauseStartedAt(pass) === undefined) {
    if (!isResumed(pass)) intent.addPause = pauseReasons.blueGreenPause;
    return;
  }
  if (isBlueGreenPauseOver(pass)) {
    intent.removePause = pauseReasons.blueGreenPause;
    return;
  }
  const endsAt = blueGreenPauseEndsAt(pass);
  if (endsAt !== undefined) wakeAt(pass, endsAt + 1);
}
