// What an update that was interrupted leaves behind keeps its pods while requests may come to them (design law 10).

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { a, b, c, routed, routedWorld, weights } from '../../../test/builders/midway.ts';
import { ingress, replicaSet, service, start } from '../../../test/builders/objects.ts';
import { lawfulPlan, shortWrite } from '../../../test/builders/rows.ts';
import type { Service } from '../../api/kubernetes-types.ts';
import type { RolloutStatus } from '../../api/types.generated.ts';

/** Between stable and canary a third version is left, with three pods. */
function writesBeside(services: readonly Service[], status: RolloutStatus, stableAvailable = 10): string[] {
  const left = replicaSet({ image: 'demo:c', revision: 1, replicas: 3 });
  const given = routedWorld(
    {
      canary: { ...routed, steps: [{ setWeight: 0 }, { pause: {} }] },
      stable: { replicas: 10, available: stableAvailable },
      current: { replicas: 0, revision: 3 },
      status,
      more: { services, ingresses: [ingress()] },
    },
    { canary: a, stable: a },
  );
  const planned = lawfulPlan({ ...given, replicaSets: [...given.replicaSets, left] }, start);
  return planned.writes.map(shortWrite).filter((write) => write.startsWith('scale'));
}

const selecting = (stable?: string, canary?: string) => [
  service('stable', stable === undefined ? { managedBy: null } : { hash: stable }),
  service('canary', canary === undefined ? { managedBy: null } : { hash: canary }),
];

test('it goes when no Service selects it and no weight names it', () => {
  assert.deepEqual(writesBeside(selecting(a, b), weights(0)), [`scale demo-${c} 0`]);
});

test('it stays while a Service that is sent requests selects every version', () => {
  // Stable is not complete: the Service is not switched in this very pass.
  assert.deepEqual(writesBeside(selecting(undefined, b), weights(0), 9), []);
  assert.deepEqual(writesBeside(selecting(undefined, undefined), {}, 9), []);
});

test('it goes although the canary Service selects every version, once that has no weight', () => {
  assert.deepEqual(writesBeside(selecting(a, undefined), weights(0)), [`scale demo-${c} 0`]);
});
