// Canary and stable pods on different nodes (rollout.md §2.7): what is injected, when it is rewritten, and what is left.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { a, b, midway, twenty } from '../../../test/builders/midway.ts';
import { hashFor, promotedStatus, replicaSet, rollout, start, template } from '../../../test/builders/objects.ts';
import { lawfulPlan, settle, shortWrite } from '../../../test/builders/rows.ts';
import { world } from '../../../test/builders/world.ts';
import type { PodTemplateSpec } from '../../api/kubernetes-types.ts';
import type { AntiAffinity } from '../../api/types.generated.ts';
import { needsNewAntiAffinity, withAntiAffinity, withoutInjectedAntiAffinity } from './anti-affinity.ts';

const required: AntiAffinity = { requiredDuringSchedulingIgnoredDuringExecution: {} };
const canary = { ...twenty, antiAffinity: required };
const owner = rollout({ canary });

function injected(image: string, stable: string): PodTemplateSpec {
  return withAntiAffinity(template(image) as PodTemplateSpec, owner, stable, hashFor(image));
}

test('the term names the stable hash, this namespace and the node, and goes without a trace', () => {
  const given = injected('demo:b', a);
  assert.deepEqual(given.spec.affinity, {
    podAntiAffinity: {
      requiredDuringSchedulingIgnoredDuringExecution: [
        {
          labelSelector: { matchExpressions: [{ key: 'rollouts-pod-template-hash', operator: 'In', values: [a] }] },
          namespaces: ['shop'],
          topologyKey: 'kubernetes.io/hostname',
        },
      ],
    },
  });
  assert.deepEqual(withoutInjectedAntiAffinity(given), template('demo:b'));
});

test("a user's own affinity is kept beside it", () => {
  const nodeAffinity = { preferredDuringSchedulingIgnoredDuringExecution: [] };
  const zones = { labelSelector: { matchLabels: { app: 'x' } }, topologyKey: 'zone' };
  const own = template('demo:b') as PodTemplateSpec;
  const affinity = { nodeAffinity, podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [zones] } };
  const given = { ...own, spec: { ...own.spec, affinity } } as PodTemplateSpec;
  const both = withAntiAffinity(given, owner, a, b);
  const terms = (both.spec.affinity as typeof affinity).podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution;
  assert.equal(terms.length, 2);
  assert.deepEqual(terms[0], zones);
  assert.deepEqual(withoutInjectedAntiAffinity(both), given);
});

for (const [name, stable] of [
  ['the first revision', undefined],
  ['what is stable itself', b],
] as const) {
  test(`${name} gets no term`, () => {
    const bare = template('demo:b') as PodTemplateSpec;
    assert.deepEqual(withAntiAffinity(bare, owner, stable, b), bare);
  });
}

test('a term that names a revision which is no longer stable is rewritten on the way, and left alone when promoted', () => {
  const given = replicaSet({ image: 'demo:b', revision: 2, template: injected('demo:b', 'older') });
  assert.equal(needsNewAntiAffinity(given, owner, a), true);
  assert.equal(needsNewAntiAffinity(given, owner, 'older'), false);
  assert.equal(needsNewAntiAffinity(given, owner, b), false);
  const world = midway({
    canary,
    stable: { replicas: 8 },
    current: { replicas: 2, template: injected('demo:b', 'older') },
  });
  const [write] = lawfulPlan(world, start).writes;
  assert.ok(write?.kind === 'patchReplicaSet');
  assert.match(JSON.stringify(write.patch), new RegExp(`"values":\\["${a}"\\]`));
});

test('a rewritten term leaves none behind where the rule has become another one meanwhile, and is written once', () => {
  const preferred = { preferredDuringSchedulingIgnoredDuringExecution: { weight: 5 } };
  const given = midway({
    canary: { ...canary, antiAffinity: preferred },
    stable: { replicas: 8 },
    current: { replicas: 2, template: injected('demo:b', 'older') },
  });
  const { world: end, waves } = settle(given, start);
  assert.equal(waves.flatMap(({ writes }) => writes).filter(({ key }) => key === `revision/demo-${b}`).length, 1);
  const rewritten = end.replicaSets.find(({ metadata }) => metadata.name === `demo-${b}`);
  const terms = rewritten?.spec.template.spec.affinity?.podAntiAffinity ?? {};
  assert.deepEqual(Object.keys(terms), ['preferredDuringSchedulingIgnoredDuringExecution']);
});

test('BUG-10: a promoted ReplicaSet that was found by its structure, under a foreign hash, gets no term', () => {
  const given = world({
    rollout: rollout({
      canary,
      annotations: { 'rollout.argoproj.io/revision': '1' },
      status: { ...promotedStatus('demo:a', { canary }), currentPodHash: 'foreign', stableRS: 'foreign' },
    }),
    replicaSets: [replicaSet({ image: 'demo:a', replicas: 10, hash: 'foreign' })],
  });
  assert.deepEqual(lawfulPlan(given, start).writes.map(shortWrite), []);
});
