// What the screen says of an experiment of the shown Rollout: a row for each version that has pods, and its analyses.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ReplicaSet } from '../../controller/api/kubernetes-types.ts';
import type { AnalysisRun, Experiment, Rollout } from '../../controller/api/types.generated.ts';
import { makeRolloutView, nextCommands } from './rollout-view.ts';
import { renderScreen } from './screen.ts';

const hash = 'rollouts-pod-template-hash';
const revision = { 'rollout.argoproj.io/revision': '2' };
const weights = {
  canary: { weight: 0, podTemplateHash: 'new' },
  stable: { weight: 90, podTemplateHash: 'old' },
  additional: [
    { weight: 5, podTemplateHash: 'b' },
    { weight: 5, podTemplateHash: 'c' },
  ],
};
const steps = [{ experiment: { analyses: [{ name: 'a', templateName: 't' }], templates: [] } }];
const rollout = {
  metadata: { name: 'web', namespace: 'default', uid: 'u' },
  spec: {
    strategy: { canary: { steps } },
    template: { spec: { containers: [{ name: 'web', image: 'argoproj/rollouts-demo:blue' }] } },
  },
  status: { phase: 'Progressing', currentPodHash: 'new', stableRS: 'old', currentStepIndex: 0, canary: { weights } },
} as unknown as Rollout;

const ownedBy = (uid: string) => ({ ownerReferences: [{ uid, controller: true }] });

function replicaSet(name: string, image: string, count: number, owner = 'u'): ReplicaSet {
  return {
    metadata: { name, labels: { [hash]: name }, annotations: owner === 'u' ? revision : {}, ...ownedBy(owner) },
    spec: { replicas: count, template: { spec: { containers: [{ image }] } } },
    status: { replicas: count, readyReplicas: count },
  } as unknown as ReplicaSet;
}

function experiment(uid: string, owner: string, of = 'new'): Experiment {
  return {
    metadata: { name: uid, uid, labels: { [hash]: of }, annotations: revision, ...ownedBy(owner) },
  } as unknown as Experiment;
}

function run(name: string, owner: string): AnalysisRun {
  return {
    metadata: { name, creationTimestamp: '2026-01-01T00:00:00Z', ...ownedBy(owner) },
    spec: { metrics: [{ name: 'difference', provider: { prometheus: {} } }] },
    status: { phase: 'Running' },
  } as unknown as AnalysisRun;
}

const seen = {
  replicaSets: [
    replicaSet('new', 'demo:green', 0),
    replicaSet('old', 'demo:blue', 5),
    replicaSet('b', 'demo:blue', 1, 'e'),
    replicaSet('c', 'demo:green', 1, 'e'),
    replicaSet('gone', 'demo:green', 0, 'e'),
    replicaSet('other', 'demo:red', 1, 'somebody'),
  ],
  experiments: [experiment('e', 'u'), experiment('before', 'u', 'old'), experiment('alone', 'somebody')],
  analysisRuns: [run('e-a', 'e'), run('before-a', 'before'), run('alone-a', 'alone')],
};

test('versions of an experiment stand below the canary, with their weights, while they have pods', () => {
  const { versions } = makeRolloutView(rollout, seen, undefined);
  assert.deepEqual(
    versions.map(({ role, podHash, ready, wanted }) => [role, podHash, ready, wanted]),
    [
      ['canary', 'new', 0, 0],
      ['stable', 'old', 5, 90],
      ['experiment', 'b', 1, 5],
      ['experiment', 'c', 1, 5],
    ],
  );
});

test('analyses of the experiments of the present update are shown, no others', () => {
  const view = makeRolloutView(rollout, seen, undefined);
  assert.deepEqual(
    view.analyses.map(({ name, type }) => [name, type]),
    [['e-a', 'Experiment']],
  );
  const state = { rollout: view, load: undefined, links: [], hints: [], exports: [], problems: [] };
  const lines = renderScreen(state, { columns: 120, color: false });
  assert.ok(lines.some((line) => /^2 {9}experiment {2}demo:green +1\/1 +5 %/.test(line)));
  assert.ok(lines.some((line) => /^ANALYSIS {2}Experiment +Running +e-a$/.test(line)));
});

test('a rollout that an experiment decides about is offered a bad version', () => {
  const healthy = { ...rollout, status: { phase: 'Healthy' } } as Rollout;
  assert.ok(nextCommands(healthy).some((command) => command.endsWith('=argoproj/rollouts-demo:bad-red')));
  const plain = {
    ...healthy,
    spec: { ...healthy.spec, strategy: { canary: { steps: [{ setWeight: 5 }] } } },
  } as Rollout;
  assert.ok(!nextCommands(plain).some((command) => command.includes('bad-red')));
});
