// Which status may wait for what comes next? One that only reports counts is held back for up to 50 ms: while pods come
// and go each of them changes the counts, and a step that ends meanwhile is told in the same write. Whatever authorises
// something, changes the phase or tells an event is written at once. Pure.

import { conditionTypes } from '../api/constants.ts';
import type { DecodedRollout } from '../api/decode-rollout.ts';
import type { RolloutStatus } from '../api/types.generated.ts';
import { isEqualJson } from '../lang/merge-patch.ts';
import type { EpochMillis } from '../lang/time.ts';
import type { Fused } from './fuse-status.ts';
import type { HeldStatus, Observed, Plan, Write } from './types.ts';

const heldForMs = 50;

/** The plan without the status that may wait, or with the held one alone where it is the last of its phase. */
export function paceStatus(
  { plan, endsPhase }: Fused,
  observed: Observed,
  now: EpochMillis,
): { readonly plan: Plan; readonly observed: Observed } {
  const last = plan.writes.at(-1);
  if (last?.kind !== 'patchStatus') return { plan, observed: holding(observed, undefined) };
  const before = heldBehind(observed);
  if (before && before.status.phase !== last.status.phase) {
    const { events: _events, ...write } = { ...last, status: before.status };
    return { plan: { ...plan, writes: [write], events: [] }, observed: holding(observed, undefined) };
  }
  const stored = before?.stored ?? storedStatus(observed.rollout);
  const since = before?.since ?? now;
  // Housekeeping carries no events, because it may fail.
  const isAlone = plan.writes.at(-2)?.onFailure !== 'stop';
  const tellsAlone = isAlone && (plan.events.length > 0 || (last.events?.length ?? 0) > 0);
  const mayWait = !endsPhase && !tellsAlone && now - since < heldForMs;
  if (!mayWait || !stored || isEqualJson(stored, last.status) || !onlyReports(stored, last.status)) {
    return { plan, observed: holding(observed, undefined) };
  }
  const wakeAt = Math.min(plan.wakeAt ?? Number.POSITIVE_INFINITY, since + heldForMs);
  const held = { stored, status: last.status, since };
  return { plan: { ...plan, writes: withoutLast(plan.writes), wakeAt }, observed: holding(observed, held) };
}

function holding(observed: Observed, heldStatus: HeldStatus | undefined): Observed {
  const { ledger } = observed;
  return ledger.heldStatus === heldStatus ? observed : { ...observed, ledger: { ...ledger, heldStatus } };
}

/** The Rollout as if what is held were written already; as it is, where somebody else has changed its status. */
export function withHeldStatus(rollout: DecodedRollout, held: HeldStatus | undefined): DecodedRollout {
  if (!held || rollout.storedStatus !== undefined || !isEqualJson(rollout.status ?? {}, held.stored)) return rollout;
  return { ...rollout, status: held.status, storedStatus: rollout.status ?? {} };
}

function heldBehind({ rollout, ledger }: Observed): HeldStatus | undefined {
  return ledger.heldStatus?.status === rollout.status ? ledger.heldStatus : undefined;
}

/** Undefined where what is stored is of the wrong types, which is repaired at once. */
function storedStatus(rollout: DecodedRollout): RolloutStatus | undefined {
  return rollout.storedStatus === undefined ? (rollout.status ?? {}) : undefined;
}

/** Events of the status are told with the write before it: what they tell of is done. */
function withoutLast(writes: readonly Write[]): readonly Write[] {
  const last = writes.at(-1);
  const rest = writes.slice(0, -1);
  const previous = rest.pop();
  if (!previous) return [];
  const events = [...(previous.events ?? []), ...(last?.events ?? [])];
  return [...rest, events.length > 0 ? { ...previous, events } : previous];
}

const counts: ReadonlySet<string> = new Set([
  'HPAReplicas',
  'availableReplicas',
  'readyReplicas',
  'replicas',
  'updatedReplicas',
]);

/** Only counts differ, and what says them in words: the message of an update under way and two conditions. */
function onlyReports(stored: RolloutStatus, status: RolloutStatus): boolean {
  if (stored.phase !== status.phase) return false;
  const fields = new Set([...Object.keys(stored), ...Object.keys(status)]) as Set<keyof RolloutStatus>;
  for (const field of fields) {
    if (counts.has(field) || (field === 'message' && status.phase === 'Progressing')) continue;
    if (field === 'conditions' && conditionsOnlyReport(stored.conditions ?? [], status.conditions ?? [])) continue;
    if (!isEqualJson(stored[field], status[field])) return false;
  }
  return true;
}

type Conditions = NonNullable<RolloutStatus['conditions']>;

/** Available follows the counts; Progressing may say in other words that it goes on. */
function conditionsOnlyReport(stored: Conditions, conditions: Conditions): boolean {
  if (stored.length !== conditions.length) return false;
  return conditions.every((condition) => {
    const before = stored.find(({ type }) => type === condition.type);
    if (condition.type === conditionTypes.available) return before !== undefined;
    if (condition.type === conditionTypes.progressing) return before?.status === 'True' && condition.status === 'True';
    return isEqualJson(before, condition);
  });
}
