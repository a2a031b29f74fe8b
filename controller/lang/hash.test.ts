// Recorded vectors of the pod template hash and the step hash, byte for byte, and the vectors of spec/rollout.md.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import type { PodTemplateSpec } from '../api/kubernetes-types.ts';
import { goJson } from './go-json.ts';
import { podTemplateHash } from './pod-template-hash.ts';
import { hashSteps, stepHashOf } from './step-hash.ts';

interface Vector<T> {
  readonly input: T;
  readonly goJson: string;
  readonly hash: string;
  readonly hashCollision1: string;
}

function read<T>(name: string): Vector<T>[] {
  return JSON.parse(readFileSync(new URL(`../../test/fixtures/hash/${name}`, import.meta.url), 'utf8'));
}

test('every recorded template has the recorded JSON and hashes', () => {
  const vectors = read<PodTemplateSpec>('templates.json');
  assert.ok(vectors.length > 20);
  for (const { input, ...want } of vectors) {
    assert.equal(goJson('PodTemplateSpec', input), want.goJson);
    assert.equal(podTemplateHash(input), want.hash);
    assert.equal(podTemplateHash(input, 1), want.hashCollision1);
  }
});

test('every recorded list of steps has the recorded JSON and hash', () => {
  const vectors = read<Parameters<typeof hashSteps>[0]>('steps.json');
  assert.ok(vectors.length > 10);
  for (const { input, ...want } of vectors) {
    assert.equal(goJson('[]CanaryStep', input), want.goJson);
    assert.equal(hashSteps(input), want.hash);
  }
});

const demo: PodTemplateSpec = {
  metadata: { labels: { app: 'demo' } },
  spec: { containers: [{ name: 'demo', image: 'demo:blue', ports: [{ containerPort: 8080 }], resources: {} }] },
};

test('a collision count is hashed in, also when it is 0', () => {
  const hashes = [undefined, 0, 1, 2].map((count) => podTemplateHash(demo, count));
  assert.deepEqual(hashes, ['846d94cbf5', 'fb64b486c', '7bf47b96f4', '6567c46d9c']);
});

test('no steps and an empty list of steps are the same; blue-green has no step hash', () => {
  assert.equal(stepHashOf({ canary: {} }), '5ffbfbbd64');
  assert.equal(stepHashOf({ canary: { steps: [] } }), '5ffbfbbd64');
  assert.equal(stepHashOf({ canary: { steps: [{ pause: {} }, { pause: {} }] } }), '79c9b9f6bf');
  assert.equal(stepHashOf({}), '');
});

test('spelling, key order and empty values do not change the hash', () => {
  const variant = {
    spec: {
      volumes: [],
      containers: [{ ports: [{ containerPort: 8080 }], image: 'demo:blue', name: 'demo', env: null, unknown: 1 }],
    },
    metadata: { annotations: {}, labels: { app: 'demo' } },
  } as unknown as PodTemplateSpec;
  assert.equal(podTemplateHash(variant), '846d94cbf5');
});

test('an unparsable quantity counts as absent', () => {
  const withLimits = (requests: unknown): PodTemplateSpec => ({
    ...demo,
    spec: { containers: [{ name: 'demo', image: 'demo:blue', resources: { requests } }] },
  });
  assert.equal(podTemplateHash(withLimits({ memory: 'lots', cpu: '5m' })), podTemplateHash(withLimits({ cpu: '5m' })));
});

test('the configuration of a plugin keeps its key order; keys that look like indexes stand as API servers sort them', () => {
  const of = (config: string) => goJson('PluginStep', { name: 'p', config: JSON.parse(config) });
  assert.equal(of('{"b": {"z": 1, "a": "<"}, "a": [2]}'), '{"name":"p","config":{"b":{"z":1,"a":"\\u003c"},"a":[2]}}');
  const weights = '{"w":{"10":1,"100":[{"2":null}],"9":{},"a":true}}';
  assert.equal(of(weights), `{"name":"p","config":${weights}}`);
});

test('map keys are sorted by their bytes', () => {
  const keys = ['\u{1F680}', '\uFF5E', 'b', 'a', 'ab'];
  const labels = Object.fromEntries(keys.map((key) => [key, '']));
  const json = goJson('PodTemplateMetadata', { labels });
  assert.deepEqual(Object.keys(JSON.parse(json).labels), ['a', 'ab', 'b', '\uFF5E', '\u{1F680}']);
});
