// How an Experiment runs from start to end, and how it fails (analysis.md §6; vectors V-61 to V-72).

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deadlineOf, ExperimentWorld, podsOf, timeAfter } from '../../test/builders/experiment-world.ts';
import type { ExperimentAnalysisTemplateRef } from '../api/types.generated.ts';
import type { ExperimentPlan } from './types.ts';

const writesOf = (plan: ExperimentPlan) => plan.writes.map(({ key }) => key);
const check: ExperimentAnalysisTemplateRef = { name: 'a', templateName: 'check' };
const required: ExperimentAnalysisTemplateRef = { ...check, requiredForCompletion: true };

function withAnalyses(...analyses: ExperimentAnalysisTemplateRef[]): ExperimentWorld {
  return new ExperimentWorld({ duration: '60s', analyses }).addTemplate('check');
}

function runsOf(world: ExperimentWorld): string[] {
  return (world.status.analysisRuns ?? []).map(({ name, phase }) => `${name} ${phase}`);
}

test('V-61 ReplicaSets are made without pods, then sized; runs begin after the pass that saw all pods', () => {
  const world = withAnalyses(check);
  assert.deepEqual(writesOf(world.wave()), ['create/exp-t', 'status']);
  assert.deepEqual([world.sizeOf('t'), world.state], [0, 'Pending']);
  assert.deepEqual(writesOf(world.wave()), ['scale/exp-t']);
  assert.equal(world.sizeOf('t'), 1);
  world.settle();
  world.pods();
  assert.deepEqual(writesOf(world.wave()), ['status']);
  assert.deepEqual([world.state, world.status.templateStatuses?.[0]?.status], ['Running', 'Running']);
  assert.equal(world.status.availableAt, timeAfter(0));
  assert.deepEqual(writesOf(world.wave()), ['analysis/exp-a', 'status']);
  assert.deepEqual(runsOf(world), ['a Pending']);
  assert.deepEqual(world.told, [
    "TemplateProgressing: Template 't' transitioned from  -> Progressing",
    'ExperimentPending: Experiment transitioned from  -> Pending',
    'ScalingReplicaSet: Scaled up ReplicaSet exp-t from 0 to 1',
    "TemplateRunning: Template 't' transitioned from Progressing -> Running",
    'ExperimentRunning: Experiment transitioned from Pending -> Running',
    "AnalysisRunPending: AnalysisRun 'a' transitioned from  -> Pending",
  ]);
});

test('V-62 the duration counts from when all pods were there; pods go after the scale-down delay', () => {
  const world = new ExperimentWorld({ duration: '60s' }).begin();
  world.after(59);
  assert.equal(world.state, 'Running');
  world.after(1);
  assert.deepEqual([world.state, world.sizeOf('t')], ['Successful', 1]);
  assert.equal(deadlineOf(world, 't'), timeAfter(90));
  world.after(29);
  assert.equal(world.sizeOf('t'), 1);
  world.after(1);
  assert.equal(world.sizeOf('t'), 0);
  assert.equal(world.pods().settle().wakeAt, undefined, 'nothing is left to be done');
  assert.deepEqual(
    world.status.conditions?.map(({ type, status, reason }) => [type, status, reason]),
    [['Progressing', 'False', 'ExperimentCompleted']],
  );
});

test('a scale-down delay of 0 takes the pods at once, and a longer one is obeyed', () => {
  const now = new ExperimentWorld({ duration: '1s', scaleDownDelaySeconds: 0 }).begin().after(1);
  assert.deepEqual([now.sizeOf('t'), deadlineOf(now, 't')], [0, undefined]);
  const later = new ExperimentWorld({ duration: '1s', scaleDownDelaySeconds: 100 }).begin().after(1);
  assert.deepEqual([later.sizeOf('t'), deadlineOf(later, 't')], [1, timeAfter(101)]);
});

test('QUIRK: a duration that nobody can read is none; only a person ends such an Experiment', () => {
  const world = new ExperimentWorld({ duration: 'soon' }).begin();
  const plan = world.after(1_000_000).plan();
  assert.deepEqual([plan.wakeAt, plan.reasons.map(({ code }) => code)], [undefined, ['runsUntilTerminated']]);
});

test('V-63 pods that are not ready within the deadline fail the template and the Experiment', () => {
  const world = new ExperimentWorld({ templates: [podsOf('t'), podsOf('u')] });
  world.settle();
  world.pods('t').settle();
  world.after(599);
  assert.equal(world.state, 'Pending');
  world.after(2);
  const text = "Template 't' exceeded its progressDeadlineSeconds (600)";
  assert.equal(world.state, `Failed: ${text}`);
  assert.ok(world.told.includes(`TemplateFailed: Template 't' transitioned from Progressing -> Failed: ${text}`));
  world.after(30);
  assert.deepEqual([world.sizeOf('t'), world.sizeOf('u')], [0, 0]);
});

test('a template whose pods go progresses again, and its deadline counts from then on', () => {
  const world = new ExperimentWorld({ progressDeadlineSeconds: 20 }).begin().after(100);
  world.pods('t').settle();
  assert.equal(world.status.templateStatuses?.[0]?.status, 'Progressing');
  assert.equal(world.state, 'Pending');
  world.after(20);
  assert.equal(world.state, 'Pending');
  world.after(1);
  assert.match(world.state, /^Failed: Template 't' exceeded/);
});

test('V-64 all required analyses passed: the Experiment is over before its duration', () => {
  const world = withAnalyses(required).begin();
  world.endRun('exp-a', 'Successful');
  world.settle();
  assert.equal(world.state, 'Successful: Required AnalysisRuns completed');
  assert.equal(world.after(30).sizeOf('t'), 0);
});

test('V-65 after the duration a required analysis goes on without the pods, and decides', () => {
  const world = withAnalyses(required).begin();
  world.endRun('exp-a', 'Running');
  world.after(60);
  assert.equal(world.state, 'Running');
  assert.equal(world.after(30).sizeOf('t'), 0);
  assert.equal(world.pods().after(0).state, 'Running');
  world.endRun('exp-a', 'Failed', 'too slow');
  assert.equal(world.after(0).state, 'Failed: too slow');
});

test('V-66 after the duration an analysis that nobody requires is ended, and its end is still told', () => {
  const world = withAnalyses(check).begin();
  world.endRun('exp-a', 'Running');
  world.after(60);
  assert.equal(world.state, 'Successful');
  assert.equal(world.run('exp-a').spec.terminate, true);
  assert.ok(world.told.includes('AnalysisRunTerminating: Terminating a (exp-a)'));
  world.endRun('exp-a', 'Successful');
  assert.deepEqual(runsOf(world.after(0)), ['a Successful']);
});

test('V-67 an Experiment that is ended while a required analysis runs ends as that run ends', () => {
  const world = withAnalyses(required).begin();
  world.endRun('exp-a', 'Running');
  world.settle();
  world.experiment = { ...world.experiment, spec: { ...world.experiment.spec, terminate: true } };
  world.settle();
  assert.deepEqual([world.state, world.run('exp-a').spec.terminate], ['Running', true]);
  world.endRun('exp-a', 'Successful');
  assert.equal(world.after(0).state, 'Successful: Required AnalysisRuns completed');
});

test('BUG (§6.8 e): an analysis that nobody requires does not hold up the end of those that are required', () => {
  const world = withAnalyses(required, { ...check, name: 'b' }).begin();
  world.endRun('exp-b', 'Running');
  world.endRun('exp-a', 'Successful');
  world.settle();
  assert.equal(world.state, 'Successful: Required AnalysisRuns completed');
  assert.equal(world.run('exp-b').spec.terminate, true);
});

for (const phase of ['Failed', 'Error', 'Inconclusive']) {
  test(`an analysis that is ${phase} ends the Experiment with it, and the other runs too`, () => {
    const world = withAnalyses(check, { ...check, name: 'b' }).begin();
    world.endRun('exp-b', 'Running');
    world.endRun('exp-a', phase, 'why');
    world.settle();
    assert.deepEqual([world.state, world.run('exp-b').spec.terminate], [`${phase}: why`, true]);
    assert.equal(world.after(30).sizeOf('t'), 0);
  });
}

test('V-68 a template of an analysis that is not there is told before there are pods', () => {
  const world = new ExperimentWorld({ analyses: [check] });
  world.templates = { check: { is: 'absent' } };
  world.settle();
  const text =
    'AnalysisTemplate verification failed for analysis \'a\': analysistemplate.argoproj.io "check" not found';
  assert.equal(world.state, `Error: ${text}`);
  const ofCluster = new ExperimentWorld({ analyses: [{ ...check, clusterScope: true }] });
  ofCluster.templates = { 'cluster/check': { is: 'absent' } };
  ofCluster.settle();
  assert.match(ofCluster.state, /^Error: ClusterAnalysisTemplate verification failed for analysis 'a': cluster/);
});

test('a run that cannot be made fails the Experiment and says why', () => {
  const world = withAnalyses(check);
  world.addTemplate('check', { metrics: [], args: [{ name: 'x' }] });
  world.begin();
  assert.equal(world.state, "Error: Failed to create AnalysisRun for analysis 'a': args.x was not resolved");
});

test('a run that somebody deleted fails the Experiment', () => {
  const world = withAnalyses(check).begin();
  world.analysisRuns = [];
  assert.deepEqual(world.plan().needs, [{ kind: 'analysisRun', name: 'exp-a' }]);
  world.live = { ...world.live, analysisRuns: { 'exp-a': { is: 'absent' } } };
  assert.equal(world.after(0).state, 'Error: analysisruns.argoproj.io "exp-a" not found');
});

test('an ended run of that name is left alone, and the next one counts on', () => {
  const world = withAnalyses(check);
  world.begin();
  world.endRun('exp-a', 'Failed', 'why');
  world.settle();
  world.experiment = { ...world.experiment, status: {} }; // as `retry experiment` writes it
  world.begin();
  assert.deepEqual(
    world.status.analysisRuns?.map(({ analysisRun }) => analysisRun),
    ['exp-a.1'],
  );
  assert.equal(deadlineOf(world, 't'), undefined, 'a deadline of the first try is forgotten');
});

test('S12 (operations.md): a run that ended before a status named it is not made twice', () => {
  const world = withAnalyses(required).begin();
  world.endRun('exp-a', 'Successful');
  const [run] = world.analysisRuns;
  assert.ok(run);
  world.analysisRuns = [{ ...run, metadata: { ...run.metadata, creationTimestamp: timeAfter(0) } }];
  const unnamed = { ...world.status, analysisRuns: [{ name: 'a', analysisRun: '', phase: '' }] };
  world.experiment = { ...world.experiment, status: unnamed };
  world.settle();
  assert.deepEqual([world.state, world.analysisRuns.length], ['Successful: Required AnalysisRuns completed', 1]);
  // `retry experiment` begins again, later: then it is of an earlier try.
  world.experiment = { ...world.experiment, status: {} };
  world.now += 5000;
  world.begin();
  assert.deepEqual(runsOf(world), ['a Pending']);
  assert.equal(world.analysisRuns.length, 2);
});

test('V-71 arguments name what only the Experiment knows, and Secrets are handed on', () => {
  const secret = { valueFrom: { secretKeyRef: { name: 's', key: 'k' } } };
  const args = [
    { name: 'hash', value: '{{templates.t.podTemplateHash}}' },
    { name: 'set', value: 'rs/{{ templates.t.replicaset.name }}' },
    { name: 'from', value: '{{experiment.availableAt}}' },
    { name: 'to', value: '{{experiment.finishedAt}}' },
    { name: 'token', ...secret },
  ];
  const world = new ExperimentWorld({ duration: '60s', analyses: [{ ...check, args }] });
  world.addTemplate('check', { metrics: [], args: args.map(({ name }) => ({ name })) }).begin();
  const hash = world.replicaSets[0]?.metadata.labels?.['rollouts-pod-template-hash'];
  assert.deepEqual(world.run('exp-a').spec.args, [
    { name: 'hash', value: hash },
    { name: 'set', value: 'rs/exp-t' },
    { name: 'from', value: timeAfter(0) },
    { name: 'to', value: timeAfter(60) },
    { name: 'token', ...secret },
  ]);
});

test('an argument that means nothing fails the analysis', () => {
  const args = [{ name: 'x', value: '{{templates.nobody.podTemplateHash}}' }];
  const world = new ExperimentWorld({ analyses: [{ ...check, args }] }).addTemplate('check').begin();
  assert.match(world.state, /failed to resolve {{templates\.nobody\.podTemplateHash}}$/);
});

test('runs carry the labels of analysisRunMetadata and of the instance, and what the Experiment hands on', () => {
  const labels = { 'argo-rollouts.argoproj.io/controller-instance-id': 'blue' };
  const dryRun = [{ metricName: '.*' }];
  const metadata = { labels: { team: 'x' }, annotations: { note: 'y' } };
  const measurementRetention = [{ metricName: '.*', limit: 3 }];
  const handedOn = { dryRun, measurementRetention };
  const world = new ExperimentWorld({ analyses: [check], ...handedOn, analysisRunMetadata: metadata }, labels);
  world.addTemplate('check').begin();
  const run = world.run('exp-a');
  assert.deepEqual(run.metadata.labels, { ...labels, team: 'x' });
  assert.deepEqual(run.metadata.annotations, { note: 'y' });
  assert.deepEqual([run.spec.dryRun, run.spec.measurementRetention], [dryRun, measurementRetention]);
});
