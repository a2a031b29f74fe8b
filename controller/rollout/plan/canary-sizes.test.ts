// The worked examples of rollout.md §4.8 as they come out of whole passes, and laws of any plan.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { a, b, midway, routed, routedWorld, twenty, weights } from '../../../test/builders/midway.ts';
import { rollout, start, template } from '../../../test/builders/objects.ts';
import { lawfulPlan, settle, shortWrite } from '../../../test/builders/rows.ts';
import { applyPlan, emptyLedger, type World, withPods, world } from '../../../test/builders/world.ts';
import type { CanaryStrategy } from '../../api/types.generated.ts';

/** Sizes (stable, canary) after each wave that scales, pods following in between (rollout.md §4.8). */
function sequence(replicas: number, canary: CanaryStrategy, from: readonly [number, number], weight: number): string {
  let current: World = midway({
    canary: { ...canary, steps: [{ setWeight: weight }, { pause: {} }] },
    replicas,
    stable: { replicas: from[0], desired: replicas },
    current: { replicas: from[1], desired: replicas },
  });
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

const examples: readonly (readonly [string, number, CanaryStrategy, readonly [number, number], number, string])[] = [
  ['example 1', 10, {}, [10, 0], 20, '(8,0)→(8,2)'],
  ['example 2', 10, {}, [8, 2], 40, '(6,2)→(6,4)'],
  ['example 3', 10, { maxSurge: 1, maxUnavailable: 0 }, [10, 0], 10, '(10,1)→(9,1)'],
  ['example 4', 10, { maxSurge: 1, maxUnavailable: 0 }, [9, 1], 50, '(9,2)→(8,2)→(8,3)→(7,3)→(7,4)→(6,4)→(6,5)→(5,5)'],
  ['example 6', 10, { maxSurge: 0, maxUnavailable: 1 }, [10, 0], 20, '(9,0)→(9,1)→(8,1)→(8,2)'],
  ['example 7', 10, { maxSurge: 2, maxUnavailable: 2 }, [10, 0], 50, '(8,0)→(8,4)→(5,4)→(5,5)'],
  ['example 9', 1, {}, [1, 0], 20, '(1,1)'],
  ['example 10', 1, { maxSurge: 0, maxUnavailable: 1 }, [1, 0], 50, '(0,0)→(0,1)'],
  ['example 11', 3, {}, [3, 0], 10, '(3,1)'],
  ['example 13', 4, { maxSurge: 1, maxUnavailable: 0 }, [4, 0], 25, '(4,1)→(3,1)'],
  ['example 14', 7, {}, [7, 0], 30, '(6,0)→(6,2)→(5,2)'],
  ['example 16', 20, { maxSurge: '10%', maxUnavailable: 0 }, [20, 0], 25, '(20,2)→(18,2)→(18,4)→(16,4)→(16,5)→(15,5)'],
  ['example 18', 6, { maxSurge: 0, maxUnavailable: '50%' }, [6, 0], 50, '(3,0)→(3,3)'],
];

for (const [name, replicas, canary, from, weight, want] of examples) {
  test(`${name}: ${replicas} pods from (${from}) to ${weight} % go ${want}`, () => {
    assert.equal(sequence(replicas, canary, from, weight), want);
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
