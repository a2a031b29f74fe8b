// What an Experiment does when the API server refuses or does not answer (design.md §5, "Error classes"): what was not read
// is not judged, and no refused write keeps the status from the cluster.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ExperimentWorld, podsOf } from '../../test/builders/experiment-world.ts';
import type { ExperimentSpec } from '../api/types.generated.ts';

const denied = { class: 'denied', message: 'no right to do that' } as const;
const unreachable = { class: 'unreachable', message: 'no answer' } as const;
const analyses = [{ name: 'a', templateName: 'check' }];

function ended(spec: Partial<ExperimentSpec>): ExperimentWorld {
  const world = new ExperimentWorld({ scaleDownDelaySeconds: 0, ...spec }).begin();
  world.experiment = { ...world.experiment, spec: { ...world.experiment.spec, terminate: true } };
  return world;
}

test('a template that the stores do not show is read before it is called missing', () => {
  const world = new ExperimentWorld({ analyses });
  assert.deepEqual(world.plan().needs, [{ kind: 'analysisTemplate', name: 'check', isCluster: false }]);
  world.addTemplate('check').begin();
  assert.equal(world.state, 'Running');
});

test('a template that others name is read too, once the run is to be made', () => {
  const world = new ExperimentWorld({ analyses });
  world.addTemplate('check', { templates: [{ templateName: 'common', clusterScope: true }] });
  world.settle();
  world.pods();
  world.wave();
  assert.deepEqual(world.plan().needs, [{ kind: 'analysisTemplate', name: 'common', isCluster: true }]);
  world.templates = { ...world.templates, 'cluster/common': { is: 'absent' } };
  world.settle();
  const why = 'clusteranalysistemplate.argoproj.io "common" not found';
  assert.equal(world.state, `Error: Failed to create AnalysisRun for analysis 'a': ${why}`);
});

test('a template that cannot be read is asked for again; one that may not be read fails the analysis', () => {
  const world = new ExperimentWorld({ analyses });
  world.templates = { check: { is: 'failed', problem: unreachable, since: world.now } };
  world.begin();
  const plan = world.plan();
  assert.ok(plan.reasons.some(({ code }) => code === 'objectUnreadable'));
  assert.equal(plan.wakeAt, world.now + 5000);
  const refused = new ExperimentWorld({ analyses });
  refused.templates = { check: { is: 'failed', problem: denied, since: refused.now } };
  refused.settle();
  const text = "AnalysisTemplate verification failed for analysis 'a': no right to do that";
  assert.equal(refused.state, `Error: ${text}`);
});

test('a run that cannot be read is asked for again', () => {
  const world = new ExperimentWorld({ analyses }).addTemplate('check').begin();
  world.analysisRuns = [];
  world.live = { ...world.live, analysisRuns: { 'exp-a': { is: 'failed', problem: unreachable, since: world.now } } };
  const plan = world.settle();
  assert.ok(plan.reasons.some(({ code }) => code === 'objectUnreadable'));
  assert.deepEqual([world.state, plan.wakeAt], ['Running', world.now + 5000]);
});

test('pods that may not be removed fail the template, and do not keep the Experiment from its end', () => {
  const world = ended({});
  world.refusals.set('scale/exp-t', denied);
  world.settle();
  world.settle();
  const text = "Unable to scale ReplicaSet for template 't' to desired replica count '0': no right to do that";
  assert.deepEqual([world.state, world.sizeOf('t')], [`Error: ${text}`, 1]);
  assert.ok(world.plan().reasons.some((reason) => reason.code === 'writeFailed' && reason.key === 'scale/exp-t'));
  world.refusals.clear();
  assert.equal(world.after(0).sizeOf('t'), 0);
});

test('a deadline that may not be written does not keep the Experiment from its end', () => {
  const world = ended({ scaleDownDelaySeconds: 30 });
  world.refusals.set('deadline/exp-t', denied);
  world.settle();
  world.settle();
  assert.equal(world.state, 'Successful');
});

test('a Service that may not be removed does not hold up the analysis that decides', () => {
  const templates = [podsOf('t', { service: {} })];
  const required = [{ name: 'a', templateName: 'check', requiredForCompletion: true }];
  const world = new ExperimentWorld({ templates, analyses: required, duration: '10s', scaleDownDelaySeconds: 0 });
  world.addTemplate('check').begin();
  world.endRun('exp-a', 'Running');
  world.refusals.set('service/exp-t', denied);
  world.after(10).pods().after(0);
  assert.deepEqual([world.state, world.sizeOf('t'), world.services.length], ['Running', 0, 1]);
  assert.equal(world.status.templateStatuses?.[0]?.serviceName, 'exp-t', 'it is still there');
  world.endRun('exp-a', 'Failed', 'too slow');
  world.settle();
  assert.equal(world.after(0).state, 'Failed: too slow');
  world.refusals.clear();
  assert.deepEqual(world.after(0).services, []);
});

test('a Service that may never be fails the template at once; one that cannot be made now is waited for', () => {
  const templates = [podsOf('t', { service: {} })];
  for (const [problem, state] of [
    [denied, "Error: Failed to create Service exp-t for template 't': no right to do that"],
    [unreachable, "Pending: Failed to create Service exp-t for template 't': no answer"],
  ] as const) {
    const world = new ExperimentWorld({ templates });
    world.refusals.set('service/exp-t', problem);
    for (let wave = 0; wave < 3; wave += 1) world.wave();
    world.pods();
    for (let wave = 0; wave < 3; wave += 1) world.wave();
    assert.equal(world.state, state);
  }
});

/** A whole life, from the first ReplicaSet to the last Service, and what is left of it without times. */
function wholeLife(disturb: ExperimentWorld['disturb']): unknown {
  const templates = [podsOf('t', { service: {} }), podsOf('u', { replicas: 2 })];
  const required = { ...analyses[0], name: 'b', templateName: 'check', requiredForCompletion: true };
  const world = new ExperimentWorld({ templates, analyses: [...analyses, required], scaleDownDelaySeconds: 5 });
  world.addTemplate('check').disturb = disturb;
  world.begin();
  for (const name of ['exp-a', 'exp-b']) world.endRun(name, 'Running');
  world.after(1);
  world.endRun('exp-b', 'Successful');
  world.after(1);
  world.endRun('exp-a', 'Successful');
  world.after(5).pods().after(10);
  return {
    state: world.state,
    runs: world.status.analysisRuns,
    templates: world.status.templateStatuses?.map(({ lastTransitionTime: _at, ...rest }) => rest),
    made: [world.replicaSets, world.services, world.analysisRuns].map((objects) => objects.length),
    sizes: templates.map(({ name }) => world.sizeOf(name)),
  };
}

for (const [what, disturbance] of [
  ['the process dies after any write', 'dies'],
  ['any write is not answered', unreachable],
  ['any write is refused for the moment', { class: 'throttled', message: 'too many requests', retryAfterMs: 1000 }],
] as const) {
  test(`${what}: an Experiment ends alike`, () => {
    const keys: string[] = [];
    const end = wholeLife(({ key }) => void keys.push(key));
    assert.match(JSON.stringify(end), /Required AnalysisRuns completed/);
    assert.ok(keys.length > 15, `${keys.length} writes`);
    for (const wanted of keys.keys()) {
      let count = 0;
      const broken = wholeLife(() => (count++ === wanted ? disturbance : undefined));
      assert.deepEqual(broken, end, `${keys[wanted]}, write ${wanted + 1}`);
    }
  });
}
