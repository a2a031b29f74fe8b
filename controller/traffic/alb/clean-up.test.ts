// What an Ingress gets back when a Rollout goes away (traffic.md §2.6; TV-70, TV-71).

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Ingress } from '../../api/kubernetes-types.ts';
import { applyMergePatch } from '../../lang/merge-patch.ts';
import { cleanUpPatch } from './clean-up.ts';

const prefix = 'alb.ingress.kubernetes.io';
const books = 'rollouts.argoproj.io/managed-alb-annotations';
const sticky = ',"TargetGroupStickinessConfig":{"Enabled":true,"DurationSeconds":60}';

function action(groups: string, rest = ''): string {
  return `{"Type":"forward","ForwardConfig":{"TargetGroups":[${groups}]${rest}}}`;
}

function group(service: string, weight: number): string {
  return `{"ServiceName":"${service}","ServicePort":"80","Weight":${weight}}`;
}

function ingress(annotations: Readonly<Record<string, string>>, routes: readonly string[] = []): Ingress {
  const port = { name: 'use-annotation' };
  const paths = [...routes, 'web-root'].map((name) => ({ path: '/*', backend: { service: { name, port } } }));
  return { metadata: { name: 'web', annotations }, spec: { rules: [{ http: { paths } }] } };
}

function cleaned(given: Ingress, gone: readonly string[]): Ingress {
  return applyMergePatch(given, cleanUpPatch(given, gone));
}

test('TV-70 the stable Service gets everything, and stickiness stays', () => {
  const given = ingress({
    [`${prefix}/actions.web-stable`]: action(`${group('web-canary', 20)},${group('web-stable', 80)}`, sticky),
    [books]: `{"web":["${prefix}/actions.web-stable"]}`,
  });
  assert.deepEqual(cleaned(given, ['web']).metadata.annotations, {
    [`${prefix}/actions.web-stable`]: action(group('web-stable', 100), sticky),
  });
});

test('TV-71 with a root service the last target group, the stable one, gets everything', () => {
  const given = ingress({
    [`${prefix}/actions.web-root`]: action(`${group('web-canary', 20)},${group('web-stable', 80)}`),
    [books]: `{"web":["${prefix}/actions.web-root"]}`,
  });
  assert.deepEqual(cleaned(given, ['web']).metadata.annotations, {
    [`${prefix}/actions.web-root`]: action(group('web-stable', 100)),
  });
});

test('header routes go with their conditions and paths, and other Rollouts keep their entries', () => {
  const given = ingress(
    {
      [`${prefix}/actions.beta`]: action(group('web-canary', 100)),
      [`${prefix}/conditions.beta`]: '[]',
      [books]: `{"api":["x"],"web":["${prefix}/actions.beta","${prefix}/conditions.beta"]}`,
      'rollouts.argoproj.io/managed-alb-actions': 'web:x',
    },
    ['beta'],
  );
  const result = cleaned(given, ['web']);
  assert.deepEqual(result.metadata.annotations, { [books]: '{"api":["x"]}' });
  assert.deepEqual(result.spec.rules, ingress({}).spec.rules);
});

test('what cannot be read is left as it is', () => {
  assert.equal(cleanUpPatch(ingress({ [books]: 'no JSON' }), ['web']), undefined);
  const odd = ingress({ [`${prefix}/actions.web`]: 'no JSON', [books]: `{"web":["${prefix}/actions.web"]}` });
  assert.equal(cleaned(odd, ['web']).metadata.annotations?.[`${prefix}/actions.web`], 'no JSON');
  assert.equal(cleanUpPatch(odd, ['other']), undefined);
});

test('what another Rollout has noted too stays as it is', () => {
  const weights = action(`${group('api-canary', 20)},${group('api-stable', 80)}`);
  const given = ingress({
    [`${prefix}/actions.web-root`]: weights,
    [books]: `{"api":["${prefix}/actions.web-root"],"web":["${prefix}/actions.web-root"]}`,
  });
  assert.deepEqual(cleaned(given, ['web']).metadata.annotations, {
    [`${prefix}/actions.web-root`]: weights,
    [books]: `{"api":["${prefix}/actions.web-root"]}`,
  });
});
