// The demo's objects look as if kubectl had applied them.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lastAppliedAnnotation } from '../controller/api/constants.ts';
import { makeDemo } from './demo.ts';

test('each object remembers what was applied in the bytes of kubectl, so that applying it again changes nothing', () => {
  const { objects } = makeDemo({ scenario: 'canary', replicas: undefined, steps: undefined });
  const service = objects.find(({ metadata }) => metadata.name === 'rollouts-demo-root');
  assert.equal(
    service?.metadata.annotations?.[lastAppliedAnnotation],
    '{"apiVersion":"v1","kind":"Service","metadata":{"annotations":{},"name":"rollouts-demo-root","namespace":"default"},' +
      '"spec":{"ports":[{"name":"http","port":80,"targetPort":"http"}],"selector":{"app":"rollouts-demo"}}}\n',
  );
});

test('what the options change is remembered too', () => {
  const { objects } = makeDemo({ scenario: 'canary', replicas: 3, steps: [{ setWeight: 25 }] });
  const rollout = objects.find(({ kind }) => kind === 'Rollout');
  const applied = JSON.parse(rollout?.metadata.annotations?.[lastAppliedAnnotation] ?? '{}');
  assert.deepEqual([applied.spec.replicas, applied.spec.strategy.canary.steps], [3, [{ setWeight: 25 }]]);
});
