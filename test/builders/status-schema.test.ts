// The check that every status of every test goes through finds what a typed Go client could not decode.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { at, rollout } from './objects.ts';
import { assertStatusFitsSchema } from './status-schema.ts';

const condition = {
  type: 'Progressing',
  status: 'True',
  reason: 'x',
  message: 'x',
  lastUpdateTime: at(0),
  lastTransitionTime: at(0),
};

const whole = {
  abort: true,
  abortedAt: at(0),
  replicas: 3,
  HPAReplicas: 3,
  currentStepIndex: 0,
  collisionCount: 1,
  observedGeneration: '2',
  pauseConditions: [{ reason: 'CanaryPauseStep', startTime: at(0) }],
  conditions: [condition],
  canary: { weights: { canary: { weight: 20, podTemplateHash: 'a' }, stable: { weight: 80, podTemplateHash: 'b' } } },
  blueGreen: {},
  restartedAt: at(0),
};

test('a status with values of the right types passes', () => {
  assertStatusFitsSchema(rollout(), whole);
});

const wrong: Readonly<Record<string, object>> = {
  'a number as a text': { replicas: '3' },
  'a number with a fraction': { HPAReplicas: 1.5 },
  'a number beyond 32 bits': { currentStepIndex: 2 ** 31 },
  'a text as a number': { observedGeneration: 2 },
  'a truth value as a text': { abort: 'true' },
  'a null': { currentStepIndex: null },
  'a null in a list': { pauseConditions: [null] },
  'a time that is none': { restartedAt: 'yesterday' },
  'a time without a zone': { abortedAt: '2026-01-01T00:00:00' },
  'a time in the middle': { pauseConditions: [{ reason: 'CanaryPauseStep', startTime: 5 }] },
  'a condition that lacks a field': { conditions: [{ type: 'Progressing', status: 'True' }] },
  'a field that nobody knows': { stableRs: 'x' },
  'weights of the wrong types': { canary: { weights: { canary: { weight: '20' }, stable: { weight: 80 } } } },
};

for (const [what, status] of Object.entries(wrong)) {
  test(`${what} does not pass`, () => {
    assert.throws(() => assertStatusFitsSchema(rollout(), { ...whole, ...status }), assert.AssertionError);
  });
}
