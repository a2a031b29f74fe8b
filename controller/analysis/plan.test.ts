// Runs are planned as the vectors of analysis.md §8.1-8.4 say.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type {
  AnalysisRun,
  AnalysisRunSpec,
  AnalysisRunStatus,
  AnalysisTemplate,
  Metric,
} from '../api/types.generated.ts';
import { assessMetric } from './assess/assess.ts';
import { type ComposeInput, compose } from './plan/compose.ts';
import { argumentValues, resolveMetric } from './plan/resolve-metrics.ts';
import { planRun } from './plan.ts';
import type { CallAnswer, RunLedger, RunPhase, RunPlan } from './types.ts';

const start = Date.parse('2026-11-21T10:00:00Z');
const at = (seconds: number) => new Date(start + seconds * 1000).toISOString().replace('.000Z', 'Z');
const provider = { web: { url: 'http://x' } };

function metric(fields: Partial<Metric> = {}): Metric {
  return { name: 'm', provider, ...fields };
}

function run(spec: Partial<AnalysisRunSpec>, status?: AnalysisRunStatus): AnalysisRun {
  return { metadata: { name: 'r', namespace: 'n' }, spec: { metrics: [], ...spec }, ...(status ? { status } : {}) };
}

const idle: RunLedger = { inFlight: {}, answers: {} };
const plan = (given: AnalysisRun, seconds = 0, ledger = idle) =>
  planRun({ run: given, ledger }, start + seconds * 1000);

function measures(planned: RunPlan): string[] {
  return planned.writes.flatMap((write) => (write.kind === 'measure' ? [`${write.call} ${write.metric}`] : []));
}

/** What the run's phase is after measurements with these first letters, one every 20 s. */
function after(letters: string, fields: Partial<Metric>, spec: Partial<AnalysisRunSpec> = {}): AnalysisRun {
  const phases = { S: 'Successful', F: 'Failed', I: 'Inconclusive', E: 'Error' } as const;
  let current = run({ metrics: [metric(fields)], ...spec });
  for (const [index, letter] of [...letters].entries()) {
    const answeredAt = start + index * 20_000;
    const phase = phases[letter as keyof typeof phases];
    const answer: CallAnswer = {
      is: 'measured',
      kind: 'run',
      finishedBefore: index,
      startedAt: answeredAt,
      answeredAt,
      phase,
    };
    const planned = plan(current, index * 20, { inFlight: {}, answers: { m: answer } });
    current = { ...current, status: planned.status };
  }
  return current;
}

const answered = (phase: RunPhase, finishedBefore: number): CallAnswer => ({
  is: 'measured',
  kind: 'run',
  finishedBefore,
  startedAt: start,
  answeredAt: start,
  phase,
});

const interval = { interval: '10s' };

test('V-01: the interval runs from the end of the last measurement, strictly', () => {
  const given = after('S', { interval: '60s' });
  assert.deepEqual(measures(plan(given, 60)), []);
  assert.equal(plan(given, 60).wakeAt, start + 60_001);
  assert.deepEqual(measures(plan(given, 60.001)), ['run m']);
});

test('V-02: an error is tried again after 10 s, whatever the interval', () => {
  for (const text of ['60s', '5s']) {
    const given = after('E', { interval: text });
    assert.deepEqual(measures(plan(given, 10)), []);
    assert.deepEqual(measures(plan(given, 10.001)), ['run m']);
  }
});

test('V-04: an initial delay counts from the first status', () => {
  const first = plan(run({ metrics: [metric({ initialDelay: '30s' })] }));
  assert.equal(first.status.phase, 'Running');
  assert.equal(first.status.startedAt, at(0));
  const second = plan(run({ metrics: [metric({ initialDelay: '30s' })] }, first.status));
  assert.equal(second.wakeAt, start + 30_000);
  assert.deepEqual(measures(plan(run({ metrics: [metric({ initialDelay: '30s' })] }, first.status), 30)), ['run m']);
});

const phases: readonly (readonly [
  vector: string,
  letters: string,
  fields: Partial<Metric>,
  phase: string,
  text?: string,
])[] = [
  ['V-03', 'S', {}, 'Successful'],
  ['V-06', 'SSSSSSSS', { ...interval, count: 'abc' }, 'Running'],
  ['V-06', 'SSS', { ...interval, count: '3' }, 'Successful'],
  ['V-07', 'F', { count: 1, failureLimit: 1 }, 'Successful'],
  ['V-08', 'ESESES', { ...interval, count: 5 }, 'Running'],
  ['V-11', 'FF', { ...interval, failureLimit: 2 }, 'Running'],
  [
    'V-11',
    'FFF',
    { ...interval, failureLimit: 2 },
    'Failed',
    'Metric "m" assessed Failed due to failed (3) > failureLimit (2)',
  ],
  [
    'V-12',
    'I',
    interval,
    'Inconclusive',
    'Metric "m" assessed Inconclusive due to inconclusive (1) > inconclusiveLimit (0)',
  ],
  ['V-13', 'EEEESEEEE', interval, 'Running'],
  [
    'V-13',
    'EEEESEEEEE',
    interval,
    'Error',
    'Metric "m" assessed Error due to consecutiveErrors (5) > consecutiveErrorLimit (4)',
  ],
  ['V-15', 'FFFSSS', { ...interval, failureLimit: -1, consecutiveSuccessLimit: 3 }, 'Successful'],
  ['V-16', 'SSFFFSS', { ...interval, count: 7, failureLimit: -1, consecutiveSuccessLimit: 3 }, 'Failed'],
  ['V-17', 'FSFSFSFSSS', { ...interval, count: 10, failureLimit: 4, consecutiveSuccessLimit: 4 }, 'Inconclusive'],
];

for (const [vector, letters, fields, phase, text] of phases) {
  test(`${vector}: ${letters} with ${JSON.stringify(fields)} is ${phase}`, () => {
    const { status } = after(letters, fields);
    assert.equal(status?.phase, phase);
    if (text !== undefined) assert.equal(status?.message, text);
  });
}

test('V-14: too many errors win over too many failures', () => {
  const result = { name: 'm', phase: 'Running', failed: 2, consecutiveError: 5, measurements: [{ phase: 'Error' }] };
  assert.equal(assessMetric(metric(interval), result, false), 'Error');
});

test('V-22: a failed sibling ends the run in a second pass, without another measurement', () => {
  const a = metric({ name: 'a', ...interval });
  const before = run(
    { metrics: [a, metric({ name: 'b', ...interval })] },
    {
      phase: 'Running',
      startedAt: at(0),
      metricResults: [
        {
          name: 'a',
          phase: 'Running',
          count: 1,
          successful: 1,
          measurements: [{ phase: 'Successful', finishedAt: at(0) }],
        },
      ],
    },
  );
  const answer = answered('Failed', 0);
  const first = plan(before, 5, { inFlight: {}, answers: { b: answer } });
  assert.equal(first.status.phase, 'Running');
  const second = plan({ ...before, status: first.status }, 60);
  assert.deepEqual(measures(second), []);
  assert.equal(second.status.phase, 'Failed');
  assert.equal(second.status.metricResults?.find(({ name }) => name === 'a')?.phase, 'Successful');
});

/** A run that is to end, with a Job that goes on and a web metric that was measured. */
function ending(more: Partial<AnalysisRunSpec> = {}): AnalysisRun {
  const job = { name: 'j', provider: { job: { spec: { template: {} } } } } as Metric;
  const measured = (name: string) => ({
    name,
    phase: 'Running',
    measurements: [{ phase: 'Running', startedAt: at(0) }],
  });
  return run(
    { metrics: [metric(interval), job, { ...job, name: 'k' }], terminate: true, ...more },
    { phase: 'Running', startedAt: at(0), metricResults: [measured('j'), measured('k')] },
  );
}

const ended = (finishedBefore = 0): CallAnswer =>
  ({ ...answered('Inconclusive', finishedBefore), kind: 'terminate' }) as CallAnswer;

test('§3.6: a run that is to end ends every Job first, also where other answers come in between', () => {
  const web = { m: answered('Successful', 0) };
  assert.deepEqual(measures(plan(ending(), 5, { inFlight: {}, answers: web })), ['terminate j', 'terminate k']);
  const one = plan(ending(), 5, { inFlight: { k: { since: start } }, answers: { ...web, j: ended() } });
  assert.deepEqual([one.writes, one.status.phase], [[], 'Running'], 'the other is being ended');
  const both = plan(ending(), 5, { inFlight: {}, answers: { ...web, j: ended(), k: ended() } });
  assert.equal(both.status.phase, 'Inconclusive');
  assert.deepEqual(
    both.status.metricResults?.map(({ phase }) => phase),
    ['Inconclusive', 'Inconclusive', 'Successful'],
  );
});

test('§3.6: a Job that came to be while its run was to end is recorded, and ended', () => {
  const before = { ...ending(), status: { phase: 'Running', startedAt: at(0) } };
  const begun = plan(before, 5, { inFlight: {}, answers: { j: answered('Running', 0) } });
  assert.equal(begun.status.phase, 'Running');
  assert.deepEqual(measures(plan({ ...before, status: begun.status }, 5)), ['terminate j']);
});

test('§3.6: no run is over before its Jobs could be ended, however long Secrets cannot be read', () => {
  const retry = { message: 'the server is busy', at: start + 15_000 };
  const planned = plan(ending(), 5, { ...idle, retry });
  assert.deepEqual([planned.writes, planned.status.phase, planned.wakeAt], [[], 'Running', retry.at]);
  assert.deepEqual(measures(plan(ending(), 15, { ...idle, retry })), ['terminate j', 'terminate k']);
});

test('an answer that the status has already, or that began from an older version of the run, is dropped', () => {
  const given = after('SS', interval);
  for (const finishedBefore of [0, 1, 3]) {
    const planned = plan(given, 60, { inFlight: {}, answers: { m: answered('Failed', finishedBefore) } });
    assert.deepEqual(planned.writes, [{ kind: 'abandon', metrics: ['m'] }]);
  }
  const next = plan(given, 60, { inFlight: {}, answers: { m: answered('Successful', 2) } });
  assert.equal(next.status.metricResults?.[0]?.count, 3);
  const resumed: CallAnswer = { ...answered('Successful', 2), kind: 'resume' } as CallAnswer;
  const late = plan(given, 60, { inFlight: {}, answers: { m: resumed } });
  assert.deepEqual(late.writes, [{ kind: 'abandon', metrics: ['m'] }], 'what it resumed is over');
});

test('V-23: a run that is told to end before anything was measured is successful', () => {
  const { status } = plan(run({ metrics: [metric()], terminate: true }));
  assert.equal(status.phase, 'Successful');
  assert.equal(status.message, 'Run Terminated');
  assert.equal(status.completedAt, at(0));
  assert.equal(status.metricResults, undefined);
});

test('V-25: nothing changes a finished run', () => {
  const done = run({ metrics: [], terminate: true }, { phase: 'Failed' });
  assert.deepEqual(plan(done).writes, []);
});

const invalid: readonly (readonly [vector: string, spec: Partial<AnalysisRunSpec>, message: string])[] = [
  [
    'V-19',
    { metrics: [metric({ failureLimit: -1 })] },
    'Analysis spec invalid: metrics[0]: failureLimit and consecutiveSuccessLimit cannot both be disabled',
  ],
  [
    'V-20',
    { metrics: [metric({ count: 3, failureLimit: 2, consecutiveSuccessLimit: 2 })] },
    'Analysis spec invalid: metrics[0]: count (3) must be >= failureLimit + consecutiveSuccessLimit (2 + 2) if both >= 0',
  ],
  ['V-26', { metrics: [metric(), metric()] }, "Analysis spec invalid: metrics[1]: duplicate name 'm'"],
  [
    'V-27',
    { metrics: [metric()], dryRun: [{ metricName: '*' }] },
    "Analysis spec invalid: dryRun[0]: Rule didn't match any metric name(s)",
  ],
  [
    'V-37',
    { metrics: [metric({ provider: { web: { url: 'http://x/{{ $value }}' } } })] },
    'Unable to resolve metric arguments: failed to resolve {{ $value }}',
  ],
  [
    '§1.3',
    { metrics: [metric({ interval: '1d' })] },
    'Analysis spec invalid: metrics[0]: invalid interval string: time: unknown unit "d" in duration "1d"',
  ],
  [
    '§1.7',
    { metrics: [metric()], args: [{ name: 'x' }] },
    'Unable to resolve metric arguments: argument "x" was not supplied',
  ],
];

for (const [vector, spec, message] of invalid) {
  test(`${vector}: ${message}`, () => {
    const { status } = plan(run(spec));
    assert.equal(status.phase, 'Error');
    assert.equal(status.message, message);
    assert.equal(status.completedAt, at(0));
  });
}

test('V-28: a dry-run metric that fails stops nothing, and says so once', () => {
  const { status, spec } = after('F', interval, { dryRun: [{ metricName: '.*' }] });
  assert.equal(status?.phase, 'Successful');
  assert.deepEqual(status?.dryRunSummary, { count: 1, failed: 1 });
  assert.equal(status?.metricResults?.[0]?.message, 'Metric assessed Failed due to failed (1) > failureLimit (0)');
  assert.equal(spec.dryRun?.length, 1);
});

test('V-32: ten measurements are kept, or as many as a rule says; counters are not reduced', () => {
  const many = 'S'.repeat(25);
  const kept = (limit: number) => ({ measurementRetention: [{ metricName: '.*', limit }] });
  for (const [spec, count] of [
    [{}, 10],
    [kept(20), 20],
    [kept(0), 10],
  ] as const) {
    const result = after(many, interval, spec).status?.metricResults?.[0];
    assert.equal(result?.measurements?.length, count);
    assert.equal(result?.count, 25);
  }
});

test('V-36: the value of an argument may hold quotes and line ends', () => {
  const values = argumentValues([{ name: 'svc', value: 'a"b\n' }]);
  assert.ok('value' in values);
  const resolved = resolveMetric(metric({ provider: { web: { url: '{{ args.svc }}' } } }), values.value);
  assert.ok('value' in resolved);
  assert.equal(resolved.value.provider.web?.url, 'a"b\n');
});

test('TTL: a finished run goes a second after its time, and is looked at then', () => {
  const done = run(
    { metrics: [metric()], ttlStrategy: { secondsAfterSuccess: 5 } },
    { phase: 'Successful', completedAt: at(0) },
  );
  assert.equal(plan(done, 1).wakeAt, start + 6_000);
  assert.deepEqual(plan(done, 6).writes, [{ kind: 'deleteRun' }]);
});

const templates: Readonly<Record<string, AnalysisTemplate['spec']>> = {
  t1: {
    metrics: [metric({ name: 'a' })],
    templates: [{ templateName: 't2' }, { templateName: 'c', clusterScope: true }],
  },
  t2: { metrics: [metric({ name: 'b' })], templates: [{ templateName: 't1' }] },
  'cluster/c': { metrics: [metric({ name: 'c' })] },
  x1: { args: [{ name: 'x', value: '1' }] },
  x2: { args: [{ name: 'x', value: '2' }] },
  open: { args: [{ name: 'x' }] },
};

function composed(names: readonly string[], input: Partial<ComposeInput> = {}) {
  return compose(
    { templates: names.map((templateName) => ({ templateName })), args: [], ...input },
    (name, isCluster) => {
      const spec = templates[isCluster ? `cluster/${name}` : name];
      return spec ? { metadata: { name }, spec } : null;
    },
  );
}

test('V-42, V-43: templates are taken once, depth first, cluster templates last; a cycle is harmless', () => {
  const result = composed(['t1', 't2']);
  assert.ok(result.is === 'composed');
  assert.deepEqual(
    result.spec.metrics.map(({ name }) => name),
    ['a', 'b', 'c'],
  );
});

test('V-38 to V-41: arguments of the caller and of templates are merged', () => {
  const clash = composed(['x1', 'x2']);
  assert.deepEqual(clash, {
    is: 'invalid',
    message: "Argument `x` specified multiple times with different values: '1', '2'",
  });
  assert.deepEqual(composed(['open']), { is: 'invalid', message: 'args.x was not resolved' });
  const given = composed(['x1'], {
    args: [
      { name: 'x', value: '' },
      { name: 'y', value: '1' },
    ],
  });
  assert.ok(given.is === 'composed');
  assert.deepEqual(given.spec.args, [{ name: 'x', value: '' }]);
  const twice = composed(['x1'], {
    args: [
      { name: 'x', value: '8' },
      { name: 'x', value: '9' },
    ],
  });
  assert.deepEqual(
    twice.is === 'composed' && twice.spec.args,
    [{ name: 'x', value: '9' }],
    '§1.6.6: for every one given',
  );
  assert.deepEqual(composed(['nope']), { is: 'missing', name: 'nope', isCluster: false });
});
