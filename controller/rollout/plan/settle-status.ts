// What the new status looks like as JSON (rollout.md §1.4): zero values are absent, fields that this version does not know
// survive, and what means the same as the stored one is the stored one, so that nothing is written.

import type { RolloutCondition, RolloutStatus } from '../../api/types.generated.ts';
import { isEqualJson } from '../../lang/merge-patch.ts';

type Json = Readonly<Record<string, unknown>>;

/** Every field of the status that this version writes; others are somebody else's and stay. */
const fields = {
  '': [
    ...['HPAReplicas', 'abort', 'abortedAt', 'alb', 'albs', 'availableReplicas', 'blueGreen', 'canary'],
    ...['collisionCount', 'conditions', 'controllerPause', 'currentPodHash', 'currentStepHash', 'currentStepIndex'],
    ...['duration', 'message', 'observedGeneration', 'pauseConditions', 'phase', 'promoteFull', 'readyReplicas'],
    ...['replicas', 'restartedAt', 'selector', 'stableRS', 'updatedReplicas', 'workloadObservedGeneration'],
  ],
  canary: [
    ...['currentBackgroundAnalysisRunStatus', 'currentExperiment', 'currentStepAnalysisRunStatus', 'stablePingPong'],
    ...['stepPluginStatuses', 'weights'],
  ],
  blueGreen: [
    ...['activeSelector', 'postPromotionAnalysisRunStatus', 'prePromotionAnalysisRunStatus', 'previewSelector'],
    'scaleUpPreviewCheckPoint',
  ],
  duration: [
    ...['completionStatus', 'finishedAt', 'manualPauseStartedAt', 'rolloutStartedAt'],
    'totalManualPauseDurationSeconds',
  ],
} as const;

/** Pointers of the contract: their zero is written. */
const keepsZero: ReadonlySet<string> = new Set([
  'collisionCount',
  'currentStepIndex',
  'totalManualPauseDurationSeconds',
]);

/** The stored status itself when nothing changed, else the whole new one. */
export function settleStatus(stored: RolloutStatus, draft: RolloutStatus): RolloutStatus {
  const settled = merge(stored as Json, draft as Json, '');
  for (const part of ['canary', 'blueGreen', 'duration'] as const) {
    const value = draft[part] as Json | undefined;
    if (value) settled[part] = merge((stored[part] ?? {}) as Json, value, part);
  }
  settled.conditions = sameConditions(stored.conditions, draft.conditions) ? stored.conditions : draft.conditions;
  if (settled.conditions === undefined) delete settled.conditions;
  return isEqualJson(stored, settled) ? stored : (settled as RolloutStatus);
}

function merge(stored: Json, draft: Json, part: keyof typeof fields): Record<string, unknown> {
  const known: readonly string[] = fields[part];
  const merged: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(stored)) {
    // A zero that a client wrote (`abort: false`) means absent; it is not worth a patch.
    if (!known.includes(key) || (isZero(value) && isZero(draft[key]) && !keepsZero.has(key))) merged[key] = value;
  }
  for (const key of known) {
    const value = draft[key];
    if (value !== undefined && (!isZero(value) || keepsZero.has(key))) merged[key] = value;
  }
  return merged;
}

function isZero(value: unknown): boolean {
  return value === undefined || value === null || value === false || value === 0 || value === '' || isEmptyList(value);
}

function isEmptyList(value: unknown): boolean {
  return Array.isArray(value) && value.length === 0;
}

/** Conditions are compared by type, not by position (design.md §5.5). */
function sameConditions(
  stored: readonly RolloutCondition[] | undefined,
  draft: readonly RolloutCondition[] | undefined,
): boolean {
  if (!stored || !draft || stored.length !== draft.length) return false;
  return draft.every((condition) =>
    stored.some((other) => other.type === condition.type && isEqualJson(other, condition)),
  );
}
