// Planner behaviour as rows: a world, a time, what one plan must do. Whatever a row is about, the laws of design.md §2 and
// §5 are checked on it too: nothing given is changed, the plan settles, standing still has a reason, wakeAt is exact.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { maxTrafficWeightOf } from '../../controller/api/defaults.ts';
import type { RolloutStatus } from '../../controller/api/types.generated.ts';
import type { ReasonCode } from '../../controller/explain/reasons.ts';
import { diffMergePatch, isEqualJson } from '../../controller/lang/merge-patch.ts';
import type { EpochMillis } from '../../controller/lang/time.ts';
import { plan } from '../../controller/rollout/plan.ts';
import type { Plan, Write } from '../../controller/rollout/types.ts';
import { start } from './objects.ts';
import { assertStatusFitsSchema } from './status-schema.ts';
import { applyPlan, eventsOf, observe, type World } from './world.ts';

export interface Row {
  /** The behaviour; a vector of rollout.md §10 with its number. */
  readonly name: string;
  readonly given: World;
  /** Seconds after the start; fractions are allowed. */
  readonly at?: number;
  readonly want: Want;
}

export interface Want {
  /** Every write in short, in order: see `shortWrite`. */
  readonly writes?: readonly string[];
  /** Part of the status; `null` means absent. */
  readonly status?: Readonly<Record<string, unknown>>;
  /** Reasons and messages of all events, `Reason: message`. */
  readonly events?: readonly string[];
  /** Codes that must be among the reasons. */
  readonly reasons?: readonly ReasonCode[];
  /** Seconds after the start, exactly. */
  readonly wakeAt?: number;
  readonly check?: (plan: Plan, world: World) => void;
}

const settleWithin = 8;

export function rows(table: readonly Row[]): void {
  for (const row of table) test(row.name, () => checkRow(row));
}

function checkRow({ given, at = 0, want }: Row): void {
  const now = start + at * 1000;
  const planned = lawfulPlan(given, now);
  if (want.writes) assert.deepEqual(planned.writes.map(shortWrite), want.writes);
  if (want.events) {
    const told = eventsOf(planned).map(({ reason, message }) => `${reason}: ${message}`);
    assert.deepEqual(told, want.events);
  }
  if (want.status) assertPart(planned.status as Record<string, unknown>, want.status, 'status');
  for (const code of want.reasons ?? []) {
    const codes = planned.reasons.map((reason) => reason.code);
    assert.ok(codes.includes(code), `reason ${code} is among ${codes.join(', ')}`);
  }
  if (want.wakeAt !== undefined) {
    assert.notEqual(planned.wakeAt, undefined, 'wakeAt is set');
    assert.equal(((planned.wakeAt ?? 0) - start) / 1000, want.wakeAt);
  }
  want.check?.(planned, given);
  checkSettles(given, now);
}

/** The plan, after every law that one plan can be held to. */
export function lawfulPlan(given: World, now: EpochMillis): Plan {
  const observed = deepFreeze(observe(given));
  const planned = plan(observed, now);
  assert.deepEqual(planned.needs, [], 'nothing is missing in the observation');
  assert.deepEqual(plan(observed, now), planned, 'the same observation makes the same plan');
  checkStatusWrite(given, planned);
  checkReasons(planned);
  checkWeights(given, planned.status);
  if (planned.writes.length === 0) checkWakeAt(given, now, planned);
  return planned;
}

/** Waves over a world in which nothing else moves: at most eight, the last one empty. Returns where it came to rest. */
export function settle(
  given: World,
  now: EpochMillis,
  within = settleWithin,
): { readonly world: World; readonly last: Plan; readonly waves: Plan[] } {
  let world = given;
  const waves: Plan[] = [];
  for (let wave = 1; wave <= within; wave += 1) {
    const planned = lawfulPlan(world, now);
    if (planned.writes.every(isVerification)) return { world, last: planned, waves };
    waves.push(planned);
    world = applyPlan(world, planned, now);
  }
  const writes = waves.map((planned) => planned.writes.map(shortWrite).join(', '));
  assert.fail(`the plan does not settle within ${within} waves:\n${writes.join('\n')}`);
}

function checkSettles(given: World, now: EpochMillis): void {
  settle(given, now);
}

/** It only tells the shell that every pod was found right. */
function isVerification(write: Write): boolean {
  return write.kind === 'patchPodMetadata' && write.podName === '';
}

function checkStatusWrite(given: World, planned: Plan): void {
  const stored = given.rollout.status ?? {};
  const writes = planned.writes.filter((write) => write.kind === 'patchStatus');
  assert.ok(writes.length <= 1, 'the status is written once');
  if (writes.length === 0) {
    assert.equal(
      planned.status,
      stored.phase === undefined ? planned.status : stored,
      'an unchanged status is the stored',
    );
    return;
  }
  assert.equal(planned.writes.at(-1)?.kind, 'patchStatus', 'the status is the last write');
  assert.notEqual(diffMergePatch(stored, planned.status), undefined, 'a status that is written differs');
  assertStatusFitsSchema(given.rollout, planned.status);
}

function checkReasons(planned: Plan): void {
  const isOutstanding = planned.writes.length > 0 || planned.status.phase !== 'Healthy';
  if (isOutstanding)
    assert.notEqual(planned.reasons.length, 0, `standing still has a reason (${planned.status.message})`);
}

function checkWeights(given: World, status: RolloutStatus): void {
  const weights = status.canary?.weights;
  // Those of before may be of another maximum, until they are written anew.
  if (!weights || isEqualJson(weights, given.rollout.status?.canary?.weights)) return;
  const additional = (weights.additional ?? []).reduce((sum, { weight }) => sum + weight, 0);
  const sum = weights.canary.weight + weights.stable.weight + additional;
  assert.equal(sum, maxTrafficWeightOf(given.rollout), 'weights sum to the maximum');
}

/** What is polled because nothing tells of it: there the instant is not one of the plan. */
const polled: ReadonlySet<ReasonCode> = new Set(['restarting', 'specInvalid', 'specInvalidWhileAborting']);

/** design.md §5.13. */
function checkWakeAt(given: World, now: EpochMillis, planned: Plan): void {
  const { wakeAt } = planned;
  if (given.workloadProblem) return; // read again then
  if (wakeAt === undefined || planned.reasons.some(({ code }) => polled.has(code))) return;
  assert.ok(wakeAt > now, 'wakeAt lies ahead');
  const observed = observe(given);
  const before = plan(observed, wakeAt - 1);
  assert.deepEqual(before.writes, planned.writes, 'until wakeAt nothing changes');
  const then = plan(observed, wakeAt);
  const isSame = isEqualJson(then.writes, before.writes) && isEqualJson(then.reasons, before.reasons);
  assert.ok(!isSame, `the plan differs at wakeAt (${(wakeAt - start) / 1000})`);
}

/** `create demo-x`, `scale demo-x 3`, `service stable demo-hash`, `status`, `deadline demo-x`, … */
export function shortWrite(write: Write): string {
  switch (write.kind) {
    case 'createReplicaSet':
      return `create ${write.object.metadata.name}`;
    case 'scaleReplicaSet':
      return `scale ${write.name} ${write.replicas}`;
    case 'patchService': {
      const patch = write.patch as { spec?: { selector?: Record<string, string> } };
      return `service ${write.name} ${patch.spec?.selector?.['rollouts-pod-template-hash'] ?? ''}`.trimEnd();
    }
    case 'patchStatus':
      return 'status';
    default:
      return write.key.replaceAll('/', ' ');
  }
}

function assertPart(
  actual: Readonly<Record<string, unknown>>,
  wanted: Readonly<Record<string, unknown>>,
  path: string,
): void {
  for (const [key, value] of Object.entries(wanted)) {
    const found = actual?.[key];
    if (value === null) assert.equal(found, undefined, `${path}.${key} is absent`);
    else if (typeof value === 'object' && !Array.isArray(value)) {
      assertPart(found as Record<string, unknown>, value as Record<string, unknown>, `${path}.${key}`);
    } else assert.deepEqual(found, value, `${path}.${key}`);
  }
}

export function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const inner of Object.values(value)) deepFreeze(inner);
  }
  return value;
}
