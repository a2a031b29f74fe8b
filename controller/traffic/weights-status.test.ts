// What the status says of the weights, and the event texts (traffic.md §1.9; TV-06, TV-07).

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decision } from '../../test/builders/decision.ts';
import type { Rollout, TrafficWeights, WeightDestination } from '../api/types.generated.ts';
import { isSameSplit, makeTrafficWeights, weightUpdatedEvent } from './weights-status.ts';

const rollout: Rollout = {
  metadata: { name: 'web' },
  spec: { strategy: { canary: { canaryService: 'web-canary', stableService: 'web-stable' } } },
};

const decided = decision({ desired: 20 });

const experiment: WeightDestination = { serviceName: 'web-exp', podTemplateHash: '5cc4b8bf9', weight: 20 };

function weights(canary: number, hash = 'bbb', additional?: readonly WeightDestination[]): TrafficWeights {
  return {
    canary: { weight: canary, serviceName: 'web-canary', podTemplateHash: hash },
    stable: { weight: 100 - canary, serviceName: 'web-stable', podTemplateHash: 'aaa' },
    ...(additional ? { additional } : {}),
  };
}

test('weights carry services and hashes, zero included, and leave out what is empty', () => {
  assert.deepEqual(makeTrafficWeights(rollout, decided, undefined), weights(20));
  assert.deepEqual(makeTrafficWeights(rollout, { ...decided, desired: 0, stable: 100 }, false), {
    ...weights(0),
    verified: false,
  });
  const pingPong: Rollout = { ...rollout, spec: { strategy: { canary: {} } } };
  assert.deepEqual(makeTrafficWeights(pingPong, decided, undefined).canary, { weight: 20, podTemplateHash: 'bbb' });
});

const rows: readonly {
  readonly name: string;
  readonly before?: TrafficWeights;
  readonly after: TrafficWeights;
  readonly want: string | undefined;
}[] = [
  { name: 'the first weight', after: weights(5), want: 'Traffic weight updated to 5' },
  { name: 'a changed weight', before: weights(10), after: weights(20), want: 'Traffic weight updated from 10 to 20' },
  {
    name: 'QUIRK: only a changed hash leaves a blank',
    before: weights(0, 'aaa'),
    after: weights(0),
    want: 'Traffic weight updated ',
  },
  {
    name: 'an additional destination alone',
    before: weights(20),
    after: weights(20, 'bbb', [experiment]),
    want: 'Traffic weight updated additional: [{20 web-exp 5cc4b8bf9}]',
  },
  {
    name: 'weight and destinations together',
    before: weights(20, 'bbb', [experiment]),
    after: weights(50),
    want: 'Traffic weight updated from 20 to 50, additional: []',
  },
  { name: 'no change', before: weights(20), after: { ...weights(20), verified: true }, want: undefined },
];

for (const { name, before, after, want } of rows) {
  test(`the event of ${name}`, () => assert.equal(weightUpdatedEvent(before, after)?.message, want));
}

test('a split is the same whatever its verification says', () => {
  assert.ok(isSameSplit(weights(20), { ...weights(20), verified: false }));
  assert.ok(!isSameSplit(weights(20), weights(21)));
  assert.ok(!isSameSplit(undefined, weights(20)));
});
