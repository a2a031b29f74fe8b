// Referenced workloads (rollout.md §8): every kind that can be rolled out, the three modes of scaling the Deployment down,
// and the way back to a template of one's own.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { a, twenty } from '../../../test/builders/midway.ts';
import { hashFor, promotedStatus, replicaSet, rollout, start, template } from '../../../test/builders/objects.ts';
import { lawfulPlan, settle, shortWrite } from '../../../test/builders/rows.ts';
import { eventsOf, type World, world } from '../../../test/builders/world.ts';
import type { Deployment } from '../../api/kubernetes-types.ts';
import type { RolloutStatus, WorkloadReference } from '../../api/types.generated.ts';

const generationKey = 'rollout.argoproj.io/workload-generation';

function deployment(replicas: number, kind = 'Deployment'): Deployment {
  const metadata = { name: 'web', namespace: 'shop', generation: 2 };
  if (kind === 'PodTemplate') {
    return { apiVersion: 'v1', kind, metadata, template: template('demo:a') } as unknown as Deployment;
  }
  const selector = { matchLabels: { app: 'demo' } };
  return {
    apiVersion: 'apps/v1',
    kind,
    metadata,
    spec: { replicas, selector, template: template('demo:a') },
  } as Deployment;
}

interface Given {
  readonly reference?: Partial<WorkloadReference>;
  readonly deployment?: number;
  readonly pods?: readonly [spec: number, ready: number];
  readonly revision?: number;
  readonly status?: RolloutStatus;
}

/** A Rollout of five pods that takes over the Deployment `web`. */
function referring(given: Given): World {
  const { reference, pods: [spec, ready] = [5, 5], revision = 1 } = given;
  const kind = reference?.kind ?? 'Deployment';
  const status: RolloutStatus = {
    ...promotedStatus('demo:a', { canary: twenty, replicas: 5 }),
    availableReplicas: ready,
    readyReplicas: ready,
    workloadObservedGeneration: '2',
    ...given.status,
  };
  const apiVersion = kind === 'PodTemplate' ? 'v1' : 'apps/v1';
  return world({
    rollout: rollout({
      replicas: 5,
      canary: twenty,
      annotations: { 'rollout.argoproj.io/revision': String(revision), [generationKey]: '2' },
      spec: { workloadRef: { apiVersion, kind, name: 'web', ...reference }, template: undefined as never },
      status,
    }),
    replicaSets: [
      replicaSet({
        image: 'demo:a',
        revision,
        replicas: spec,
        available: ready,
        desired: 5,
        annotations: { [generationKey]: '2' },
      }),
    ],
    workload: deployment(given.deployment ?? 5, kind),
  });
}

/** The size that the Deployment is given, or undefined. */
function sizeGiven(given: Given): number | undefined {
  const write = lawfulPlan(referring(given), start).writes.find(({ kind }) => kind === 'scaleWorkload');
  return write?.kind === 'scaleWorkload' ? write.replicas : undefined;
}

const underWay: RolloutStatus = { phase: 'Progressing', message: 'updated replicas are still becoming available' };
const progressively = { scaleDown: 'progressively' };
const onsuccess = { scaleDown: 'onsuccess' };

for (const [name, given, want] of [
  ['as pods get ready those of the Deployment go', { pods: [5, 3], deployment: 5, status: underWay }, 2],
  ['as pods are lost the Deployment comes back', { pods: [5, 1], deployment: 0, status: underWay }, 4],
  ['another revision never touches it', { pods: [5, 3], deployment: 5, revision: 2, status: underWay }, undefined],
  ['a healthy rollout takes it to nothing', { deployment: 3 }, 0],
  ['a user who scales it up again is undone', { deployment: 1 }, 0],
  ['without a ready pod it stays', { pods: [5, 0], deployment: 5, status: underWay }, undefined],
] as const) {
  test(`§8 progressively: ${name}`, () => {
    assert.equal(sizeGiven({ ...given, reference: progressively }), want);
  });
}

for (const [name, given, want] of [
  ['healthy in the first revision', {}, 0],
  ['not yet healthy', { pods: [5, 3], status: underWay }, undefined],
  ['the second revision', { revision: 2 }, undefined],
  ['at nothing already', { deployment: 0 }, undefined],
] as const) {
  test(`§8 onsuccess: ${name}`, () => assert.equal(sizeGiven({ ...given, reference: onsuccess }), want));
}

for (const scaleDown of ['never', 'Progressively', 'OnSuccess', undefined]) {
  test(`§8: scaleDown ${scaleDown} leaves the Deployment alone`, () => {
    assert.equal(sizeGiven({ reference: scaleDown === undefined ? {} : { scaleDown } }), undefined);
  });
}

for (const kind of ['ReplicaSet', 'PodTemplate']) {
  for (const scaleDown of ['onsuccess', 'progressively']) {
    test(`BUG-16: ${scaleDown} means nothing for a ${kind}, whose template is rolled out`, () => {
      const planned = lawfulPlan(referring({ reference: { kind, scaleDown } }), start);
      assert.deepEqual(planned.writes, []);
      assert.equal(planned.status.currentPodHash, a);
    });
  }
}

for (const [apiVersion, kind, text] of [
  ['apps/v1', 'Deployment', 'deployments.apps "shop/web" not found'],
  ['apps/v1', 'ReplicaSet', 'replicasets.apps "shop/web" not found'],
  ['v1', 'PodTemplate', 'podtemplates "shop/web" not found'],
  ['batch/v1', 'Job', 'workload of type batch/Job is not supported'],
  ['apps/v1', 'StatefulSet', 'workload of type apps/StatefulSet is not supported'],
] as const) {
  test(`§8: "${text}" is an invalid spec, and is looked at again after 20 s`, () => {
    const { workload: _gone, ...rest } = referring({ reference: { apiVersion, kind } });
    const planned = lawfulPlan(rest, start);
    assert.equal(planned.status.message, `InvalidSpec: The Rollout "demo" is invalid: ${text}`);
    assert.equal(planned.wakeAt, start + 20_000);
  });
}

test('§8: a template beside the reference is an invalid spec', () => {
  const given = referring({});
  const spec = { ...given.rollout.spec, template: template('demo:a') };
  const { message } = lawfulPlan({ ...given, rollout: { ...given.rollout, spec } }, start).status;
  const text = 'template must be empty for workload reference rollout';
  assert.equal(message, `InvalidSpec: The Rollout "demo" is invalid: ${text}`);
});

test('BUG-23: a workload that is older than the Rollout makes an ordinary first deployment', () => {
  const given = world({
    rollout: rollout({
      replicas: 5,
      canary: twenty,
      spec: {
        workloadRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' },
        template: undefined as never,
        selector: undefined as never,
      },
    }),
    workload: deployment(5),
  });
  const { waves } = settle(given, start);
  const told = waves.flatMap(eventsOf).map(({ reason }) => reason);
  assert.ok(told.includes('NewReplicaSetCreated'));
  const full = waves.find(({ status }) => status.observedGeneration !== undefined)?.status;
  assert.deepEqual([full?.selector, full?.workloadObservedGeneration], ['app=demo', '2']);
});

test('§8: the resolved template and selector are never written', () => {
  const given = world({
    rollout: rollout({
      canary: twenty,
      spec: {
        workloadRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' },
        template: undefined as never,
        selector: undefined as never,
      },
    }),
    workload: deployment(5),
  });
  const { world: rest } = settle(given, start);
  assert.equal(rest.rollout.spec.template, undefined);
  assert.equal(rest.rollout.spec.selector, undefined);
});

test('§8 QUIRK: a Deployment that is scaled has another generation: annotations follow, nothing else', () => {
  const given = referring({});
  const scaled = { ...deployment(3), metadata: { ...deployment(3).metadata, generation: 3 } };
  const { waves, world: rest } = settle({ ...given, workload: scaled }, start);
  assert.deepEqual(
    waves.flatMap(({ writes }) => writes.map(shortWrite)),
    ['rollout workload-generation', `revision demo-${a}`, 'status'],
  );
  assert.equal(rest.rollout.status?.workloadObservedGeneration, '3');
  assert.equal(rest.replicaSets.length, 1);
});

test('vector 85 and the way back: a Rollout that takes the template over keeps its pods', () => {
  const given = referring({ reference: progressively, deployment: 0 });
  const { workloadRef: _reference, ...spec } = given.rollout.spec;
  const own = { ...given, rollout: { ...given.rollout, spec: { ...spec, template: template('demo:a') } } };
  const { world: rest } = settle(own, start);
  assert.deepEqual(
    rest.replicaSets.map(({ metadata, spec: { replicas } }) => [metadata.name, replicas]),
    [[`demo-${hashFor('demo:a')}`, 5]],
  );
  assert.equal(rest.rollout.status?.workloadObservedGeneration, undefined);
  assert.equal(rest.workload?.spec.replicas, 0);
});
