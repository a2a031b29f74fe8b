// The recorded traces that Slipway follows. The list is only ever extended: a trace in it that no longer matches is a
// regression, whatever the change was for. `npm run traces -- NAME` shows the differences of one.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deliberateDifferences, judge, leftForLater } from './differences.ts';
import { runTrace } from './run-trace.ts';
import { readTrace, traceNames } from './trace.ts';
import { worldState } from './world-state.ts';

const matching: readonly string[] = [
  'analysis-run-dry-run',
  'analysis-run-limits',
  'analysis-run-terminated',
  'anti-affinity',
  'bad-then-good',
  'blue-green-abort-retry',
  'blue-green-full-promote-in-analysis',
  'blue-green-manual',
  'blue-green-post-promotion-fails',
  'blue-green-pre-promotion-fails',
  'blue-green-preview-count-auto',
  'blue-green-revision-limit',
  'blue-green-to-canary',
  'blue-green-undo-inside-delay',
  'canary-abort-keeps-pods',
  'canary-abort-then-new-image',
  'canary-alb-5-percent',
  'canary-alb-experiment-weight',
  'canary-alb-ping-pong',
  'canary-back-to-stable-midway',
  'canary-background-analysis-aborts',
  'canary-dynamic-stable-scale-abort',
  'canary-experiment-step',
  'canary-full-promote-in-analysis',
  'canary-inconclusive',
  'canary-inline-analysis-passes',
  'canary-nginx-abort-retry',
  'canary-no-steps-min-ready',
  'canary-no-steps-unavailable',
  'canary-promote-skips-analysis',
  'canary-replicas-25-50-75',
  'canary-set-canary-scale',
  'canary-third-revision-midway',
  'deadline-and-pause',
  'deleted-midway',
  'ephemeral-metadata',
  'experiment-alone',
  'experiment-terminated',
  'history-limit',
  'invalid-then-fixed',
  'min-pods-per-replica-set',
  'progress-deadline-abort',
  'progress-deadline-report',
  'replicas-absent',
  'restart',
  'rollback-window',
  'router-alb-two-ingresses',
  'router-nginx-two-ingresses',
  'scale-in-mid-canary',
  'scale-to-zero-and-back',
  'skip-current-step',
  'spec-paused',
  'undo-after-completion',
  'unparsable-quantity',
  'workload-ref-appears',
  'workload-ref-on-success',
  'workload-ref-progressively',
];

for (const name of matching) {
  test(`${name} goes as the reference went, and then nobody writes any more`, async () => {
    const { differences, atRest } = await runTrace(name, { rests: true });
    const { undeclared, needless } = judge(name, differences);
    const told = undeclared.map(({ point, on, lines }) => [`${point} of ${on}`, ...lines].join('\n'));
    assert.deepEqual(told, []);
    assert.deepEqual(needless, [], 'deliberate differences that nothing needs');
    assert.deepEqual(atRest?.writes, [], 'writes in hours of rest, with resyncs and a new controller');
  });
}

test('every trace is run, or left for later by name', () => {
  const unknown = traceNames().filter((name) => {
    const manifests = readTrace(name, worldState).actions.map((action) => action.manifest ?? '');
    return !matching.includes(name) && leftForLater(manifests) === undefined;
  });
  assert.deepEqual(unknown, []);
});

test('every deliberate difference belongs to a trace that is held', () => {
  const orphans = deliberateDifferences.filter(({ trace }) => !matching.includes(trace)).map(({ trace }) => trace);
  assert.deepEqual(orphans, []);
});

test('the same seed gives the same run, byte for byte', async () => {
  const [first, second] = [
    await runTrace('canary-alb-5-percent', { seed: 7 }),
    await runTrace('canary-alb-5-percent', { seed: 7 }),
  ];
  assert.equal(JSON.stringify([...first.history.objects]), JSON.stringify([...second.history.objects]));
  assert.equal(JSON.stringify([...first.history.events]), JSON.stringify([...second.history.events]));
});
