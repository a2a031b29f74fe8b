// What stays while a load balancer has not confirmed its weights, or its nodes do not follow yet (BUG 3926; traffic.md
// §1.9, §2.13, TV-81, TV-85).

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { a, b, midway, weights as recorded, routed } from '../../../test/builders/midway.ts';
import { ingress, service, start } from '../../../test/builders/objects.ts';
import { lawfulPlan, shortWrite } from '../../../test/builders/rows.ts';
import { emptyLedger } from '../../../test/builders/world.ts';
import type { TrafficWeights } from '../../api/types.generated.ts';
import type { ServedWeights } from '../types.ts';
import { nextServedWeights, propagationMsOf, sizingWeights } from './served-weights.ts';

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
  readonly propagationMs?: number;
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
    name: 'TV-85 nodes follow some seconds after verification',
    known: { canary: 99, stable: 1 },
    before: weights(100, false),
    next: weights(100, true),
    propagationMs: 15_000,
    want: { canary: 100, stable: 1, until: 16_000 },
  },
  {
    name: 'TV-85 without verification the seconds count from the new weight',
    before: weights(99),
    next: weights(100),
    propagationMs: 15_000,
    want: { canary: 99, stable: 1, until: 16_000 },
  },
  {
    name: 'TV-85 another status in between leaves what is known',
    known: { canary: 99, stable: 1, until: 1001 },
    before: weights(100),
    next: weights(100),
    propagationMs: 15_000,
    want: { canary: 99, stable: 1, until: 1001 },
  },
  {
    name: 'TV-85 what is over is forgotten',
    known: { canary: 99, stable: 1, until: 1000 },
    before: weights(100),
    next: weights(100),
    propagationMs: 15_000,
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

for (const { name, known, before, next, want, propagationMs = 0 } of rows) {
  test(name, () => assert.deepEqual(nextServedWeights(known, before, next, { now: 1000, propagationMs }), want));
}

test('TV-81 stable is sized by the last verified weight while 100 is unverified', () => {
  assert.equal(sizingWeights(weights(100, false), { canary: 50, stable: 50 }, { max: 100, now: 0 }).stable.weight, 50);
});

test('BUG 3926 after a restart stable is sized as if it were sent everything, until the first verification', () => {
  assert.equal(sizingWeights(weights(100, false), undefined, { max: 100, now: 0 }).stable.weight, 100);
  assert.equal(sizingWeights(weights(100, true), undefined, { max: 100, now: 0 }).stable.weight, 0);
  assert.equal(sizingWeights(weights(100), undefined, { max: 100, now: 0 }).stable.weight, 0);
});

test('an unverified weight that gives stable more than before sizes it by the new one', () => {
  assert.equal(sizingWeights(weights(10, false), { canary: 50, stable: 50 }, { max: 100, now: 0 }).stable.weight, 90);
});

const dynamic = { ...routed, dynamicStableScale: true, steps: [{ setWeight: 50 }, { setWeight: 99 }] };

test('TV-85 a dynamic stable side keeps its pods until the nodes of the ALB follow', () => {
  const services = [service('stable', { hash: a }), service('canary', { hash: b })];
  const given = midway({
    canary: dynamic,
    step: 1,
    stable: { replicas: 10 },
    current: { replicas: 10 },
    status: recorded(99),
    more: { services, ingresses: [ingress()] },
  });
  const ledger = { ...emptyLedger, servedWeights: { canary: 50, stable: 50, until: start + 15_000 } };
  const sizes = (seconds: number) =>
    lawfulPlan({ ...given, ledger }, start + seconds * 1000)
      .writes.map(shortWrite)
      .filter((write) => write.startsWith(`scale demo-${a}`));
  assert.deepEqual(sizes(0), [`scale demo-${a} 5`], 'sized by the older share');
  assert.deepEqual(sizes(15), [`scale demo-${a} 1`]);
  const waiting = lawfulPlan({ ...given, ledger }, start);
  assert.ok(waiting.reasons.some(({ code, until }) => code === 'weightPropagates' && until === start + 15_000));
});

test('TV-85 only an ALB with a dynamic stable side waits, 15 s unless the annotation says otherwise', () => {
  const of = (canary: typeof routed, seconds?: string) => {
    const { rollout } = midway({ canary, stable: { replicas: 10 }, current: { replicas: 0 } });
    const annotations = seconds === undefined ? {} : { 'slipway.dev/alb-weight-propagation-seconds': seconds };
    return propagationMsOf({ ...rollout, metadata: { ...rollout.metadata, annotations } });
  };
  assert.deepEqual(
    [of(dynamic), of(dynamic, '40'), of(dynamic, '0'), of(dynamic, 'soon'), of(routed)],
    [15_000, 40_000, 0, 15_000, 0],
  );
});
