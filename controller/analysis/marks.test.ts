// What analysis.md §§1-3 mark as QUIRK (kept although it is odd) or BUG (not kept), and the rules around it that no vector
// of §8 shows. Named by section.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type {
  AnalysisRun,
  AnalysisRunSpec,
  AnalysisRunStatus,
  AnalysisTemplateSpec,
  Argument,
  Metric,
} from '../api/types.generated.ts';
import { compose } from './plan/compose.ts';
import { isAdoptableRun, makeRun } from './plan/own-run.ts';
import { resolveMetrics, substitute } from './plan/resolve-metrics.ts';
import { keptMeasurements, metricRules } from './plan/rules.ts';
import { finishedCount } from './plan/tasks.ts';
import { planRun } from './plan.ts';
import type { CallAnswer, RunPhase, RunPlan } from './types.ts';

const start = Date.parse('2026-11-21T10:00:00Z');
const at = (seconds: number) => new Date(start + seconds * 1000).toISOString().replace('.000Z', 'Z');
const metric = (fields: Partial<Metric> = {}): Metric => ({
  name: 'm',
  provider: { web: { url: 'http://x' } },
  ...fields,
});
const run = (spec: Partial<AnalysisRunSpec>, status?: AnalysisRunStatus): AnalysisRun => ({
  metadata: { name: 'r', namespace: 'n', uid: 'u' },
  spec: { metrics: [metric()], ...spec },
  ...(status ? { status } : {}),
});
const plan = (given: AnalysisRun, seconds = 0): RunPlan =>
  planRun({ run: given, ledger: { inFlight: {}, answers: {} } }, start + seconds * 1000);
const problemOf = (spec: Partial<AnalysisRunSpec>) => plan(run(spec)).status.message;
const letters: Readonly<Record<string, RunPhase>> = { S: 'Successful', F: 'Failed', I: 'Inconclusive', E: 'Error' };

/** The status after these answers to metrics, one a second: `a:S` is a success of `a`. */
function after(answers: string, spec: Partial<AnalysisRunSpec>, message?: string): AnalysisRunStatus {
  let current = run(spec);
  for (const [index, answer] of answers.split(' ').entries()) {
    const [name = '', letter = ''] = answer.split(':');
    const times = { startedAt: start + index * 1000, answeredAt: start + index * 1000 };
    const result = current.status?.metricResults?.find((each) => each.name === name);
    const told: CallAnswer = {
      is: 'measured',
      kind: 'run',
      finishedBefore: finishedCount(result),
      ...times,
      phase: letters[letter] ?? 'Running',
      ...(message === undefined ? {} : { message }),
    };
    const { status } = planRun({ run: current, ledger: { inFlight: {}, answers: { [name]: told } } }, times.answeredAt);
    current = { ...current, status };
  }
  return current.status ?? { phase: '' };
}

const every = { interval: '10s' };
const together = (names: string, fields: Partial<Metric> = every) =>
  [...names].map((name) => metric({ name, ...fields }));

function composed(templates: readonly AnalysisTemplateSpec[], args: readonly Argument[] = []) {
  const refs = templates.map((_, index) => ({ templateName: String(index) }));
  const result = compose({ templates: refs, args }, (name) => {
    const spec = templates[Number(name)];
    return spec ? { metadata: { name }, spec } : null;
  });
  return result.is === 'composed' ? result.spec : result;
}

test('§1.4 QUIRK: a fieldRef is not resolved in a run', () => {
  const args = [{ name: 'x', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } }];
  assert.equal(problemOf({ args }), 'Unable to resolve metric arguments: argument "x" was not supplied');
});

test('§1.5 QUIRK: a run has started once its first measurements are over', () => {
  const begun = { is: 'measured', kind: 'run', finishedBefore: 0, phase: 'Successful' } as const;
  const answer: CallAnswer = { ...begun, startedAt: start, answeredAt: start + 1_500 };
  const observed = { run: run({ metrics: together('m') }), ledger: { inFlight: {}, answers: { m: answer } } };
  const { status } = planRun(observed, start + 2_000);
  assert.equal(status.startedAt, at(2));
  assert.equal(status.metricResults?.[0]?.measurements?.[0]?.startedAt, at(0));
});

test('§1.5: results are in the order in which they were first measured, and summaries are always there', () => {
  const status = after('b:S a:S b:S', { metrics: together('ab') });
  assert.deepEqual(
    status.metricResults?.map(({ name, count }) => [name, count]),
    [
      ['b', 2],
      ['a', 1],
    ],
  );
  assert.deepEqual([status.runSummary, status.dryRunSummary], [{ count: 2 }, {}]);
});

test('§1.6.5: of an argument declared twice, the later one counts whole where the earlier has no value', () => {
  const secret = { name: 'x', valueFrom: { secretKeyRef: { name: 's', key: 'k' } } };
  const both = [metric({ name: 'a' })];
  assert.deepEqual(composed([{ metrics: both, args: [secret] }, { args: [{ name: 'x', value: '1' }] }]), {
    metrics: both,
    args: [{ name: 'x', value: '1' }],
  });
  const same = [{ args: [{ name: 'x', value: '1' }] }, { args: [{ name: 'x', value: '1' }] }];
  assert.deepEqual(composed(same), { metrics: [], args: [{ name: 'x', value: '1' }] });
  const kept = [{ args: [{ name: 'x', value: '1' }] }, { args: [secret] }];
  assert.deepEqual(composed(kept), { metrics: [], args: [{ name: 'x', value: '1' }] });
});

test('§1.6 QUIRK (a): a plain value does not override a Secret', () => {
  const secret = { secretKeyRef: { name: 's', key: 'k' } };
  const spec = composed(
    [{ metrics: [metric()], args: [{ name: 'x', valueFrom: secret }] }],
    [{ name: 'x', value: 'mine' }],
  );
  assert.ok('args' in spec);
  assert.deepEqual(spec.args, [{ name: 'x', value: 'mine', valueFrom: secret }]);
});

test('§1.6 QUIRK (c): an argument has to be given whether it is used or not', () => {
  assert.deepEqual(composed([{ metrics: [metric()], args: [{ name: 'unused' }] }]), {
    is: 'invalid',
    message: 'args.unused was not resolved',
  });
});

const valued = (values: Readonly<Record<string, string>>, fields: Partial<Metric>) => {
  const resolved = resolveMetrics([metric(fields)], new Map(Object.entries(values)));
  return 'value' in resolved ? resolved.value[0] : resolved.problem;
};

test('§1.7: arguments are put in everywhere in a metric, once: names, limits, conditions, keys, manifests', () => {
  const provider = {
    job: {
      metadata: { labels: { '{{args.key}}': '{{ args.text }}' } },
      spec: { template: { spec: { containers: [{ name: 'c', args: ['{{args.text}}-{{args.key}}'] }] } } },
    },
  } as Metric['provider'];
  const fields = {
    name: '{{args.key}}-rate',
    count: '{{args.count}}',
    interval: '{{args.count}}s',
    failureLimit: '{{args.count}}',
    successCondition: 'result == "{{args.text}}"',
    provider,
  };
  assert.deepEqual(valued({ key: 'app', text: '{{args.key}}', count: '3' }, fields), {
    name: 'app-rate',
    count: '3',
    interval: '3s',
    failureLimit: '3',
    successCondition: 'result == "{{args.key}}"',
    provider: {
      job: {
        metadata: { labels: { app: '{{args.key}}' } },
        spec: { template: { spec: { containers: [{ name: 'c', args: ['{{args.key}}-app'] }] } } },
      },
    },
  });
});

test('§1.7: what is no argument is an error, the last such tag is told, and there is no escape', () => {
  assert.equal(
    valued({ x: '1' }, { successCondition: '{{ args.y }} {{args.x}} {{inputs.z}}' }),
    'failed to resolve {{inputs.z}}',
  );
  assert.equal(valued({ x: '1' }, { name: '{{args.x.y}}' }), 'failed to resolve {{args.x.y}}');
  assert.match(
    String(valued({}, { name: 'a {{ b' })),
    /^failed to resolve {{ b","provider":{"web":{"url":"http:\/\/x"}}$/,
  );
  const open = substitute('a {{ b', () => '');
  assert.ok('problem' in open);
  assert.match(open.problem, /^Cannot find end tag="}}" in the template=/);
});

test('§1.7: the error that quotes a whole metric stays readable, and the status small', () => {
  const manifest = {
    job: { spec: { template: { note: `a {{ b ${'x'.repeat(200_000)}` } } },
  } as unknown as Metric['provider'];
  const message = problemOf({ metrics: [metric({ provider: manifest })] }) ?? '';
  assert.match(message, /^Unable to resolve metric arguments: failed to resolve {{ b x+… \(\d+ characters more\)$/);
  assert.ok(message.length < 5_000);
});

test('§1.7 BUG: control characters and whatever else a value holds do not break the metric', () => {
  const value = '\u0000\u0001\u007f\u2028 "quoted" \\ \ud800 ü 🎉';
  const resolved = valued({ x: value }, { successCondition: '{{args.x}}' });
  assert.equal((resolved as Metric).successCondition, value);
});

test('§1.7 QUIRK: count, interval and name cannot come from a Secret', () => {
  const args = [{ name: 's', valueFrom: { secretKeyRef: { name: 's', key: 'k' } } }];
  assert.match(
    problemOf({ args, metrics: [metric({ interval: '{{args.s}}' })] }) ?? '',
    /invalid interval string: time: invalid duration "temp-for-secret"/,
  );
  const counted = plan(run({ args, metrics: [metric({ name: '{{args.s}}', count: '{{args.s}}', ...every })] }));
  assert.deepEqual(counted.writes, [{ kind: 'measure', metric: 'temp-for-secret', call: 'run' }]);
});

test('§2.2 QUIRK: a run that is made has the empty objects that the reference writes', () => {
  const template = {
    spec: {
      containers: [
        { name: 'c', image: 'i' },
        { name: 'd', resources: { limits: {} } },
      ],
    },
  };
  const made = makeRun(
    { name: 'r' },
    {
      metrics: [
        metric(),
        metric({
          name: 'p',
          provider: { prometheus: { query: 'q', authentication: { basicAuth: { username: 'u' } } } },
        }),
        metric({ name: 'j', provider: { job: { spec: { template } } } as Metric['provider'] }),
        metric({ name: 'd', provider: { datadog: { query: 'q' } } as Metric['provider'] }),
      ],
    },
  );
  assert.deepEqual(made.status, { phase: '', runSummary: {} });
  const [web, prometheus, job, datadog] = made.spec.metrics.map(({ provider }) => provider);
  assert.deepEqual(web?.web?.authentication, { basicAuth: {}, oauth2: {}, sigv4: {} });
  assert.deepEqual(prometheus?.prometheus?.authentication, { basicAuth: { username: 'u' }, oauth2: {}, sigv4: {} });
  assert.deepEqual(job?.job, {
    metadata: {},
    spec: {
      template: {
        metadata: {},
        spec: {
          containers: [
            { resources: {}, name: 'c', image: 'i' },
            { name: 'd', resources: { limits: {} } },
          ],
        },
      },
    },
  });
  assert.deepEqual(datadog, { datadog: { query: 'q' } });
});

test('§2.3: a run is ours while it goes on, with the same spec and owner, and nobody ends it', () => {
  const spec: AnalysisRunSpec = { metrics: [metric()] };
  const ownerReferences = [{ apiVersion: '', kind: '', name: '', uid: 'o', controller: true }];
  const owned = makeRun({ name: 'r', ownerReferences }, spec);
  const is = (change: Partial<AnalysisRun>) => isAdoptableRun({ ...owned, ...change }, spec, 'o');
  assert.equal(is({}), true, 'empty objects equal absent ones');
  assert.equal(is({ spec: { ...owned.spec, ttlStrategy: { secondsAfterCompletion: 1 } } }), true);
  assert.equal(is({ spec: { ...owned.spec, terminate: true } }), false, 'SLIPWAY: the reference takes it');
  assert.equal(is({ spec: { metrics: [metric({ count: 2 })] } }), false);
  assert.equal(is({ status: { phase: 'Successful' } }), false);
  assert.equal(isAdoptableRun(owned, spec, 'other'), false);
});

test('§3.2 BUG: a run that was never measured has both times, so that it expires', () => {
  const { status } = plan(run({ metrics: [], ttlStrategy: { secondsAfterCompletion: 60 } }));
  assert.deepEqual(status, {
    phase: 'Error',
    message: 'Analysis spec invalid: no metrics specified',
    startedAt: at(0),
    completedAt: at(0),
    runSummary: {},
    dryRunSummary: {},
  });
  const ended = run({ metrics: [], ttlStrategy: { secondsAfterCompletion: 60 } }, status);
  assert.deepEqual(plan(ended, 61).writes, [{ kind: 'deleteRun' }]);
});

test('§3.2: the end of a metric and of the run are told', () => {
  const answer: CallAnswer = { ...beginning, phase: 'Failed', startedAt: start, answeredAt: start };
  const planned = planRun({ run: run({}), ledger: { inFlight: {}, answers: { m: answer } } }, start);
  const [write] = planned.writes;
  assert.ok(write?.kind === 'patchStatus');
  assert.deepEqual(write.events, [
    { type: 'Warning', reason: 'MetricFailed', message: "Metric 'm' Completed. Result: Failed" },
    { type: 'Warning', reason: 'AnalysisRunFailed', message: 'Analysis Completed. Result: Failed' },
  ]);
});

const beginning = { is: 'measured', kind: 'run', finishedBefore: 0 } as const;

test('§3.5, V-13: what the last measurement said is told with the limit', () => {
  const { message } = after('m:E m:E m:E m:E m:E', { metrics: together('m') }, 'no such host');
  assert.equal(
    message,
    'Metric "m" assessed Error due to consecutiveErrors (5) > consecutiveErrorLimit (4): "Error Message: no such host"',
  );
});

const limits = { ...every, count: 10, failureLimit: 4, consecutiveSuccessLimit: 4 };
const rowsOf17: readonly [answers: string, phase: string, message: string][] = [
  [
    'F S F S F S F S S S',
    'Inconclusive',
    'Metric "m" assessed Inconclusive due to consecutiveSuccess (3) < consecutiveSuccessLimit (4)',
  ],
  ['F S F S F S F F', 'Failed', 'Metric "m" assessed Failed due to failed (5) > failureLimit (4)'],
  ['F F S S F F S S S S', 'Successful', ''],
];
for (const [answers, phase, message] of rowsOf17) {
  test(`V-17, §3.5 BUG: after ${answers} the metric is ${phase}, counted and told so`, () => {
    const status = after(answers.replaceAll(/\b([SF])/g, 'm:$1'), { metrics: together('m', limits) });
    assert.deepEqual([status.phase, status.message ?? ''], [phase, message]);
    assert.deepEqual(status.runSummary, { count: 1, [phase.toLowerCase()]: 1 });
  });
}

test('V-16, §3.5 BUG: with failures switched off, too few successes in a row are told', () => {
  const fields = { ...every, count: 7, failureLimit: -1, consecutiveSuccessLimit: 3 };
  const status = after('m:S m:S m:S', { metrics: together('m', fields) });
  assert.equal(status.phase, 'Successful');
  const failed = after('m:S m:S m:F m:F m:F m:S m:S', { metrics: together('m', fields) });
  const why = 'Metric "m" assessed Failed due to consecutiveSuccess (2) < consecutiveSuccessLimit (3)';
  assert.deepEqual([failed.message, failed.runSummary], [why, { count: 1, failed: 1 }]);
});

test('V-03: without an interval errors are tried again every 10 s, five of them in a row', () => {
  let seconds = 0;
  let current = run({});
  for (let count = 1; count <= 5; count += 1) {
    const answer: CallAnswer = {
      ...beginning,
      finishedBefore: finishedCount(current.status?.metricResults?.[0]),
      phase: 'Error',
      startedAt: start + seconds * 1000,
      answeredAt: start + seconds * 1000,
    };
    const ledger = { inFlight: {}, answers: { m: answer } };
    current = { ...current, status: planRun({ run: current, ledger }, start + seconds * 1000).status };
    if (count < 5) assert.equal(plan(current, seconds).wakeAt, start + seconds * 1000 + 10_001);
    seconds += 11;
  }
  assert.equal(current.status?.phase, 'Error');
});

test('§3.5: the worst metric gives the phase and the message, the counters are of metrics', () => {
  const metrics = together('abcd', { count: 1 });
  const status = after('d:F a:S b:I c:F', { metrics, dryRun: [{ metricName: 'd' }] });
  assert.equal(status.phase, 'Failed');
  assert.equal(status.message, 'Metric "c" assessed Failed due to failed (1) > failureLimit (0)');
  assert.deepEqual(status.runSummary, { count: 3, successful: 1, inconclusive: 1, failed: 1 });
  assert.deepEqual(status.dryRunSummary, { count: 1, failed: 1 });
});

test('a metric may be called as something that every object has', () => {
  for (const name of ['constructor', 'toString', '__proto__']) {
    const metrics = [metric({ name, ...every })];
    assert.deepEqual(plan(run({ metrics })).writes, [{ kind: 'measure', metric: name, call: 'run' }]);
  }
  assert.equal(
    after('constructor:S', { metrics: together('m').concat(metric({ name: 'constructor' })) }).phase,
    'Running',
  );
});

test('§3.8: rules are patterns of RE2 that match anywhere', () => {
  const metrics = together('a').concat(['latest', 'test-2', 'other'].map((name) => metric({ name })));
  const dry = (metricName: string) => {
    const rules = metricRules(metrics, [{ metricName }]);
    return 'value' in rules ? [...rules.value.dryRun] : rules.problem;
  };
  assert.deepEqual(dry('test'), ['latest', 'test-2'], 'QUIRK: also in the middle of a word');
  assert.deepEqual(dry('^(?i)TEST'), ['test-2']);
  for (const pattern of ['*', '(?=a)', '(a', '^test$', '\\1'])
    assert.equal(dry(pattern), "dryRun[0]: Rule didn't match any metric name(s)");
});

test('§3.9: of two rules of retention that match the last counts', () => {
  const metrics = ['good', 'goods'].map((name) => metric({ name }));
  const rules = metricRules(
    metrics,
    [],
    [
      { metricName: 'good', limit: 20 },
      { metricName: 'goods', limit: 3 },
    ],
  );
  assert.ok('value' in rules);
  assert.deepEqual(
    ['good', 'goods'].map((name) => keptMeasurements(rules.value, name)),
    [20, 3],
  );
  const unmatched = metricRules(metrics, [], [{ metricName: 'bad', limit: 1 }]);
  assert.deepEqual(unmatched, { problem: "measurementRetention[0]: Rule didn't match any metric name(s)" });
});

test('§3.10: which time to live holds for which end', () => {
  const ttlStrategy = { secondsAfterCompletion: 100, secondsAfterFailure: 200, secondsAfterSuccess: 300 };
  for (const [phase, seconds] of [
    ['Successful', 300],
    ['Failed', 200],
    ['Error', 100],
    ['Inconclusive', 100],
  ] as const) {
    const done = run({ ttlStrategy }, { phase, completedAt: at(0) });
    assert.equal(plan(done, seconds).writes.length, 0, 'BUG of the reference: nothing looks again at that time');
    assert.equal(plan(done, seconds).wakeAt, start + (seconds + 1) * 1000);
    assert.deepEqual(plan(done, seconds + 1).writes, [{ kind: 'deleteRun' }]);
  }
  const successOnly = { ttlStrategy: { secondsAfterSuccess: 0 } };
  assert.equal(plan(run(successOnly, { phase: 'Failed', completedAt: at(0) }), 1e6).writes.length, 0);
  assert.equal(plan(run(successOnly, { phase: 'Successful', completedAt: at(0) }), 1).writes.length, 1);
});
