// Which attempts ended with this status write, and how long did they take (rollout.md §7.8; operations.md §9)? One that is
// superseded leaves no trace in the status: the next one begins where it ends.

import type { RolloutStatus } from '../api/types.generated.ts';
import type { FinishedDuration } from '../telemetry/metrics.ts';

export function finishedDurations(before: RolloutStatus, after: RolloutStatus): FinishedDuration[] {
  return [...superseded(before, after), ...finished(before, after)];
}

function superseded({ duration: ended }: RolloutStatus, { duration: begun }: RolloutStatus): FinishedDuration[] {
  const { rolloutStartedAt, finishedAt, manualPauseStartedAt } = ended ?? {};
  const endedAt = begun?.rolloutStartedAt;
  if (!rolloutStartedAt || finishedAt || !endedAt || endedAt === rolloutStartedAt) return [];
  const openPause = manualPauseStartedAt ? secondsBetween(manualPauseStartedAt, endedAt) : 0;
  return [
    {
      status: 'Superseded',
      totalSeconds: secondsBetween(rolloutStartedAt, endedAt),
      manualPauseSeconds: (ended?.totalManualPauseDurationSeconds ?? 0) + openPause,
    },
  ];
}

function finished(before: RolloutStatus, after: RolloutStatus): FinishedDuration[] {
  const { rolloutStartedAt, finishedAt, completionStatus, totalManualPauseDurationSeconds } = after.duration ?? {};
  if (!rolloutStartedAt || !finishedAt || before.duration?.finishedAt === finishedAt) return [];
  return [
    {
      status: completionStatus ?? 'Promoted',
      totalSeconds: secondsBetween(rolloutStartedAt, finishedAt),
      manualPauseSeconds: totalManualPauseDurationSeconds ?? 0,
    },
  ];
}

function secondsBetween(from: string, to: string): number {
  return Math.max(0, (Date.parse(to) - Date.parse(from)) / 1000);
}
