// A Rollout that is deleted and made again under its name while the old one is still written.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createSimulation, whileRunning } from '../../sandbox/simulation.ts';
import { createKubectl } from '../../test/conformance/kubectl.ts';
import type { RolloutControllerHooks } from './controller.ts';
import { createLedgers } from './ledgers.ts';
import type { Ledger } from './types.ts';

const namespace = 'demo';
const manifest = `apiVersion: argoproj.io/v1alpha1
kind: Rollout
metadata: {name: web}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: 'demo:blue'}]}
  strategy: {canary: {steps: [{setWeight: 50}]}}
`;

test('the successor begins with an empty ledger, whatever came of the last wave for the one before', async () => {
  const firstLedgers = new Map<string, Ledger>();
  const hooks: RolloutControllerHooks = {
    faultsOf: ({ observed }) => {
      const { uid = '' } = observed.rollout.metadata;
      if (!firstLedgers.has(uid)) firstLedgers.set(uid, observed.ledger);
      return {};
    },
  };
  const simulation = createSimulation({ namespaces: [namespace], hooks, faulty: true });
  const { clock, transport, faults } = simulation;
  const kubectl = createKubectl(transport, namespace);
  await simulation.start();
  await whileRunning(clock, kubectl.apply(manifest));
  await clock.runFor(5000);
  faults.strike({ kind: 'latency', verb: 'PATCH', ms: 4000, forMs: 2000 });
  await whileRunning(clock, kubectl.apply(manifest.replace('demo:blue', 'demo:green')));
  await clock.runFor(500);
  const path = `/apis/argoproj.io/v1alpha1/namespaces/${namespace}/rollouts/web`;
  await whileRunning(clock, transport.request({ verb: 'DELETE', path }));
  await whileRunning(clock, kubectl.apply(manifest));
  await clock.runFor(10_000);
  await simulation.stop();
  const [, successor] = [...firstLedgers.values()];
  const calls = { inFlight: {}, answers: {} };
  assert.deepEqual(successor, { ...createLedgers().of('any'), calls });
});
