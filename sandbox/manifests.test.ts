import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { startTestServer } from './apiserver/test-server.ts';
import { applyManifests, formatManifestProblem } from './manifests.ts';

let folder = '';
before(() => {
  folder = mkdtempSync(join(tmpdir(), 'slipway-manifests-'));
});
after(() => rmSync(folder, { recursive: true, force: true }));

async function problemsOf(name: string, yaml: string, times = 1): Promise<string[]> {
  const { server } = startTestServer();
  writeFileSync(join(folder, name), yaml);
  let told: string[] = [];
  for (let time = 0; time < times; time++) {
    const { problems } = await applyManifests(server.transport(), join(folder, name));
    told = problems.map(formatManifestProblem);
  }
  return told;
}

const deployment = (podSpec: string, more = ''): string => `apiVersion: apps/v1
kind: Deployment
metadata:
  name: d
spec:
  selector: {matchLabels: {a: b}}
  template:
    metadata: {labels: {a: b}}
    spec:
      ${podSpec}
${more}`;

test('unknown fields are told with their line, also of what is there already', async () => {
  const yaml = deployment('containers: [{name: c, image: nginx, colour: blue}]', '      stray: 1\n');
  const told = [
    'u.yaml:10: spec.template.spec.containers[0].colour: unknown field',
    'u.yaml:11: spec.template.spec.stray: unknown field',
  ];
  assert.deepEqual(await problemsOf('u.yaml', yaml, 2), told);
});

test('values that are not allowed are told with their line', async () => {
  const told = await problemsOf('v.yaml', deployment('containers: [{name: c, image: nginx}]', '  replicas: -1\n'));
  assert.deepEqual(told, ['v.yaml:11: spec.replicas: Invalid value: -1: must be greater than or equal to 0']);
});

test('what is right is applied, again and again', async () => {
  assert.deepEqual(await problemsOf('r.yaml', deployment('containers: [{name: c, image: nginx}]'), 2), []);
});

test('a value of the wrong type is told with its path', async () => {
  const told = await problemsOf('t.yaml', deployment('containers: [{name: c, image: nginx}]', '  replicas: many\n'));
  assert.deepEqual(told, ['t.yaml:11: spec.replicas: expected numeric (int or float), got string']);
});
