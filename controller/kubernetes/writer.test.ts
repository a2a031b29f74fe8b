import assert from 'node:assert/strict';
import { test } from 'node:test';
import { noAnswer, refusal, type Script, scriptedTransport } from '../../test/builders/scripted-transport.ts';
import type { KubernetesObject } from '../api/kubernetes-types.ts';
import { decodeObject } from './decode.ts';
import type { Fence } from './fence.ts';
import { openFence } from './fence.ts';
import type { ErrorClass } from './problem.ts';
import { type Resource, replicaSets } from './resource.ts';
import { createStore } from './store.ts';
import { KubeError } from './transport.ts';
import { createWriter } from './writer.ts';

const rollouts: Resource = {
  group: 'argoproj.io',
  version: 'v1alpha1',
  plural: 'rollouts',
  kind: 'Rollout',
  namespaced: true,
  statusSubresource: true,
};
const runs: Resource = { ...rollouts, plural: 'analysisruns', kind: 'AnalysisRun', statusSubresource: false };
const target = { resource: replicaSets, namespace: 'ns', name: 'web' };

interface Thing extends KubernetesObject {
  readonly status?: unknown;
}

function thing(resourceVersion: string, rest: object = {}): Thing {
  return { metadata: { namespace: 'ns', name: 'web', uid: 'u', resourceVersion }, ...rest };
}

function makeWriter(script: Script, fence: Fence = openFence) {
  const transport = scriptedTransport(script);
  const store = createStore<KubernetesObject>({ decode: decodeObject({ apiVersion: 'v1', kind: 'Thing' }) });
  const writer = createWriter({ transport, fence, sinkOf: () => store, fieldManager: 'rollouts-controller' });
  return { transport, store, writer };
}

test('a merge patch carries uid and version as preconditions, and its answer is in the store at once', async () => {
  const { transport, store, writer } = makeWriter(() => thing('8'));
  store.written(thing('7'));
  const result = await writer.patch(target, { spec: { replicas: 3 } }, { uid: 'u', resourceVersion: '7' });
  assert.equal(result.ok && result.changed, true);
  assert.equal(store.resourceVersionOf('ns/web'), '8');
  const [request] = transport.requests;
  assert.equal(request?.verb, 'PATCH');
  assert.equal(request?.path, '/apis/apps/v1/namespaces/ns/replicasets/web');
  assert.equal(request?.contentType, 'application/merge-patch+json');
  assert.deepEqual(request?.query, { fieldManager: 'rollouts-controller' });
  assert.deepEqual(request?.body, { spec: { replicas: 3 }, metadata: { uid: 'u', resourceVersion: '7' } });
});

test('a patch without content is not sent', async () => {
  const { transport, writer } = makeWriter(() => thing('8'));
  assert.deepEqual(await writer.patch(target, {}, { uid: 'u' }), { ok: true, changed: false });
  const same = { phase: 'Healthy', conditions: [{ type: 'A' }] };
  const result = await writer.patchStatus(
    { ...target, resource: rollouts },
    thing('7', { status: same }),
    structuredClone(same),
  );
  assert.deepEqual(result, { ok: true, changed: false });
  assert.equal(transport.requests.length, 0);
});

test('an answer with the version that was there before counts as nothing written', async () => {
  const { writer } = makeWriter(() => thing('7'));
  const result = await writer.patch(target, { spec: {} }, { resourceVersion: '7' });
  assert.equal(result.ok && result.changed, false);
});

test('a status goes through its subresource as the difference, with the version it was computed from', async () => {
  const status = { phase: 'Paused', message: 'x' };
  const { transport, writer } = makeWriter(() => thing('8', { status: { phase: 'Healthy' } }));
  await writer.patchStatus({ ...target, resource: rollouts }, thing('7', { status }), { phase: 'Healthy' });
  const [request] = transport.requests;
  assert.equal(request?.path, '/apis/argoproj.io/v1alpha1/namespaces/ns/rollouts/web/status');
  assert.deepEqual(request?.body, {
    status: { phase: 'Healthy', message: null },
    metadata: { resourceVersion: '7' },
  });
});

test('a kind without a status subresource has its status written on the object', async () => {
  const { transport, writer } = makeWriter(() => thing('8', { status: { phase: 'Running' } }));
  await writer.patchStatus({ ...target, resource: runs }, thing('7'), { phase: 'Running' });
  assert.equal(transport.requests[0]?.path, '/apis/argoproj.io/v1alpha1/namespaces/ns/analysisruns/web');
});

test('a field that the server prunes is sent once and never again', async () => {
  const { transport, writer } = makeWriter(() => thing('8', { status: { phase: 'Healthy', canary: {} } }));
  const wanted = { phase: 'Healthy', duration: { total: 5 }, canary: { weights: { a: 1 } } };
  const rollout = { ...target, resource: rollouts };
  await writer.patchStatus(rollout, thing('7', { status: {} }), wanted);
  const stored = thing('8', { status: { phase: 'Healthy', canary: {} } });
  assert.deepEqual(await writer.patchStatus(rollout, stored, wanted), { ok: true, changed: false });
  assert.equal(transport.requests.length, 1);
});

test('a deletion carries its preconditions and empties the store; being gone already is success', async () => {
  const answers: unknown[] = [{ kind: 'Status', status: 'Success' }, refusal(404, 'NotFound')];
  const { transport, store, writer } = makeWriter(() => answers.shift());
  store.written(thing('7'));
  const first = await writer.delete(target, { uid: 'u', resourceVersion: '7' });
  assert.deepEqual(first, { ok: true, changed: true });
  assert.equal(store.size, 0);
  assert.deepEqual(transport.requests[0]?.body, {
    kind: 'DeleteOptions',
    apiVersion: 'v1',
    propagationPolicy: 'Background',
    preconditions: { uid: 'u', resourceVersion: '7' },
  });
  assert.deepEqual(await writer.delete(target, { uid: 'u' }), { ok: true, changed: false });
});

test('an object that finalizers keep stays in the store, marked as terminating', async () => {
  const terminating = {
    metadata: { ...thing('8').metadata, deletionTimestamp: '2026-01-01T00:00:00Z', finalizers: ['x'] },
  };
  const { store, writer } = makeWriter(() => terminating);
  store.written(thing('7'));
  await writer.delete(target, { uid: 'u' });
  assert.equal(store.get('ns/web')?.metadata.deletionTimestamp, '2026-01-01T00:00:00Z');
});

test('BUG-14: an eviction is one of policy/v1, names the pod it means, and a budget that refuses it is an answer', async () => {
  const { transport, writer } = makeWriter(() => refusal(429, 'TooManyRequests', 'budget', 10_000));
  const result = await writer.evict('ns', 'web-1', 'u1');
  assert.deepEqual(result, { ok: false, problem: { class: 'throttled', message: 'budget', retryAfterMs: 10_000 } });
  assert.equal(transport.requests[0]?.path, '/api/v1/namespaces/ns/pods/web-1/eviction');
});

test('without the lease no write is sent; with little of it left the request ends before it does', async () => {
  const { transport, writer } = makeWriter(() => thing('8'), { remainingMs: () => 0 });
  const result = await writer.patch(target, { spec: {} });
  assert.deepEqual(!result.ok && [result.problem.class, result.problem.isUnsent], ['unreachable', true]);
  assert.equal(transport.requests.length, 0);

  const hurried = makeWriter(() => thing('8'), { remainingMs: () => 1_200 });
  await hurried.writer.patch(target, { spec: {} });
  assert.equal(hurried.transport.requests[0]?.deadlineMs, 1_200);
});

test('an eviction of unknown outcome is tried again where pods may not be read', async () => {
  const answers: unknown[] = [noAnswer(true), refusal(403, 'Forbidden'), {}];
  const { transport, writer } = makeWriter(() => answers.shift());
  await writer.evict('ns', 'web-1', 'u');
  const again = await writer.evict('ns', 'web-1', 'u');
  assert.equal(again.ok, true);
  assert.deepEqual(
    transport.requests.map(({ verb }) => verb),
    ['POST', 'GET', 'POST'],
  );
});

test('after an unknown outcome the object is read before anything else is written', async () => {
  const answers: unknown[] = [noAnswer(true), noAnswer(), thing('9'), thing('10')];
  const { transport, store, writer } = makeWriter(() => answers.shift());
  const patch = { spec: { replicas: 3 } };
  const classes: (ErrorClass | 'ok')[] = [];
  for (let write = 0; write < 4; write += 1) {
    const result = await writer.patch(target, patch);
    classes.push(result.ok ? 'ok' : result.problem.class);
  }
  // The first read fails too; the second finds version 9, which asks for a new plan; then writing goes on.
  assert.deepEqual(classes, ['unknown', 'unreachable', 'conflict', 'ok']);
  assert.deepEqual(
    transport.requests.map(({ verb }) => verb),
    ['PATCH', 'GET', 'GET', 'PATCH'],
  );
  assert.equal(store.resourceVersionOf('ns/web'), '10');
});

test('a creation of unknown outcome is looked for by its name', async () => {
  const answers: unknown[] = [noAnswer(true), refusal(404, 'NotFound'), thing('9')];
  const { transport, writer } = makeWriter(() => answers.shift());
  const object = { metadata: { namespace: 'ns', name: 'web' } };
  const first = await writer.create(replicaSets, object);
  const second = await writer.create(replicaSets, object);
  const third = await writer.create(replicaSets, object);
  assert.deepEqual(
    [first, second, third].map((result) => (result.ok ? 'ok' : result.problem.class)),
    ['unknown', 'conflict', 'ok'],
  );
  assert.deepEqual(
    transport.requests.map(({ verb, path }) => `${verb} ${path}`),
    [
      'POST /apis/apps/v1/namespaces/ns/replicasets',
      'GET /apis/apps/v1/namespaces/ns/replicasets/web',
      'POST /apis/apps/v1/namespaces/ns/replicasets',
    ],
  );
});

test('a live read enters the store, and one that finds nothing takes the object out', async () => {
  const answers: unknown[] = [thing('9'), refusal(404, 'NotFound')];
  const { store, writer } = makeWriter(() => answers.shift());
  assert.equal((await writer.read(target)).ok, true);
  assert.equal(store.resourceVersionOf('ns/web'), '9');
  const missing = await writer.read(target);
  assert.equal(!missing.ok && missing.problem.class, 'gone');
  assert.equal(store.size, 0);
});

test('what was made under the name while a live read was on its way stays in the store', async () => {
  const answer = Promise.withResolvers<KubernetesObject>();
  const { store, writer } = makeWriter(() => answer.promise);
  store.written(thing('7'));
  const reading = writer.read(target);
  store.applyEvent('DELETED', store.decode(thing('8')));
  store.applyEvent('ADDED', store.decode({ metadata: { ...thing('9').metadata, uid: 'successor' } }));
  answer.reject(refusal(404, 'NotFound'));
  assert.equal((await reading).ok, false);
  assert.equal(store.get('ns/web')?.metadata.uid, 'successor');
});

const classes: readonly (readonly [name: string, error: KubeError, expected: ErrorClass])[] = [
  ['a newer version', refusal(409, 'Conflict'), 'conflict'],
  ['a name that is taken', refusal(409, 'AlreadyExists'), 'exists'],
  ['an object that is not there', refusal(404, 'NotFound'), 'gone'],
  ['missing rights', refusal(403, 'Forbidden'), 'denied'],
  ['wrong credentials', refusal(401, 'Unauthorized'), 'denied'],
  ['an invalid object', refusal(422, 'Invalid'), 'invalid'],
  ['a malformed request', refusal(400, 'BadRequest'), 'invalid'],
  ["a webhook's refusal", refusal(403, 'Forbidden', 'admission webhook "a.b" denied the request: no'), 'invalid'],
  ['too many requests', refusal(429, 'TooManyRequests', 'slow', 7_000), 'throttled'],
  ['an overloaded server that says when', refusal(503, 'ServiceUnavailable', 'later', 1_000), 'throttled'],
  ['an overloaded server', refusal(503, 'ServiceUnavailable'), 'unreachable'],
  ['no connection', noAnswer(), 'unreachable'],
  ['a webhook that cannot be called', refusal(500, 'InternalError', 'failed calling webhook "a.b"'), 'unreachable'],
  ['no answer after sending', noAnswer(true), 'unknown'],
  ['a time-out of the server', refusal(504, 'Timeout'), 'unknown'],
  ['an error inside the server', refusal(500, 'InternalError', 'etcdserver: request timed out'), 'unknown'],
];

for (const [name, error, expected] of classes) {
  test(`${name} is "${expected}"`, async () => {
    const { writer } = makeWriter(() => error);
    const result = await writer.create(replicaSets, thing('1'));
    assert.equal(!result.ok && result.problem.class, expected);
    assert.equal(!result.ok && result.problem.retryAfterMs, error.retryAfterMs);
  });
}

test('what is no failure of the API is no class: it is thrown on', async () => {
  const { writer } = makeWriter(() => {
    throw new TypeError('a bug');
  });
  await assert.rejects(writer.create(replicaSets, thing('1')), TypeError);
  assert.ok(!(new TypeError() instanceof KubeError));
});
