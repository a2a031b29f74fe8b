// The laws on whole lives of Rollouts, from their creation on: users act, pods get ready or do not, runs end, time passes,
// each in the middle of what went before. And where a life goes when it is left alone: forward, back, or to a rest whose
// reason is named. Fresh lives in each run; those that went wrong once stand at the end.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { anyLife, type Life, leftAlone, live } from '../../../test/builders/any-life.ts';
import { drawn } from '../../../test/builders/drawn.ts';
import { cheapLaws, isLawful, type Law } from '../../../test/builders/life-laws.ts';
import { hashFor } from '../../../test/builders/objects.ts';
import { lawfulPlan } from '../../../test/builders/rows.ts';
import type { World } from '../../../test/builders/world.ts';
import { replicasOf } from '../../api/defaults.ts';

/** A whole life, and what comes of it when nobody acts any more. */
function whole(life: Life, law?: Law): { readonly end: World; readonly now: number } {
  const { end, now } = live(life, law);
  return leftAlone(end, now, law);
}

for (const [name, law] of Object.entries(cheapLaws)) {
  test(`no wave of any life breaks the law: ${name}`, () => {
    fc.assert(
      fc.property(anyLife(), (life) => {
        whole(life, law);
      }),
      drawn(150),
    );
  });
}

test('every plan of any life is lawful: its weights sum up, wakeAt is exact, a rest has a reason', () => {
  fc.assert(
    fc.property(anyLife(), (life) => {
      whole(life, isLawful);
    }),
    drawn(60),
  );
});

/** Whoever ends it: a person, or nobody, because everything is done. */
const endedByPeople: ReadonlySet<string> = new Set([
  'aborted',
  'activeServiceHeld',
  'pausedAtStep',
  'pausedBeforePromotion',
  'pausedByUser',
  'pausedInconclusive',
  'progressDeadlineExceeded',
]);

test('left alone, every life is finished, or waits for a person: pods, runs and time bring everything else to its end', () => {
  fc.assert(
    fc.property(anyLife(), (life) => {
      const { end, now } = whole(life);
      const { status, reasons } = lawfulPlan(end, now);
      if (status.phase === 'Healthy') return;
      const codes = reasons.map(({ code }) => code);
      assert.ok(
        codes.some((code) => endedByPeople.has(code)),
        `${status.phase} ${status.message}: ${codes}`,
      );
    }),
    drawn(300),
  );
});

test('a full promotion leads to the end from anywhere, unless the update was aborted or is halted', () => {
  fc.assert(
    fc.property(anyLife(), (life) => {
      const resumed = { what: { is: 'spec', patch: { paused: false } }, waves: 99 } as const;
      const promoted = { what: { is: 'promote', mode: 'full' }, waves: 0 } as const;
      const { end } = whole({ ...life, moves: [...life.moves, resumed, promoted] });
      const { status = {} } = end.rollout;
      assert.equal(status.phase, 'Healthy', status.message);
      assert.equal(status.stableRS, hashFor(end.rollout.spec.template?.spec?.containers?.[0]?.image ?? ''));
    }),
    drawn(300),
  );
});

test('an abort in the middle of an update leads back: stable is whole, and everything is sent to it', () => {
  fc.assert(
    fc.property(anyLife(), (life) => {
      const abort = { what: { is: 'status', patch: { abort: true } }, waves: 99 } as const;
      const resumed = { what: { is: 'spec', patch: { paused: false } }, waves: 99 } as const;
      const { end } = whole({ ...life, moves: [...life.moves, resumed, abort] });
      const { status = {}, spec } = end.rollout;
      const stable = end.replicaSets.find(({ metadata }) => metadata.name === `demo-${status.stableRS}`);
      assert.equal(stable?.spec.replicas, replicasOf(end.rollout), 'stable is whole');
      assert.ok(status.phase === 'Healthy' || status.abort === true, `${status.phase} ${status.message}`);
      if (replicasOf(end.rollout) === 0) return;
      if (status.canary?.weights) assert.equal(status.canary.weights.canary.weight, 0);
      if (spec.strategy?.blueGreen) assert.equal(status.blueGreen?.activeSelector, status.stableRS);
    }),
    drawn(300),
  );
});
