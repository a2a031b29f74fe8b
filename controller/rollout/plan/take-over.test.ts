// A rollout that another controller left in the middle goes on where it is (rollout.md §2.2-2.4, vector 99): whatever
// release of the reference made its ReplicaSets and wrote its status, nothing is made anew and nothing starts again.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { b, midway, pausedAtOne, twenty } from '../../../test/builders/midway.ts';
import {
  at,
  hashFor,
  promotedStatus,
  replicaSet,
  rollout,
  service,
  start,
  template,
} from '../../../test/builders/objects.ts';
import { lawfulPlan, shortWrite } from '../../../test/builders/rows.ts';
import { type World, world } from '../../../test/builders/world.ts';
import type { PodTemplateSpec } from '../../api/kubernetes-types.ts';
import { defaultPodTemplate } from '../../api/pod-template-defaults.ts';
import type { CanaryStep } from '../../api/types.generated.ts';
import { encodeSafely, fnv1a32 } from '../../lang/fnv.ts';
import { podTemplateHash } from '../../lang/pod-template-hash.ts';
import { hashSteps } from '../../lang/step-hash.ts';

const writesOf = (given: World) => lawfulPlan(given, start).writes.map(shortWrite);
const duration = { rolloutStartedAt: at(-20), manualPauseStartedAt: at(-10) };

/** The same template as releases before 1.9 hashed it: with `creationTimestamp: null` in front. */
function oldHash(image: string): string {
  const json = `{"metadata":{"creationTimestamp":null,"labels":{"app":"demo"}},"spec":{"containers":[{"name":"demo","image":"${image}","ports":[{"containerPort":8080,"protocol":"TCP"}],"resources":{}}]}}`;
  return encodeSafely(fnv1a32(json));
}

test('the hash of today is the one without creationTimestamp, and that of older releases is another', () => {
  assert.notEqual(oldHash('demo:a'), hashFor('demo:a'));
});

for (const [release, hashOf] of [
  ['before 1.9', oldHash],
  ['with another hash function', (image: string) => (image === 'demo:a' ? '7f8c9d' : '6b5f4d')],
] as const) {
  test(`vector 99: a canary of a release ${release} waits where it is, without a write`, () => {
    const stored = (image: string) => defaultPodTemplate(template(image));
    const given = midway({
      canary: twenty,
      step: 1,
      stable: { replicas: 8, hash: hashOf('demo:a'), template: stored('demo:a') },
      current: { replicas: 2, hash: hashOf('demo:b'), template: stored('demo:b') },
      status: { ...pausedAtOne, stableRS: hashOf('demo:a'), currentPodHash: hashOf('demo:b'), duration },
    });
    assert.deepEqual(writesOf(given), []);
  });
}

test('vector 99: a promoted blue/green rollout of an older release rests, without a write', () => {
  const hash = oldHash('demo:a');
  const status = {
    ...promotedStatus('demo:a'),
    stableRS: hash,
    currentPodHash: hash,
    selector: `app=demo,rollouts-pod-template-hash=${hash}`,
    blueGreen: { activeSelector: hash, previewSelector: hash },
  };
  const given = world({
    rollout: rollout({
      blueGreen: { activeService: 'stable', previewService: 'canary' },
      annotations: { 'rollout.argoproj.io/revision': '1' },
      status,
    }),
    replicaSets: [replicaSet({ image: 'demo:a', replicas: 10, hash })],
    services: [service('stable', { hash }), service('canary', { hash })],
  });
  assert.deepEqual(writesOf(given), []);
});

test('§2.4: a step hash that a release before 1.10 made without `clusterScope: false` is kept', () => {
  const analysis = (clusterScope?: boolean): CanaryStep => ({
    analysis: { templates: [{ templateName: 'ok', ...(clusterScope === undefined ? {} : { clusterScope }) }] },
  });
  const canary = { steps: [{ setWeight: 20 }, { pause: {} }, analysis(false)] };
  const old = hashSteps([{ setWeight: 20 }, { pause: {} }, analysis()]);
  const given = midway({
    canary,
    step: 1,
    stable: { replicas: 8 },
    current: { replicas: 2 },
    status: { ...pausedAtOne, currentStepHash: old, duration },
  });
  assert.notEqual(old, hashSteps(canary.steps));
  assert.deepEqual(writesOf(given), []);
  const edited = midway({
    canary: { steps: [{ setWeight: 21 }, { pause: {} }, analysis(false)] },
    step: 1,
    stable: { replicas: 8 },
    current: { replicas: 2 },
    status: { ...pausedAtOne, currentStepHash: old, duration },
  });
  assert.equal(lawfulPlan(edited, start).status.currentStepIndex, 0, 'other steps start again');
});

test('§2.3: quantities that are written otherwise, and mean as much, are no new template', () => {
  const using = (memory: string, cpu: string) => {
    const of = template('demo:a') as PodTemplateSpec;
    const [container] = of.spec.containers;
    const resources = { limits: { memory }, requests: { cpu } };
    return { ...of, spec: { ...of.spec, containers: [{ ...container, resources }] } } as PodTemplateSpec;
  };
  const hash = podTemplateHash(using('1Gi', '1500m'));
  const replicaSets = [replicaSet({ image: 'demo:a', replicas: 10, hash, template: using('1Gi', '1500m') })];
  const status = { ...promotedStatus('demo:a'), stableRS: hash, currentPodHash: hash };
  const creations = (spec: { readonly template: PodTemplateSpec }) => {
    const { writes } = lawfulPlan(world({ rollout: rollout({ status, spec }), replicaSets }), start);
    return writes.filter(({ kind }) => kind === 'createReplicaSet').length;
  };
  assert.equal(creations({ template: using('1073741824', '1.5') }), 0);
  assert.equal(creations({ template: using('1073741825', '1.5') }), 1);
});

test('§2.2: a ReplicaSet that lacks the revision annotation of its maker is found all the same', () => {
  const given = midway({
    canary: twenty,
    step: 1,
    stable: { replicas: 8 },
    current: { replicas: 2 },
    status: pausedAtOne,
  });
  const bare = given.replicaSets.map((found) => {
    const { 'rollout.argoproj.io/revision': _revision, ...annotations } = found.metadata.annotations ?? {};
    return { ...found, metadata: { ...found.metadata, annotations } };
  });
  const planned = lawfulPlan({ ...given, replicaSets: bare }, start);
  assert.ok(!planned.writes.some(({ kind }) => kind === 'createReplicaSet'));
  assert.equal(planned.status.currentPodHash, b);
  assert.equal(planned.status.currentStepIndex, 1);
});
