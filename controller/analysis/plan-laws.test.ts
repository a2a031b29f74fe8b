// Runs of several metrics, and what holds of every run: V-05, V-10, V-18, V-21, V-29, V-30, V-31, V-45b, and that no run
// stands at Running when its measurements have ended, or waits for nothing.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { AnalysisRun, AnalysisRunSpec, Metric } from '../api/types.generated.ts';
import { isCompleted } from './assess/phases.ts';
import { effectiveCount } from './plan/int-or-string.ts';
import { finishedCount, resultOf } from './plan/tasks.ts';
import { planRun } from './plan.ts';
import type { CallAnswer, RunLedger, RunPhase, RunPlan } from './types.ts';

const start = Date.parse('2026-11-21T10:00:00Z');
const provider = { web: { url: 'http://x' } };
const job = { job: { spec: { template: {} } } } as Metric['provider'];
const metric = (name: string, fields: Partial<Metric> = {}): Metric => ({ name, provider, ...fields });
const create = (spec: AnalysisRunSpec): AnalysisRun => ({ metadata: { name: 'r', namespace: 'n' }, spec });

interface Course {
  readonly run: AnalysisRun;
  readonly now: number;
  readonly measured: readonly string[];
  readonly last: RunPlan;
}

/** How a call ends; undefined: never. */
type Script = (metric: string, index: number) => RunPhase | undefined;

/** The run under virtual time, until it is done, nothing is planned any more, or so many passes are over. */
function course(spec: AnalysisRunSpec, script: Script, passes = 400, from?: Course): Course {
  let run = from?.run ?? create(spec);
  let now = from?.now ?? start;
  const measured: string[] = [...(from?.measured ?? [])];
  const ledger: { inFlight: Record<string, { since: number }>; answers: Record<string, CallAnswer> } = {
    inFlight: {},
    answers: {},
  };
  let last = planRun({ run, ledger }, now);
  for (let pass = 0; pass < passes && !isCompleted(run.status?.phase); pass += 1) {
    last = planRun({ run, ledger: structuredClone(ledger) as RunLedger }, now);
    for (const write of last.writes) {
      if (write.kind === 'measure') {
        const phase = script(write.metric, measured.filter((name) => name === write.metric).length);
        measured.push(write.metric);
        if (phase === undefined) ledger.inFlight[write.metric] = { since: now };
        else {
          const kind = write.call;
          const lasting = phase === 'Running' ? { resumeAt: now + 5_000 } : {};
          const finishedBefore = finishedCount(resultOf(run, write.metric));
          const times = { startedAt: now, answeredAt: now };
          ledger.answers[write.metric] = { is: 'measured', kind, finishedBefore, ...times, phase, ...lasting };
        }
      } else if (write.kind === 'patchStatus') {
        run = { ...run, status: write.status };
        for (const name of write.answered) delete ledger.answers[name];
      } else if (write.kind === 'abandon') for (const name of write.metrics) delete ledger.inFlight[name];
    }
    if (last.writes.length > 0) continue;
    if (last.wakeAt === undefined) break;
    assert.ok(last.wakeAt > now, 'a pass that does nothing waits for a later one');
    now = last.wakeAt;
  }
  return { run, now, measured, last };
}

const always =
  (phases: Readonly<Record<string, RunPhase>>): Script =>
  (name) =>
    phases[name] ?? 'Successful';
const phasesOf = ({ run }: Course) =>
  Object.fromEntries((run.status?.metricResults ?? []).map(({ name, phase }) => [name, phase]));

test('V-05: a run waits for the metric whose delay is not over', () => {
  const spec = { metrics: [metric('a'), metric('b', { initialDelay: '1m' })] };
  const early = course(spec, always({}), 3);
  assert.deepEqual([phasesOf(early), early.run.status?.phase], [{ a: 'Successful' }, 'Running']);
  const done = course(spec, always({}));
  assert.deepEqual([phasesOf(done), done.run.status?.phase], [{ a: 'Successful', b: 'Successful' }, 'Successful']);
  assert.ok(done.now >= start + 60_000);
});

test('V-10: a Job that has ended is looked at when its time has come, not before', () => {
  const last = { phase: 'Running', startedAt: '2026-11-21T10:00:00Z', resumeAt: '2026-11-21T10:00:08Z' };
  const result = { name: 'j', phase: 'Running', measurements: [last] };
  const status = {
    phase: 'Running',
    startedAt: '2026-11-21T10:00:00Z',
    metricResults: [result],
    runSummary: { count: 1 },
    dryRunSummary: {},
  };
  const run = { ...create({ metrics: [metric('j', { provider: job })] }), status };
  const at = (seconds: number) => planRun({ run, ledger: { inFlight: {}, answers: {} } }, start + seconds * 1000);
  assert.deepEqual([at(1).writes, at(1).wakeAt], [[], start + 8_000]);
  assert.deepEqual(at(8).writes, [{ kind: 'measure', metric: 'j', call: 'resume' }]);
});

test('V-18: whoever is ended before its successes are enough is Successful', () => {
  const spec = { metrics: [metric('m', { interval: '10s', consecutiveSuccessLimit: 5 })] };
  const half = course(spec, always({}), 8);
  assert.equal(half.run.status?.metricResults?.[0]?.consecutiveSuccess, 3);
  const ended = course(spec, always({}), 400, { ...half, run: { ...half.run, spec: { ...spec, terminate: true } } });
  assert.deepEqual([ended.run.status?.phase, ended.run.status?.message], ['Successful', 'Run Terminated']);
  assert.deepEqual(phasesOf(ended), { m: 'Successful' });
});

test('V-21: Failed is worse than Error, and the message is of the worst', () => {
  const spec = { metrics: [metric('b', { consecutiveErrorLimit: 0 }), metric('a')] };
  const { run } = course(spec, always({ a: 'Failed', b: 'Error' }));
  assert.deepEqual(
    [run.status?.phase, run.status?.message],
    ['Failed', 'Metric "a" assessed Failed due to failed (1) > failureLimit (0)'],
  );
});

test('V-29: a run of nothing but dry metrics ends, whatever they say', () => {
  const spec = { metrics: [metric('a'), metric('b')], dryRun: [{ metricName: '.*' }] };
  const { run } = course(spec, always({ a: 'Failed', b: 'Failed' }));
  assert.equal(run.status?.phase, 'Successful');
  assert.deepEqual([run.status?.runSummary, run.status?.dryRunSummary], [{}, { count: 2, failed: 2 }]);
});

test('V-30: a dry failure before a wet one does not hide it', () => {
  const spec = {
    metrics: [metric('dry'), metric('wet'), metric('long', { interval: '10s' })],
    dryRun: [{ metricName: '^dry$' }],
  };
  const { run } = course(spec, always({ dry: 'Failed', wet: 'Failed' }));
  assert.equal(run.status?.phase, 'Failed');
  assert.match(run.status?.message ?? '', /^Metric "wet" assessed Failed/);
});

test('V-31: the text of a dry failure is told once, however often it is looked at', () => {
  const spec = {
    metrics: [metric('dry'), metric('long', { interval: '10s', count: 30 })],
    dryRun: [{ metricName: '^dry$' }],
  };
  const { run, measured } = course(spec, always({ dry: 'Failed' }));
  assert.equal(measured.filter((name) => name === 'long').length, 30);
  const result = run.status?.metricResults?.find(({ name }) => name === 'dry');
  assert.equal(result?.message, 'Metric assessed Failed due to failed (1) > failureLimit (0)');
});

test('V-45b: a tag of another language in a manifest is an error, for there is no escape', () => {
  const template = { metadata: { annotations: { a: '{{ end }}' } } };
  const spec = { metrics: [metric('j', { provider: { job: { spec: { template } } } as never })] };
  const { run } = course(spec, always({}));
  assert.deepEqual(
    [run.status?.phase, run.status?.message],
    ['Error', 'Unable to resolve metric arguments: failed to resolve {{ end }}'],
  );
});

const limit = fc.option(fc.integer({ min: -1, max: 4 }), { nil: undefined });
const anyMetric = fc.record(
  {
    interval: fc.constantFrom('5s', '1m', '300ms'),
    initialDelay: fc.constantFrom('10s', '0'),
    count: fc.integer({ min: 0, max: 6 }),
    failureLimit: limit,
    inconclusiveLimit: limit,
    consecutiveErrorLimit: limit,
    consecutiveSuccessLimit: limit,
    provider: fc.constantFrom(provider, job),
  },
  { requiredKeys: ['provider'] },
) as fc.Arbitrary<Partial<Metric>>;
const anySpec = fc.record({ metrics: fc.array(anyMetric, { minLength: 1, maxLength: 3 }), dry: fc.boolean() }).map(
  ({ metrics, dry }): AnalysisRunSpec => ({
    metrics: metrics.map((fields, index) => metric(`m${index}`, fields)),
    ...(dry ? { dryRun: [{ metricName: 'm0' }] } : {}),
  }),
);
const anyPhase = fc.constantFrom<RunPhase>('Successful', 'Failed', 'Error', 'Inconclusive', 'Running');

test('no run waits for nothing, and none is Running once every metric has ended', () => {
  fc.assert(
    fc.property(anySpec, fc.array(anyPhase, { minLength: 1, maxLength: 12 }), fc.boolean(), (spec, script, isEnded) => {
      const answers: Script = (_name, index) =>
        index > 60 ? 'Successful' : (script[index % script.length] ?? 'Failed');
      let { run, last } = course(spec, answers);
      if (isEnded && !isCompleted(run.status?.phase)) {
        const ended = { ...run, spec: { ...spec, terminate: true } };
        ({ run, last } = course(spec, answers, 100, { run: ended, now: start + 3_600_000, measured: [], last }));
        assert.ok(isCompleted(run.status?.phase), `told to end, it is ${run.status?.phase}`);
      }
      if (isCompleted(run.status?.phase)) {
        assert.ok(run.status?.completedAt && run.status.startedAt, 'both times are told');
        return;
      }
      assert.ok(last.writes.length > 0 || last.wakeAt !== undefined, 'it waits for nothing');
      assert.ok(last.writes.length > 0 || last.reasons.length > 0, 'and says so');
      const results = new Map(run.status?.metricResults?.map((result) => [result.name, result]));
      const areDone = spec.metrics.every(({ name }) => isCompleted(results.get(name)?.phase));
      assert.equal(areDone, false, 'every metric has ended');
      assert.ok(
        spec.metrics.some((each) => effectiveCount(each) === undefined || !isCompleted(results.get(each.name)?.phase)),
      );
    }),
    { numRuns: 300 },
  );
});

test('a finished run never changes, whatever is edited', () => {
  fc.assert(
    fc.property(anySpec, anyPhase, (spec, phase) => {
      const { run } = course(spec, () => (phase === 'Running' ? 'Successful' : phase), 60);
      if (!isCompleted(run.status?.phase)) return;
      const edited = { ...run, spec: { metrics: [], terminate: true } };
      const planned = planRun({ run: edited, ledger: { inFlight: {}, answers: {} } }, start + 86_400_000);
      assert.deepEqual([planned.writes, planned.status], [[], run.status]);
    }),
    { numRuns: 100 },
  );
});
