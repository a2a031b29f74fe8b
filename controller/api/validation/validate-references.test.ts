import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Ingress, Service } from '../kubernetes-types.ts';
import type { Rollout, TrafficRouting } from '../types.generated.ts';
import { type References, validateReferences } from './validate-references.ts';

function rolloutWith(trafficRouting?: TrafficRouting): Rollout {
  return {
    metadata: { name: 'web' },
    spec: {
      template: { metadata: { labels: { app: 'web' } }, spec: { containers: [] } },
      strategy: {
        canary: { stableService: 'stable', canaryService: 'canary', ...(trafficRouting && { trafficRouting }) },
      },
    },
  };
}

function service(selector: Record<string, string>, owner?: string): { is: 'present'; value: Service } {
  const annotations = owner === undefined ? {} : { 'argo-rollouts.argoproj.io/managed-by-rollouts': owner };
  return { is: 'present', value: { metadata: { annotations }, spec: { selector } } };
}

function ingress(backend: string): { is: 'present'; value: Ingress } {
  const paths = [{ backend: { service: { name: backend } } }];
  return { is: 'present', value: { metadata: {}, spec: { rules: [{ http: { paths } }] } } };
}

function textsOf(rollout: Rollout, references: Partial<References>): string[] {
  return validateReferences(rollout, { services: {}, ingresses: {}, ...references }).map((error) => error.text);
}

const fine = service({ app: 'web', 'rollouts-pod-template-hash': 'abc' }, 'web');

test('each Service must exist, select the pods and belong to no other Rollout', () => {
  const at = 'spec.strategy.canary';
  const rows: readonly (readonly [References['services'][string], readonly string[]])[] = [
    [fine, []],
    [{ is: 'unread' }, []],
    [{ is: 'failed' }, []],
    [{ is: 'absent' }, [`${at}.canaryService: Invalid value: "canary": service "canary" not found`]],
    [
      service({ app: 'web', tier: 'front' }),
      [`${at}.canaryService: Invalid value: "canary": Service "canary" has unmatch label "tier" in rollout`],
    ],
    [
      service({ app: 'web' }, 'other'),
      [`${at}.canaryService: Invalid value: "canary": Service "canary" is managed by another Rollout`],
    ],
  ];
  for (const [canary, want] of rows)
    assert.deepEqual(textsOf(rolloutWith(), { services: { stable: fine, canary } }), want);
});

test('the services of blue-green are checked in order: active, preview', () => {
  const rollout: Rollout = {
    metadata: { name: 'web' },
    spec: { strategy: { blueGreen: { activeService: 'active', previewService: 'preview' } } },
  };
  assert.deepEqual(textsOf(rollout, { services: { preview: { is: 'absent' }, active: { is: 'absent' } } }), [
    'spec.strategy.blueGreen.activeService: Invalid value: "active": service "active" not found',
    'spec.strategy.blueGreen.previewService: Invalid value: "preview": service "preview" not found',
  ]);
});

test('exactly one of the two fields names Ingresses', () => {
  const path = 'spec.strategy.canary.trafficRouting';
  const rows: readonly (readonly [TrafficRouting, string])[] = [
    [
      { alb: { servicePort: 80 } },
      `${path}.alb.ingress: Invalid value: "": Either Ingress or Ingresses must be configured. Neither are configured.`,
    ],
    [
      { alb: { servicePort: 80, ingress: 'a', ingresses: ['b'] } },
      `${path}.alb.ingress: Invalid value: "a": Either Ingress or Ingresses must be configured. Both are configured.`,
    ],
    [
      { nginx: {} },
      `${path}.nginx.stableIngress: Invalid value: "": Either StableIngress or StableIngresses must be configured. Neither are configured.`,
    ],
  ];
  for (const [routing, want] of rows) assert.deepEqual(textsOf(rolloutWith(routing), {}), [want]);
});

test('an Ingress must have a rule for the service: the root service of ALB, else the stable one', () => {
  const ingresses = { a: ingress('stable'), r: ingress('root') };
  const check = (routing: TrafficRouting) => textsOf(rolloutWith(routing), { ingresses });
  assert.deepEqual(check({ alb: { servicePort: 80, ingress: 'a' } }), []);
  assert.deepEqual(check({ alb: { servicePort: 80, ingress: 'r', rootService: 'root' } }), []);
  assert.deepEqual(check({ nginx: { stableIngresses: ['a', 'r'] } }), [
    'spec.strategy.canary.trafficRouting.nginx.stableIngresses: Invalid value: "r": ingress `r` has no rules using service stable backend',
  ]);
});

test('SLIPWAY: with ALB and NGINX the Ingresses of both are looked at', () => {
  const routing: TrafficRouting = { alb: { servicePort: 80, ingress: 'a' }, nginx: { stableIngress: 'n' } };
  const ingresses = { a: { is: 'absent' }, n: { is: 'absent' } } as const;
  assert.deepEqual(textsOf(rolloutWith(routing), { ingresses }), [
    'spec.strategy.canary.trafficRouting.alb.ingress: Invalid value: "a": ingress.networking.k8s.io "a" not found',
    'spec.strategy.canary.trafficRouting.nginx.stableIngress: Invalid value: "n": ingress.networking.k8s.io "n" not found',
  ]);
});
