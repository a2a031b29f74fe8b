// What does not fit is left out, the rest stays; what fits is the very same object.

import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { changes, withChanges } from '../../test/builders/fuzz-json.ts';
import { diffMergePatch } from '../lang/merge-patch.ts';
import { stepHashOf } from '../lang/step-hash.ts';
import { parseYamlDocuments } from '../lang/yaml.ts';
import { decodeRollout, storedStatusOf } from './decode-rollout.ts';
import type { Rollout } from './types.generated.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const examples = globSync('examples/*.yaml', { cwd: root })
  .flatMap((file) => parseYamlDocuments(readFileSync(root + file, 'utf8')))
  .map((document) => document.value as Rollout)
  .filter(({ kind }) => kind === 'Rollout');

function decode(spec: unknown, status?: unknown): ReturnType<typeof decodeRollout> {
  return decodeRollout({ metadata: { name: 'web' }, spec, ...(status === undefined ? {} : { status }) });
}

function canary(fields: object): object {
  return { strategy: { canary: fields } };
}

test('what fits is the very same object', () => {
  assert.ok(examples.length >= 4, 'there are examples');
  for (const example of examples) assert.equal(decodeRollout(example), example);
});

for (const [name, spec, want] of [
  ['a number as a text', { replicas: 'three', paused: true }, { paused: true }],
  ['a number that is none of the integers', { replicas: 2.5, minReadySeconds: 1e12 }, {}],
  ['a time that is none', { restartAt: 'soon' }, {}],
  ['a null', { template: null, selector: null }, {}],
  ['a list in place of a map', { selector: { matchLabels: ['app'] } }, { selector: {} }],
  [
    'a number among labels',
    { selector: { matchLabels: { app: 'a', n: 5 } } },
    { selector: { matchLabels: { app: 'a' } } },
  ],
  ['a map in place of steps', canary({ steps: {} }), canary({})],
  [
    'a step that is none, which keeps its place',
    canary({ steps: [null, { setWeight: '5' }] }),
    canary({ steps: [{}, {}] }),
  ],
  ['a spec that is none', 'x', {}],
  [
    'containers that are no list',
    { template: { spec: { containers: 'x' } } },
    { template: { spec: { containers: [] } } },
  ],
  [
    'empty lists, maps and texts',
    canary({ canaryService: '', steps: [], stableMetadata: { labels: {} } }),
    canary({ stableMetadata: {} }),
  ],
] as const) {
  test(`leaves out ${name}`, () => assert.deepEqual(decode(spec).spec, want));
}

test('keeps what is empty but says something: objects, zeros, false', () => {
  const spec = canary({ steps: [{ pause: {} }, { setWeight: 0 }], trafficRouting: {}, dynamicStableScale: false });
  assert.equal(decode(spec).spec, spec);
});

test('keeps fields that it does not know, also beside those that it leaves out', () => {
  const spec = { replicas: 'x', unknown: { a: [null] }, template: { spec: { containers: [], later: 5 } } };
  assert.deepEqual(decode(spec).spec, { unknown: { a: [null] }, template: { spec: { containers: [], later: 5 } } });
});

test('does not change the hash of the steps', () => {
  const steps = [
    { setHeaderRoute: { name: 'a', match: [] } },
    { setHeaderRoute: { match: [{ headerName: 'x' }] } },
    { analysis: { args: [{ name: 'a', valueFrom: { podTemplateHashValue: '' } }], templates: [] } },
    { experiment: { duration: '', analyses: [], templates: [{ metadata: { labels: {} } }] } },
    { experiment: {} },
    { setWeight: 'x', plugin: { name: 'a', config: [] } },
    { setMirrorRoute: { match: [{ headers: {}, method: {} }] } },
    null,
  ];
  const raw = { canary: { steps } } as unknown as Parameters<typeof stepHashOf>[0];
  assert.equal(stepHashOf(decode({ strategy: raw }).spec.strategy ?? {}), stepHashOf(raw));
});

test('the hash of random steps is that of the decoded ones', () => {
  const steps = [
    { setHeaderRoute: { name: 'a', match: [{ headerName: 'b', headerValue: { exact: 'c' } }] } },
    { experiment: { templates: [{ name: 'a', specRef: 'stable', selector: { matchLabels: { a: 'b' } } }] } },
    { analysis: { args: [{ name: 'a', valueFrom: { fieldRef: { fieldPath: 'b' } } }] }, pause: { duration: 5 } },
    { setMirrorRoute: { name: 'a', match: [{ path: { prefix: 'b' } }] }, setCanaryScale: { replicas: 1 } },
  ];
  fc.assert(
    fc.property(changes, (list) => {
      const raw = withChanges({ canary: { steps } }, list, ['canary']) as unknown as Parameters<typeof stepHashOf>[0];
      fc.pre(Array.isArray(raw.canary?.steps));
      assert.equal(stepHashOf(decode({ strategy: raw }).spec.strategy ?? {}), stepHashOf(raw));
    }),
    { numRuns: 500 },
  );
});

test('a status that fits is the stored one', () => {
  const status = { phase: 'Healthy', message: '', conditions: [], replicas: 0, later: 1 };
  const decoded = decode({}, status);
  assert.equal(decoded.status, status);
  assert.equal(storedStatusOf(decoded), status);
});

test('a status of wrong types is told apart from what is stored, so that it is written over', () => {
  const decoded = decode({}, { phase: 5, abort: null, conditions: 'x', pauseConditions: [7], later: 1 });
  assert.deepEqual(decoded.status, { pauseConditions: [], later: 1 });
  const patch = diffMergePatch(storedStatusOf(decoded), { phase: 'Healthy', later: 1 });
  assert.deepEqual(patch, { phase: 'Healthy', abort: null, conditions: null, pauseConditions: null });
});

test('a status that is no object is written whole', () => {
  const decoded = decode({}, 'x');
  assert.equal(decoded.status, undefined);
  assert.deepEqual(diffMergePatch(storedStatusOf(decoded), { phase: 'Healthy' }), { phase: 'Healthy' });
});

test('a pause whose start cannot be read stays a pause', () => {
  const { status } = decode({}, { pauseConditions: [{ reason: 'CanaryPauseStep', startTime: 5 }] });
  assert.deepEqual(status?.pauseConditions, [{ reason: 'CanaryPauseStep', startTime: '1970-01-01T00:00:00Z' }]);
});

test('decoding twice changes nothing more', () => {
  const [example] = examples;
  fc.assert(
    fc.property(changes, (list) => {
      const { storedStatus: _, ...once } = decodeRollout(withChanges(example, list, ['spec', 'status', 'metadata']));
      assert.equal(decodeRollout(once), once);
    }),
    { numRuns: 500 },
  );
});
