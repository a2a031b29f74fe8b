// A Rollout that is deleted and made again under its name while the old one is still written.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { whileRunning } from '../../sandbox/simulation.ts';
import { applyFor, smallRollout, smallRolloutPath, startSmall } from '../../test/builders/small-rollout.ts';
import type { RolloutControllerHooks } from './controller.ts';
import { createLedgers } from './ledgers.ts';
import type { Ledger } from './types.ts';

test('the successor begins with an empty ledger, whatever came of the last wave for the one before', async () => {
  const firstLedgers = new Map<string, Ledger>();
  const hooks: RolloutControllerHooks = {
    faultsOf: ({ observed }) => {
      const { uid = '' } = observed.rollout.metadata;
      if (!firstLedgers.has(uid)) firstLedgers.set(uid, observed.ledger);
      return {};
    },
  };
  const simulation = await startSmall({ hooks, faulty: true });
  const { clock, transport, faults } = simulation;
  await applyFor(simulation, smallRollout(), 5);
  faults.strike({ kind: 'latency', verb: 'PATCH', ms: 4000, forMs: 2000 });
  await applyFor(simulation, smallRollout({ image: 'demo:green' }), 0.5);
  await whileRunning(clock, transport.request({ verb: 'DELETE', path: smallRolloutPath }));
  await applyFor(simulation, smallRollout(), 10);
  await simulation.stop();
  const [, successor] = [...firstLedgers.values()];
  const calls = { inFlight: {}, answers: {} };
  assert.deepEqual(successor, { ...createLedgers().of('any'), calls });
});
