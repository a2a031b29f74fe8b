// The table of rollout.md §1.2: what absent fields mean, for a basic canary, a routed canary and blue-green.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as defaults from './defaults.ts';
import type { RolloutStrategy } from './types.generated.ts';

function withStrategy(strategy: RolloutStrategy): defaults.HasSpec {
  return { spec: { strategy } };
}

const basic = withStrategy({ canary: {} });
const routed = withStrategy({ canary: { trafficRouting: {} } });
const blueGreen = withStrategy({ blueGreen: { activeService: 'active' } });

test('fields outside the strategy', () => {
  assert.equal(defaults.replicasOf(basic), 1);
  assert.equal(defaults.replicasOf({ spec: { replicas: 0 } }), 0);
  assert.equal(defaults.minReadySecondsOf(basic), 0);
  assert.equal(defaults.revisionHistoryLimitOf(basic), 10);
  assert.equal(defaults.progressDeadlineSecondsOf(basic), 600);
  assert.equal(defaults.successfulRunHistoryLimitOf(basic), 5);
  assert.equal(defaults.unsuccessfulRunHistoryLimitOf(basic), 5);
});

test('surge and unavailability are 25 % each', () => {
  for (const rollout of [basic, routed, blueGreen]) {
    assert.equal(defaults.maxSurgeOf(rollout), '25');
    assert.equal(defaults.maxUnavailableOf(rollout), '25');
  }
  assert.equal(defaults.maxUnavailableOf(withStrategy({ canary: { maxUnavailable: 0 } })), 0);
});

test('delays exist only where traffic is switched: with a router, and for blue-green', () => {
  const delays = (rollout: defaults.HasSpec) => [
    defaults.scaleDownDelaySecondsOf(rollout),
    defaults.abortScaleDownDelaySecondsOf(rollout),
  ];
  assert.deepEqual(delays(basic), [undefined, undefined]);
  assert.deepEqual(delays(routed), [30, 30]);
  assert.deepEqual(delays(blueGreen), [30, 30]);
  assert.deepEqual(delays(withStrategy({ canary: { trafficRouting: {}, abortScaleDownDelaySeconds: 0 } })), [30, 0]);
  assert.equal(defaults.scaleDownDelayRevisionLimitOf(blueGreen), 2147483647);
});

test('an empty trafficRouting counts as one', () => {
  assert.deepEqual([basic, routed, blueGreen].map(defaults.hasTrafficRouting), [false, true, false]);
  assert.equal(defaults.maxTrafficWeightOf(routed), 100);
  assert.equal(
    defaults.maxTrafficWeightOf(withStrategy({ canary: { trafficRouting: { maxTrafficWeight: 1000 } } })),
    1000,
  );
});

test('a blue-green promotes by itself unless told otherwise', () => {
  assert.equal(defaults.autoPromotionEnabledOf(blueGreen), true);
  assert.equal(
    defaults.autoPromotionEnabledOf(withStrategy({ blueGreen: { activeService: 'a', autoPromotionEnabled: false } })),
    false,
  );
  assert.equal(defaults.autoPromotionSecondsOf(blueGreen), 0);
});
