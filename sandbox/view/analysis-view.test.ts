// What the screen says of an analysis: which runs, and of a metric that failed the value, the condition and the query.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AnalysisRun, Rollout } from '../../controller/api/types.generated.ts';
import { type AnalysisView, makeAnalysisViews } from './analysis-view.ts';
import { makePlainView } from './plain.ts';
import { commandLines, renderScreen, type ScreenState } from './screen.ts';
import { wrap } from './screen-analysis.ts';

const rollout = { metadata: { name: 'r', uid: 'u' }, status: { currentPodHash: 'new' } } as unknown as Rollout;

function run(name: string, hash: string, fields: object = {}): AnalysisRun {
  return {
    metadata: {
      name,
      creationTimestamp: `2026-01-01T00:00:0${name.length}Z`,
      labels: { 'rollouts-pod-template-hash': hash, 'rollout-type': 'Background' },
      ownerReferences: [{ uid: 'u' }],
    },
    spec: {
      args: [
        { name: 'floor', value: '0.95' },
        { name: 'key', valueFrom: { secretKeyRef: { name: 's', key: 'k' } } },
      ],
      metrics: [
        {
          name: 'success',
          successCondition: 'result[0] >= {{args.floor}} && "{{ args.key }}" != ""',
          provider: { prometheus: { query: 'x' } },
        },
      ],
    },
    ...fields,
  } as unknown as AnalysisRun;
}

const status = {
  phase: 'Failed',
  metricResults: [
    {
      name: 'success',
      phase: 'Failed',
      successful: 2,
      failed: 1,
      metadata: { ResolvedPrometheusQuery: `sum(\n  rate(${'x'.repeat(60)}))` },
      measurements: [
        { phase: 'Failed', value: '[0.5]' },
        { phase: 'Successful', value: '[1]' },
      ],
    },
  ],
};

test('the runs of the present version, the newest first', () => {
  const runs = [run('a', 'new'), run('abc', 'new'), run('ab', 'old'), run('abcd', 'new', { metadata: {} })];
  const names = makeAnalysisViews(rollout, runs).map(({ name }) => name);
  assert.deepEqual(names, ['abc', 'a']);
  assert.deepEqual(makeAnalysisViews({ ...rollout, status: {} } as Rollout, runs), []);
});

test('of a metric that failed: the value that failed, the condition with its arguments, no secret', () => {
  const [view] = makeAnalysisViews(rollout, [run('a', 'new', { status })]);
  assert.deepEqual(view?.metrics, [
    {
      name: 'success',
      phase: 'Failed',
      counts: { passed: 2, failed: 1, doubtful: 0, error: 0 },
      value: '[0.5]',
      condition: 'successCondition result[0] >= 0.95 && "{{ args.key }}" != ""',
      query: `sum( rate(${'x'.repeat(60)}))`,
      error: '',
    },
  ]);
});

test('a run that has not measured yet waits', () => {
  const [view] = makeAnalysisViews(rollout, [run('a', 'new')]);
  assert.deepEqual([view?.phase, view?.metrics[0]?.phase], ['', 'Waiting']);
});

function state(analyses: readonly AnalysisView[], message = ''): ScreenState {
  const shown = { namespace: 'n', name: 'r', strategy: 'Canary', phase: 'Degraded', message };
  const rest = { step: undefined, stepText: undefined, versions: [] };
  return {
    rollout: { ...shown, ...rest, analyses },
    load: undefined,
    links: [],
    hints: ['a command that is longer than the terminal is wide'],
    exports: [],
    problems: [],
  };
}

for (const columns of [40, 80, 200]) {
  test(`on ${columns} columns nothing of the reason is cut off`, () => {
    const views = makeAnalysisViews(rollout, [run('a', 'new', { status })]);
    const lines = renderScreen(state(views, 'word '.repeat(100)), { columns, color: false });
    const text = lines
      .map((line) => line.trim())
      .join('')
      .replaceAll(/\s/g, '');
    assert.ok(lines.every((line) => line.length <= columns));
    for (const wanted of ['measured[0.5]', 'result[0]>=0.95', `rate(${'x'.repeat(60)}))`, 'thanthe']) {
      assert.ok(text.replaceAll('\\', '').includes(wanted), `${wanted} in ${lines.join('\n')}`);
    }
    assert.ok(lines.filter((line) => line.startsWith('word')).length <= 3, 'a long message is cut');
  });
}

test('a command is what it was when a shell has joined its lines', () => {
  const command = `export KUBECONFIG=/home/someone/${'deep/'.repeat(20)}kubeconfig PATH=/home/someone/bin:$PATH`;
  for (const columns of [12, 30, 38, 60, 200]) {
    const lines = commandLines(command, columns);
    assert.ok(
      lines.every((line) => line.length <= Math.max(columns, 14)),
      lines.join('\n'),
    );
    const joined = lines.join('\n').replaceAll('\\\n', '').trim();
    assert.equal(joined.replaceAll(/ +/g, ' '), command);
  }
});

test('without a terminal a run is told when a phase changes, with the reason', () => {
  const written: string[] = [];
  const view = makePlainView(
    (line) => written.push(line),
    () => 0,
  );
  const waiting = makeAnalysisViews(rollout, [run('a', 'new')]);
  view.show(state(waiting));
  view.show(state(waiting));
  view.show(state(makeAnalysisViews(rollout, [run('a', 'new', { status })])));
  const told = written.filter((line) => line.startsWith('analysis '));
  assert.equal(told[0], 'analysis a (Background): starting; success Waiting');
  assert.match(
    told[1] ?? '',
    /^analysis a \(Background\): Failed; success Failed \(✔ 2 ✖ 1\): measured \[0\.5\]; successCondition .*; query: sum/,
  );
  assert.equal(told.length, 2);
});

test('text is wrapped at blanks, and a word that is too long anywhere', () => {
  assert.deepEqual(wrap('aaa bbb ccc', 7), ['aaa bbb', 'ccc']);
  assert.deepEqual(wrap('abcdefgh', 3), ['abc', 'def', 'gh']);
});

test('without a terminal, a rollout without a ReplicaSet is told without one', () => {
  const lines: string[] = [];
  const rollout = {
    namespace: 'default',
    name: 'r',
    strategy: 'Canary',
    phase: '',
    message: '',
    versions: [],
    analyses: [],
  };
  const state: ScreenState = { rollout, links: [], exports: [], hints: [], problems: [], load: undefined } as never;
  makePlainView(
    (line) => lines.push(line),
    () => 0,
  ).show(state);
  assert.ok(lines.includes('default/r: Progressing'), lines.join('\n'));
});
