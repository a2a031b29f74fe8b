// Every example is known whole; a field that is not is found wherever it stands.

import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { parseYamlDocuments } from '../lang/yaml.ts';
import { unknownFieldOf } from './unknown-field.ts';

const folder = fileURLToPath(new URL('../../examples/', import.meta.url));

test('the fields of the examples are known', () => {
  let count = 0;
  for (const file of globSync('**/*.yaml', { cwd: folder })) {
    for (const { value } of parseYamlDocuments(readFileSync(folder + file, 'utf8'))) {
      const { apiVersion, kind } = value as { apiVersion: string; kind: string };
      if (!apiVersion.startsWith('argoproj.io/')) continue;
      assert.equal(unknownFieldOf(kind, value), undefined, `${file}: ${kind}`);
      count += 1;
    }
  }
  assert.ok(count >= 5);
});

const container = { name: 'c', image: 'x' };
const metric = { name: 'm', provider: { web: { url: 'http://x', jsonBody: { any: { thing: 1 } } } } };

for (const [what, kind, object, unknown] of [
  ['at the top', 'Rollout', { spec: {}, foo: 1 }, 'foo'],
  ['in the spec', 'Rollout', { spec: { replicsa: 1 } }, 'replicsa'],
  ['in a list', 'Rollout', { spec: { strategy: { canary: { steps: [{}, { setWieght: 1 }] } } } }, 'setWieght'],
  [
    'in a container',
    'Rollout',
    { spec: { template: { spec: { containers: [{ ...container, ports: [{ a: 1 }] }] } } } },
    'a',
  ],
  ['in a metric', 'AnalysisTemplate', { spec: { metrics: [{ ...metric, intervall: '1s' }] } }, 'intervall'],
  ['in the metadata', 'AnalysisRun', { metadata: { nam: 'x' }, spec: {} }, 'nam'],
  ['in an experiment', 'Experiment', { spec: { templates: [{ name: 'a', weight: 5 }] } }, 'weight'],
  ['nowhere: the case does not count', 'Rollout', { spec: { Replicas: 1 } }, undefined],
  ['nowhere: free objects are free', 'ClusterAnalysisTemplate', { spec: { metrics: [metric] } }, undefined],
  ['nowhere: labels are free', 'Experiment', { metadata: { labels: { any: 'x' } } }, undefined],
] as const) {
  test(`an unknown field ${what}`, () => assert.equal(unknownFieldOf(kind, object), unknown));
}
