// The recorded rows of test/fixtures/functions/phase.jsonl, and what they do not reach.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { workloadGenerationAnnotation } from './constants.ts';
import { phaseOf, shownPhaseOf } from './phase.ts';
import type { Rollout, RolloutSpec, RolloutStatus } from './types.generated.ts';

interface Row {
  readonly spec: RolloutSpec;
  readonly status: RolloutStatus;
  readonly generation: number;
  readonly calculated: readonly [string, string];
  readonly shown: readonly [string, string];
}

const rows: Row[] = readFileSync(new URL('../../test/fixtures/functions/phase.jsonl', import.meta.url), 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line));

test('every recorded status has the recorded phase, calculated and shown', () => {
  assert.equal(rows.length, 800);
  for (const { spec, status, generation, calculated, shown } of rows) {
    const context = JSON.stringify({ generation, status });
    const own = phaseOf(spec, status);
    assert.deepEqual([own.phase, own.message], calculated, context);
    const client = shownPhaseOf({ metadata: { generation }, spec, status });
    assert.deepEqual([client.phase, client.message], shown, context);
  }
});

test('a client shows the stored phase, whatever the rest of the status says', () => {
  const status: RolloutStatus = { observedGeneration: '2', phase: 'Paused', message: 'CanaryPauseStep' };
  const rollout: Rollout = { metadata: { generation: 2 }, spec: { strategy: { canary: {} } }, status };
  assert.deepEqual(shownPhaseOf(rollout), { phase: 'Paused', message: 'CanaryPauseStep' });
});

test('a client waits until the referenced workload has been observed', () => {
  const rollout: Rollout = {
    metadata: { generation: 1, annotations: { [workloadGenerationAnnotation]: '4' } },
    spec: { workloadRef: { kind: 'Deployment' }, strategy: { canary: {} } },
    status: { observedGeneration: '1', workloadObservedGeneration: '3', phase: 'Healthy' },
  };
  assert.equal(
    shownPhaseOf(rollout).message,
    'waiting for rollout spec update to be observed for the reference workload',
  );
  const observed = { ...rollout, status: { ...rollout.status, workloadObservedGeneration: '4' } };
  assert.equal(shownPhaseOf(observed).phase, 'Healthy');
});
