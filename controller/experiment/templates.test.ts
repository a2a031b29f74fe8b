// The ReplicaSets and Services of an Experiment: what is made, what is taken over, what is waited for (analysis.md §6.5,
// §6.7; vectors V-69 to V-72).

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deadlineOf, ExperimentWorld, podsOf } from '../../test/builders/experiment-world.ts';
import type { ReplicaSet, Service } from '../api/kubernetes-types.ts';
import type { ExperimentSpec } from '../api/types.generated.ts';
import { makeReplicaSet } from './plan/replica-set.ts';

const denied = { class: 'denied', message: 'quota exceeded' } as const;
const unreachable = { class: 'unreachable', message: 'no answer' } as const;
const exists = { class: 'exists', message: 'already exists' } as const;

function own(world: ExperimentWorld): ReplicaSet {
  const made = makeReplicaSet(world.experiment, podsOf('t'));
  return { ...made, metadata: { ...made.metadata, uid: 'x', resourceVersion: '1' }, status: { replicas: 0 } };
}

function foreignService(name: string): Service {
  return { metadata: { name, namespace: 'default', uid: 'other' }, spec: { selector: { app: 'other' } } };
}

test("a ReplicaSet has its own hash: the Rollout's is not part of it", () => {
  const hash = 'rollouts-pod-template-hash';
  const plain = podsOf('t');
  const labels = { ...plain.template.metadata?.labels, [hash]: 'abc' };
  const ofRollout = { ...plain, template: { ...plain.template, metadata: { labels } } };
  const experiment = new ExperimentWorld().experiment;
  const [first, second] = [plain, ofRollout].map((template) => makeReplicaSet(experiment, template));
  assert.deepEqual(first, second);
  assert.deepEqual(first?.spec.selector.matchLabels, { app: 't', [hash]: first?.metadata.labels?.[hash] });
  assert.notEqual(first?.metadata.labels?.[hash], 'abc');
});

test('V-72 a ReplicaSet that the store does not show is read and taken over', () => {
  const world = new ExperimentWorld();
  world.refusals.set('create/exp-t', exists);
  world.wave();
  assert.deepEqual(world.plan().needs, [{ kind: 'replicaSet', name: 'exp-t' }]);
  world.live = { ...world.live, replicaSets: { 'exp-t': { is: 'present', value: own(world) } } };
  world.replicaSets = [own(world)];
  world.begin();
  assert.equal(world.state, 'Running');
});

test("BUG: somebody else's ReplicaSet of that name fails the template, with a clear message", () => {
  const world = new ExperimentWorld();
  world.refusals.set('create/exp-t', exists);
  world.wave();
  const foreign = { ...own(world), metadata: { ...own(world).metadata, ownerReferences: [] } };
  world.live = { ...world.live, replicaSets: { 'exp-t': { is: 'present', value: foreign } } };
  world.wave();
  const [status] = world.status.templateStatuses ?? [];
  const text = 'ReplicaSet exp-t already exists and is not of this template';
  assert.equal(status?.message, `Failed to create ReplicaSet for template 't': ${text}`);
  assert.deepEqual([status?.status, status?.collisionCount], ['Error', 1]);
});

test('what an Experiment of the same name, deleted before, has left is waited for until the deadline', () => {
  const world = new ExperimentWorld({ progressDeadlineSeconds: 100 });
  world.refusals.set('create/exp-t', exists);
  world.wave();
  const [owner] = own(world).metadata.ownerReferences ?? [];
  assert.ok(owner);
  const left = { ...own(world), metadata: { ...own(world).metadata, ownerReferences: [{ ...owner, uid: 'before' }] } };
  const absent = { ...world.live, replicaSets: { 'exp-t': { is: 'absent' } } } as const;
  world.live = { ...world.live, replicaSets: { 'exp-t': { is: 'present', value: left } } };
  world.settle();
  assert.equal(world.state, 'Pending: ReplicaSet exp-t of an Experiment that was deleted is still there');
  assert.ok(world.plan().reasons.some(({ code }) => code === 'nameTaken'));
  world.after(99);
  world.live = absent;
  world.refusals.clear();
  world.begin();
  assert.equal(world.state, 'Running');
  const never = new ExperimentWorld({ progressDeadlineSeconds: 100 });
  never.refusals.set('create/exp-t', exists);
  never.wave();
  const leaving = { ...own(never), metadata: { ...own(never).metadata, ownerReferences: [], deletionTimestamp: 'x' } };
  never.live = { ...never.live, replicaSets: { 'exp-t': { is: 'present', value: leaving } } };
  never.settle();
  assert.equal(never.after(101).state, "Failed: Template 't' exceeded its progressDeadlineSeconds (100)");
});

test('a ReplicaSet that the cluster refuses fails the template; one that it cannot be asked for is tried again', () => {
  const world = new ExperimentWorld();
  world.refusals.set('create/exp-t', unreachable);
  world.wave();
  assert.equal(world.plan().writes[0]?.key, 'create/exp-t');
  world.refusals.set('create/exp-t', denied);
  world.wave();
  world.settle();
  assert.equal(world.state, "Error: Failed to create ReplicaSet for template 't': quota exceeded");
});

test('a size that the cluster refuses fails the template', () => {
  const world = new ExperimentWorld();
  world.refusals.set('scale/exp-t', denied);
  world.wave();
  world.wave();
  world.wave();
  const text = "Unable to scale ReplicaSet for template 't' to desired replica count '1': quota exceeded";
  assert.equal(world.state, `Error: ${text}`);
});

test('two ReplicaSets of one template are nothing that can be decided about', () => {
  const world = new ExperimentWorld().begin();
  const [first] = world.replicaSets;
  assert.ok(first);
  world.replicaSets.push({ ...first, metadata: { ...first.metadata, name: 'exp-t-2', uid: 'y' } });
  const plan = world.plan();
  assert.deepEqual([plan.writes, plan.reasons.map(({ code }) => code)], [[], ['ambiguousReplicaSets']]);
});

test('QUIRK: another pod template of a running Experiment has no effect', () => {
  const world = new ExperimentWorld().begin();
  const [template] = world.experiment.spec.templates;
  assert.ok(template);
  const containers = [{ name: 'main', image: 'demo:2' }];
  const changed = { ...template, template: { ...template.template, spec: { containers } } };
  world.experiment = { ...world.experiment, spec: { templates: [changed] } };
  assert.deepEqual(world.settle().writes, []);
});

test('a Service comes before the pods, has their hash, and goes after them', () => {
  const world = new ExperimentWorld({ templates: [podsOf('t', { service: {} })], duration: '10s' });
  world.wave();
  assert.deepEqual(
    world.wave().writes.map(({ key }) => key),
    ['service/exp-t', 'scale/exp-t', 'status'],
  );
  const [service] = world.services;
  const hash = world.replicaSets[0]?.metadata.labels?.['rollouts-pod-template-hash'];
  assert.deepEqual(service?.spec, {
    selector: { app: 't', 'rollouts-pod-template-hash': hash },
    ports: [{ port: 8080, targetPort: 8080 }],
  });
  const [told] = world.status.templateStatuses ?? [];
  assert.deepEqual([told?.serviceName, told?.podTemplateHash], ['exp-t', hash]);
  world.begin().after(10);
  world.after(30);
  assert.deepEqual([world.sizeOf('t'), world.services.length], [0, 1]);
  world.pods().after(0);
  assert.equal(world.services.length, 0);
  assert.equal(world.status.templateStatuses?.[0]?.serviceName, undefined);
});

test('without ports there is no Service, and none when it is not asked for', () => {
  const containers = [{ name: 'main', image: 'demo:1' }];
  const bare = {
    ...podsOf('t', { service: {} }),
    template: { metadata: { labels: { app: 't' } }, spec: { containers } },
  };
  assert.equal(new ExperimentWorld({ templates: [bare] }).begin().services.length, 0);
  assert.equal(new ExperimentWorld().begin().services.length, 0);
});

test('V-70 a Service name that is taken is waited for until the deadline', () => {
  const templates = [podsOf('t', { service: { name: 'fixed' } })];
  const world = new ExperimentWorld({ templates, progressDeadlineSeconds: 100 });
  world.services = [foreignService('fixed')];
  world.begin();
  const taken = "Failed to create Service fixed for template 't': service fixed already exists and is not owned by";
  assert.equal(world.state, `Pending: ${taken} experiment template t`);
  world.after(101);
  assert.equal(world.state, `Error: ${taken} experiment template t`);
  const freed = new ExperimentWorld({ templates, progressDeadlineSeconds: 100 });
  freed.services = [foreignService('fixed')];
  freed.begin().after(50);
  freed.services = [];
  assert.equal(freed.after(0).state, 'Running');
});

test('V-69 pods and Service stay while a route of the Rollout leads to them', () => {
  const templates = [podsOf('t', { service: {} })];
  const world = new ExperimentWorld({ templates, duration: '10s', scaleDownDelaySeconds: 0 }).begin();
  world.routedServices = ['exp-t'];
  world.after(10);
  assert.deepEqual([world.state, world.sizeOf('t'), world.services.length], ['Successful', 1, 1]);
  assert.ok(world.plan().reasons.some(({ code }) => code === 'stillRouted'));
  world.routedServices = [];
  world.after(0).pods().after(0);
  assert.deepEqual([world.sizeOf('t'), world.services.length], [0, 0]);
});

test('QUIRK: an Experiment that is ended before it began has its ReplicaSets made all the same', () => {
  const world = new ExperimentWorld({ terminate: true });
  world.settle();
  assert.deepEqual([world.sizeOf('t'), world.state], [0, 'Successful']);
  assert.ok(deadlineOf(world, 't'));
});

const invalid: readonly (readonly [spec: Partial<ExperimentSpec>, message: string])[] = [
  [
    { templates: [{ ...podsOf('t'), selector: undefined } as never] },
    "Rollout has missing field '.Spec.Templates[0].Selector'",
  ],
  [
    { templates: [podsOf('t'), podsOf('u', { selector: {} })] },
    'This experiment is selecting all pods at index 1. A non-empty selector is required.',
  ],
  [
    { templates: [podsOf('t', { minReadySeconds: 601 })] },
    'MinReadySeconds cannot be longer than ProgressDeadlineSeconds. Check template index 0',
  ],
  [{ templates: [podsOf('')] }, 'Experiment exp has empty template name at index 0'],
  [{ templates: [podsOf('t'), podsOf('t')] }, "Experiment exp has repeated template name 't' in templates"],
];

for (const [spec, message] of invalid) {
  test(`nothing is done about a spec that is wrong: ${message}`, () => {
    const world = new ExperimentWorld(spec);
    const plan = world.settle();
    assert.deepEqual(plan.reasons, [{ code: 'specInvalid', message }]);
    assert.deepEqual(
      world.status.conditions?.map((condition) => [condition.type, condition.status, condition.message]),
      [['InvalidSpec', 'True', message]],
    );
    assert.equal(world.replicaSets.length, 0);
    world.experiment = { ...world.experiment, spec: { templates: [podsOf('t')] } };
    world.begin();
    assert.deepEqual(
      world.status.conditions?.map(({ type }) => type),
      ['Progressing'],
    );
  });
}

test('an Experiment that is being deleted is left alone', () => {
  const world = new ExperimentWorld();
  world.experiment = {
    ...world.experiment,
    metadata: { ...world.experiment.metadata, deletionTimestamp: '2026-01-01T00:00:00Z' },
  };
  const plan = world.plan();
  assert.deepEqual([plan.writes, plan.reasons], [[], [{ code: 'beingDeleted' }]]);
});
