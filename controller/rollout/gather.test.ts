// What a live read may cost: one that nobody answers is a value like any other, and a pass waits for it no longer than
// for any request (design law 3; operations.md §20.1).

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { VirtualClock } from '../../sandbox/clock.ts';
import { seededRandom } from '../../sandbox/random.ts';
import { whileRunning } from '../../sandbox/simulation.ts';
import { noAnswer, scriptedTransport } from '../../test/builders/scripted-transport.ts';
import { createAnalysisInformers } from '../analysis/informers.ts';
import { silentLogger } from '../kubernetes/log.ts';
import { sleep } from '../lang/time.ts';
import { createCaches } from './caches.ts';
import { gatherAndPlan } from './gather.ts';
import { createLedgers } from './ledgers.ts';
import type { Plan } from './types.ts';

test('a server that makes a read wait holds up a pass for 30 s at most', async () => {
  const clock = new VirtualClock();
  const transport = scriptedTransport(async ({ deadlineMs = 600_000 }) => {
    await sleep(clock, deadlineMs);
    return noAnswer();
  });
  const common = { transport, clock, random: seededRandom(1), log: silentLogger, instanceId: '', resyncMs: 0 };
  const analyses = createAnalysisInformers({ ...common, namespace: undefined, onRestart: () => {} });
  const caches = createCaches(common, analyses);
  const stores = Object.fromEntries(Object.entries(caches).map(([kind, { store }]) => [kind, store]));
  const metadata = { namespace: 'shop', name: 'web', uid: 'u', resourceVersion: '1' };
  caches.rollouts.store.written({ metadata, spec: {} });
  const startedAt = clock.now();
  const planned = await whileRunning(
    clock,
    gatherAndPlan(
      'shop/web',
      { ...stores, workloads: {}, transport, clock, settings: {} } as unknown as Parameters<typeof gatherAndPlan>[1],
      createLedgers().of('shop/web'),
      ({ pods }): Plan => ({
        writes: [],
        status: {},
        events: [],
        reasons: [],
        needs: pods.is === 'unread' ? [{ kind: 'pods' }] : [],
      }),
    ),
  );
  assert.equal(planned?.observed.pods.is, 'failed');
  assert.equal(clock.now() - startedAt, 30_000);
});
