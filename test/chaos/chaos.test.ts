// Two hundred random Rollouts under random actions and faults; `npm run chaos -- --seeds 10000` runs more of them.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runSeed } from './run-seed.ts';

const seedCount = 200;

test(`${seedCount} random rollouts keep every invariant`, async (context) => {
  const failures: string[] = [];
  let violationCount = 0;
  for (let seed = 1; seed <= seedCount; seed++) {
    const { violations } = await runSeed(seed);
    violationCount += violations.length;
    if (violations.length > 0) failures.push(`npm run chaos -- --seed ${seed}`, ...violations);
  }
  context.diagnostic(`chaos: ${seedCount} seeds, ${violationCount} violations`);
  assert.deepEqual(failures, []);
});
