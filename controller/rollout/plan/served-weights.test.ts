// What stays while a load balancer has not confirmed its weights (BUG 3926; traffic.md §1.9, TV-81).

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TrafficWeights } from '../../api/types.generated.ts';
import type { ServedWeights } from '../types.ts';
import { nextServedWeights, sizingWeights } from './served-weights.ts';

function weights(canary: number, verified?: boolean): TrafficWeights {
  const split = { canary: { weight: canary }, stable: { weight: 100 - canary } };
  return verified === undefined ? split : { ...split, verified };
}

const rows: readonly {
  readonly name: string;
  readonly known?: ServedWeights;
  readonly before: TrafficWeights | undefined;
  readonly next: TrafficWeights | undefined;
  readonly want: ServedWeights | undefined;
}[] = [
  {
    name: 'the weights before an unverified write are still served',
    before: weights(50, true),
    next: weights(100, false),
    want: { canary: 50, stable: 50 },
  },
  {
    name: 'an unsupported verification counts as done',
    before: weights(20),
    next: weights(60, false),
    want: { canary: 20, stable: 80 },
  },
  {
    name: 'a second unverified write adds to what may be served',
    known: { canary: 50, stable: 50 },
    before: weights(80, false),
    next: weights(0, false),
    want: { canary: 80, stable: 50 },
  },
  {
    name: 'a process that began while the weights were unverified knows nothing',
    before: weights(80, false),
    next: weights(0, false),
    want: undefined,
  },
  {
    name: 'verification ends it',
    known: { canary: 50, stable: 50 },
    before: weights(100, false),
    next: weights(100, true),
    want: undefined,
  },
  {
    name: 'without weights there is nothing to serve',
    known: { canary: 50, stable: 50 },
    before: weights(100, false),
    next: undefined,
    want: undefined,
  },
];

for (const { name, known, before, next, want } of rows) {
  test(name, () => assert.deepEqual(nextServedWeights(known, before, next), want));
}

test('TV-81 stable is sized by the last verified weight while 100 is unverified', () => {
  assert.equal(sizingWeights(weights(100, false), { canary: 50, stable: 50 }, 100).stable.weight, 50);
});

test('BUG 3926 after a restart stable is sized as if it were sent everything, until the first verification', () => {
  assert.equal(sizingWeights(weights(100, false), undefined, 100).stable.weight, 100);
  assert.equal(sizingWeights(weights(100, true), undefined, 100).stable.weight, 0);
  assert.equal(sizingWeights(weights(100), undefined, 100).stable.weight, 0);
});

test('an unverified weight that gives stable more than before sizes it by the new one', () => {
  assert.equal(sizingWeights(weights(10, false), { canary: 50, stable: 50 }, 100).stable.weight, 90);
});
