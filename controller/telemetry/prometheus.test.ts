import assert from 'node:assert/strict';
import { test } from 'node:test';
import { VirtualClock } from '../../sandbox/clock.ts';
import type { AnalysisRun, AnalysisTemplate, Rollout, RolloutStatus } from '../api/types.generated.ts';
import { isImportantEvent } from './event-reasons.ts';
import { createPrometheus } from './prometheus.ts';
import { requestLabels } from './requests.ts';

function make() {
  const clock = new VirtualClock();
  const prometheus = createPrometheus({ clock, version: 'v9', processMetrics: false });
  /** The sample lines of one metric. */
  const lines = async (name: string): Promise<string[]> => {
    const { body } = await prometheus.scrape('');
    return body.split('\n').filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `));
  };
  return { clock, prometheus, metrics: prometheus.metrics, lines };
}

function rollout(status: RolloutStatus, strategy: object = { canary: {} }): Rollout {
  return {
    metadata: { namespace: 'ns', name: 'web' },
    spec: { replicas: 4, strategy },
    status,
  } as unknown as Rollout;
}

function progressing(reason: string, ...more: string[]): RolloutStatus {
  const types = [{ type: 'Progressing', status: 'True', reason }, ...more.map((type) => ({ type, status: 'False' }))];
  return { conditions: types } as unknown as RolloutStatus;
}

test('rollout_info says strategy, router and phase, and follows their changes', async () => {
  const { metrics, lines } = make();
  metrics.rolloutObserved(rollout(progressing('ReplicaSetUpdated'), { blueGreen: {} }));
  assert.deepEqual(await lines('rollout_info'), [
    'rollout_info{namespace="ns",name="web",strategy="blueGreen",traffic_router="",phase="Progressing"} 1',
  ]);
  const canary = { canary: { trafficRouting: { alb: {}, istio: {} } } };
  metrics.rolloutObserved(rollout(progressing('RolloutPaused'), canary));
  assert.deepEqual(await lines('rollout_info'), [
    'rollout_info{namespace="ns",name="web",strategy="canary",traffic_router="Istio",phase="Paused"} 1',
  ]);
  const phases = await lines('rollout_phase');
  assert.equal(phases.length, 6);
  assert.deepEqual(
    phases.filter((line) => line.endsWith(' 1')),
    ['rollout_phase{namespace="ns",name="web",strategy="canary",phase="Paused"} 1'],
  );
});

test('O8: an invalid spec has no phase series but its own', async () => {
  const { metrics, lines } = make();
  metrics.rolloutObserved(rollout(progressing('NewReplicaSetAvailable', 'InvalidSpec')));
  assert.match((await lines('rollout_info'))[0] ?? '', /phase="InvalidSpec"} 1$/);
  assert.equal((await lines('rollout_phase')).filter((line) => line.endsWith(' 0')).length, 6);
});

test('O9: a router that is a plugin has no name', async () => {
  const { metrics, lines } = make();
  metrics.rolloutObserved(rollout({}, { canary: { trafficRouting: { plugins: { 'a/b': {} } } } }));
  assert.match((await lines('rollout_info'))[0] ?? '', /traffic_router=""/);
});

test('O10: unavailable replicas may be negative', async () => {
  const { metrics, lines } = make();
  metrics.rolloutObserved(rollout({ replicas: 3, availableReplicas: 5, updatedReplicas: 2 }));
  assert.deepEqual(await lines('rollout_info_replicas_unavailable'), [
    'rollout_info_replicas_unavailable{namespace="ns",name="web"} -2',
  ]);
  assert.match((await lines('rollout_info_replicas_desired'))[0] ?? '', / 4$/);
});

test('O29: the series of a deleted Rollout go: states at once, counters after 65 s', async () => {
  const { clock, metrics, lines } = make();
  metrics.rolloutObserved(rollout({}));
  metrics.rolloutReconciled('ns', 'web', 20);
  metrics.rolloutReconcileFailed('ns', 'web');
  metrics.rolloutEvent('ns', 'web', 'Normal', 'RolloutPaused');
  metrics.rolloutGone('ns', 'web');
  assert.deepEqual(await lines('rollout_info'), []);
  await clock.runFor(64_000);
  assert.equal((await lines('rollout_events_total')).length, 1);
  await clock.runFor(1_000);
  for (const name of ['rollout_events_total', 'rollout_reconcile_error', 'rollout_reconcile_count', 'rollout_phase']) {
    assert.deepEqual(await lines(name), [], name);
  }
});

test('counters of what was never seen as existing are swept', async () => {
  const { clock, metrics, lines } = make();
  metrics.rolloutReconcileFailed('ns', 'ghost');
  await clock.runFor(15 * 60_000);
  assert.deepEqual(await lines('rollout_reconcile_error'), []);
});

test('a Rollout that came back keeps its counters', async () => {
  const { clock, metrics, lines } = make();
  metrics.rolloutObserved(rollout({}));
  metrics.rolloutReconciled('ns', 'web', 20);
  metrics.rolloutGone('ns', 'web');
  await clock.runFor(10_000);
  metrics.rolloutObserved(rollout({}));
  await clock.runFor(20 * 60_000);
  assert.deepEqual(await lines('rollout_reconcile_count'), ['rollout_reconcile_count{namespace="ns",name="web"} 1']);
});

test('the parts of a finished update are told by its end', async () => {
  const { metrics, lines } = make();
  metrics.rolloutFinished({ status: 'Promoted', totalSeconds: 100, manualPauseSeconds: 60 });
  assert.deepEqual(await lines('rollout_duration_seconds_sum'), [
    'rollout_duration_seconds_sum{status="Promoted"} 100',
  ]);
  assert.match((await lines('rollout_progression_duration_seconds_sum'))[0] ?? '', / 40$/);
});

test('queues tell their depth, waits and what is at work', async () => {
  const { clock, metrics, lines } = make();
  metrics.added('Rollouts', 1);
  metrics.taken('Rollouts', 0, 5);
  await clock.runFor(2_000);
  assert.deepEqual(await lines('workqueue_unfinished_work_seconds'), [
    'workqueue_unfinished_work_seconds{name="Rollouts"} 2',
  ]);
  assert.deepEqual(await lines('workqueue_longest_running_processor_seconds'), [
    'workqueue_longest_running_processor_seconds{name="Rollouts"} 2',
  ]);
  metrics.finished('Rollouts', 2_000);
  assert.match((await lines('workqueue_unfinished_work_seconds'))[0] ?? '', / 0$/);
  assert.match((await lines('workqueue_work_duration_seconds_sum'))[0] ?? '', / 2$/);
  assert.match((await lines('workqueue_adds_total'))[0] ?? '', / 1$/);
});

test('requests are counted by kind and verb, without the names of which there are too many', () => {
  const labels = (verb: 'GET' | 'POST' | 'PATCH' | 'PUT', path: string, isWatch = false) =>
    Object.values(requestLabels({ request: { verb, path }, isWatch, status: 200, tookMs: 1 })).join(' ');
  assert.equal(labels('GET', '/apis/argoproj.io/v1alpha1/rollouts'), 'rollouts  N/A List 200');
  assert.equal(labels('GET', '/apis/argoproj.io/v1alpha1/rollouts', true), 'rollouts  N/A Watch 200');
  assert.equal(
    labels('PATCH', '/apis/argoproj.io/v1alpha1/namespaces/ns/rollouts/web/status'),
    'rollouts ns web Patch 200',
  );
  assert.equal(labels('GET', '/apis/apps/v1/namespaces/ns/replicasets/web-1'), 'replicasets ns N/A Get 200');
  assert.equal(labels('POST', '/api/v1/namespaces/ns/events'), 'events ns N/A Create 200');
  assert.equal(labels('PUT', '/apis/coordination.k8s.io/v1/namespaces/ns/leases/lock'), 'leases ns lock Update 200');
  assert.equal(labels('GET', '/apis/argoproj.io/v1alpha1'), 'Unknown Unknown Unknown Unknown 200');
});

test('a scraper that asks for OpenMetrics gets it, the next one the classic format', async () => {
  const { prometheus } = make();
  const [open, classic] = await Promise.all([
    prometheus.scrape('application/openmetrics-text; version=1.0.0'),
    prometheus.scrape('text/plain'),
  ]);
  assert.match(open.contentType, /openmetrics/);
  assert.match(open.body, /# EOF\n$/);
  assert.equal(classic.contentType, 'text/plain; version=0.0.4; charset=utf-8');
  assert.match(classic.body, /argo_rollouts_controller_info{version="v9"} 1/);
});

test('phases, aborts and completions are important, scaling is not', () => {
  const important = (reason: string) => isImportantEvent({ type: 'Normal', reason, message: '' });
  for (const reason of ['RolloutPaused', 'RolloutAborted', 'RolloutCompleted', 'AnalysisRunFailed']) {
    assert.equal(important(reason), true, reason);
  }
  for (const reason of ['ScalingReplicaSet', 'MetricFailed', 'Unheard']) assert.equal(important(reason), false, reason);
});

function run(status: object, metrics: readonly object[], args: readonly object[] = []): AnalysisRun {
  return { metadata: { namespace: 'ns', name: 'web-1' }, spec: { metrics, args }, status } as unknown as AnalysisRun;
}

test('a run is told by its phase, and each metric by provider, dry-run and phase', async () => {
  const { metrics, lines } = make();
  const spec = [
    { name: 'good-{{args.of}}', provider: { skywalking: {} } },
    { name: 'load', provider: { plugin: { 'a/b': {} } } },
  ];
  const results = [{ name: 'good-web', phase: 'Failed', dryRun: true }];
  metrics.analysisRunObserved(run({ phase: '' }, spec));
  assert.deepEqual(await lines('analysis_run_info'), [
    'analysis_run_info{namespace="ns",name="web-1",phase="Pending"} 1',
  ]);
  metrics.analysisRunObserved(run({ phase: 'Running', metricResults: results }, spec, [{ name: 'of', value: 'web' }]));
  assert.deepEqual(await lines('analysis_run_info'), [
    'analysis_run_info{namespace="ns",name="web-1",phase="Running"} 1',
  ]);
  assert.equal((await lines('analysis_run_phase')).length, 6);
  assert.deepEqual(await lines('analysis_run_metric_type'), [
    'analysis_run_metric_type{namespace="ns",name="web-1",metric="good-web",type="skywalking"} 1',
    'analysis_run_metric_type{namespace="ns",name="web-1",metric="load",type="RPCPlugin"} 1',
  ]);
  const phases = await lines('analysis_run_metric_phase');
  assert.equal(phases.length, 12);
  assert.deepEqual(
    phases.filter((line) => line.endsWith(' 1')),
    [
      'analysis_run_metric_phase{namespace="ns",name="web-1",metric="good-web",type="skywalking",dry_run="true",phase="Failed"} 1',
      'analysis_run_metric_phase{namespace="ns",name="web-1",metric="load",type="RPCPlugin",dry_run="false",phase="Pending"} 1',
    ],
  );
});

test('O29: nothing is kept of a run that is gone', async () => {
  const { clock, metrics, lines } = make();
  metrics.analysisRunObserved(run({ phase: 'Running' }, [{ name: 'm', provider: { web: {} } }]));
  metrics.analysisRunReconciled('ns', 'web-1', 20);
  metrics.analysisRunReconcileFailed('ns', 'web-1');
  metrics.analysisRunGone('ns', 'web-1');
  for (const name of ['info', 'phase', 'metric_type', 'metric_phase']) {
    assert.deepEqual(await lines(`analysis_run_${name}`), [], name);
  }
  assert.equal((await lines('analysis_run_reconcile_error')).length, 1);
  await clock.runFor(65_000);
  for (const name of ['reconcile_error', 'reconcile_count', 'reconcile_bucket']) {
    assert.deepEqual(await lines(`analysis_run_${name}`), [], name);
  }
});

test('templates are told with their metrics, those of the cluster without a namespace', async () => {
  const { metrics, lines } = make();
  const spec = { metrics: [{ name: 'm', provider: { cloudWatch: {} } }] };
  metrics.analysisTemplateObserved({ metadata: { name: 'shared' }, spec } as unknown as AnalysisTemplate);
  assert.deepEqual(await lines('analysis_template_info'), ['analysis_template_info{namespace="",name="shared"} 1']);
  assert.deepEqual(await lines('analysis_template_metric_info'), [
    'analysis_template_metric_info{namespace="",name="shared",type="CloudWatch",metric="m"} 1',
  ]);
  metrics.analysisTemplateGone('', 'shared');
  assert.deepEqual(await lines('analysis_template_metric_info'), []);
});
