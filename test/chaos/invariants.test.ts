// The judge is judged: each invariant is broken once, by hand, and must say so.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { storm } from './invariants.ts';
import {
  basic,
  blueGreen,
  judge,
  made,
  putAlb,
  putPods,
  putReplicaSet,
  putRollout,
  putService,
  rollouts,
  routed,
} from './judge.ts';

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

test('the last ready pod of a version that traffic is sent to is lost', () => {
  const { put, violations } = judge();
  putRollout(put, blueGreen);
  putReplicaSet(put, 'a', 2);
  putPods(put, 'a', 2);
  putService(put, 'active', 'a');
  putPods(put, 'a', 1, 'False');
  assert.deepEqual(violations, []);
  putPods(put, 'a', 2, 'False');
  assert.deepEqual(violations, ['active lost its last ready pod while 100 % of the traffic goes to it']);
});

test('fewer ready pods than must be there', () => {
  const { put, violations } = judge();
  putRollout(put, basic);
  putReplicaSet(put, 'a', 2);
  putPods(put, 'a', 2);
  putPods(put, 'a', 1, 'False');
  assert.deepEqual(violations, ['1 ready pods are left, 2 must be there']);
});

test('pods of the Deployment that a workloadRef names may go', () => {
  const { put, violations } = judge();
  putRollout(put, basic);
  for (const ready of ['True', 'False']) {
    put('/pods', 'web-5d9c8b7f6-x', {
      metadata: { labels: {} },
      status: { conditions: [{ type: 'Ready', status: ready }] },
    });
  }
  assert.deepEqual(violations, []);
});

test('weight on a canary without a ready pod', () => {
  const { put, violations } = judge();
  putRollout(put, routed([]));
  putService(put, 'stable', 'a');
  putService(put, 'canary', 'b');
  putPods(put, 'a', 2);
  putAlb(put, { canary: 0, stable: 100 });
  putAlb(put, { canary: 20, stable: 80 });
  assert.deepEqual(violations, ['web: 20 % of the traffic goes to canary (b) without a ready pod']);
});

test('a stable version that is too small for its share of the traffic', () => {
  const { put, violations } = judge();
  const dynamic = { canary: { ...routed([]).canary, dynamicStableScale: true } };
  putRollout(put, dynamic, { stableRS: 'a' }, 4);
  putReplicaSet(put, 'a', 4);
  putPods(put, 'a', 4);
  putService(put, 'stable', 'a');
  putAlb(put, { canary: 0, stable: 100 });
  putAlb(put, { canary: 40, stable: 60 });
  putReplicaSet(put, 'a', 3);
  assert.deepEqual(violations, []);
  putReplicaSet(put, 'a', 2);
  assert.deepEqual(violations, ['web-a went from 3 to 2 with 60 % of the traffic, 3 must stay']);
});

test('a version that grows beyond what was asked for', () => {
  const { put, violations } = judge();
  putRollout(put, routed([{ setCanaryScale: { replicas: 3 } }]));
  putReplicaSet(put, 'a', 0);
  putReplicaSet(put, 'a', 3);
  assert.deepEqual(violations, []);
  putReplicaSet(put, 'a', 4);
  assert.deepEqual(violations, ['web-a grew to 4, no version has more than 3']);
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

test('a second run or Experiment while the first one goes on', () => {
  const { put, violations } = judge();
  putRollout(put, basic);
  const running = { metadata: made, spec: {}, status: { phase: 'Running' } };
  for (const name of ['one', 'two']) put('argoproj.io/analysisruns', name, running);
  for (const name of ['web-b-2-1', 'web-b-2-3', 'web-b-2-3-1']) put('argoproj.io/experiments', name, running);
  assert.deepEqual(violations, ['two measures what one measures', 'web-b-2-3-1 was begun while web-b-2-3 runs']);
});

test('more writes than anybody needs', () => {
  const { put, violations, clock } = judge();
  for (let write = 0; write < 2 * storm.writes; write++) {
    clock.now += storm.withinMs / storm.writes + 1;
    putRollout(put, basic);
  }
  assert.deepEqual(violations, []);
  for (let write = 0; write < storm.writes; write++) putRollout(put, basic);
  assert.match(violations[0] ?? '', /^more than \d+ writes in 10 s$/);
});

test('a change at rest is noted, but not what comes of a new size', () => {
  const { put, clock, invariants } = judge();
  const changeAt = (second: number, replicas: number): void => {
    clock.now = second * 1000;
    putRollout(put, basic, { availableReplicas: second }, replicas);
  };
  changeAt(1, 2);
  changeAt(1000, 3);
  changeAt(1080, 3);
  assert.equal(invariants.lastChangeAt, 1000);
  changeAt(1100, 3);
  assert.equal(invariants.lastChangeAt, 1_100_000);
});

test('something is done for an invalid Rollout', () => {
  const { put, violations, clock } = judge();
  const conditions = [{ type: 'InvalidSpec', status: 'True' }];
  put(rollouts, 'web', {
    metadata: { generation: 3 },
    spec: { replicas: 2, strategy: basic },
    status: { observedGeneration: '3', conditions },
  });
  putReplicaSet(put, 'a', 0);
  clock.now += 100_000;
  put('apps/replicasets', 'web-a', {
    kind: 'ReplicaSet',
    metadata: { uid: 'a', generation: 2, ownerReferences: [{ kind: 'Rollout' }] },
    spec: { replicas: 1 },
  });
  assert.deepEqual(violations, ['ReplicaSet web-a was changed although the spec is invalid']);
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
