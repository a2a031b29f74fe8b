// One status write per state that lasts: planning goes on upon the status that was just planned while nothing else is to
// be written and the phase stays, and only the last of these statuses is written. No object is written meanwhile, so that
// a status that authorises something still does so from the next wave on (design.md §5.1). The last status of each phase
// is written as the reference writes it (point 6 of the traces): a change of the phase begins another write. Pure.

import type { RolloutStatus } from '../api/types.generated.ts';
import { isEqualJson } from '../lang/merge-patch.ts';
import type { EpochMillis } from '../lang/time.ts';
import type { Observed, Plan, Write } from './types.ts';

type StatusWrite = Extract<Write, { kind: 'patchStatus' }>;

export interface Fused {
  readonly plan: Plan;
  /** Another phase follows at once upon what the plan writes. */
  readonly endsPhase: boolean;
}

/** As many waves as a frozen world may need to settle (design.md §5.12). */
const maximumRounds = 8;

export function planFused(
  plan: (observed: Observed, now: EpochMillis) => Plan,
  observed: Observed,
  now: EpochMillis,
): Fused {
  let made = plan(observed, now);
  let seen = observed;
  for (let round = 1; round < maximumRounds; round += 1) {
    const write = onlyStatus(made);
    if (!write) break;
    seen = { ...seen, rollout: { ...seen.rollout, status: write.status } };
    const next = plan(seen, now);
    const following = onlyStatus(next);
    if (next.needs.length > 0 || !following || following.status === write.status) break;
    if (following.status.phase !== write.status.phase) return { plan: made, endsPhase: true };
    if (!mayBeLeftOut(write.status, following.status)) break;
    // New weights are written by themselves: the ledger learns from each which ones may still be served.
    if (!isEqualJson(following.status.canary?.weights, write.status.canary?.weights)) break;
    const events = [...(write.events ?? []), ...(following.events ?? [])];
    made = { ...next, writes: [{ ...following, events }], events: [...made.events, ...next.events] };
  }
  return { plan: made, endsPhase: false };
}

/** Whoever follows a Rollout sees each standing still; what only went by under way may be missed. */
function mayBeLeftOut(status: RolloutStatus, next: RolloutStatus): boolean {
  if (status.phase === 'Progressing') return true;
  return (
    status.message === next.message &&
    status.currentStepIndex === next.currentStepIndex &&
    status.abort === next.abort &&
    isEqualJson(status.pauseConditions, next.pauseConditions)
  );
}

function onlyStatus({ writes }: Plan): StatusWrite | undefined {
  const [first] = writes;
  return writes.length === 1 && first?.kind === 'patchStatus' ? first : undefined;
}
