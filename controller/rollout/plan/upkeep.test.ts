// Restarts, history, metadata of pods, anti-affinity and referenced workloads: vectors 79-88 of rollout.md §10.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { midway, twenty } from '../../../test/builders/midway.ts';
import {
  at,
  hashFor,
  pod,
  promotedStatus,
  replicaSet,
  rollout,
  start,
  template,
} from '../../../test/builders/objects.ts';
import { lawfulPlan, rows, settle, shortWrite } from '../../../test/builders/rows.ts';
import { applyPlan, emptyLedger, observe, type World, world } from '../../../test/builders/world.ts';
import type { Deployment } from '../../api/kubernetes-types.ts';
import { plan } from '../plan.ts';

const a = hashFor('demo:a');

const stableOfThree = replicaSet({ image: 'demo:a', replicas: 3, desired: 3 });

/** A promoted canary of three pods that is to be restarted. */
function restarting(options: { readonly createdAt: readonly number[]; readonly ready?: readonly boolean[] }): World {
  const stable = stableOfThree;
  return world({
    rollout: rollout({
      replicas: 3,
      canary: { ...twenty, maxUnavailable: 2 },
      spec: { restartAt: at(-10) },
      annotations: { 'rollout.argoproj.io/revision': '1' },
      status: promotedStatus('demo:a', { canary: twenty, replicas: 3 }),
    }),
    replicaSets: [stable],
    pods: options.createdAt.map((createdAt, index) =>
      pod(`pod-${index}`, { of: stable, createdAt, ready: options.ready?.[index] ?? true }),
    ),
  });
}

rows([
  {
    name: 'vector 79: with all pods available two old ones are evicted, and nothing is told yet',
    given: restarting({ createdAt: [-60, -50, 0] }),
    want: { writes: ['evict pod-0', 'evict pod-1'], status: { restartedAt: null }, reasons: ['restarting'] },
  },
  {
    name: 'vector 79: with one unavailable only one is evicted',
    given: restarting({ createdAt: [-60, -50, 0], ready: [true, true, false] }),
    want: { writes: ['evict pod-0'], wakeAt: 30 },
  },
  {
    name: 'vector 82: a pod made exactly at restartAt is young enough, and the restart is done',
    given: restarting({ createdAt: [-10, -5, 0] }),
    want: { writes: ['status'], status: { restartedAt: at(-10) } },
  },
  {
    name: 'vector 82: without any pod a restart is done at once',
    given: world({
      rollout: rollout({
        replicas: 0,
        canary: twenty,
        spec: { restartAt: at(-10) },
        annotations: { 'rollout.argoproj.io/revision': '1' },
        status: promotedStatus('demo:a', { canary: twenty, replicas: 0 }),
      }),
      replicaSets: [replicaSet({ image: 'demo:a', replicas: 0, desired: 0 })],
    }),
    want: { status: { restartedAt: at(-10) } },
  },
  {
    name: 'a restart that is done is known again, however its time is spelt (§9.1)',
    given: world({
      rollout: rollout({
        replicas: 3,
        canary: twenty,
        spec: { restartAt: '2026-01-01T01:00:00.5+01:00' },
        annotations: { 'rollout.argoproj.io/revision': '1' },
        status: { ...promotedStatus('demo:a', { canary: twenty, replicas: 3 }), restartedAt: at(0) },
      }),
      replicaSets: [stableOfThree],
      pods: [pod('old', { of: stableOfThree, createdAt: -60 })],
    }),
    at: 60,
    want: { writes: [] },
  },
  {
    name: 'a restart in the future wakes when it is due',
    given: {
      ...restarting({ createdAt: [-60, -60, -60] }),
      rollout: rollout({
        replicas: 3,
        canary: twenty,
        spec: { restartAt: at(60) },
        annotations: { 'rollout.argoproj.io/revision': '1' },
        status: {
          ...promotedStatus('demo:a', { canary: twenty, replicas: 3 }),
          phase: 'Progressing',
          message: 'rollout is restarting',
        },
      }),
    },
    want: { writes: [], wakeAt: 60.001, reasons: ['restartScheduled'] },
  },
  {
    name: 'vector 83: a new template ends a restart',
    given: world({
      rollout: rollout({
        image: 'demo:b',
        canary: twenty,
        spec: { restartAt: at(-10) },
        annotations: { 'rollout.argoproj.io/revision': '2' },
        status: promotedStatus('demo:a', { canary: twenty }),
      }),
      replicaSets: [
        replicaSet({ image: 'demo:a', replicas: 10 }),
        replicaSet({ image: 'demo:b', revision: 2, replicas: 0 }),
      ],
      pods: [pod('old', { of: replicaSet({ image: 'demo:a', replicas: 10 }), createdAt: -60 })],
    }),
    want: {
      writes: ['status'],
      status: { restartedAt: at(-10) },
      check: (_plan, given) => {
        const writes = settle(given, start).waves.flatMap((wave) => wave.writes.map(shortWrite));
        assert.ok(!writes.includes('evict old'));
      },
    },
  },
  {
    name: 'vector 86: the oldest beyond the limit goes',
    given: withHistory([0, 1], 1),
    want: {
      check: (planned) => assert.equal(planned.writes.map(shortWrite)[0], `delete demo-${hashFor('demo:old0')}`),
    },
  },
  {
    name: 'vector 86: if the oldest has pods nothing is deleted in its place',
    given: withHistory([1, 0], 1),
    want: {
      check: (planned) => assert.ok(!planned.writes.some(({ kind }) => kind === 'deleteReplicaSet')),
    },
  },
  {
    name: 'vector 87: of eleven idle ones and a limit of ten the oldest goes',
    given: withHistory(Array.from({ length: 11 }, () => 0)),
    want: { writes: [`delete demo-${hashFor('demo:old0')}`] },
  },
]);

function withHistory(replicas: readonly number[], limit?: number): World {
  const old = replicas.map((count, index) =>
    replicaSet({ image: `demo:old${index}`, revision: index + 1, replicas: count, createdAt: -500 + index }),
  );
  const revision = replicas.length + 1;
  return world({
    rollout: rollout({
      canary: { ...twenty, maxUnavailable: 0 },
      annotations: { 'rollout.argoproj.io/revision': String(revision) },
      ...(limit === undefined ? {} : { spec: { revisionHistoryLimit: limit } }),
      status: {
        ...promotedStatus('demo:a', { canary: twenty }),
        replicas: 10 + replicas.reduce((sum, count) => sum + count, 0),
      },
    }),
    replicaSets: [...old, replicaSet({ image: 'demo:a', revision, replicas: 10, createdAt: -100 })].map((one) =>
      // Old pods are not available, so that nothing but the history is looked at.
      one.spec.replicas === 1 ? { ...one, spec: { ...one.spec, replicas: 0 } } : one,
    ),
  });
}

test('after evictions nothing is told until the ReplicaSet has moved, or for 30 s', () => {
  const given = restarting({ createdAt: [-60, -50, 0] });
  const uid = `uid-${a}`;
  const ledger = { ...emptyLedger, evictions: { [uid]: { resourceVersion: '1', at: start - 1000 } } };
  const waiting = lawfulPlan({ ...given, ledger }, start);
  assert.deepEqual(waiting.writes, []);
  assert.equal(waiting.wakeAt, start + 29_000);
  const moved = { ...ledger, evictions: { [uid]: { resourceVersion: '0', at: start - 1000 } } };
  assert.equal(lawfulPlan({ ...given, ledger: moved }, start).writes.length, 2);
});

test('vector 81: a refusal by a disruption budget is asked again later, and is no failure', () => {
  const given = restarting({ createdAt: [-60, 0, 0] });
  const problem = { class: 'throttled' as const, message: 'disruption budget' };
  const outcomes = { 'evict/pod-0': { problem, since: start - 1000, attempts: 1 } };
  const planned = lawfulPlan({ ...given, ledger: { ...emptyLedger, outcomes } }, start);
  assert.ok(!planned.writes.some(({ kind }) => kind === 'evictPod'));
  const refused = planned.reasons.find(({ code }) => code === 'evictionRefused');
  assert.deepEqual(refused?.data, { pod: 'pod-0', message: 'disruption budget' });
  assert.deepEqual([refused?.until, planned.wakeAt], [start + 29_000, start + 29_000]);
});

test('an eviction without a right holds up neither an abort nor the steps, and is tried again', () => {
  const given = midway({
    canary: { ...twenty, maxUnavailable: 1 },
    step: 1,
    stable: { replicas: 8 },
    current: { replicas: 2 },
    spec: { restartAt: at(-10) },
    status: { abort: true, abortedAt: at(-1) },
  });
  const [stable] = given.replicaSets;
  const pods = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9].map((index) => pod(`pod-${index}`, { of: stable!, createdAt: -60 }));
  const problem = { class: 'denied' as const, message: 'pods is forbidden' };
  const outcomes = { 'evict/pod-0': { problem, since: start - 1000, triedAt: start - 1000, attempts: 1 } };
  const world = { ...given, pods, ledger: { ...emptyLedger, outcomes } };
  const planned = lawfulPlan(world, start);
  assert.deepEqual(planned.writes.map(shortWrite).slice(0, 1), [`scale demo-${a} 10`]);
  assert.equal(planned.wakeAt, start + 29_000);
  assert.ok(planned.reasons.some(({ code, data }) => code === 'writeFailed' && data.key === 'evict/pod-0'));
  assert.ok(planned.events.some(({ message }) => message.endsWith('pods is forbidden')));
  assert.equal(lawfulPlan(world, start + 29_000).writes.map(shortWrite)[0], 'evict pod-0');
});

test('BUG-17: pods of stable are restarted before those of the canary', () => {
  const given = midway({
    canary: { ...twenty, maxUnavailable: 1 },
    step: 1,
    replicas: 2,
    stable: { replicas: 1 },
    current: { replicas: 1 },
    spec: { restartAt: at(-10) },
    status: { observedGeneration: '0' },
  });
  const [stable, canary] = given.replicaSets;
  const pods = [pod('canary', { of: canary! }), pod('stable', { of: stable! })];
  assert.equal(lawfulPlan({ ...given, pods }, start).writes.map(shortWrite)[0], 'evict stable');
});

test('vector 88: metadata that one pod lacks is put on that pod, and verified once', () => {
  const stableMetadata = { labels: { role: 'stable' } };
  const labelled = { ...template('demo:a'), metadata: { labels: { app: 'demo', role: 'stable' } } };
  const stable = replicaSet({
    image: 'demo:a',
    replicas: 2,
    desired: 2,
    template: labelled,
    annotations: { 'rollout.argoproj.io/ephemeral-metadata': '{"labels":{"role":"stable"}}' },
  });
  const canary = { ...twenty, stableMetadata };
  const given = world({
    rollout: rollout({
      replicas: 2,
      canary,
      annotations: { 'rollout.argoproj.io/revision': '1' },
      status: promotedStatus('demo:a', { canary, replicas: 2 }),
    }),
    replicaSets: [stable],
    pods: [
      pod('right', { of: stable }),
      {
        ...pod('bare', { of: stable }),
        metadata: { ...pod('bare', { of: stable }).metadata, labels: { app: 'demo' } },
      },
    ],
  });
  const planned = lawfulPlan(given, start);
  assert.deepEqual(planned.writes.map(shortWrite), ['pod-metadata bare']);
  assert.deepEqual((planned.writes[0] as { patch?: unknown }).patch, { metadata: { labels: { role: 'stable' } } });
  const { world: rest } = settle(given, start);
  const unread = { ...observe(rest), pods: { is: 'unread' as const } };
  assert.deepEqual(plan(unread, start).needs, [], 'what was verified is not read again');
});

test('the new ReplicaSet keeps away from the nodes of stable, and is found again by its structure', () => {
  const antiAffinity = { preferredDuringSchedulingIgnoredDuringExecution: { weight: 7 } };
  const canary = { ...twenty, antiAffinity };
  const given = world({
    rollout: rollout({
      image: 'demo:b',
      canary,
      annotations: { 'rollout.argoproj.io/revision': '1' },
      status: promotedStatus('demo:a', { canary }),
    }),
    replicaSets: [replicaSet({ image: 'demo:a', replicas: 10 })],
  });
  const planned = lawfulPlan(given, start);
  const [create] = planned.writes;
  assert.ok(create?.kind === 'createReplicaSet');
  assert.deepEqual(create.object.spec.template.spec.affinity, {
    podAntiAffinity: {
      preferredDuringSchedulingIgnoredDuringExecution: [
        {
          weight: 7,
          podAffinityTerm: {
            labelSelector: {
              matchExpressions: [{ key: 'rollouts-pod-template-hash', operator: 'In', values: [a] }],
            },
            namespaces: ['shop'],
            topologyKey: 'kubernetes.io/hostname',
          },
        },
      ],
    },
  });
  const next = lawfulPlan(applyPlan(given, planned, start), start);
  assert.ok(!next.writes.some(({ kind }) => kind === 'createReplicaSet'));
});

test('vector 84: a kind that cannot be rolled out, or a workload that is not there, is an invalid spec', () => {
  const referring = (reference: { apiVersion: string; kind: string; name: string }) =>
    rollout({ canary: twenty, spec: { workloadRef: reference, template: undefined as never } });
  const job = lawfulPlan(world({ rollout: referring({ apiVersion: 'batch/v1', kind: 'Job', name: 'x' }) }), start);
  assert.match(job.status.message ?? '', /workload of type batch\/Job is not supported/);
  const gone = lawfulPlan(
    world({ rollout: referring({ apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' }) }),
    start,
  );
  assert.match(gone.status.message ?? '', /deployments\.apps "shop\/web" not found/);
  const workload: Deployment = {
    metadata: { name: 'web', namespace: 'shop', generation: 1 },
    spec: { selector: { matchLabels: { app: 'demo' } }, template: template('demo:a') },
  };
  const missing = world({ rollout: referring({ apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' }) });
  const { status } = settle({ ...applyPlan(missing, gone, start), workload }, start).world.rollout;
  assert.deepEqual([status?.phase, status?.stableRS], ['Progressing', a]);
  assert.ok(!status?.conditions?.some(({ type }) => type === 'InvalidSpec'));
});

test('vector 85: the generation of the workload is told on the Rollout and in its status, its template never', () => {
  const workload: Deployment = {
    metadata: { name: 'web', namespace: 'shop', generation: 2 },
    spec: { replicas: 3, selector: { matchLabels: { app: 'demo' } }, template: template('demo:a') },
  };
  const referring = rollout({
    canary: twenty,
    spec: {
      workloadRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' },
      template: undefined as never,
    },
  });
  const { waves, world: rest } = settle(world({ rollout: referring, workload }), start);
  assert.equal(rest.rollout.metadata.annotations?.['rollout.argoproj.io/workload-generation'], '2');
  assert.equal(rest.rollout.status?.workloadObservedGeneration, '2');
  assert.equal(rest.rollout.spec.template, undefined);
  assert.ok(waves[0]?.writes.some(({ kind }) => kind === 'createReplicaSet'));
});

test('BUG-22: only an unreadable quantity is taken out of the stored template with the first write, guarded by its value', () => {
  const image = template('demo:a');
  const broken = {
    ...image,
    spec: {
      containers: [{ ...image.spec.containers[0]!, resources: { requests: { memory: 'lots', cpu: '5m' } } }],
    },
  };
  const planned = lawfulPlan(world({ rollout: rollout({ canary: twenty, spec: { template: broken } }) }), start);
  const path = '/spec/template/spec/containers/0/resources/requests/memory';
  assert.deepEqual(planned.writes[0], {
    kind: 'repairRollout',
    key: 'rollout/repair',
    onFailure: 'continue',
    operations: [
      { op: 'test', path, value: 'lots' },
      { op: 'remove', path },
    ],
  });
  const create = planned.writes.find((write) => write.kind === 'createReplicaSet');
  assert.deepEqual(create?.object.spec.template.spec.containers[0]?.resources, { requests: { cpu: '5m' } });
});

test('a Rollout that is being deleted is left alone', () => {
  const given = rollout({ canary: twenty });
  const deleting = { ...given, metadata: { ...given.metadata, deletionTimestamp: at(-1) } };
  const planned = lawfulPlan(world({ rollout: deleting }), start);
  assert.deepEqual(planned.writes, []);
  assert.equal(planned.reasons[0]?.code, 'beingDeleted');
});

for (const [name, ready, want] of [
  ['one at a time', true, ['evict stable-0']],
  ['none while one is unavailable', false, []],
] as const) {
  test(`vector 80: of one stable and one canary pod with the default unavailability, ${name} is evicted`, () => {
    const given = midway({
      canary: { steps: [{ setWeight: 50 }, { pause: {} }] },
      replicas: 1,
      stable: { replicas: 1 },
      current: { replicas: 1 },
      spec: { restartAt: at(-10) },
    });
    const [stable, current] = given.replicaSets;
    if (!stable || !current) throw new Error('two ReplicaSets');
    const pods = [pod('stable-0', { of: stable }), pod('canary-0', { of: current, ready })];
    const evictions = lawfulPlan({ ...given, pods }, start).writes.filter(({ kind }) => kind === 'evictPod');
    assert.deepEqual(evictions.map(shortWrite), want);
  });
}
