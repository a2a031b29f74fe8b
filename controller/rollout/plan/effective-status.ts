// Which status is in force (rollout.md §3.2.8, BUG-4)? An abort of what is already stable means nothing, and an abort that
// comes in the middle of a full promotion ends that promotion.

import type { RolloutStatus } from '../../api/types.generated.ts';
import type { Pass } from './pass.ts';
import { isFullyPromoted } from './weights.ts';

export function effectiveStatus({ stored: given }: Pick<Pass, 'stored'>): RolloutStatus {
  const stored = withSaneIndex(given);
  if (!stored.abort) return stored;
  if (isFullyPromoted(stored)) return { ...stored, abort: undefined, abortedAt: undefined };
  // Newly set: an older abort is what the full promotion was asked to end.
  const isNew = stored.abortedAt === undefined;
  return stored.promoteFull && isNew ? { ...stored, promoteFull: undefined } : stored;
}

/** No list has a step before the first; a client that says so would hold the update for ever. */
function withSaneIndex(stored: RolloutStatus): RolloutStatus {
  return (stored.currentStepIndex ?? 0) < 0 ? { ...stored, currentStepIndex: 0 } : stored;
}
