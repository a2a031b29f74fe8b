// The recorded answers of the reference's validation (test/fixtures/functions/validate.jsonl), text by text, and where
// the spec asks for something else.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import type { PodTemplateSpec } from '../kubernetes-types.ts';
import type { CanaryStrategy, Rollout, RolloutSpec } from '../types.generated.ts';
import { invalidSpecMessage, validateRollout } from './validate-rollout.ts';

interface Row {
  readonly spec: RolloutSpec;
  readonly errors: readonly string[];
  readonly what: string;
}

const rows: Row[] = readFileSync(new URL('../../../test/fixtures/functions/validate.jsonl', import.meta.url), 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line));

function textsOf(spec: RolloutSpec): string[] {
  return validateRollout({ metadata: { name: 'web' }, spec }).map((error) => error.text);
}

/** SLIPWAY (traffic.md §1.2): the percentage of a mirror route is held against 0…100. */
const mirrorRange = 'setMirrorRoute.percentage: Invalid value: 101: Percentage needs to be between 0 and 100';

test('every recorded spec has the recorded errors, in order, and 10 lines one more: the range of a mirror (SLIPWAY)', () => {
  assert.equal(rows.length, 600);
  let ofMirrorRange = 0;
  for (const { spec, errors, what } of rows) {
    const texts = textsOf(spec);
    const compared = texts.filter((text) => !text.endsWith(mirrorRange));
    ofMirrorRange += texts.length - compared.length;
    assert.deepEqual(compared, errors, what);
  }
  assert.equal(ofMirrorRange, 10);
});

function withCanary(canary: CanaryStrategy): RolloutSpec {
  return { selector: { matchLabels: { app: 'web' } }, template, strategy: { canary } };
}

const template: PodTemplateSpec = {
  metadata: { labels: { app: 'web' } },
  spec: { containers: [{ name: 'main', image: 'nginx:1' }] },
};

const istio = {
  canaryService: 'canary',
  stableService: 'stable',
  trafficRouting: { istio: { virtualService: { name: 'v' } }, managedRoutes: [{ name: 'm' }] },
} satisfies CanaryStrategy;

test('the condition names the Rollout and the first error', () => {
  const rollout: Rollout = { metadata: { name: 'demo' }, spec: withCanary({ maxSurge: 0, maxUnavailable: '0%' }) };
  const [first] = validateRollout(rollout);
  assert.equal(
    first && invalidSpecMessage('demo', first),
    'The Rollout "demo" is invalid: spec.strategy.maxSurge: Invalid value: 0: MaxSurge and MaxUnavailable both can not be zero',
  );
});

test('SLIPWAY: header values of a mirror route are validated', () => {
  const headers = { 'x-user': { exact: 'a', prefix: 'b' } };
  assert.deepEqual(
    textsOf(withCanary({ ...istio, steps: [{ setMirrorRoute: { name: 'm', match: [{ headers }] } }] })),
    [
      'spec.strategy.steps[0].setMirrorRoute.match[0]: Invalid value: {"exact":"a","prefix":"b"}: StringMatch match value must have exactly one of the following: exact, regex, prefix',
    ],
  );
});

test('SLIPWAY: a greatest weight of nothing, of which no share is a number of pods, is told', () => {
  const { trafficRouting: _istio, ...services } = istio;
  const text = 'spec.strategy.trafficRouting.maxTrafficWeight: Invalid value: 0: must be greater than 0';
  const withMaximum = (maxTrafficWeight: number) =>
    textsOf(withCanary({ ...services, trafficRouting: { nginx: { stableIngress: 'i' }, maxTrafficWeight } }));
  assert.deepEqual(withMaximum(0), [text]);
  assert.deepEqual(withMaximum(1), []);
});

test('ping and pong must both be named', () => {
  const pingPong = { pingService: 'ping', pongService: '' };
  const { istio: router } = istio.trafficRouting;
  assert.deepEqual(textsOf(withCanary({ trafficRouting: { istio: router }, pingPong })), [
    'spec.strategy.pingPong.pongService: Invalid value: "": Ping service and Pong service must to be set to use Ping-Pong feature',
  ]);
});

test('as many old versions as may wait for their end must be kept, ten by default', () => {
  const keeping = (scaleDownDelayRevisionLimit: number) => {
    const blueGreen = { activeService: 'active', scaleDownDelayRevisionLimit };
    return textsOf({ ...withCanary({}), strategy: { blueGreen } });
  };
  assert.deepEqual(keeping(10), []);
  assert.deepEqual(keeping(11), [
    "spec.strategy.scaleDownDelayRevisionLimit: Invalid value: 11: This rollout's revision history limit can not be smaller than the rollout's scale down limit",
  ]);
});

test('a route of a step must be a managed route', () => {
  const match = [{ headerName: 'x', headerValue: { exact: 'y' } }];
  assert.deepEqual(textsOf(withCanary({ ...istio, steps: [{ setHeaderRoute: { name: 'other', match } }] })), [
    'spec.strategy.steps[0].setHeaderRoute: Invalid value: "other": Steps define a route that does not exist in spec.strategy.canary.trafficRouting.managedRoutes',
  ]);
});

test('an argument must name metadata that the downward API knows', () => {
  const withPath = (fieldPath: string) =>
    textsOf(withCanary({ steps: [{ analysis: { args: [{ name: 'a', valueFrom: { fieldRef: { fieldPath } } }] } }] }));
  for (const path of ['metadata.name', "metadata.labels['a/b']", 'spec.nope', 'status.podIP']) {
    assert.deepEqual(withPath(path), [], path);
  }
  for (const path of ['metadata.nope', "metadata.labels['a b']", 'metadata.labels.a', "metadata.name['x']"]) {
    const text = `spec.strategy.steps[0].analyses: Invalid value: "${path}": Analyses arguments must refer to valid object metadata supported by downwardAPI`;
    assert.deepEqual(withPath(path), [text], path);
  }
});

test('QUIRK: a step may combine setWeight with kinds outside the four', () => {
  const steps = [{ setWeight: 20, setCanaryScale: { weight: 50 } }];
  assert.deepEqual(textsOf(withCanary({ ...istio, steps })), []);
});

test('a workloadRef needs no selector, and a template only once it is resolved', () => {
  const spec: RolloutSpec = { workloadRef: { kind: 'Deployment', name: 'web' }, strategy: { canary: {} } };
  assert.deepEqual(textsOf(spec), []);
  const resolved: Rollout = { metadata: {}, spec: { ...spec, selector: { matchLabels: { app: 'web' } }, template } };
  assert.deepEqual(validateRollout(resolved, { workloadResolved: true }), []);
  assert.equal(
    validateRollout(resolved)[0]?.text,
    'spec.template: Internal error: template must be empty for workload reference rollout',
  );
});

test('a selector is validated as Kubernetes does', () => {
  const rows: readonly (readonly [NonNullable<RolloutSpec['selector']>, string])[] = [
    [
      { matchExpressions: [{ key: 'app', operator: 'In' }] },
      "spec.selector.matchExpressions[0].values: Required value: must be specified when `operator` is 'In' or 'NotIn'",
    ],
    [
      { matchExpressions: [{ key: 'app', operator: 'Exists', values: ['a'] }] },
      "spec.selector.matchExpressions[0].values: Forbidden: may not be specified when `operator` is 'Exists' or 'DoesNotExist'",
    ],
    [
      { matchExpressions: [{ key: 'app', operator: 'Like', values: ['a'] }] },
      'spec.selector.matchExpressions[0].operator: Invalid value: "Like": not a valid selector operator',
    ],
    [
      { matchLabels: { app: 'a b' } },
      `spec.selector.matchLabels: Invalid value: "a b": a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')`,
    ],
  ];
  for (const [selector, want] of rows) {
    assert.equal(textsOf({ ...withCanary({}), selector })[0], want);
  }
});
