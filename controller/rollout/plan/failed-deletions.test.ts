// A ReplicaSet whose controller cannot delete its pods (a webhook refuses) never comes down to its size: an abort, which
// needs it again, does not wait for that.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { a, b, type Midway, routed, routedWorld, weights } from '../../../test/builders/midway.ts';
import { at, start } from '../../../test/builders/objects.ts';
import { lawfulPlan, shortWrite } from '../../../test/builders/rows.ts';

const kept = { replicas: 4, actual: 10, available: 10 };

function scalesOfAbort(stable: Midway['stable'], conditions: readonly unknown[] = []): readonly string[] {
  const given = {
    canary: { ...routed, dynamicStableScale: true },
    step: 2,
    stable,
    current: { replicas: 6 },
    status: { ...weights(60), abort: true, abortedAt: at(-1) },
  };
  const { replicaSets, ...world } = routedWorld(given, { canary: b, stable: a });
  const failing = replicaSets.map((replicaSet) =>
    replicaSet.metadata.name === `demo-${a}`
      ? { ...replicaSet, status: { ...replicaSet.status, conditions: conditions as never } }
      : replicaSet,
  );
  const { writes } = lawfulPlan({ ...world, replicaSets: failing }, start);
  return writes.map(shortWrite).filter((write) => write.startsWith(`scale demo-${a}`));
}

test('pods that are being deleted are waited for, pods that cannot be deleted are not', () => {
  const failure = {
    type: 'ReplicaFailure',
    status: 'True',
    reason: 'FailedDelete',
    message: 'denied',
    lastTransitionTime: at(-3),
  };
  const grown = scalesOfAbort({ replicas: 4 });
  assert.equal(grown.length, 1);
  assert.deepEqual(scalesOfAbort(kept), []);
  assert.deepEqual(scalesOfAbort(kept, [failure]), grown);
});
