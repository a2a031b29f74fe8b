// Runs that a Rollout starts, follows and ends: rows V-38, V-39, V-44 to V-60 of analysis.md §8.4 and §8.5.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pausedConditions } from '../../../test/builders/midway.ts';
import {
  at,
  hashFor,
  promotedStatus,
  replicaSet,
  rollout,
  service,
  start,
  updatingStatus,
} from '../../../test/builders/objects.ts';
import { lawfulPlan, settle, shortWrite } from '../../../test/builders/rows.ts';
import { eventsOf, observe, type World, world } from '../../../test/builders/world.ts';
import type {
  AnalysisRun,
  AnalysisRunArgument,
  AnalysisTemplate,
  AnalysisTemplateSpec,
  BlueGreenStrategy,
  CanaryStrategy,
  RolloutAnalysis,
  RolloutSpec,
  RolloutStatus,
} from '../../api/types.generated.ts';
import { endingOf, sentenceOf } from '../../explain/sentences.ts';
import { plan } from '../plan.ts';
import type { Plan } from '../types.ts';

const a = hashFor('demo:a');
const b = hashFor('demo:b');
const check: RolloutAnalysis = { templates: [{ templateName: 'check' }] };
const metric = { name: 'm', provider: { web: { url: 'http://a' } } };

function template(name: string, spec: AnalysisTemplateSpec = { metrics: [metric] }): World['templates'] {
  const value: AnalysisTemplate = { apiVersion: '', kind: '', metadata: { name }, spec };
  return { [name]: { is: 'present', value } };
}

interface Given {
  readonly canary?: CanaryStrategy;
  readonly blueGreen?: Partial<BlueGreenStrategy>;
  readonly step?: number;
  readonly status?: RolloutStatus;
  readonly runs?: readonly AnalysisRun[];
  readonly spec?: Partial<RolloutSpec>;
  readonly template?: AnalysisTemplateSpec;
  readonly labels?: Readonly<Record<string, string>>;
  readonly active?: string;
  readonly preview?: number;
}

const steps = [{ setWeight: 20 }, { setWeight: 20 }, { analysis: check }, { pause: {} }];
const annotations = { 'rollout.argoproj.io/revision': '7' };

/** On the way from demo:a to demo:b, at the analysis of step 2 unless told. */
function midway(given: Given = {}): World {
  const { blueGreen, active = a, preview = 10 } = given;
  const canary = given.canary ?? { steps };
  const base = rollout({
    image: 'demo:b',
    annotations,
    ...(blueGreen ? { blueGreen: { activeService: 'active', previewService: 'preview', ...blueGreen } } : { canary }),
    ...(given.spec ? { spec: given.spec } : {}),
    status: updatingStatus({
      stable: 'demo:a',
      current: 'demo:b',
      ...(blueGreen ? {} : { canary, step: given.step ?? 2 }),
      more: {
        ...(blueGreen
          ? {
              replicas: 10 + preview,
              updatedReplicas: preview,
              selector: `app=demo,rollouts-pod-template-hash=${active}`,
              blueGreen: { activeSelector: active, previewSelector: b },
            }
          : { updatedReplicas: 2 }),
        ...given.status,
      },
    }),
  });
  const labels = given.labels ? { metadata: { ...base.metadata, labels: given.labels } } : {};
  return world({
    rollout: { ...base, ...labels },
    replicaSets: blueGreen
      ? [
          replicaSet({ image: 'demo:a', revision: 6, replicas: 10 }),
          replicaSet({ image: 'demo:b', revision: 7, replicas: preview, desired: 10 }),
        ]
      : [
          replicaSet({ image: 'demo:a', revision: 6, replicas: 8 }),
          replicaSet({ image: 'demo:b', revision: 7, replicas: 2 }),
        ],
    services: blueGreen ? [service('active', { hash: active }), service('preview', { hash: b })] : [],
    analysisRuns: given.runs ?? [],
    templates: template('check', given.template),
  });
}

/** A run of demo:b as the Rollout made it. */
function run(
  name: string,
  phase = '',
  more: Partial<AnalysisRun['metadata']> & { spec?: object; message?: string } = {},
) {
  const { spec, message, labels, ...metadata } = more;
  const step = /-(\d)(\.\d+)?$/.exec(name)?.[1];
  return {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'AnalysisRun',
    metadata: {
      name,
      namespace: 'shop',
      uid: `uid-${name}`,
      creationTimestamp: at(-50),
      labels: {
        'rollouts-pod-template-hash': b,
        ...(name.endsWith(`${b}-7`) ? {} : { 'step-index': step ?? '' }),
        ...labels,
      },
      ownerReferences: [
        {
          apiVersion: 'argoproj.io/v1alpha1',
          kind: 'Rollout',
          name: 'demo',
          uid: rollout().metadata.uid ?? '',
          controller: true,
        },
      ],
      ...metadata,
    },
    spec: { metrics: [metric], ...spec },
    status: { phase, ...(message === undefined ? {} : { message }) },
  } as AnalysisRun;
}

const name = (suffix = '') => `demo-${b}-7${suffix}`;
const stepStatus = (status: string, of = name('-2')): RolloutStatus => ({
  canary: { currentStepAnalysisRunStatus: { name: of, status } },
});
const backgroundStatus = (status: string): RolloutStatus => ({
  canary: { currentBackgroundAnalysisRunStatus: { name: name(), status } },
});
const planOf = (given: World): Plan => lawfulPlan(given, start);
const created = (plan: Plan): AnalysisRun[] =>
  plan.writes.flatMap((write) => (write.kind === 'createAnalysisRun' ? [write.object] : []));
const names = (plan: Plan) => created(plan).map(({ metadata }) => metadata.name);
const ended = (plan: Plan) => plan.writes.map(shortWrite).filter((write) => write.startsWith('terminate'));
const told = (plan: Plan) => eventsOf(plan).map(({ type, reason, message }) => `${type} ${reason}: ${message}`);

test('V-46: a run is named after Rollout, hash, revision and step, and labelled so', () => {
  const metadata = { labels: { team: 'x', 'step-index': 'mine' }, annotations: { who: 'me' } };
  const plan = planOf(
    midway({
      canary: {
        steps: [{ setWeight: 20 }, { setWeight: 20 }, { analysis: { ...check, analysisRunMetadata: metadata } }],
      },
      labels: { 'argo-rollouts.argoproj.io/controller-instance-id': 'blue' },
    }),
  );
  const [made] = created(plan);
  assert.equal(made?.metadata.name, name('-2'));
  assert.deepEqual(made?.metadata.labels, {
    'rollouts-pod-template-hash': b,
    'rollout-type': 'Step',
    'step-index': 'mine',
    'argo-rollouts.argoproj.io/controller-instance-id': 'blue',
    team: 'x',
    app: 'demo',
  });
  assert.deepEqual(made?.metadata.annotations, { 'rollout.argoproj.io/revision': '7', who: 'me' });
  const [owner] = made?.metadata.ownerReferences ?? [];
  assert.deepEqual(
    [owner?.kind, owner?.name, owner?.controller, owner?.blockOwnerDeletion],
    ['Rollout', 'demo', true, true],
  );
  assert.deepEqual(plan.status.canary?.currentStepAnalysisRunStatus, { name: name('-2'), status: '' });
  assert.deepEqual(
    told(plan).filter((line) => line.includes('Analysis')),
    [],
    'nothing is told before it has a phase',
  );
});

test('V-46: a background run has no suffix, those around a promotion say which', () => {
  assert.deepEqual(names(planOf(midway({ canary: { steps: steps.slice(0, 2), analysis: check }, step: 0 }))), [name()]);
  assert.deepEqual(names(planOf(midway({ blueGreen: { prePromotionAnalysis: check } }))), [name('-pre')]);
  const switched = { blueGreen: { postPromotionAnalysis: check }, active: b };
  const plan = planOf(midway(switched));
  assert.deepEqual(names(plan), [name('-post')]);
  assert.equal(created(plan)[0]?.metadata.labels?.['rollout-type'], 'PostPromotion');
});

test('V-47: a finished run of an earlier try keeps its name, the next one counts on', () => {
  const retried = { abortedAt: at(-5) };
  assert.deepEqual(names(planOf(midway({ runs: [run(name('-2'), 'Failed')], status: retried }))), [name('-2.1')]);
  const runs = [run(name('-2'), 'Failed'), run(name('-2.1'), 'Failed')];
  assert.deepEqual(names(planOf(midway({ runs, status: retried }))), [name('-2.2')]);
});

test('V-48: a running one of the same spec and owner is ours', () => {
  const plan = planOf(midway({ runs: [run(name('-2'), 'Running')] }));
  assert.deepEqual(names(plan), []);
  assert.deepEqual(plan.status.canary?.currentStepAnalysisRunStatus, { name: name('-2'), status: 'Running' });
  const others = {
    'of another spec': run(name('-2'), 'Running', { spec: { metrics: [{ ...metric, name: 'other' }] } }),
    'that is being ended': run(name('-2'), 'Running', { spec: { terminate: true } }),
  };
  for (const [what, other] of Object.entries(others)) {
    assert.deepEqual(names(planOf(midway({ runs: [other] }))), [name('-2.1')], what);
  }
});

test('S10: a run that ended before any status named it is ours, an earlier try of the step is not', () => {
  const labels = { 'rollout-type': 'Step', app: 'demo' };
  const annotations = { 'rollout.argoproj.io/revision': '7' };
  const over = (seconds: number, phase = 'Successful') =>
    run(name('-2'), phase, { labels, annotations, creationTimestamp: at(seconds) });
  const adopted = planOf(midway({ runs: [over(-5)] }));
  assert.deepEqual([names(adopted), adopted.status.currentStepIndex], [[], 3]);
  const failed = settle(midway({ runs: [over(-5, 'Failed')] }), start).world.rollout.status;
  assert.equal(failed?.abort, true);
  assert.deepEqual(names(planOf(midway({ runs: [over(-11)] }))), [name('-2.1')], 'older than the step');
  assert.deepEqual(
    names(planOf(midway({ runs: [over(-5)], status: { abortedAt: at(-1) } }))),
    [name('-2.1')],
    'a retry',
  );
  const resumed = { ...stepStatus('Inconclusive'), controllerPause: true };
  assert.deepEqual(
    names(planOf(midway({ runs: [over(-5, 'Inconclusive')], status: resumed }))),
    [name('-2.1')],
    'a resume',
  );
});

test('a current run that the store does not show yet is looked for in the cluster, not made again', () => {
  const given = midway({ status: stepStatus('Running') });
  const running = run(name('-2'), 'Running');
  const asked = plan({ ...observe(given), liveAnalysisRuns: {} }, start);
  assert.deepEqual(asked.needs, [{ kind: 'analysisRun', name: name('-2') }]);
  const found = planOf({ ...given, liveAnalysisRuns: { [name('-2')]: { is: 'present', value: running } } });
  assert.deepEqual([names(found), found.status.canary?.currentStepAnalysisRunStatus?.name], [[], name('-2')]);
  assert.deepEqual(names(planOf(given)), [name('-2')], 'deleted: a new one under the old name');
  const problem = { class: 'unreachable' as const, message: 'no answer' };
  const failed = { [name('-2')]: { is: 'failed', problem, since: start } } as const;
  const unread = plan(observe({ ...given, liveAnalysisRuns: failed }), start);
  assert.deepEqual(names(unread), []);
  assert.deepEqual(unread.status.canary?.currentStepAnalysisRunStatus, { name: name('-2'), status: 'Running' });
  assert.ok(unread.reasons.some(({ code }) => code === 'objectUnreadable'));
});

test('what a step waits for is told by metric: how often, how much may go wrong, and when next', () => {
  const measurement = { phase: 'Failed', finishedAt: at(-20) };
  const result = { name: 'm', phase: 'Running', count: 2, failed: 1, measurements: [measurement] };
  const metrics = [{ ...metric, interval: '30s', count: 5, failureLimit: 2 }];
  const running = run(name('-2'), 'Running', { spec: { metrics } });
  const measured = { ...running, status: { phase: 'Running', metricResults: [result] } };
  const { reasons } = planOf(midway({ runs: [measured], status: stepStatus('Running') }));
  const reason = reasons.find(({ code }) => code === 'analysisMeasures');
  assert.deepEqual(reason, {
    code: 'analysisMeasures',
    blocks: 'step',
    data: {
      run: name('-2'),
      metric: 'm',
      count: 2,
      wanted: 5,
      failuresLeft: 1,
      inconclusiveLeft: 0,
      errorsLeft: 4,
      lastProblem: 'Failed',
    },
    until: start + 10_001,
  });
  assert.equal(
    reason && sentenceOf(reason),
    `AnalysisRun ${name('-2')} measures m: 2 of 5 done; 1 failure and 4 errors in a row may still come; the last was Failed`,
  );
  assert.equal(reason && endingOf(reason, start), 'The next measurement is in 11s.');
});

test('V-49: a step whose run failed or broke aborts the update, with what the run says', () => {
  for (const [phase, message, text] of [
    [
      'Failed',
      'Metric "m" assessed Failed due to failed (1) > failureLimit (0)',
      ': Metric "m" assessed Failed due to failed (1) > failureLimit (0)',
    ],
    ['Error', undefined, ''],
  ] as const) {
    const failed = run(name('-2'), phase, message === undefined ? {} : { message });
    const plan = planOf(midway({ runs: [failed], status: stepStatus('Running') }));
    assert.equal(plan.status.abort, true);
    assert.ok(plan.status.message?.endsWith(`Step-based analysis phase error/failed${text}`), plan.status.message);
    assert.ok(
      told(plan).includes(
        `Warning AnalysisRun${phase}: Step Analysis Run '${name('-2')}' Status New: '${phase}' Previous: 'Running'`,
      ),
      told(plan).join('\n'),
    );
  }
});

test('what a run that ended badly had measured is told, of an abort and of an inconclusive pause', () => {
  const metrics = [{ ...metric, successCondition: 'result > 5' }];
  const ended = (phase: string): AnalysisRun => {
    const measurements = ['7', '3'].map((value) => ({ phase, value }));
    const status = { phase, metricResults: [{ name: 'm', phase, measurements }] };
    return { ...run(name('-2'), phase, { spec: { metrics } }), status } as AnalysisRun;
  };
  for (const phase of ['Failed', 'Inconclusive']) {
    const earlier = run(name('-1'), phase, { creationTimestamp: at(-500) });
    const { last } = settle(midway({ runs: [earlier, ended(phase)], status: stepStatus('Running') }), start);
    const [reason, ...more] = last.reasons.filter(({ code }) => code === 'analysisFailed');
    const text = `Metric m of AnalysisRun ${name('-2')} is ${phase}: it measured 7, 3 (successCondition: result > 5)`;
    assert.deepEqual([reason && sentenceOf(reason), more], [text, []]);
  }
});

test('V-50: an inconclusive step pauses, and a run is made anew once the pause alone is gone', () => {
  const runs = [run(name('-2'), 'Inconclusive')];
  const plan = planOf(midway({ runs, status: stepStatus('Running') }));
  assert.deepEqual(
    plan.status.pauseConditions?.map(({ reason }) => reason),
    ['InconclusiveAnalysisRun'],
  );
  assert.equal(plan.status.controllerPause, true);
  assert.equal(plan.status.currentStepIndex, 2);

  const paused = { ...stepStatus('Inconclusive'), controllerPause: true };
  const pauseConditions = [{ reason: 'InconclusiveAnalysisRun', startTime: at(-5) }];
  assert.deepEqual(names(planOf(midway({ runs, status: { ...paused, pauseConditions } }))), [], 'while it is paused');
  assert.deepEqual(names(planOf(midway({ runs, status: paused }))), [name('-2.1')], 'the pause was taken away');
  const promoted = planOf(midway({ runs, status: { ...paused, controllerPause: false }, step: 3 }));
  assert.deepEqual(names(promoted), [], 'promote skips the step');
  assert.equal(promoted.status.canary?.currentStepAnalysisRunStatus, undefined);
});

test('an inconclusive outcome that is news pauses, also where a resume of before is still remembered', () => {
  const canary = { steps: [{ pause: {} }], analysis: check };
  const status = { ...backgroundStatus('Running'), controllerPause: true, conditions: pausedConditions };
  const spec = { paused: true };
  const plan = planOf(midway({ canary, step: 0, spec, runs: [run(name(), 'Inconclusive')], status }));
  assert.deepEqual(names(plan), []);
  assert.deepEqual(
    plan.status.pauseConditions?.map(({ reason }) => reason),
    ['InconclusiveAnalysisRun'],
  );
});

test('V-51: the next analysis step gets a run of its own', () => {
  const canary = { steps: [{ setWeight: 20 }, { analysis: check }, { analysis: check }] };
  const plan = planOf(
    midway({ canary, runs: [run(name('-1'), 'Successful')], status: stepStatus('Successful', name('-1')) }),
  );
  assert.deepEqual(names(plan), [name('-2')]);
});

test('V-51: nor is a step done by the run of another one, where its own cannot be started', () => {
  const args = [{ name: 'x', valueFrom: { fieldRef: { fieldPath: 'status.restartedAt' } } }];
  const canary = { steps: [{ setWeight: 20 }, { analysis: check }, { analysis: { ...check, args } }] };
  const runs = [run(name('-1'), 'Successful')];
  const plan = planOf(midway({ canary, runs, status: stepStatus('Successful', name('-1')) }));
  assert.deepEqual([names(plan), plan.status.currentStepIndex], [[], 2]);
  assert.ok(plan.reasons.some(({ code }) => code === 'analysisImpossible'));
});

test('a step is done when its run is Successful, and not before', () => {
  const index = (phase: string) =>
    planOf(midway({ runs: [run(name('-2'), phase)], status: stepStatus('Running') })).status.currentStepIndex;
  assert.deepEqual(['Running', 'Successful'].map(index), [2, 3]);
});

test('V-52: a background run starts at its step, once, whatever becomes of it', () => {
  const canary = { steps: [...steps.slice(0, 2), { setWeight: 40 }], analysis: { ...check, startingStep: 2 } };
  assert.deepEqual(names(planOf(midway({ canary, step: 1, status: { updatedReplicas: 1 } }))), []);
  assert.deepEqual(names(planOf(midway({ canary, step: 2 }))), [name()]);
  const done = midway({ canary, step: 2, runs: [run(name(), 'Successful')], status: backgroundStatus('Successful') });
  assert.deepEqual(names(planOf(done)), []);
});

test('V-45c: a background run that has ended by its count is not started again, and the update goes on', () => {
  const canary = { steps: [{ setWeight: 20 }, { pause: {} }, { setWeight: 20 }, { pause: {} }], analysis: check };
  const plan = planOf(
    midway({ canary, step: 2, runs: [run(name(), 'Successful')], status: backgroundStatus('Running') }),
  );
  assert.deepEqual(names(plan), []);
  assert.equal(plan.status.currentStepIndex, 3);
  assert.deepEqual(plan.status.canary?.currentBackgroundAnalysisRunStatus, { name: name(), status: 'Successful' });
});

test('a background run that failed aborts the update', () => {
  const canary = { steps: [{ setWeight: 20 }, { pause: {} }], analysis: check };
  const runs = [run(name(), 'Failed', { message: 'too bad' })];
  const plan = planOf(midway({ canary, step: 1, runs, status: backgroundStatus('Running') }));
  assert.equal(plan.status.abort, true);
  assert.match(plan.status.message ?? '', /Background analysis phase error\/failed: too bad$/);
});

test('V-53: with the promotion the background run is ended and dropped', () => {
  const canary = { steps: [{ setWeight: 20 }], analysis: check };
  const status = { ...promotedStatus('demo:b', { canary }), ...backgroundStatus('Running') };
  const given = midway({ canary, status, runs: [run(name(), 'Running')] });
  const plan = planOf({ ...given, replicaSets: [replicaSet({ image: 'demo:b', revision: 7, replicas: 10 })] });
  assert.deepEqual(ended(plan), [`terminate ${name()}`]);
  assert.equal(plan.status.canary?.currentBackgroundAnalysisRunStatus, undefined);
});

test('V-54: an analysis without templates is none: a run of it is ended, and the update goes on', () => {
  const canary = {
    steps: [{ setWeight: 20 }, { pause: {} }, { setWeight: 20 }, { pause: {} }],
    analysis: { templates: [] },
  };
  const plan = planOf(midway({ canary, step: 2, runs: [run(name(), 'Running')], status: backgroundStatus('Running') }));
  assert.deepEqual(ended(plan), [`terminate ${name()}`]);
  assert.equal(plan.status.canary?.currentBackgroundAnalysisRunStatus, undefined);
  assert.equal(plan.status.currentStepIndex, 3);
});

test('a step whose analysis names no templates says what is wrong: no run will ever end', () => {
  const { reasons } = planOf(midway({ canary: { steps: [{ analysis: { templates: [] } }] }, step: 0 }));
  assert.ok(!reasons.some(({ code }) => code === 'stepWaits'));
  const told = reasons.find(({ code }) => code === 'analysisImpossible');
  assert.equal(told?.data.message, 'the analysis of step 1 names no templates');
});

test('V-55: nothing is analysed at first, on the way back to stable, or back within the window', () => {
  const canary = { steps: [{ analysis: check }], analysis: check };
  const { stableRS: _stable, ...first } = updatingStatus({ stable: 'demo:b', current: 'demo:b', canary });
  const fresh = midway({ canary, status: first });
  const initial = planOf({
    ...fresh,
    rollout: { ...fresh.rollout, status: first },
    replicaSets: [replicaSet({ image: 'demo:b', revision: 7, replicas: 10, available: 3 })],
  });
  assert.deepEqual(names(initial), []);

  const within = midway({
    canary,
    spec: { rollbackWindow: { revisions: 3 } },
    runs: [run(name('-0'), 'Running')],
    step: 0,
    status: stepStatus('Running', name('-0')),
  });
  const older = planOf({
    ...within,
    replicaSets: [
      replicaSet({ image: 'demo:a', revision: 6, replicas: 8, createdAt: -10 }),
      replicaSet({ image: 'demo:b', revision: 7, replicas: 2, createdAt: -90 }),
    ],
  });
  assert.deepEqual(names(older), []);
  assert.deepEqual(ended(older), [`terminate ${name('-0')}`]);
});

test('an abort ends every run and a canary forgets them', () => {
  const canary = { steps: [{ setWeight: 20 }, { setWeight: 20 }, { analysis: check }], analysis: check };
  const status = {
    abort: true,
    abortedAt: at(-1),
    canary: {
      currentStepAnalysisRunStatus: { name: name('-2'), status: 'Running' },
      currentBackgroundAnalysisRunStatus: { name: name(), status: 'Running' },
    },
  };
  const plan = planOf(midway({ canary, status, runs: [run(name('-2'), 'Running'), run(name(), 'Running')] }));
  assert.deepEqual(ended(plan).sort(), [`terminate ${name()}`, `terminate ${name('-2')}`]);
  assert.equal(plan.status.canary?.currentStepAnalysisRunStatus, undefined);
  assert.equal(plan.status.canary?.currentBackgroundAnalysisRunStatus, undefined);
});

test('runs of ours that are not current are ended; finished ones and those that are being ended are let be', () => {
  const runs = [
    run(name('-2'), 'Running'),
    run(name('-1'), 'Running'),
    run(name('-0'), 'Successful'),
    run(name('-1.1'), 'Running', { spec: { terminate: true } }),
  ];
  assert.deepEqual(ended(planOf(midway({ runs, status: stepStatus('Running') }))), [`terminate ${name('-1')}`]);
});

const pre = { prePromotionAnalysis: check };
const preStatus = (status: string): RolloutStatus => ({
  blueGreen: { activeSelector: a, previewSelector: b, prePromotionAnalysisRunStatus: { name: name('-pre'), status } },
});

test('before a promotion the run waits for all pods of the preview, and is not ended when one goes', () => {
  const small = (given: Given) => {
    const from = midway(given);
    const preview = replicaSet({ image: 'demo:b', revision: 7, replicas: 10, available: 9 });
    return planOf({ ...from, replicaSets: [from.replicaSets[0] ?? preview, preview] });
  };
  assert.deepEqual(names(small({ blueGreen: pre })), []);
  const runs = [run(name('-pre'), 'Running')];
  const plan = small({ blueGreen: pre, runs, status: preStatus('Running') });
  assert.deepEqual([names(plan), ended(plan)], [[], []], 'V-56');
  assert.equal(plan.status.blueGreen?.prePromotionAnalysisRunStatus?.name, name('-pre'));
});

test('V-57: the Service is switched when the run is Successful, whatever the clock says', () => {
  const strategy = { ...pre, autoPromotionSeconds: 10 };
  const pauseConditions = [{ reason: 'BlueGreenPause', startTime: at(-100) }];
  const of = (phase: string) =>
    midway({
      blueGreen: strategy,
      runs: [run(name('-pre'), phase)],
      status: { ...preStatus('Running'), pauseConditions, controllerPause: true },
    });
  const isSwitched = (given: World) =>
    settle(given, start).waves.some(({ writes }) => writes.map(shortWrite).includes(`service active ${b}`));
  assert.equal(isSwitched(of('Running')), false);
  assert.equal(isSwitched(of('Successful')), true);
});

test('V-58: a run that fails after the promotion aborts, and the Service goes back', () => {
  const status = {
    blueGreen: {
      activeSelector: b,
      previewSelector: b,
      postPromotionAnalysisRunStatus: { name: name('-post'), status: 'Running' },
    },
  };
  const runs = [run(name('-post'), 'Failed', { message: 'bad' })];
  const given = midway({ blueGreen: { postPromotionAnalysis: check }, active: b, runs, status });
  const plan = planOf(given);
  assert.equal(plan.status.abort, true);
  assert.match(plan.status.message ?? '', /Blue\/green post-promotion analysis phase error\/failed: bad$/);
  const next = planOf({ ...given, rollout: { ...given.rollout, status: plan.status } });
  assert.ok(next.writes.map(shortWrite).includes(`service active ${a}`), next.writes.map(shortWrite).join());
});

test('V-59: of finished runs the newest stay, good and bad counted apart', () => {
  const old = (suffix: string, phase: string, seconds: number) =>
    run(name(`-${suffix}`), phase, { creationTimestamp: at(seconds) });
  const runs = [
    old('0', 'Successful', -30),
    old('0.1', 'Successful', -20),
    old('0.2', 'Successful', -10),
    old('1', 'Failed', -30),
    old('1.1', 'Inconclusive', -20),
    old('1.2', 'Running', -90),
  ];
  const deleted = (spec: Partial<RolloutSpec>, all = runs) =>
    planOf(midway({ runs: [...all, run(name('-2'), 'Running')], status: stepStatus('Running'), spec }))
      .writes.flatMap((write) => (write.kind === 'deleteAnalysisRun' ? [write.name] : []))
      .sort();
  assert.deepEqual(deleted({ analysis: { successfulRunHistoryLimit: 1 } }), [name('-0'), name('-0.1')]);
  assert.deepEqual(deleted({ analysis: { unsuccessfulRunHistoryLimit: 0 } }), [name('-1'), name('-1.1')]);
  const homeless = [
    run('gone', 'Successful', { labels: { 'rollouts-pod-template-hash': 'gone' } }),
    run('bare', 'Failed', { labels: { 'rollouts-pod-template-hash': '' } }),
  ];
  assert.deepEqual(deleted({}, homeless), ['bare', 'gone']);
});

test('V-60: an inconclusive background run during a pause step adds its pause and no run', () => {
  const canary = { steps: [{ setWeight: 20 }, { pause: {} }], analysis: check };
  const pauseConditions = [{ reason: 'CanaryPauseStep', startTime: at(-60) }];
  const status = { ...backgroundStatus('Running'), pauseConditions, controllerPause: true };
  const runs = [run(name(), 'Inconclusive')];
  const { world: rest, waves } = settle(midway({ canary, step: 1, runs, status }), start);
  assert.deepEqual(waves.flatMap(names), []);
  assert.deepEqual(
    rest.rollout.status?.pauseConditions?.map(({ reason }) => reason),
    ['CanaryPauseStep', 'InconclusiveAnalysisRun'],
  );
});

test('§3.4.10: in the pass that finds it inconclusive nothing is sized, and no other pause begins', () => {
  const runs = [run(name(), 'Inconclusive')];
  const status = backgroundStatus('Running');
  const unsized = planOf(midway({ canary: { steps: [{ setWeight: 50 }], analysis: check }, step: 0, runs, status }));
  assert.deepEqual(unsized.writes.map(shortWrite), ['status']);
  const atPause = { steps: [{ setWeight: 20 }, { pause: {} }], analysis: check };
  const paused = planOf(midway({ canary: atPause, step: 1, runs, status }));
  assert.deepEqual(
    paused.status.pauseConditions?.map(({ reason }) => reason),
    ['InconclusiveAnalysisRun'],
  );
});

const argumentsOf = (args: readonly AnalysisRunArgument[], spec: AnalysisTemplateSpec, given: Given = {}): Plan =>
  planOf(
    midway({
      canary: { steps: [{ setWeight: 20 }, { setWeight: 20 }, { analysis: { ...check, args } }] },
      template: spec,
      ...given,
    }),
  );
const declared = (...args: string[]): AnalysisTemplateSpec => ({
  metrics: [metric],
  args: args.map((arg) => ({ name: arg })),
});

test('V-38: QUIRK: an argument without a value replaces the default by nothing', () => {
  const spec = { metrics: [metric], args: [{ name: 'x', value: '5' }] };
  assert.deepEqual(created(argumentsOf([{ name: 'x' }], spec))[0]?.spec.args, [{ name: 'x', value: '' }]);
});

test('V-39: an argument that no template declares is dropped', () => {
  const [made] = created(
    argumentsOf(
      [
        { name: 'x', value: '1' },
        { name: 'y', value: '2' },
      ],
      declared('x'),
    ),
  );
  assert.deepEqual(made?.spec.args, [{ name: 'x', value: '1' }]);
});

test('V-44: fields of the Rollout, as text', () => {
  const field = (fieldPath: string) => ({ valueFrom: { fieldRef: { fieldPath } } });
  const paths = {
    'spec.replicas': '10',
    'spec.minReadySeconds': '2097152',
    'spec.template.spec.containers[0].image': 'demo:b',
    'status.stableRS': a,
    'metadata.name': 'demo',
    'metadata.namespace': 'shop',
    "metadata.labels['team']": '',
    "metadata.annotations['rollout.argoproj.io/revision']": '7',
    'metadata.labels': 'one="1"\ntwo="say \\"2\\""',
  };
  const args = Object.keys(paths).map((path, index) => ({ name: `a${index}`, ...field(path) }));
  const plan = argumentsOf(args, declared(...args.map((arg) => arg.name)), {
    labels: { two: 'say "2"', one: '1' },
    spec: { minReadySeconds: 2_097_152, progressDeadlineSeconds: 2_097_200 },
  });
  assert.deepEqual(
    created(plan)[0]?.spec.args?.map(({ value }) => value),
    Object.values(paths),
  );

  for (const [path, message] of [
    ['status.nope', 'invalid path status.nope in rollout'],
    ['spec.template', 'path spec.template in rollout must terminate in a primitive value'],
    ['spec.template.spec.containers[3].image', 'index 3 out of range'],
    ['spec.template.spec.containers.first', "invalid index 'first'"],
  ] as const) {
    const broken = argumentsOf([{ name: 'x', ...field(path) }], declared('x'));
    assert.deepEqual(names(broken), []);
    assert.ok(
      broken.reasons.some(({ data }) => data.message === message),
      JSON.stringify(broken.reasons),
    );
  }
});

test('V-45: the hashes of the new and of the stable version', () => {
  const args = [
    { name: 'latest', valueFrom: { podTemplateHashValue: 'Latest' as const } },
    { name: 'stable', valueFrom: { podTemplateHashValue: 'Stable' as const } },
  ];
  const [made] = created(argumentsOf(args, declared('latest', 'stable')));
  assert.deepEqual(
    made?.spec.args?.map(({ value }) => value),
    [b, a],
  );
});
