// Did a status write record the end of an update, and how long did it take (rollout.md §7.8; operations.md §9)?

import type { RolloutStatus } from '../api/types.generated.ts';
import type { FinishedDuration } from '../telemetry/metrics.ts';

export function finishedDuration(before: RolloutStatus, after: RolloutStatus): FinishedDuration | undefined {
  const { rolloutStartedAt, finishedAt, completionStatus, totalManualPauseDurationSeconds } = after.duration ?? {};
  if (!rolloutStartedAt || !finishedAt || before.duration?.finishedAt === finishedAt) return undefined;
  return {
    status: completionStatus ?? 'Promoted',
    totalSeconds: Math.max(0, (Date.parse(finishedAt) - Date.parse(rolloutStartedAt)) / 1000),
    manualPauseSeconds: totalManualPauseDurationSeconds ?? 0,
  };
}
