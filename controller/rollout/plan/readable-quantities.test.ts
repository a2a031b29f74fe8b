// Quantities that nobody can read (rollout.md §1.1, BUG-22): what counts as one, what is left out, what is taken out of
// the stored object, and that nothing else of it is touched.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { applyJsonPatch, decodeJsonPatch } from '../../../sandbox/apiserver/patch/json-patch.ts';
import { twenty } from '../../../test/builders/midway.ts';
import { hashFor, promotedStatus, replicaSet, rollout, start, template } from '../../../test/builders/objects.ts';
import { lawfulPlan, shortWrite } from '../../../test/builders/rows.ts';
import { world } from '../../../test/builders/world.ts';
import type { PodTemplateSpec } from '../../api/kubernetes-types.ts';
import { podTemplateHash } from '../../lang/pod-template-hash.ts';
import { repairOperations, withReadableQuantities } from './readable-quantities.ts';

type Spec = Readonly<Record<string, unknown>>;

function withSpec(spec: Spec): PodTemplateSpec {
  const { metadata } = template('demo:a');
  return { metadata, spec: { containers: [{ name: 'demo', image: 'demo:a' }], ...spec } } as PodTemplateSpec;
}

const container = (resources: Spec) => ({ name: 'demo', image: 'demo:a', resources });

/** What the API server makes of the template by the patch. */
function repaired(stored: PodTemplateSpec): unknown {
  const operations = decodeJsonPatch(JSON.parse(JSON.stringify(repairOperations(stored))));
  const patched = applyJsonPatch({ spec: { template: JSON.parse(JSON.stringify(stored)) } }, operations);
  return (patched as { spec: { template: unknown } }).spec.template;
}

test('every spelling of a quantity is readable: text, number, suffix, exponent', () => {
  const limits = {
    cpu: '2000m',
    memory: '8192M',
    'ephemeral-storage': '1e3',
    'nvidia.com/gpu': 1,
    'hugepages-2Mi': '4Mi',
  };
  const given = withSpec({ containers: [container({ limits, requests: { cpu: 0.5 } })] });
  assert.equal(withReadableQuantities(given), given);
  assert.deepEqual(repairOperations(given), []);
});

test('the readable entries beside an unreadable one stay, in every list of containers and under both kinds', () => {
  const given = withSpec({
    initContainers: [{ name: 'first', image: 'x' }, container({ limits: { memory: '', cpu: '1' } })],
    containers: [
      {
        ...container({ limits: { 'example.com/a~b': 'many' }, requests: { memory: 'lots', cpu: '5m' } }),
        command: ['a'],
      },
    ],
  });
  const wanted = withSpec({
    initContainers: [{ name: 'first', image: 'x' }, container({ limits: { cpu: '1' } })],
    containers: [{ ...container({ limits: {}, requests: { cpu: '5m' } }), command: ['a'] }],
  });
  assert.deepEqual(withReadableQuantities(given), wanted);
  assert.deepEqual(repaired(given), wanted);
});

test('so do those of the pod as a whole, and of the claims that are made for its volumes', () => {
  const claiming = (requests: Spec) => ({
    name: 'data',
    ephemeral: { volumeClaimTemplate: { spec: { accessModes: ['ReadWriteOnce'], resources: { requests } } } },
  });
  const volumes = [{ name: 'tmp', emptyDir: {} }];
  const given = withSpec({
    resources: { limits: { cpu: 'few', memory: '1Gi' } },
    volumes: [...volumes, claiming({ storage: 'a lot', iops: '3' })],
  });
  const wanted = withSpec({
    resources: { limits: { memory: '1Gi' } },
    volumes: [...volumes, claiming({ iops: '3' })],
  });
  assert.deepEqual(withReadableQuantities(given), wanted);
  assert.deepEqual(repaired(given), wanted);
});

test('QUIRK: an unreadable entry of an ephemeral container takes the whole list with it', () => {
  const debuggers = [{ name: 'a', image: 'x' }, container({ requests: { cpu: 'much' } })];
  const given = withSpec({ ephemeralContainers: debuggers });
  assert.deepEqual(withReadableQuantities(given), withSpec({}));
  assert.deepEqual(repaired(given), withSpec({}));
});

test('the patch is refused where somebody has changed a value meanwhile', () => {
  const given = withSpec({ containers: [container({ requests: { memory: 'lots' } })] });
  const changed = withSpec({ containers: [container({ requests: { memory: '1Gi' } })] });
  const operations = decodeJsonPatch(repairOperations(given));
  assert.throws(() => applyJsonPatch({ spec: { template: changed } } as never, operations));
});

test('what cannot be read does not change the hash: no update, and no write while there is none anyway', () => {
  const readable = withSpec({ containers: [container({ requests: { cpu: '5m' } })] });
  const stored = withSpec({ containers: [container({ requests: { cpu: '5m', memory: 'lots' } })] });
  assert.equal(podTemplateHash(withReadableQuantities(stored)), podTemplateHash(readable));
  const hash = podTemplateHash(readable);
  const status = { ...promotedStatus('demo:a', { canary: twenty }), currentPodHash: hash, stableRS: hash };
  const annotations = { 'rollout.argoproj.io/revision': '1' };
  const resting = world({
    rollout: rollout({ canary: twenty, annotations, spec: { template: stored }, status }),
    replicaSets: [replicaSet({ image: 'demo:a', hash, template: readable, replicas: 10 })],
  });
  assert.deepEqual(lawfulPlan(resting, start).writes, []);
});

test('a Deployment that a Rollout refers to is not ours to repair', () => {
  const stored = withSpec({ containers: [container({ requests: { memory: 'lots' } })] });
  const workloadRef = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' };
  const given = rollout({ canary: twenty, spec: { workloadRef, template: undefined as never } });
  const workload = {
    metadata: { name: 'web', namespace: 'shop', generation: 1 },
    spec: { replicas: 1, selector: { matchLabels: { app: 'demo' } }, template: stored },
  };
  const writes = lawfulPlan(world({ rollout: given, workload }), start).writes.map(shortWrite);
  assert.ok(!writes.some((write) => write.includes('repair')));
  assert.ok(writes.some((write) => write.startsWith('create demo-')));
  assert.ok(!writes.includes(`create demo-${hashFor('demo:a')}`), 'another template than that of the builders');
});
