// A read that failed is made again, whichever question needed it.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { a, b, routed, routedWorld } from '../../../test/builders/midway.ts';
import { at, start } from '../../../test/builders/objects.ts';
import { observe } from '../../../test/builders/world.ts';
import { plan } from '../plan.ts';
import type { Known, Observed } from '../types.ts';

const unreadable = (problem: 'denied' | 'unreachable'): Known<never> => ({
  is: 'failed',
  problem: { class: problem, message: 'no answer' },
  since: start,
});

const stillWorld = routedWorld(
  { canary: routed, stable: { replicas: 10 }, current: { replicas: 2 }, status: {} },
  { canary: b, stable: a },
);

function wakes(observed: Observed): number | undefined {
  const { wakeAt } = plan(observed, start);
  return wakeAt === undefined ? undefined : wakeAt - start;
}

test('a restart that could not read its pods asks again within seconds', () => {
  const observed = observe(stillWorld);
  const rollout = { ...observed.rollout, spec: { ...observed.rollout.spec, restartAt: at(-5) } };
  assert.equal(wakes({ ...observed, rollout, pods: unreadable('unreachable') }), 5000);
  assert.equal(wakes({ ...observed, rollout, pods: unreadable('denied') }), 30_000);
});

test('a workload that could not be read is read again within seconds', () => {
  const observed = observe(stillWorld);
  const { template: _template, ...spec } = observed.rollout.spec;
  const workloadRef = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'demo' };
  const rollout = { ...observed.rollout, spec: { ...spec, workloadRef } };
  assert.equal(wakes({ ...observed, rollout, workload: unreadable('unreachable') }), 5000);
});
