// Which write carries an event that waits for one: never housekeeping, which may fail without ending the wave. The status
// that says the same is written all the same, so that the event would be lost for good (design.md §5.11).

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { a, b, routed, routedWorld, weights } from '../../../test/builders/midway.ts';
import { at, rolloutUid, start } from '../../../test/builders/objects.ts';
import { lawfulPlan } from '../../../test/builders/rows.ts';
import type { AnalysisRun } from '../../api/types.generated.ts';

const running: AnalysisRun = {
  apiVersion: 'argoproj.io/v1alpha1',
  kind: 'AnalysisRun',
  metadata: {
    name: 'check',
    namespace: 'shop',
    uid: 'check-uid',
    creationTimestamp: at(-30),
    labels: { 'rollouts-pod-template-hash': b },
    ownerReferences: [
      { apiVersion: 'argoproj.io/v1alpha1', kind: 'Rollout', name: 'demo', uid: rolloutUid, controller: true },
    ],
  },
  spec: { metrics: [{ name: 'rate', provider: { web: { url: 'http://rate' } } }] },
  status: { phase: 'Running' },
} as AnalysisRun;

test('the weight of an abort is told with the status, not with the end of its analysis', () => {
  const status = { ...weights(20), abort: true, abortedAt: at(-1) };
  const given = { canary: routed, step: 1, stable: { replicas: 10 }, current: { replicas: 2 }, status };
  const { writes } = lawfulPlan({ ...routedWorld(given, { canary: b, stable: a }), analysisRuns: [running] }, start);
  const carriers = (reason: string) =>
    writes.filter(({ events = [] }) => events.some((event) => event.reason === reason)).map(({ key }) => key);
  assert.ok(writes.some(({ key, onFailure }) => key === 'terminate/check' && onFailure === 'continue'));
  assert.equal(carriers('TrafficWeightUpdated').length, 1);
  assert.notDeepEqual(carriers('TrafficWeightUpdated'), ['terminate/check']);
});
