// What is wrong with an experiment step (traffic.md §1.3, §1.7; rollout.md §2): weights without a router that knows them, more
// of them than there is, and arguments that nobody can resolve.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CanaryStep, CanaryStrategy, ExperimentStep } from '../types.generated.ts';
import { validateRollout } from './validate-rollout.ts';

const alb = { alb: { ingress: 'web', servicePort: 80 } };
const nginx = { nginx: { stableIngress: 'web' } };

function problemsOf(trafficRouting: CanaryStrategy['trafficRouting'], ...steps: CanaryStep[]): string[] {
  const canary = {
    canaryService: 'canary',
    stableService: 'stable',
    steps,
    ...(trafficRouting === undefined ? {} : { trafficRouting }),
  };
  const template = { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'web', image: 'web:1' }] } };
  const spec = { selector: { matchLabels: { app: 'web' } }, template, strategy: { canary } };
  return validateRollout({ metadata: { name: 'web' }, spec }).map(({ text }) => text);
}

function weighing(...weights: (number | undefined)[]): CanaryStep {
  const templates = weights.map((weight, index) => ({
    name: `t${index}`,
    specRef: 'canary',
    ...(weight === undefined ? {} : { weight }),
  }));
  return { experiment: { templates } };
}

const at = (index: number) => `spec.strategy.steps[${index}].experiment.templates`;
const only =
  'Experiment template weight is only available for TrafficRouting with SMI, ALB, Istio and Plugins at this time';

for (const [what, found, want] of [
  [
    'a weight without a router',
    problemsOf(undefined, weighing(5)),
    [`${at(0)}[0].weight: Invalid value: 5: Experiment template weight cannot be set unless TrafficRouting is enabled`],
  ],
  ['no weight needs no router', problemsOf(undefined, weighing(undefined)), []],
  ['a weight with NGINX', problemsOf(nginx, weighing(undefined, 5)), [`${at(0)}[1].weight: Invalid value: 5: ${only}`]],
  ['no weight with NGINX', problemsOf(nginx, weighing(undefined)), []],
  ['weights with an ALB', problemsOf(alb, weighing(5, 5)), []],
  ['all that there is', problemsOf(alb, { setWeight: 90 }, weighing(5, 5)), []],
  [
    'SLIPWAY: more than there is beside the canary',
    problemsOf(alb, { setWeight: 90 }, { pause: {} }, weighing(5, 6)),
    [`${at(2)}: Invalid value: 11: Weights of the Experiment and the canary weight of 90 must not exceed 100`],
  ],
  ['a later weight does not count', problemsOf(alb, weighing(50, 50), { setWeight: 90 }), []],
  [
    'half of a thousand, with a plugin',
    problemsOf({ plugins: { any: {} }, maxTrafficWeight: 1000 }, { setWeight: 500 }, weighing(500)),
    [],
  ],
] as const) {
  test(`experiment step: ${what}`, () => assert.deepEqual(found, want));
}

test('arguments of its analyses name fields that there are', () => {
  const withField = (fieldPath: string): ExperimentStep => ({
    templates: [],
    analyses: [{ name: 'a', templateName: 't', args: [{ name: 'x', valueFrom: { fieldRef: { fieldPath } } }] }],
  });
  assert.deepEqual(problemsOf(undefined, { experiment: withField("metadata.labels['app']") }), []);
  const [problem = ''] = problemsOf(undefined, { experiment: withField('metadata.nonsense') });
  assert.match(problem, /Analyses arguments must refer to valid object metadata supported by downwardAPI$/);
});
