// How does a pass become a plan? The status goes last, with the events that tell of it; writes that failed before are told
// as reasons; and the first instant at which time alone changes something is named.

import { conditionReasons, conditionTypes } from '../../api/constants.ts';
import type { RolloutStatus } from '../../api/types.generated.ts';
import { because, type Reason } from '../../explain/reasons.ts';
import type { Observed, Plan, Write } from '../types.ts';
import { nextReadAt } from './failed-reads.ts';
import { addReason, addWrite, isAborted, type Pass, wakeAt } from './pass.ts';
import { mayDeadlineAbort, type Persisted } from './persist-status.ts';
import { isHealthy, progressDeadlineAt } from './progress.ts';
import { repairOperations } from './readable-quantities.ts';
import { dueWrites, type HeldWrite, refusalEvent, refusedKeyOf, writeFailed } from './retry-writes.ts';
import { explainStanding } from './standing.ts';
import { findCondition } from './status-conditions.ts';

/** Waves in a row without a foreign change after which the shell backs off (design.md §5.12). */
const maximumWaves = 16;

export function emptyPlan(observed: Observed, reasons: readonly Reason[]): Plan {
  return { writes: [], status: observed.rollout.status ?? {}, events: [], reasons, needs: [] };
}

/** What a pass says of the status: with events, without any, or (`undefined`) nothing in this wave. */
export type Outcome = Persisted | RolloutStatus | undefined;

export function finishPlan(pass: Pass, outcome: Outcome): Plan {
  const { status, events } = outcomeParts(pass, outcome);
  if (pass.needs.length > 0) return { ...emptyPlan(pass.observed, []), needs: pass.needs };
  // A stored status of the wrong types is written over although it means the same.
  if (status !== pass.stored || pass.observed.rollout.storedStatus !== undefined) {
    addWrite(pass, { kind: 'patchStatus', key: 'rollout/status', onFailure: 'stop', status, events });
  } else pass.pendingEvents.push(...events);
  const { writes, held, isCut } = dueWrites(withRepair(pass), pass.observed.ledger, pass.now);
  explainStanding(pass, status);
  explainFailures(pass, writes, held);
  if (writes.length > 0 && pass.reasons.length === 0) addReason(pass, because('underWay', { writes: writes.length }));
  if (status === pass.stored) wakeAtDeadline(pass, status);
  const readAt = nextReadAt(pass.observed, pass.now);
  if (readAt !== undefined) pass.wakeTimes.push(readAt);
  const wake = pass.wakeTimes.length > 0 ? Math.min(...pass.wakeTimes) : undefined;
  return {
    writes,
    status: isCut ? pass.stored : status,
    events: [...(isCut ? [] : pass.pendingEvents), ...held.flatMap((one) => refusalEvent(one) ?? [])],
    reasons: pass.reasons,
    ...(wake === undefined ? {} : { wakeAt: wake }),
    needs: [],
  };
}

export function outcomeParts(pass: Pass, outcome: Outcome): Persisted {
  if (outcome !== undefined && 'events' in outcome) return outcome;
  return { status: outcome ?? pass.stored, events: [] };
}

/** Quantities that nobody can read go with the first write that there is anyway (rollout.md §1.1). */
function withRepair(pass: Pass): readonly Write[] {
  if (pass.writes.length === 0) return pass.writes;
  const operations = repairOperations(pass.observed.rollout.spec.template);
  if (operations.length === 0) return pass.writes;
  return [{ kind: 'repairRollout', key: 'rollout/repair', onFailure: 'continue', operations }, ...pass.writes];
}

function explainFailures(pass: Pass, writes: readonly Write[], held: readonly HeldWrite[]): void {
  for (const { write, outcome, until } of held) {
    addReason(pass, writeFailed(write.key, outcome, until));
    wakeAt(pass, until);
  }
  for (const { key } of writes) {
    const outcome = pass.observed.ledger.outcomes[key];
    if (!outcome || pass.reasons.some((reason) => refusedKeyOf(reason) === key)) continue;
    addReason(pass, writeFailed(key, outcome));
  }
  const waves = pass.observed.ledger.wavesWithoutChange;
  if (waves >= maximumWaves) addReason(pass, because('wavesBackedOff', { waves }));
}

/** A status that stands still may still time out. */
function wakeAtDeadline(pass: Pass, status: RolloutStatus): void {
  const progressing = findCondition(status.conditions, conditionTypes.progressing);
  if (progressing?.reason === conditionReasons.progressDeadlineExceeded) return;
  if (pass.newName === undefined) return;
  if (isHealthy(pass.rollout, pass.stored, status) && !mayDeadlineAbort(pass, status)) return;
  const deadlineAt = progressDeadlineAt(pass, status, isAborted(pass));
  if (deadlineAt !== undefined) wakeAt(pass, deadlineAt + 1);
}
