// The judge is judged: each invariant is broken once, by hand, and must say so.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ApiObject } from '../../sandbox/apiserver/kinds/types.ts';
import { MemoryStorage } from '../../sandbox/apiserver/storage.ts';
import { Invariants } from './invariants.ts';
import { namespace } from './scenario.ts';

function judge(given: { readonly losesPods?: boolean } = {}) {
  const storage = new MemoryStorage();
  const violations: string[] = [];
  new Invariants({
    storage,
    now: () => 0,
    losesPods: given.losesPods ?? false,
    exceedsSurge: false,
    violated: (text) => violations.push(text),
  });
  const put = (resource: string, name: string, object: object): void => {
    const { metadata, ...rest } = object as { readonly metadata?: object };
    const body = { metadata: { name, namespace, ...metadata }, ...rest };
    storage.put(resource, `${namespace}/${name}`, structuredClone(body) as unknown as ApiObject);
  };
  return { put, violations };
}

type Put = ReturnType<typeof judge>['put'];

const rollouts = 'argoproj.io/rollouts';

function putRollout(put: Put, strategy: object, status: object = {}, replicas = 2): void {
  put(rollouts, 'web', { kind: 'Rollout', spec: { replicas, strategy }, status });
}

function putReplicaSet(put: Put, hash: string, replicas: number): void {
  put('apps/replicasets', `web-${hash}`, {
    kind: 'ReplicaSet',
    metadata: { uid: hash, labels: { 'rollouts-pod-template-hash': hash }, ownerReferences: [{ kind: 'Rollout' }] },
    spec: { replicas },
  });
}

function putPods(put: Put, hash: string, count: number): void {
  for (let index = 0; index < count; index++) {
    put('/pods', `web-${hash}-${index}`, {
      metadata: { labels: { 'rollouts-pod-template-hash': hash }, ownerReferences: [{ uid: hash }] },
      status: { conditions: [{ type: 'Ready', status: 'True' }] },
    });
  }
}

function putService(put: Put, name: string, hash: string): void {
  put('/services', name, { kind: 'Service', spec: { selector: { 'rollouts-pod-template-hash': hash } } });
}

const blueGreen = { blueGreen: { activeService: 'active' } };
const basic = { canary: { maxSurge: 1, maxUnavailable: 0 } };

test('a Service that goes to a version without pods', () => {
  const { put, violations } = judge();
  putRollout(put, blueGreen);
  putReplicaSet(put, 'a', 2);
  putPods(put, 'a', 2);
  putService(put, 'active', 'a');
  putService(put, 'active', 'b');
  assert.deepEqual(violations, ['active: 100 % of the traffic goes to active (b) without a ready pod']);
});

test('pods that are taken away while traffic goes to them', () => {
  const { put, violations } = judge();
  putRollout(put, blueGreen);
  putReplicaSet(put, 'a', 2);
  putPods(put, 'a', 2);
  putService(put, 'active', 'a');
  putReplicaSet(put, 'a', 0);
  assert.deepEqual(violations, ['web-a went from 2 to 0 while active sends 100 % to it']);
});

test('more pods than the surge allows, and fewer than must be there', () => {
  const { put, violations } = judge();
  putRollout(put, basic);
  putReplicaSet(put, 'a', 2);
  putPods(put, 'a', 2);
  putReplicaSet(put, 'b', 0);
  putReplicaSet(put, 'b', 1);
  assert.deepEqual(violations, []);
  putReplicaSet(put, 'b', 2);
  putReplicaSet(put, 'a', 1);
  assert.deepEqual(violations, [
    'web-b grew: 4 pods wanted, at most 3 may be',
    'web-a went from 2 to 1: 1 ready pods stay, 2 must',
  ]);
});

test('a second ReplicaSet of one template', () => {
  const { put, violations } = judge();
  putRollout(put, basic);
  putReplicaSet(put, 'a', 2);
  put('apps/replicasets', 'twin', {
    metadata: { labels: { 'rollouts-pod-template-hash': 'a' }, ownerReferences: [{ kind: 'Rollout' }] },
    spec: { replicas: 0 },
  });
  assert.deepEqual(violations, ['twin is a second ReplicaSet of the template of web-a']);
});

test('a step that goes back without a reason', () => {
  const { put, violations } = judge();
  const status = { currentPodHash: 'a', observedGeneration: '1' };
  const put1 = (currentStepIndex: number, more: object = {}) =>
    put(rollouts, 'web', {
      metadata: { generation: 1 },
      spec: { replicas: 2, strategy: basic },
      status: { ...status, currentStepIndex, ...more },
    });
  put1(2);
  put1(0, { abort: true });
  put1(2);
  assert.deepEqual(violations, []);
  put1(1);
  assert.deepEqual(violations, ['the step went from 2 back to 1']);
});

test('what hangs on ready pods is not asked where pods may vanish', () => {
  const { put, violations } = judge({ losesPods: true });
  putRollout(put, blueGreen);
  putReplicaSet(put, 'a', 2);
  putService(put, 'active', 'a');
  putService(put, 'active', 'b');
  putReplicaSet(put, 'a', 0);
  assert.deepEqual(violations, []);
});
