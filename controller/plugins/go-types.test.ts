// The API's types as Go has them: names as Kubernetes' own Go types have them (recorded, test/fixtures/go-names), those of
// Rollouts' types by hand; and values that do not fit.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { podStructs } from '../lang/go-structs-pod.ts';
import { embeddedIn, goFieldName } from './go-names.ts';
import { goType } from './go-types.ts';
import type { GobType } from './gob/types.ts';

const kubernetes: Readonly<Record<string, Readonly<Record<string, string>>>> = JSON.parse(
  readFileSync(new URL('../../test/fixtures/go-names/kubernetes.json', import.meta.url), 'utf8'),
);

test('every field of a pod template and of metadata has the name that it has in Go', () => {
  let compared = 0;
  for (const [struct, text] of Object.entries(podStructs)) {
    for (const [, field = ''] of text.matchAll(/([^\s?:]+)\?*:/g)) {
      const embedded = embeddedIn(struct, field);
      const name = `${embedded === undefined ? '' : `${embedded}.`}${goFieldName(struct, field)}`;
      assert.equal(name, kubernetes[struct]?.[field], `${struct}.${field}`);
      compared += 1;
    }
  }
  assert.ok(compared > 500, `only ${compared} were compared`);
});

/** Names of the fields; of structs within, `Name{…}`, each told once. */
function shapeOf(type: GobType, told = new Set<GobType>()): string {
  if (type.kind === 'slice') return `[]${shapeOf(type.item, told)}`;
  if (type.kind === 'map') return `map[${shapeOf(type.item, told)}]`;
  if (type.kind === 'opaque') return type.name;
  if (type.kind !== 'struct') return type.kind;
  if (told.has(type) || /^(ObjectMeta|PodTemplateSpec|LabelSelector|IntOrString)$/.test(type.name)) return type.name;
  told.add(type);
  return `{${type.fields.map((field) => `${field.name} ${shapeOf(field.type, told)}`).join(', ')}}`;
}

test('a metric is this in Go', () => {
  const metric = goType('Metric').gob;
  assert.ok(metric.kind === 'struct');
  const limits = ['Count', 'FailureLimit', 'InconclusiveLimit', 'ConsecutiveErrorLimit', 'ConsecutiveSuccessLimit'];
  const texts = ['Name', 'Interval', 'InitialDelay', 'SuccessCondition', 'FailureCondition'];
  assert.deepEqual(
    Object.fromEntries(metric.fields.map(({ name, type }) => [name, 'name' in type ? type.name : type.kind])),
    {
      ...Object.fromEntries(limits.map((name) => [name, 'IntOrString'])),
      ...Object.fromEntries(texts.map((name) => [name, 'string'])),
      Provider: 'MetricProvider',
    },
  );
  const shape = shapeOf(metric);
  assert.match(shape, /Plugin map\[bytes\]/);
  assert.match(shape, /SkyWalking \{Address string, Interval string, Query string\}/);
  assert.match(shape, /OAuth2 \{ClientID string, ClientSecret string, Scopes \[\]string, TokenURL string\}/);
  assert.match(shape, /Sigv4 \{Profile string, Region string, RoleARN string\}/);
  assert.match(shape, /JSONBody bytes, JSONPath string/);
});

test('a measurement and a run are this in Go', () => {
  const measurement =
    '{FinishedAt Time, Message string, Metadata map[string], Phase string, ResumeAt Time, StartedAt Time, Value string}';
  assert.equal(shapeOf(goType('Measurement').gob), measurement);
  const run = goType('AnalysisRun').gob;
  assert.ok(run.kind === 'struct');
  assert.deepEqual(
    run.fields.map(({ name }) => name),
    ['TypeMeta', 'ObjectMeta', 'Spec', 'Status'],
  );
  assert.equal(shapeOf(run.fields[0]?.type ?? run), '{Kind string, APIVersion string}');
  assert.match(
    shapeOf(run),
    /TTLStrategy \{SecondsAfterCompletion int, SecondsAfterFailure int, SecondsAfterSuccess int\}/,
  );
  assert.match(shapeOf(run), /ValueFrom \{FieldRef \{FieldPath string\}, SecretKeyRef \{Key string, Name string\}\}/);
});

test('what does not fit its type is left out, and nothing breaks', () => {
  const odd = { name: 5, count: 1.5, interval: null, failureLimit: [], provider: 'none', successCondition: {} };
  const { of } = goType('Metric');
  assert.deepEqual(
    Object.values(of(odd) as object).filter((value) => value !== undefined),
    [],
  );
  assert.deepEqual([of(undefined), of('text'), of([])], [undefined, undefined, undefined]);
  const measurement = goType('Measurement').of({ phase: 'Running', startedAt: 'yesterday', metadata: ['a'] });
  assert.deepEqual(
    Object.entries(measurement as object).filter(([, value]) => value !== undefined),
    [['Phase', 'Running']],
  );
});
