// How a wave is carried out: in order, with the versions its own writes were answered with, to the first failure that
// stops it, and with what failed kept for the next plan (design.md §5, 3, 9-11).

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KubernetesObject } from '../api/kubernetes-types.ts';
import type { Target, WriteResult, Writer } from '../kubernetes/writer.ts';
import type { Clock } from '../lang/time.ts';
import type { StartedCall } from './calls.ts';
import { execute, type Faults } from './execute.ts';
import type { EventRecord, Observed, Plan, Problem, Write } from './types.ts';

const clock: Clock = { now: () => 1000, schedule: () => ({ cancel() {} }) };

interface Sent {
  readonly verb: string;
  readonly what: string;
  readonly patch?: unknown;
  readonly options?: unknown;
}

/** Answers with versions 101, 102, …; `failures` by the name of the object. The Rollout is there as `live` says. */
function fakeWriter(failures: Readonly<Record<string, Problem>> = {}, live: object = { uid: 'r' }) {
  const sent: Sent[] = [];
  let version = 100;
  function answer(verb: string, name: string, rest: Omit<Sent, 'verb' | 'what'> = {}): Promise<WriteResult<never>> {
    sent.push({ verb, what: name, ...rest });
    const problem = failures[name];
    if (problem && verb !== 'read') return Promise.resolve({ ok: false, problem });
    version += 1;
    const metadata = { ...(verb === 'read' && name === 'web' ? live : {}), name, resourceVersion: String(version) };
    const object = { metadata } as unknown as never;
    return Promise.resolve({ ok: true, object, changed: true });
  }
  const writer: Writer = {
    create: (_resource, object) => answer('create', object.metadata.name ?? ''),
    patch: ({ name }: Target, patch: unknown, options: unknown) => answer('patch', name, { patch, options }),
    patchStatus: ({ name }: Target, _from: unknown, status: unknown, resourceVersion?: string) =>
      answer('status', name, { patch: status, options: resourceVersion }),
    update: (_resource, object: KubernetesObject) => answer('update', object.metadata.name ?? ''),
    delete: ({ name }: Target, options: unknown) => answer('delete', name, { options }),
    evict: (_namespace, name) => answer('evict', name),
    read: ({ name }: Target) => answer('read', name),
  };
  return { writer, sent };
}

const observed: Observed = {
  schema: 2,
  liveExperiments: {},
  rollout: {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Rollout',
    metadata: { name: 'web', namespace: 'shop', uid: 'r', resourceVersion: '7' },
    spec: {},
  },
  replicaSets: [
    {
      metadata: { name: 'web-a', uid: 'a', resourceVersion: '3' },
      spec: { replicas: 2, selector: {}, template: { spec: { containers: [] } } },
    },
  ],
  services: {},
  ingresses: {},
  liveReplicaSets: {},
  pods: { is: 'unread' },
  workload: { is: 'unread' },
  analysisRuns: [],
  liveAnalysisRuns: {},
  templates: {},
  experiments: [],
  ledger: { outcomes: {}, wavesWithoutChange: 0, verifiedPodMetadata: {}, evictions: {} },
  settings: { verifyRetryIntervalMs: 10_000 },
};

function planOf(writes: readonly Write[], rest: Partial<Plan> = {}): Plan {
  return { writes, status: {}, events: [], reasons: [], needs: [], ...rest };
}

async function run(
  plan: Plan,
  failures: Readonly<Record<string, Problem>> = {},
  faults: Faults = {},
  seen = observed,
  live?: object,
) {
  const { writer, sent } = fakeWriter(failures, live);
  const told: string[] = [];
  const tell = (event: EventRecord) => told.push(`${event.reason}: ${event.message}`);
  const startCall = ({ key }: StartedCall) => sent.push({ verb: 'call', what: key });
  const dropCall = (key: string) => sent.push({ verb: 'drop', what: key });
  const result = await execute(plan, seen, { writer, clock, tell, startCall, dropCall }, faults);
  return { sent, told, result };
}

function event(reason: string): EventRecord {
  return { type: 'Normal', reason, message: reason.toLowerCase() };
}

const scaleUp: Write = {
  kind: 'scaleReplicaSet',
  key: 'scale/web-a',
  onFailure: 'stop',
  name: 'web-a',
  uid: 'a',
  replicas: 4,
  events: [event('Scaled')],
};
const patchService: Write = {
  kind: 'patchService',
  key: 'patchService/web',
  onFailure: 'stop',
  name: 'service',
  patch: { spec: { selector: { x: 'y' } } },
  events: [event('Switched')],
};
const patchStatus: Write = { kind: 'patchStatus', key: 'status', onFailure: 'stop', status: { phase: 'Healthy' } };
const denied: Problem = { class: 'denied', message: 'forbidden' };

test('writes go in order, and events follow them in order', async () => {
  const plan = planOf([patchService, scaleUp, patchStatus], { events: [event('Done')] });
  const { sent, told, result } = await run(plan);
  assert.deepEqual(
    sent.map(({ verb, what }) => `${verb} ${what}`),
    ['patch service', 'drop call/targets', 'patch web-a', 'status web'],
  );
  assert.deepEqual(told, ['Switched: switched', 'Scaled: scaled', 'Done: done']);
  assert.equal(result.changeCount, 3);
});

test('BUG-11: a failure that stops ends the wave, is remembered and tried again, and only what succeeded is told', async () => {
  const plan = planOf([patchService, scaleUp, patchStatus], { events: [event('Done')] });
  const { sent, told, result } = await run(plan, { 'web-a': denied });
  assert.deepEqual(
    sent.map(({ what }) => what),
    ['service', 'call/targets', 'web-a'],
  );
  assert.deepEqual(told, ['Switched: switched']);
  assert.equal(result.isStatusWritten, false);
  const { about, ...outcome } = result.ledger.outcomes['scale/web-a'] ?? {};
  assert.deepEqual(outcome, { problem: denied, since: 1000, triedAt: 1000, attempts: 1 });
  assert.equal(typeof about, 'number');
});

test('housekeeping that fails does not hold up the wave', async () => {
  const { sent, result } = await run(planOf([{ ...scaleUp, onFailure: 'continue' }, patchStatus]), { 'web-a': denied });
  assert.deepEqual(
    sent.map(({ what }) => what),
    ['web-a', 'web'],
  );
  assert.deepEqual(Object.keys(result.ledger.outcomes), ['scale/web-a']);
  assert.equal(result.isStatusWritten, true);
});

test('a failure is told with the text of what the cluster said', async () => {
  const failureEvent: EventRecord = { type: 'Warning', reason: 'TrafficRoutingError', message: 'patching: {error}' };
  const { told } = await run(planOf([{ ...patchService, failureEvent }]), { service: denied });
  assert.deepEqual(told, ['TrafficRoutingError: patching: forbidden']);
});

test('a process that is about to end warns of nothing that it left for the next one to write', async () => {
  const failureEvent: EventRecord = { type: 'Warning', reason: 'TrafficRoutingError', message: 'patching: {error}' };
  const unsent: Problem = { class: 'unreachable', message: 'about to end', isUnsent: true };
  const { told } = await run(planOf([scaleUp, { ...patchService, failureEvent }]), { service: unsent });
  assert.deepEqual(told, ['Scaled: scaled']);
});

test('attempts are counted from the first failure on, and success forgets them', async () => {
  const ledger = { ...observed.ledger, outcomes: { 'scale/web-a': { problem: denied, since: 10, attempts: 3 } } };
  const failed = await run(planOf([scaleUp]), { 'web-a': denied }, {}, { ...observed, ledger });
  const { since, triedAt, attempts } = failed.result.ledger.outcomes['scale/web-a'] ?? {};
  assert.deepEqual({ since, triedAt, attempts }, { since: 10, triedAt: 1000, attempts: 4 });
  const done = await run(planOf([scaleUp]), {}, {}, { ...observed, ledger });
  assert.deepEqual(done.result.ledger.outcomes, {});
});

test('an outcome that the plan still waits for is kept, one that nothing speaks of is dropped', async () => {
  const outcome = { problem: denied, since: 10, attempts: 1 };
  const ledger = { ...observed.ledger, outcomes: { waited: outcome, forgotten: outcome } };
  const data = { key: 'waited', class: 'denied', message: 'forbidden', attempts: 1 };
  const plan = planOf([patchStatus], { reasons: [{ code: 'writeFailed', blocks: 'scale', data }] });
  const { result } = await run(plan, {}, {}, { ...observed, ledger });
  assert.deepEqual(Object.keys(result.ledger.outcomes), ['waited']);
});

test('also while something fails again and again, only what is planned or spoken of is kept', async () => {
  const outcome = { problem: denied, since: 10, attempts: 1 };
  const ledger = { ...observed.ledger, outcomes: { 'scale/web-a': outcome, status: outcome, forgotten: outcome } };
  const { result } = await run(planOf([scaleUp, patchStatus]), { 'web-a': denied }, {}, { ...observed, ledger });
  assert.deepEqual(Object.keys(result.ledger.outcomes), ['scale/web-a', 'status']);
});

test('what is known of the pods of a ReplicaSet is forgotten when it is gone', async () => {
  const evictions = { a: { resourceVersion: '1', at: 5 }, gone: { resourceVersion: '1', at: 5 } };
  const ledger = { ...observed.ledger, evictions, verifiedPodMetadata: { a: '{}', gone: '{}' } };
  const { result } = await run(planOf([patchStatus]), {}, {}, { ...observed, ledger });
  assert.deepEqual(Object.keys(result.ledger.evictions), ['a']);
  assert.deepEqual(Object.keys(result.ledger.verifiedPodMetadata), ['a']);
});

test('a conflict reads the object again and is no failure to remember', async () => {
  const conflict: Problem = { class: 'conflict', message: 'modified' };
  const { sent, result } = await run(planOf([patchStatus]), { web: conflict });
  assert.deepEqual(
    sent.map(({ verb, what }) => `${verb} ${what}`),
    ['status web', 'read web'],
  );
  assert.deepEqual(result.ledger.outcomes, {});
  assert.equal(result.failures.length, 1);
});

test('the status carries the observed version, or that of an earlier write of the wave to the Rollout', async () => {
  const alone = await run(planOf([patchStatus]));
  assert.equal(alone.sent[0]?.options, '7');
  const patchRollout: Write = { kind: 'patchRollout', key: 'revision', onFailure: 'stop', patch: {} };
  const both = await run(planOf([patchRollout, patchStatus]));
  assert.deepEqual(both.sent[0]?.options, { uid: 'r', resourceVersion: '7' });
  assert.equal(both.sent[1]?.options, '101');
});

test('scaling up is bound to the uid alone, scaling down to the version too', async () => {
  const up = await run(planOf([scaleUp]));
  assert.deepEqual(up.sent[0]?.options, { uid: 'a' });
  const down = await run(planOf([{ ...scaleUp, replicas: 1, resourceVersion: '3' }]));
  assert.deepEqual(down.sent[0]?.options, { uid: 'a', resourceVersion: '3' });
});

test('a second patch of the same Ingress carries the version that the first was answered with', async () => {
  const ingress = (key: string): Write => ({
    kind: 'patchIngress',
    key,
    onFailure: 'stop',
    name: 'web',
    patch: { metadata: { resourceVersion: '5', annotations: { key } } },
  });
  const { sent } = await run(planOf([ingress('one'), ingress('two')]));
  assert.deepEqual(
    sent.flatMap(({ patch }) => (patch as { metadata: { resourceVersion: string } })?.metadata.resourceVersion ?? []),
    ['5', '101'],
  );
});

test('§5.15: what load balancers told before an Ingress was changed is dropped', async () => {
  const patch: Write = { kind: 'patchIngress', key: 'i', onFailure: 'stop', name: 'web', patch: {} };
  const { sent } = await run(planOf([patch]));
  assert.deepEqual(
    sent.map(({ verb, what }) => `${verb} ${what}`),
    ['patch web', 'drop call/loadBalancers'],
  );
});

test('traffic.md §2.10: what was told of targets before a Service was pointed elsewhere is dropped', async () => {
  const { sent } = await run(planOf([patchService]));
  assert.deepEqual(
    sent.map(({ verb, what }) => `${verb} ${what}`),
    ['patch service', 'drop call/targets'],
  );
});

test('§5.14: a call is started and not waited for', async () => {
  const call = { kind: 'loadBalancers', questions: [] } as const;
  const start: Write = { kind: 'startCall', key: 'call/x', onFailure: 'continue', about: 'x', call };
  const { sent, result } = await run(planOf([start]));
  assert.deepEqual([sent.map(({ verb, what }) => `${verb} ${what}`), result.changeCount], [['call call/x'], 0]);
});

test('TV-92 an Ingress that exists already is read, and the next plan patches it', async () => {
  const exists: Problem = { class: 'exists', message: 'already exists' };
  const object = { metadata: { name: 'canary', namespace: 'shop' }, spec: {} };
  const failureEvent: EventRecord = { type: 'Warning', reason: 'TrafficRoutingError', message: 'creating: {error}' };
  const create: Write = { kind: 'createIngress', key: 'create', onFailure: 'stop', object, failureEvent };
  const { sent, told, result } = await run(planOf([create, patchStatus]), { canary: exists });
  assert.deepEqual(
    sent.map(({ verb, what }) => `${verb} ${what}`),
    ['create canary', 'read canary'],
  );
  assert.deepEqual(told, [], 'planned again at once, nothing to tell');
  assert.deepEqual(result.ledger.outcomes, {});
});

test('the ledger knows what an unverified load balancer may still serve, until it is verified (BUG 3926)', async () => {
  const weights = (canary: number, verified: boolean) => ({
    canary: { weights: { canary: { weight: canary }, stable: { weight: 100 - canary }, verified } },
  });
  const before = { ...observed, rollout: { ...observed.rollout, status: weights(20, true) } };
  const status = (canary: number, verified: boolean): Write => ({ ...patchStatus, status: weights(canary, verified) });
  const first = await run(planOf([status(60, false)]), {}, {}, before);
  assert.deepEqual(first.result.ledger.servedWeights, { canary: 20, stable: 80 });
  const later = { ...before, ledger: first.result.ledger };
  const refused = await run(planOf([status(60, true)]), { web: denied }, {}, later);
  assert.deepEqual(refused.result.ledger.servedWeights, { canary: 20, stable: 80 });
  const done = await run(planOf([status(60, true)]), {}, {}, later);
  assert.equal(done.result.ledger.servedWeights, undefined);
});

test('a budget that refuses an eviction is an answer, and an eviction is remembered with the version it was made at', async () => {
  const evict = (name: string): Write => ({
    kind: 'evictPod',
    key: `evict/${name}`,
    onFailure: 'stop',
    name,
    uid: name,
    replicaSetUid: 'a',
  });
  const refused: Problem = { class: 'throttled', message: 'budget' };
  const { sent, result } = await run(planOf([evict('one'), evict('two')]), { one: refused });
  assert.deepEqual(
    sent.map(({ what }) => what),
    ['one', 'two'],
  );
  assert.deepEqual(result.ledger.evictions, { a: { resourceVersion: '3', at: 1000 } });
});

test('a ReplicaSet is adopted beside its other owners, and released from one of them', async () => {
  const owner = { apiVersion: 'argoproj.io/v1alpha1', kind: 'Rollout', name: 'web', uid: 'r', controller: true };
  const adopted = await run(
    planOf([{ kind: 'adoptReplicaSet', key: 'adopt', onFailure: 'continue', name: 'web-a', uid: 'a', owner }]),
  );
  assert.deepEqual(adopted.sent[1]?.patch, { metadata: { ownerReferences: [owner] } });
  assert.deepEqual(adopted.sent[1]?.options, { uid: 'a', resourceVersion: '3' });
  const owned = {
    ...observed,
    replicaSets: observed.replicaSets.map((replicaSet) => ({
      ...replicaSet,
      metadata: { ...replicaSet.metadata, ownerReferences: [owner, { ...owner, uid: 'other', controller: false }] },
    })),
  };
  const release: Write = {
    kind: 'releaseReplicaSet',
    key: 'release',
    onFailure: 'continue',
    name: 'web-a',
    uid: 'a',
    ownerUid: 'r',
  };
  const released = await run(planOf([release]), {}, {}, owned);
  assert.deepEqual(released.sent[0]?.patch, {
    metadata: { ownerReferences: [{ ...owner, uid: 'other', controller: false }] },
  });
});

test('§9.6: before an adoption the Rollout is read live: one that is gone, another or terminating adopts nothing', async () => {
  const owner = { apiVersion: 'argoproj.io/v1alpha1', kind: 'Rollout', name: 'web', uid: 'r', controller: true };
  const adopt: Write = { kind: 'adoptReplicaSet', key: 'adopt', onFailure: 'stop', name: 'web-a', uid: 'a', owner };
  const sentFor = async (live: object) => {
    const { sent, result } = await run(planOf([adopt, patchStatus]), {}, {}, observed, live);
    assert.deepEqual(
      result.failures.map(({ key }) => key),
      sent.some(({ verb }) => verb === 'patch') ? [] : ['adopt'],
    );
    return sent.filter(({ verb }) => verb !== 'read').map(({ verb, what }) => `${verb} ${what}`);
  };
  assert.deepEqual(await sentFor({ uid: 'r' }), ['patch web-a', 'status web']);
  assert.deepEqual(await sentFor({ uid: 'recreated' }), []);
  assert.deepEqual(await sentFor({ uid: 'r', deletionTimestamp: '2026-01-01T00:00:00Z' }), []);
});

test('the fault seam stops after any write and says nothing, or fails any write', async () => {
  const plan = planOf([patchService, scaleUp, patchStatus], { events: [event('Done')] });
  const stopped = await run(plan, {}, { stopAfter: 1 });
  assert.deepEqual(
    stopped.sent.map(({ what }) => what),
    ['service', 'call/targets'],
  );
  assert.deepEqual(stopped.told, []);
  assert.equal(stopped.result.stopped, true);
  const failed = await run(plan, {}, { fail: { 1: 'throttled' } });
  assert.deepEqual(
    failed.sent.map(({ what }) => what),
    ['service', 'call/targets'],
  );
  assert.deepEqual(
    failed.result.failures.map(({ problem }) => problem.class),
    ['throttled'],
  );
});

test('where one pod did not take its metadata, all of its ReplicaSet are looked at again, whichever was the last', async () => {
  const podOf = (name: string) => ({ metadata: { name, uid: name }, spec: { containers: [] } });
  const seen: Observed = { ...observed, pods: { is: 'present', value: [podOf('one'), podOf('two')] } };
  const patchPod = (podName: string): Write => ({
    kind: 'patchPodMetadata',
    key: `pod-metadata/${podName}`,
    onFailure: 'continue',
    replicaSetUid: 'a',
    fingerprint: 'role=stable',
    podName,
    patch: { metadata: { labels: { role: 'stable' } } },
  });
  const plan = planOf([patchPod('one'), patchPod('two')]);
  const conflict: Problem = { class: 'conflict', message: 'modified' };
  const verifiedWith = async (failures: Readonly<Record<string, Problem>>) =>
    (await run(plan, failures, {}, seen)).result.ledger.verifiedPodMetadata;
  assert.deepEqual(await verifiedWith({}), { a: 'role=stable' });
  assert.deepEqual(await verifiedWith({ one: conflict }), {});
  assert.deepEqual(await verifiedWith({ two: conflict }), {});
});
