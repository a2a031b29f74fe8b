// The worked examples of rollout.md §4.8 as they come out of whole passes, and laws of any plan.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { a, b, midway, routed, routedWorld, twenty, weights } from '../../../test/builders/midway.ts';
import { replicaSet, rollout, start, template } from '../../../test/builders/objects.ts';
import { lawfulPlan, settle, shortWrite } from '../../../test/builders/rows.ts';
import { applyPlan, emptyLedger, type World, withPods, world } from '../../../test/builders/world.ts';
import type { CanaryStrategy } from '../../api/types.generated.ts';

type Weight = number | 'max' | 'abort';

/** Sizes (stable, canary, older) after each wave that scales, pods following in between (rollout.md §4.8). */
function sequence(
  replicas: number,
  canary: CanaryStrategy,
  from: readonly [number, number],
  weight: Weight,
  older?: number,
): string {
  const steps = weight === 'max' ? [] : [{ setWeight: weight === 'abort' ? 40 : weight }, { pause: {} }];
  const given = midway({
    canary: { ...canary, steps },
    replicas,
    stable: { replicas: from[0], desired: replicas },
    current: { replicas: from[1], desired: replicas, revision: 3 },
    ...(weight === 'abort' ? { status: { abort: true } } : {}),
  });
  const others = older === undefined ? [] : [replicaSet({ image: 'demo:c', revision: 2, replicas: older })];
  let current: World = { ...given, replicaSets: [...given.replicaSets, ...others] };
  const sizes = (at: World) => at.replicaSets.map(({ spec }) => spec.replicas).join(',');
  const seen: string[] = [];
  for (let pass = 0; pass < 60; pass += 1) {
    const planned = lawfulPlan(current, start);
    if (planned.writes.length === 0) break;
    const next = applyPlan(current, planned, start);
    if (sizes(next) !== sizes(current)) seen.push(`(${sizes(next)})`);
    current = withPods(next);
  }
  return seen.join('→');
}

const one = { maxSurge: 1, maxUnavailable: 0 };
const two = { maxSurge: 0, maxUnavailable: 2 };

/** By row of §4.8; `max` is an update without steps. */
const examples: readonly (readonly [number, number, CanaryStrategy, readonly [number, number], Weight, string])[] = [
  [1, 10, {}, [10, 0], 20, '(8,0)→(8,2)'],
  [2, 10, {}, [8, 2], 40, '(6,2)→(6,4)'],
  [2, 10, {}, [6, 4], 60, '(4,4)→(4,6)'],
  [2, 10, {}, [4, 6], 80, '(2,6)→(2,8)'],
  [2, 10, {}, [2, 8], 'max', '(0,8)→(0,10)'],
  [3, 10, one, [10, 0], 10, '(10,1)→(9,1)'],
  [4, 10, one, [9, 1], 50, '(9,2)→(8,2)→(8,3)→(7,3)→(7,4)→(6,4)→(6,5)→(5,5)'],
  [5, 10, one, [5, 5], 'max', '(5,6)→(4,6)→(4,7)→(3,7)→(3,8)→(2,8)→(2,9)→(1,9)→(1,10)→(0,10)'],
  [6, 10, { maxSurge: 0, maxUnavailable: 1 }, [10, 0], 20, '(9,0)→(9,1)→(8,1)→(8,2)'],
  [7, 10, { maxSurge: 2, maxUnavailable: 2 }, [10, 0], 50, '(8,0)→(8,4)→(5,4)→(5,5)'],
  [8, 5, {}, [5, 0], 20, '(4,0)→(4,1)'],
  [8, 5, {}, [4, 1], 40, '(3,1)→(3,2)'],
  [9, 1, {}, [1, 0], 20, '(1,1)'],
  [9, 1, {}, [1, 1], 50, ''],
  [9, 1, {}, [1, 1], 'max', '(0,1)'],
  [10, 1, { maxSurge: 0, maxUnavailable: 1 }, [1, 0], 50, '(0,0)→(0,1)'],
  [11, 3, {}, [3, 0], 10, '(3,1)'],
  [11, 3, {}, [3, 1], 33, '(2,1)'],
  [11, 3, {}, [2, 1], 50, '(2,2)'],
  [11, 3, {}, [2, 2], 66, '(1,2)'],
  [11, 3, {}, [1, 2], 'max', '(1,3)→(0,3)'],
  [12, 2, {}, [2, 0], 10, '(2,1)'],
  [12, 2, {}, [2, 1], 50, '(1,1)'],
  [12, 2, {}, [1, 1], 90, '(1,2)'],
  [12, 2, {}, [1, 2], 'max', '(0,2)'],
  [13, 4, one, [4, 0], 25, '(4,1)→(3,1)'],
  [13, 4, one, [3, 1], 50, '(3,2)→(2,2)'],
  [14, 7, {}, [7, 0], 30, '(6,0)→(6,2)→(5,2)'],
  [14, 7, {}, [5, 2], 50, '(4,2)→(4,4)'],
  [16, 20, { maxSurge: '10%', maxUnavailable: 0 }, [20, 0], 25, '(20,2)→(18,2)→(18,4)→(16,4)→(16,5)→(15,5)'],
  [17, 10, { maxSurge: '100%', maxUnavailable: 0 }, [10, 0], 50, '(10,5)→(5,5)'],
  [17, 10, { maxSurge: '100%', maxUnavailable: 0 }, [5, 5], 'max', '(5,10)→(0,10)'],
  [18, 6, { maxSurge: 0, maxUnavailable: '50%' }, [6, 0], 50, '(3,0)→(3,3)'],
  [18, 6, { maxSurge: 0, maxUnavailable: '50%' }, [3, 3], 'max', '(0,3)→(0,6)'],
  [19, 10, {}, [10, 0], 'max', '(8,0)→(8,5)→(3,5)→(3,10)→(0,10)'],
  [20, 10, {}, [6, 4], 'abort', '(9,4)→(9,0)→(10,0)'],
  [21, 10, one, [5, 5], 'abort', '(6,5)→(6,4)→(7,4)→(7,3)→(8,3)→(8,2)→(9,2)→(9,1)→(10,1)→(10,0)'],
  [22, 10, two, [5, 5], 'abort', '(5,3)→(7,3)→(7,1)→(9,1)→(9,0)→(10,0)'],
];

for (const [row, replicas, canary, from, weight, want] of examples) {
  test(`example ${row}: ${replicas} pods from (${from}) to ${weight} go ${want || 'nowhere'}`, () => {
    assert.equal(sequence(replicas, canary, from, weight), want);
  });
}

for (const [row, canary, from, older, weight, want] of [
  [23, one, [8, 0], 2, 20, '(8,1,2)→(8,1,1)→(8,2,1)→(8,2,0)'],
  [24, { maxSurge: 0, maxUnavailable: 3 }, [7, 0], 3, 30, '(7,0,0)→(7,3,0)'],
] as const) {
  test(`example ${row}: 10 pods from (${from}), and ${older} of an older version, to ${weight} go ${want}`, () => {
    assert.equal(sequence(10, canary, from, weight, older), want);
  });
}

test('a failed write is told as a reason until it succeeds', () => {
  const given = midway({ canary: twenty, stable: { replicas: 10 }, current: { replicas: 0 } });
  const ledger = {
    ...emptyLedger,
    outcomes: {
      [`scale/demo-${a}`]: { problem: { class: 'denied' as const, message: 'no' }, since: start - 1000, attempts: 3 },
    },
  };
  const planned = lawfulPlan({ ...given, ledger }, start);
  const told = planned.reasons.find(({ code }) => code === 'writeFailed');
  assert.deepEqual(told?.data, { key: `scale/demo-${a}`, class: 'denied', message: 'no', attempts: 3 });
  assert.equal(planned.writes.map(shortWrite)[0], `scale demo-${a} 8`);
});

test('the template of a new image is not touched by what the plan makes of it', () => {
  const image = template('demo:a');
  lawfulPlan(world({ rollout: rollout({ canary: twenty, spec: { template: image } }) }), start);
  assert.deepEqual(image, template('demo:a'));
});

test('law 10: a canary keeps the pods that its weight needs while stable cannot take the weight yet', () => {
  const canary = { ...routed, dynamicStableScale: true, steps: [{ pause: {} }] };
  const given = routedWorld(
    {
      canary,
      replicas: 4,
      stable: { replicas: 4, available: 2 },
      current: { replicas: 3 },
      status: weights(54),
    },
    { canary: b, stable: a },
  );
  const sizeOf = (settled: ReturnType<typeof settle>) =>
    settled.world.replicaSets.find(({ metadata }) => metadata.name === `demo-${b}`)?.spec.replicas;
  const held = settle(given, start);
  assert.deepEqual([held.world.rollout.status?.canary?.weights?.canary.weight, sizeOf(held)], [54, 3]);
  const free = settle(withPods(held.world), start);
  assert.deepEqual([free.world.rollout.status?.canary?.weights?.canary.weight, sizeOf(free)], [0, 0]);
});

test('law 10: a step down to weight 0 takes the traffic before the pods', () => {
  const canary = { ...routed, steps: [{ setWeight: 50 }, { setWeight: 0 }, { pause: {} }] };
  const given = routedWorld(
    { canary, step: 1, stable: { replicas: 10 }, current: { replicas: 5 }, status: weights(50) },
    { canary: b, stable: a },
  );
  const { writes, status } = lawfulPlan(given, start);
  const kinds = writes.map(({ kind }) => kind);
  assert.equal(status.canary?.weights?.canary.weight, 0);
  assert.ok(kinds.includes('patchIngress') && kinds.indexOf('patchIngress') < kinds.indexOf('scaleReplicaSet'));
});
