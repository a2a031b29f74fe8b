// Whatever an API server with our CRD lets through, in spec and status (which users can write: it is no subresource): planning
// never throws, and stands still only with a reason.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { compileSchema } from '../../sandbox/apiserver/schemas/compile.ts';
import { validateStructural } from '../../sandbox/apiserver/schemas/validate-structural.ts';
import { ExperimentWorld, podsOf } from '../../test/builders/experiment-world.ts';
import { changes, withChanges } from '../../test/builders/fuzz-json.ts';
import { parseYamlDocuments } from '../lang/yaml.ts';

const path = fileURLToPath(new URL('../../crds/experiments.yaml', import.meta.url));
const crd = parseYamlDocuments(readFileSync(path, 'utf8'))[0]?.value as {
  spec: { versions: { schema: { openAPIV3Schema: Parameters<typeof compileSchema>[0] } }[] };
};
const schema = compileSchema(crd.spec.versions[0]?.schema.openAPIV3Schema ?? {}, () => ({}));

function begun(): ExperimentWorld {
  const args = [{ name: 'x', value: '{{templates.t.podTemplateHash}}' }];
  return new ExperimentWorld({
    templates: [podsOf('t', { service: {}, minReadySeconds: 1 })],
    duration: '60s',
    progressDeadlineSeconds: 30,
    scaleDownDelaySeconds: 3,
    analyses: [{ name: 'a', templateName: 'check', requiredForCompletion: true, args }],
    analysisRunMetadata: { labels: { a: 'b' } },
    dryRun: [{ metricName: 'x' }],
  })
    .addTemplate('check', { metrics: [], args: [{ name: 'x' }] })
    .begin();
}

test('an Experiment that fits the schema is planned without an exception, at any time of its life', () => {
  const whole = begun();
  let planned = 0;
  const property = fc.property(changes, fc.boolean(), fc.constantFrom(0, 10, 100), (list, hasPods, seconds) => {
    const world = Object.assign(begun(), { now: whole.now + seconds * 1000 });
    world.experiment = withChanges(whole.experiment, list, ['spec', 'status']);
    if (!hasPods) world.replicaSets = [];
    const typed = { apiVersion: 'argoproj.io/v1alpha1', kind: 'Experiment', ...world.experiment };
    if (validateStructural(schema, typed as never, undefined).length > 0) return;
    planned += 1;
    assert.ok(world.plan().status);
  });
  fc.assert(property, { numRuns: 600 });
  assert.ok(planned > 20, `${planned} of them fit`);
});

test('templates and Services called like a member of every JavaScript object are nothing special', () => {
  const templates = [podsOf('constructor', { service: { name: 'constructor' } })];
  const analyses = [{ name: 'constructor', templateName: 'constructor' }];
  const world = new ExperimentWorld({ templates, analyses });
  assert.deepEqual(world.plan().needs, [{ kind: 'analysisTemplate', name: 'constructor', isCluster: false }]);
  world.addTemplate('constructor').begin();
  assert.deepEqual([world.state, world.services.length, world.analysisRuns.length], ['Running', 1, 1]);
});
