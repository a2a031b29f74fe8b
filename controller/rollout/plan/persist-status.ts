// What is written as the status of a full pass (rollout.md §7.1)? Abort and pauses, conditions, phase, duration, in this
// order; then only what differs from what is stored.

import { pauseReasons } from '../../api/constants.ts';
import { blueGreenOf } from '../../api/defaults.ts';
import { phaseOf } from '../../api/phase.ts';
import type { PauseCondition, RolloutStatus } from '../../api/types.generated.ts';
import { formatRfc3339 } from '../../lang/rfc3339.ts';
import type { EventRecord } from '../types.ts';
import { conditionsOf, timedOutMessage } from './conditions.ts';
import { durationOf } from './duration.ts';
import { events } from './events.ts';
import type { Pass } from './pass.ts';
import { hasProgressed, isPromoted, isTimedOut } from './progress.ts';
import { isWithinRollbackWindow } from './rollback.ts';
import { settleStatus } from './settle-status.ts';

export type StatusDraft = { -readonly [Field in keyof RolloutStatus]: RolloutStatus[Field] };

export interface PersistInput {
  /** Counts, hashes, index and sub-status: everything but what this file adds. */
  readonly draft: StatusDraft;
  /** The template (canary: or the steps) changed, or nothing was ever current. */
  readonly isChanged: boolean;
  readonly completionStatus?: string | undefined;
  /** `controllerPause` survives an empty list: the user's resume has not been acted upon yet. */
  readonly keepsResume?: boolean;
  /** What the pass did before, in order. */
  readonly events: readonly EventRecord[];
}

export interface Persisted {
  readonly status: RolloutStatus;
  readonly events: readonly EventRecord[];
}

export function persistStatus(pass: Pass, input: PersistInput): Persisted {
  const { rollout, stored } = pass;
  const draft: StatusDraft = { ...input.draft };
  const told = [...input.events];
  draft.observedGeneration = String(rollout.metadata.generation ?? 0);
  draft.workloadObservedGeneration = workloadGeneration(pass);
  planDeadlineAbort(pass, draft, told);
  setAbortAndPauses(pass, draft, input.keepsResume ?? false);
  const { conditions, events: conditionEvents } = conditionsOf(pass, draft, abortMessageOf(pass));
  draft.conditions = conditions;
  told.push(...conditionEvents);
  const { phase, message } = phaseOf(rollout.spec, draft);
  draft.phase = phase;
  draft.message = message;
  draft.duration = durationOf(pass, draft, {
    isChanged: input.isChanged,
    isAborted: draft.abort === true,
    completionStatus: input.completionStatus,
  });
  told.push(...pauseEvents(stored, draft));
  return { status: settleStatus(stored, draft), events: told };
}

/** `progressDeadlineAbort`: judged by the stored conditions; promoted Rollouts are never aborted. */
function planDeadlineAbort(pass: Pass, draft: StatusDraft, told: EventRecord[]): void {
  const isAborted = isAbortIntended(pass);
  if (isAborted || !mayDeadlineAbort(pass, draft)) return;
  if (hasProgressed(pass.rollout, pass.stored, draft) || !isTimedOut(pass, pass.stored, isAborted)) return;
  pass.intent.addAbort = timedOutMessage(pass);
  told.push(events.aborted(pass.intent.addAbort));
}

/** A rollback within the window ends any abort (rollout.md §6.7.4): one of ours would come and go for ever. */
export function mayDeadlineAbort(pass: Pass, status: RolloutStatus): boolean {
  return pass.rollout.spec.progressDeadlineAbort === true && !isPromoted(status) && !isWithinRollbackWindow(pass);
}

function isAbortIntended(pass: Pass): boolean {
  return pass.intent.addAbort !== undefined || (pass.status.abort === true && !pass.intent.removeAbort);
}

function setAbortAndPauses(pass: Pass, draft: StatusDraft, keepsResume: boolean): void {
  const { intent, stored, status } = pass;
  draft.abort = undefined;
  draft.abortedAt = undefined;
  draft.pauseConditions = undefined;
  draft.controllerPause = undefined;
  if (isAbortIntended(pass)) {
    draft.abort = true;
    // A full promotion would drop the abort in the next pass, and the deadline would abort it again (BUG-4).
    if (intent.addAbort !== undefined) draft.promoteFull = undefined;
    draft.abortedAt = (stored.abort ? stored.abortedAt : undefined) ?? formatRfc3339(pass.now);
    return;
  }
  if (intent.clearPauses) return;
  const other = blueGreenOf(pass.rollout) ? pauseReasons.canaryPauseStep : pauseReasons.blueGreenPause;
  const ended = [intent.removePause, other]; // a pause of the strategy before ends with it
  const kept = (status.pauseConditions ?? []).filter(({ reason }) => !ended.includes(reason));
  const isAdded = intent.addPause !== undefined && !kept.some(({ reason }) => reason === intent.addPause);
  const list: readonly PauseCondition[] =
    isAdded && intent.addPause !== undefined
      ? [...kept, { reason: intent.addPause, startTime: formatRfc3339(pass.now) }]
      : kept;
  if (list.length > 0) {
    draft.pauseConditions = list;
    draft.controllerPause = status.controllerPause || isAdded;
  } else if (keepsResume && (status.pauseConditions?.length ?? 0) === 0) {
    draft.controllerPause = status.controllerPause;
  }
}

function abortMessageOf(pass: Pass): string | undefined {
  return pass.intent.addAbort || undefined;
}

function workloadGeneration(pass: Pass): string | undefined {
  if (!pass.rollout.spec.workloadRef) return undefined;
  return pass.rollout.metadata.annotations?.['rollout.argoproj.io/workload-generation'];
}

/** §7.7. QUIRK: a user's resume clears the list before the controller looks, so it is not told. */
export function pauseEvents(stored: RolloutStatus, status: RolloutStatus): EventRecord[] {
  const before = stored.pauseConditions ?? [];
  const after = status.pauseConditions ?? [];
  const [first] = after;
  if (before.length === 0 && first) return [events.paused(first.reason)];
  if (before.length > 0 && after.length === 0 && !status.abort) return [events.resumed()];
  return [];
}
