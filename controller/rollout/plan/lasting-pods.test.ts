// The status that first observes a smaller ReplicaSet still counts the pods that are being deleted (design.md §5.6, law 10):
// they take no traffic, promote nothing, and the ReplicaSet does not grow before they are gone.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { a, b, c, type Midway, routed, routedWorld, weights } from '../../../test/builders/midway.ts';
import { replicaSet, start } from '../../../test/builders/objects.ts';
import { lawfulPlan, shortWrite } from '../../../test/builders/rows.ts';

/** Sized to 0 and seen to be, its two pods still counted. */
const shrinking = { replicas: 0, actual: 2, available: 2 };

test('pods that are being deleted take no traffic and promote nothing, also where one pod would do', () => {
  const replicaProgressThreshold = { type: 'Pods', value: 1 };
  const world = routedWorld(
    {
      canary: { ...routed, replicaProgressThreshold, minPodsPerReplicaSet: 1 },
      step: 2,
      replicas: 1,
      stable: { replicas: 1 },
      current: shrinking,
      status: weights(0),
    },
    { canary: b, stable: a },
  );
  const { status, reasons, writes } = lawfulPlan(world, start);
  assert.equal(status.stableRS, a);
  assert.equal(status.canary?.weights?.canary.weight, 0);
  assert.deepEqual(
    writes.filter(({ kind }) => kind === 'scaleReplicaSet'),
    [],
  );
  assert.ok(reasons.some(({ code, data }) => code === 'scaleUnobserved' && data.replicaSet === `demo-${b}`));
});

test('a ReplicaSet that shrinks grows once its pods are gone', () => {
  const canary = { ...routed, steps: [{ setWeight: 50 }, { pause: {} }] };
  const scales = (current: Midway['current']) =>
    lawfulPlan(routedWorld({ canary, replicas: 4, stable: { replicas: 4 }, current }, { canary: b, stable: a }), start)
      .writes.map(shortWrite)
      .filter((write) => write.startsWith(`scale demo-${b}`));
  assert.deepEqual(scales({ replicas: 1, actual: 3, available: 3 }), []);
  assert.deepEqual(scales({ replicas: 1 }), [`scale demo-${b} 2`]);
});

test('where no pods are wanted, none are kept for a Service that cannot be switched', () => {
  const sizes = (replicas: number) => {
    const given = { canary: routed, step: 2, replicas, stable: { replicas }, current: { replicas, available: 0 } };
    const { replicaSets, ...world } = routedWorld({ ...given, status: weights(0, c) }, { canary: c, stable: a });
    const old = replicaSet({ image: 'demo:c', revision: 1, replicas: 6 });
    return lawfulPlan({ ...world, replicaSets: [...replicaSets, old] }, start)
      .writes.map(shortWrite)
      .filter((write) => write.startsWith(`scale demo-${c}`));
  };
  assert.deepEqual(sizes(0), [`scale demo-${c} 0`]);
  assert.deepEqual(sizes(2), []);
});
