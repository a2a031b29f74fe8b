import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PodTemplateSpec } from '../api/kubernetes-types.ts';
import { podTemplateHash } from './pod-template-hash.ts';
import { findUnparsableQuantities, makeQuantityRepair, withoutUnparsableQuantities } from './unparsable-quantities.ts';

function withRequests(requests: Record<string, unknown>): PodTemplateSpec {
  return { spec: { containers: [{ name: 'main', image: 'nginx:1', resources: { requests } }] } };
}

test('just the entries that are no quantities are left out, the rest is shared', () => {
  const template = withRequests({ memory: 'lots', cpu: '5m', 'example.com/a~b': ['1'] });
  const cleaned = withoutUnparsableQuantities(template);
  assert.deepEqual(cleaned, withRequests({ cpu: '5m' }));
  assert.deepEqual(findUnparsableQuantities(template).length, 2);
  assert.equal(podTemplateHash(template), podTemplateHash(cleaned));
});

test('a template without such entries is returned as it is', () => {
  const template = withRequests({ cpu: 1, memory: '1e3', odd: null });
  assert.equal(withoutUnparsableQuantities(template), template);
  assert.deepEqual(makeQuantityRepair(template), []);
});

test('the repair tests every value before it removes anything', () => {
  const template: PodTemplateSpec = {
    spec: {
      containers: [{ name: 'main', resources: { limits: { 'a/b': 'x' } } }],
      ephemeralContainers: [{ name: 'debug', resources: { requests: { cpu: 'y' } } }],
      resources: { limits: { cpu: true } },
    },
  };
  assert.deepEqual(makeQuantityRepair(template), [
    { op: 'test', path: '/spec/template/spec/resources/limits/cpu', value: true },
    { op: 'test', path: '/spec/template/spec/containers/0/resources/limits/a~1b', value: 'x' },
    { op: 'test', path: '/spec/template/spec/ephemeralContainers/0/resources/requests/cpu', value: 'y' },
    { op: 'remove', path: '/spec/template/spec/resources/limits/cpu' },
    { op: 'remove', path: '/spec/template/spec/containers/0/resources/limits/a~1b' },
    { op: 'remove', path: '/spec/template/spec/ephemeralContainers/0/resources/requests/cpu' },
  ]);
});
