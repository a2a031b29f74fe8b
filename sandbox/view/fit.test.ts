import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fit } from './fit.ts';
import { renderScreen, type ScreenState, type VersionRow } from './screen.ts';

const version = (role: VersionRow['role'], revision: number): VersionRow => ({
  role,
  revision,
  image: 'argoproj/rollouts-demo:yellow',
  podHash: String(revision),
  ready: 1,
  desired: 1,
  wanted: 50,
  measured: 50,
});

const reason = 'Metric "success-rate" assessed Failed due to failed (2) > failureLimit (1)';
const metric = {
  name: 'success-rate',
  phase: 'Failed',
  counts: { passed: 0, failed: 2, doubtful: 0, error: 0 },
  value: '0.5',
  condition: 'successCondition result[0] >= 0.95',
  query: `sum(rate(requests_total{service="rollouts-demo-canary"}[1m])) ${'/ 2 '.repeat(30)}`,
  error: '',
};

const state: ScreenState = {
  rollout: {
    namespace: 'default',
    name: 'rollouts-demo',
    strategy: 'Canary',
    phase: 'Degraded',
    message: `RolloutAborted: Rollout aborted update to revision 3: Background analysis phase error/failed: ${reason}`,
    step: '0/6',
    stepText: 'setWeight 10',
    versions: [version('canary', 3), version('stable', 2), version('', 1)],
    analyses: [{ name: 'run', type: 'Background', phase: 'Failed', metrics: [metric] }],
  },
  load: {
    windowSeconds: 10,
    perSecond: 50,
    failuresPerSecond: 0,
    total: 10,
    totalFailed: 0,
    byVersion: {},
    byPodHash: {},
    failures: {},
  },
  links: ['page', 'API', 'Prometheus'].map((label) => ({ label, url: 'http://localhost:30080/' })),
  exports: ['export KUBECONFIG=/home/me/slipway/.slipway/kubeconfig PATH=/home/me/slipway/bin:$PATH'],
  hints: [
    'kubectl argo rollouts retry rollout rollouts-demo',
    'kubectl argo rollouts set image rollouts-demo rollouts-demo=argoproj/rollouts-demo:blue',
    'kubectl argo rollouts get rollout rollouts-demo --watch',
  ],
  problems: [],
};

const shown = (rows: number) => renderScreen(state, { columns: 80, rows, color: false });
/** A command as it would be pasted. */
const pasted = (lines: readonly string[]) => lines.join('\n').replaceAll('\\\n', '').replaceAll(/ +/g, ' ');

test('whatever the height, the screen fits, and no line is left out that there is room for in a higher one', () => {
  const whole = renderScreen(state, { columns: 80, color: false });
  for (let rows = 1; rows <= whole.length + 3; rows += 1) {
    const lines = shown(rows);
    assert.ok(lines.length <= rows, `${lines.length} lines of ${rows}`);
    if (rows > 1) for (const line of shown(rows - 1)) assert.ok(lines.includes(line), line);
  }
  assert.deepEqual(shown(whole.length), whole);
});

test('80 by 24: what to do next is there, every command whole', () => {
  const lines = shown(23);
  for (const command of [...state.exports, ...state.hints]) assert.ok(pasted(lines).includes(command), command);
  assert.ok(lines.some((line) => line.startsWith('3         canary')));
});

test('of ten rows the state, the versions and the first command stay', () => {
  const lines = shown(10);
  assert.match(lines[0] ?? '', /^default\/rollouts-demo .*Degraded/);
  assert.ok(pasted(lines).includes(state.hints[0] ?? ''));
  assert.ok(!lines.includes(''), 'blank lines go first');
});

test('a reason is told whole or not at all', () => {
  const isOfReason = (line: string) => /successCondition|query:|\/ 2/.test(line);
  const whole = renderScreen(state, { columns: 80, color: false }).filter(isOfReason).length;
  assert.ok(whole > 3);
  for (let rows = 1; rows < 50; rows += 1) {
    const left = shown(rows).filter(isOfReason).length;
    assert.ok(left === 0 || left === whole, `${left} of ${whole} lines`);
  }
});

test('what may not be left out is cut below', () => {
  assert.deepEqual(fit([{ lines: ['a', 'b', 'c'], spare: 0 }], 2), ['a', 'b']);
});
