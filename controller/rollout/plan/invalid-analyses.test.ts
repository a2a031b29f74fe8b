// What is told of a Rollout whose analyses cannot be started: rows V-33, V-40, V-41, V-45a and the table of analysis.md §2.5.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { rollout, start } from '../../../test/builders/objects.ts';
import { lawfulPlan } from '../../../test/builders/rows.ts';
import { world } from '../../../test/builders/world.ts';
import type { KnownTemplates } from '../../analysis/plan/known-templates.ts';
import type {
  AnalysisTemplateSpec,
  BlueGreenStrategy,
  CanaryStrategy,
  RolloutAnalysis,
} from '../../api/types.generated.ts';
import { validateAnalyses } from './invalid-analyses.ts';

const ends = { name: 'm', provider: { web: { url: 'http://a' } } };
const endless = { ...ends, interval: '30s' };

function templates(specs: Readonly<Record<string, AnalysisTemplateSpec | null>>): KnownTemplates {
  const entries = Object.entries(specs).map(([key, spec]) => {
    const name = key.replace('cluster/', '');
    if (spec === null) return [key, { is: 'absent' }] as const;
    return [key, { is: 'present', value: { apiVersion: '', kind: '', metadata: { name }, spec } }] as const;
  });
  return Object.fromEntries(entries);
}

const named = (...names: string[]): RolloutAnalysis => ({ templates: names.map((templateName) => ({ templateName })) });

function errors(
  strategy: { readonly canary?: CanaryStrategy; readonly blueGreen?: BlueGreenStrategy },
  specs: Readonly<Record<string, AnalysisTemplateSpec | null>>,
): string[] {
  return validateAnalyses(rollout(strategy as never), templates(specs)).map(({ text }) => text);
}

const step = (analysis: RolloutAnalysis) => ({ canary: { steps: [{ setWeight: 20 }, { analysis }] } });
const background = (analysis: RolloutAnalysis) => ({ canary: { analysis } });
const stepPath = 'spec.strategy.canary.steps[1].analysis.templates';

test('a template that is not there is told at its path, of the namespace and of the cluster', () => {
  assert.deepEqual(errors(step(named('gone')), { gone: null }), [
    `${stepPath}: Invalid value: "gone": AnalysisTemplate 'gone' not found`,
  ]);
  const ofCluster = { templates: [{ templateName: 'gone', clusterScope: true }] };
  assert.deepEqual(errors(background(ofCluster), { 'cluster/gone': null }), [
    'spec.strategy.canary.analysis.templates: Invalid value: "gone": ClusterAnalysisTemplate \'gone\' not found',
  ]);
  const blueGreen = { activeService: 'a', prePromotionAnalysis: named('a'), postPromotionAnalysis: named('b') };
  assert.deepEqual(errors({ blueGreen }, { a: null, b: null }), [
    'spec.strategy.blueGreen.prePromotionAnalysis.templates: Invalid value: "a": AnalysisTemplate \'a\' not found',
    'spec.strategy.blueGreen.postPromotionAnalysis.templates: Invalid value: "b": AnalysisTemplate \'b\' not found',
  ]);
});

test('a template that another one names has to be there too', () => {
  const specs = { a: { metrics: [ends], templates: [{ templateName: 'inner' }] }, inner: null };
  assert.match(errors(background(named('a')), specs)[0] ?? '', /"inner": AnalysisTemplate 'inner' not found$/);
});

test('what was not read is no problem of the Rollout', () => {
  assert.deepEqual(errors(step(named('unread')), {}), []);
});

test('V-40: an argument that nobody gives', () => {
  const specs = { t: { metrics: [ends], args: [{ name: 'x' }] }, u: { metrics: [{ ...ends, name: 'n' }] } };
  assert.deepEqual(errors(step(named('t', 'u')), specs), [
    `${stepPath}: Invalid value: "templateNames: [t u]": args.x was not resolved`,
  ]);
  assert.deepEqual(errors(step({ ...named('t', 'u'), args: [{ name: 'x', value: '1' }] }), specs), []);
});

test('V-41: arguments of two templates that contradict each other', () => {
  const args = (value: string) => [{ name: 'x', value }];
  const specs = { t: { metrics: [ends], args: args('1') }, u: { args: args('2') } };
  assert.match(
    errors(background(named('t', 'u')), specs)[0] ?? '',
    /Argument `x` specified multiple times with different values: '1', '2'$/,
  );
});

test('V-33: the same rule of dry-run in Rollout and template, and two metrics of one name', () => {
  const dryRun = [{ metricName: 'x' }];
  const analysis = { ...named('t'), dryRun };
  assert.match(
    errors(background(analysis), { t: { metrics: [ends], dryRun } })[0] ?? '',
    /two Dry-Run metric rules have the same name 'x'$/,
  );
  assert.match(
    errors(background(named('t', 'u')), { t: { metrics: [ends] }, u: { metrics: [ends] } })[0] ?? '',
    /two metrics have the same name 'm'$/,
  );
});

test('what holds something up has to come to an end; what goes on beside need not', () => {
  const specs = { t: { metrics: [endless] } };
  assert.deepEqual(errors(step(named('t')), specs), [
    `${stepPath}: Invalid value: "t": AnalysisTemplate t has metric m which runs indefinitely. Invalid value for count: <nil>`,
  ]);
  assert.deepEqual(errors(background(named('t')), specs), []);
  const zero = { t: { metrics: [{ ...endless, count: 0 }] } };
  for (const strategy of [
    { blueGreen: { activeService: 'a', prePromotionAnalysis: named('t') } },
    { blueGreen: { activeService: 'a', postPromotionAnalysis: named('t') } },
  ]) {
    assert.match(errors(strategy, zero)[0] ?? '', /runs indefinitely\. Invalid value for count: 0$/);
  }
});

test('V-45a: the count that the step passes decides, not the default of the template', () => {
  const specs = { t: { metrics: [{ ...endless, count: '{{args.count}}' }], args: [{ name: 'count', value: '0' }] } };
  const pass = (value: string) => step({ ...named('t'), args: [{ name: 'count', value }] });
  assert.deepEqual(errors(pass('4'), specs), []);
  assert.match(errors(step(named('t')), specs)[0] ?? '', /Invalid value for count: 0$/);
  const fromLabel = {
    ...named('t'),
    args: [{ name: 'count', valueFrom: { fieldRef: { fieldPath: 'spec.revisionHistoryLimit' } } }],
  };
  const given = rollout({ canary: { steps: [{ analysis: fromLabel }] }, spec: { revisionHistoryLimit: 4 } } as never);
  assert.deepEqual(validateAnalyses(given, templates(specs)), []);
});

test('hashes and fields of the status count as given, though they come later', () => {
  const specs = { t: { metrics: [ends], args: [{ name: 'hash' }, { name: 'stable' }] } };
  const args = [
    { name: 'hash', valueFrom: { podTemplateHashValue: 'Latest' as const } },
    { name: 'stable', valueFrom: { fieldRef: { fieldPath: 'status.stableRS' } } },
  ];
  assert.deepEqual(errors(step({ ...named('t'), args }), specs), []);
});

test('an argument of a template with both a value and a source, and a tag that means nothing', () => {
  const both = { name: 'x', value: '1', valueFrom: { secretKeyRef: { name: 's', key: 'k' } } };
  assert.deepEqual(errors(step(named('t')), { t: { metrics: [ends], args: [both] } }), [
    `${stepPath}: Invalid value: "t": AnalysisTemplate t: arg 'x' has both Value and ValueFrom fields`,
  ]);
  const tag = { ...ends, successCondition: '{{ end }}' };
  assert.deepEqual(errors(step(named('t')), { t: { metrics: [tag] } }), [
    `${stepPath}: Invalid value: "t": AnalysisTemplate t: failed to resolve {{ end }}`,
  ]);
});

test('the same templates are judged once', () => {
  const given = rollout({ canary: { analysis: named('t') } } as never);
  const specs = templates({ t: { metrics: [ends, ends] } });
  assert.equal(validateAnalyses(given, specs), validateAnalyses(given, { ...specs }));
  assert.deepEqual(validateAnalyses(given, templates({ t: { metrics: [ends] } })), []);
});

test('the Rollout is Degraded with the problem, makes no run, and says when it looks again', () => {
  const at = world({
    rollout: rollout({ canary: { analysis: named('gone') } } as never),
    templates: templates({ gone: null }),
  });
  const plan = lawfulPlan(at, start);
  assert.equal(plan.status.phase, 'Degraded');
  assert.match(plan.status.message ?? '', /is invalid: spec\.strategy\.canary\.analysis\.templates: .* not found$/);
  assert.deepEqual(
    plan.writes.map(({ kind }) => kind),
    ['patchStatus'],
  );
  assert.deepEqual(
    plan.reasons.map(({ code }) => code),
    ['specInvalid'],
  );
});
