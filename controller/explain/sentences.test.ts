// Sentences a person reads: every code has one, and none of them shows a placeholder or an object.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { because, type Reason, type ReasonCode, reasonCatalogue } from './reasons.ts';
import { endingOf, lineOf, sentenceOf, spanOf } from './sentences.ts';

test('every reason has a sentence of plain words, with all numbers from none to many, and says what ends it', () => {
  for (const [code, { blocks, data, ends }] of Object.entries(reasonCatalogue)) {
    for (const amount of [0, 1, 2]) {
      const values = Object.entries(data).map(([name, type]) => [
        name,
        typeof type === 'number' ? amount : `the ${name}`,
      ]);
      const sentence = sentenceOf({ code: code as ReasonCode, blocks, data: Object.fromEntries(values) });
      assert.match(sentence, /^[a-zA-Z0-9][^{}[\]]+[^.]$/, `${code}: ${sentence}`);
      assert.doesNotMatch(sentence, /undefined|NaN|object Object/, code);
    }
    assert.match(ends, /^[a-zA-Z].{8,}[^.]$/, code);
  }
});

const rows: readonly { readonly name: string; readonly reason: Reason; readonly want: string }[] = [
  {
    name: 'a pause step counts from one',
    reason: because('pausedAtStep', { step: 1, steps: 2 }),
    want: 'Step 1 of 2 is a pause',
  },
  {
    name: 'pods that are not ready are counted',
    reason: because('podsNotAvailable', { replicaSet: 'web-abc', role: 'new', available: 1, wanted: 3 }),
    want: '1 of 3 pods of the new ReplicaSet web-abc is available',
  },
  {
    name: 'an old ReplicaSet is called old',
    reason: because('podsNotYetSized', { replicaSet: 'web-old', role: 'other', replicas: 1, wanted: 0 }),
    want: 'The old ReplicaSet web-old has 1 pod and is to have 0',
  },
  {
    name: 'a refused write says what the cluster said',
    reason: because('writeFailed', { key: 'patchService/web', class: 'denied', message: 'forbidden', attempts: 1 }),
    want: 'Writing patchService/web failed: forbidden',
  },
  {
    name: 'an error of a metric is not called a measurement',
    reason: because('analysisFailed', {
      run: 'web-1',
      metric: 'rate',
      phase: 'Error',
      values: 'no such host',
      condition: 'successCondition: result > 5',
    }),
    want: 'Metric rate of AnalysisRun web-1 is Error: it ended with no such host (successCondition: result > 5)',
  },
  {
    name: 'a message that repeats the state of the pod is said once',
    reason: because('podWaits', {
      pod: 'web-1',
      status: 'ContainerCreating',
      message: 'ContainerCreating: shop:1',
      others: 2,
    }),
    want: 'Pod web-1 (and 2 more) is ContainerCreating: shop:1',
  },
];

for (const { name, reason, want } of rows) {
  test(name, () => assert.equal(sentenceOf(reason), want));
}

test('time is told before what a person could do', () => {
  const timed = because('pausedAtStep', { step: 1, steps: 2 }, { until: 62_000 });
  assert.equal(endingOf(timed, 0), 'It ends by itself in 1m2s.');
  assert.equal(lineOf(timed, 0), 'Step 1 of 2 is a pause, ends 1970-01-01T00:01:02Z (in 1m2s)');
  assert.equal(endingOf(timed, 62_000), 'It goes on after `slipway promote`.');
  const unobserved = because('scaleUnobserved', { replicaSet: 'web' });
  assert.equal(endingOf(unobserved, 0), "It ends when the cluster's ReplicaSet controller has acted.");
});

test('where time brings something else than the end, that is told', () => {
  const refused = because('evictionRefused', { pod: 'web-1', message: 'no' }, { until: 30_000 });
  const line = 'Pod web-1 is not evicted: no. It is tried again at 1970-01-01T00:00:30Z (in 30s)';
  assert.equal(lineOf(refused, 0), line);
  assert.equal(
    lineOf(refused, 30_000),
    'Pod web-1 is not evicted: no. It goes on as soon as the disruption budget allows it.',
  );
});

test('every ending is a sentence', () => {
  for (const [code, { blocks, data }] of Object.entries(reasonCatalogue)) {
    const ending = endingOf({ code: code as ReasonCode, blocks, data }, 0);
    assert.match(ending, /^[A-Z][^{}[\]]+[.]$/, code);
    assert.doesNotMatch(ending, /;/, code);
  }
});

test('a refused write is called by what it does', () => {
  const called = (key: string) =>
    sentenceOf(because('writeFailed', { key, class: 'denied', message: 'no right', attempts: 2 }));
  assert.equal(called('scale/web-abc'), 'Scaling ReplicaSet web-abc failed 2 times: no right');
  assert.equal(called('rollout/status'), 'Writing the status failed 2 times: no right');
  assert.equal(called('rollout/revision'), 'Writing the revision of the Rollout failed 2 times: no right');
  assert.equal(called('other/web'), 'Writing other/web failed 2 times: no right');
});

test('spans are rounded up to whole seconds', () => {
  assert.deepEqual([0, 1, 1000, 60_000, 3_600_000, 3_661_001].map(spanOf), ['0s', '1s', '1s', '1m', '1h', '1h1m2s']);
});
