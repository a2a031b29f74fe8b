// What must be so in the end: each rule is broken once, by hand, and must say so.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { problemsAfterDeletion, problemsAtRest, problemsWhenFinished } from './end-rules.ts';
import { basic, judge, putAlb, putPods, putReplicaSet, putRollout, putService, routed } from './judge.ts';

test('at rest without a reason, and with counts that are not so', () => {
  const { put, world } = judge();
  putRollout(put, basic, { phase: 'Progressing', message: 'soon', currentPodHash: 'a', readyReplicas: 2 });
  assert.deepEqual(problemsAtRest(world, []), [
    'still Progressing (soon) without a reason',
    'at rest status.readyReplicas is 2, but there are 0',
  ]);
});

test('what is left of the past when the last version was promoted', () => {
  const { put, world } = judge();
  putRollout(put, routed([]), { phase: 'Progressing', message: 'soon' });
  assert.deepEqual(problemsWhenFinished(world), ['fully promoted, but Progressing: soon']);
  putRollout(put, routed([]), { phase: 'Healthy', currentPodHash: 'b', stableRS: 'a', readyReplicas: 1 });
  putReplicaSet(put, 'a', 1);
  put('argoproj.io/analysisruns', 'run', { status: { phase: 'Running' } });
  putService(put, 'canary', 'b');
  putService(put, 'stable', 'a');
  putAlb(put, { canary: 40, stable: 60 }, ['testers']);
  assert.deepEqual(problemsWhenFinished(world), [
    'Healthy, but the stable version is a',
    'Healthy with 1 of 2 ready pods',
    'Healthy, but run goes on',
    'Healthy, but web-a has pods',
    'Healthy, but 60 % of the traffic go to stable',
    'Healthy, but the route testers is left',
  ]);
});

test('orphans of a Rollout that was deleted', () => {
  const { put, world } = judge();
  putReplicaSet(put, 'a', 1);
  putPods(put, 'a', 1);
  putService(put, 'stable', 'a');
  put('networking.k8s.io/ingresses', 'web-nginx-canary', { kind: 'Ingress', spec: {} });
  assert.deepEqual(problemsAfterDeletion(world), [
    '1 apps/replicasets are left after the deletion',
    '1 /pods are left after the deletion',
    'Service stable still selects a version after the deletion',
    'the canary of Ingress nginx is left after the deletion',
  ]);
});
