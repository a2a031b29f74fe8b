// Each step is left by what it waits for, and by nothing else: each rule is broken once and kept once.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { judge, made, type Put, putAlb, putPods, putReplicaSet, putService, rollouts, routed } from './judge.ts';

const steps = [
  { setWeight: 20 },
  { pause: {} },
  { analysis: {} },
  { experiment: { templates: [] } },
  { plugin: { name: 'chaos/smoke' } },
];

/** A canary that goes from one step to the next; `status` is that before and after. */
function passStep(
  index: number,
  before: object = {},
  after: object = {},
  given: (put: Put) => void = () => undefined,
  areTwoActing = false,
) {
  const { put, violations } = judge({ areTwoActing });
  const putStatus = (currentStepIndex: number, status: object) =>
    put(rollouts, 'web', {
      metadata: { generation: 1, annotations: { 'rollout.argoproj.io/revision': '2' } },
      spec: { replicas: 2, strategy: routed(steps) },
      status: { currentPodHash: 'b', stableRS: 'a', observedGeneration: '1', currentStepIndex, ...status },
    });
  putStatus(index, before);
  putReplicaSet(put, 'a', 2);
  given(put);
  putStatus(index + 1, after);
  return violations;
}

const successful = { metadata: made, spec: {}, status: { phase: 'Successful' } };
const paused = { pauseConditions: [{ reason: 'CanaryPauseStep' }], controllerPause: true };
const plugin = { index: 4, operation: 'Run', phase: 'Successful' };

const passes: readonly (readonly [name: string, wrong: readonly string[], right: readonly string[]])[] = [
  [
    'step 0 of 5 was left, but 0 % of the traffic go to the new version',
    passStep(0),
    passStep(0, {}, {}, (put) => {
      putService(put, 'canary', 'b');
      putPods(put, 'b', 1);
      putAlb(put, { canary: 20, stable: 80 });
    }),
  ],
  [
    'step 0 of 5 was left, but its weight is not confirmed',
    passStep(0, { canary: { weights: { verified: false } } }, { canary: { weights: { verified: false } } }),
    [],
  ],
  ['step 1 of 5 was left, but nobody ended its pause', passStep(1, paused), passStep(1, { controllerPause: true })],
  [
    'step 2 of 5 was left, but its analysis has not succeeded',
    passStep(2),
    passStep(2, {}, {}, (put) => put('argoproj.io/analysisruns', 'run', successful)),
  ],
  [
    'step 3 of 5 was left, but its experiment has not succeeded',
    passStep(3, {}, {}, (put) => put('argoproj.io/experiments', 'try', { metadata: made, spec: {} })),
    passStep(3, {}, {}, (put) => put('argoproj.io/experiments', 'try', successful)),
  ],
  [
    'step 4 of 5 was left, but its plugin has not succeeded',
    passStep(4, {}, { canary: { stepPluginStatuses: [{ ...plugin, phase: 'Running' }] } }),
    passStep(4, {}, { canary: { stepPluginStatuses: [plugin] } }),
  ],
];

for (const [text, wrong, right] of passes) {
  test(text, () => {
    assert.deepEqual(wrong, [text]);
    assert.deepEqual(right, []);
  });
}

test('while two processes act, the weight of a step may be taken back before it is told', () => {
  assert.deepEqual(passStep(0, {}, {}, undefined, true), []);
});
