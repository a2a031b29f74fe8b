// One decision carried out by several routers: each hears of it, one event tells of it, and what fails in one does not
// keep it from the others (traffic.md §1.2, §1.4; TV-39, TV-63).

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { a, b, weights } from '../../../test/builders/midway.ts';
import { replicaSet, rollout, updatingStatus } from '../../../test/builders/objects.ts';
import { emptyLedger, observe, world } from '../../../test/builders/world.ts';
import type { Ingress } from '../../api/kubernetes-types.ts';
import type { CanaryStrategy } from '../../api/types.generated.ts';
import { applyMergePatch } from '../../lang/merge-patch.ts';
import type { TrafficPlan } from '../../traffic/types.ts';
import type { Ledger } from '../types.ts';
import { planTraffic } from './traffic.ts';

const albAction = 'alb.ingress.kubernetes.io/actions.stable';

function ingress(name: string, port: { name: string } | { number: number }, service = 'stable'): Ingress {
  const backend = { service: { name: service, port } };
  return {
    metadata: { name, uid: `uid-${name}` },
    spec: { rules: [{ http: { paths: [{ path: '/', pathType: 'Prefix', backend }] } }] },
  };
}

interface Given {
  readonly routing?: CanaryStrategy['trafficRouting'];
  readonly step?: number;
  readonly nginx?: Ingress;
  readonly failed?: string;
  readonly more?: readonly Ingress[];
}

function planOf({ routing, step = 50, nginx, failed, more = [] }: Given): TrafficPlan {
  const canary: CanaryStrategy = {
    canaryService: 'canary',
    stableService: 'stable',
    trafficRouting: { alb: { ingress: 'alb', servicePort: 80 }, nginx: { stableIngress: 'nginx' }, ...routing },
    steps: [{ setWeight: step }],
  };
  const max = routing?.maxTrafficWeight ?? 100;
  const newRS = replicaSet({ image: 'demo:b', revision: 2, replicas: Math.ceil((10 * step) / max) });
  const stableRS = replicaSet({ image: 'demo:a', revision: 1, replicas: 10 });
  const status = updatingStatus({ stable: 'demo:a', current: 'demo:b', canary, more: weights(0) });
  const ledger: Ledger = failed
    ? {
        ...emptyLedger,
        outcomes: { [failed]: { problem: { class: 'denied', message: 'no' }, since: 0, attempts: 1 } },
      }
    : emptyLedger;
  const given = world({
    rollout: rollout({ image: 'demo:b', canary, status }),
    replicaSets: [stableRS, newRS],
    ingresses: [ingress('alb', { name: 'use-annotation' }), nginx ?? ingress('nginx', { number: 80 }), ...more],
    ledger,
  });
  const observed = observe(given);
  const planned = planTraffic({ observed, rollout: given.rollout, status, newRS, stableRS, others: [], revision: 2 });
  return planned ?? assert.fail('there are routers');
}

function annotationsOf(plan: TrafficPlan, name: string): Readonly<Record<string, string>> {
  const write = plan.writes.find(({ key }) => key.endsWith(`/${name}`));
  if (write?.kind === 'createIngress') return write.object.metadata.annotations ?? {};
  const before: Ingress = { metadata: {}, spec: {} };
  return (write?.kind === 'patchIngress' ? applyMergePatch(before, write.patch) : before).metadata.annotations ?? {};
}

test('NGINX and ALB hear of one decision, in the order of §1.4, and one event tells of it', () => {
  const plan = planOf({});
  assert.deepEqual(
    plan.writes.map(({ key }) => key),
    ['createIngress/demo-nginx-canary', 'patchIngress/alb'],
  );
  assert.deepEqual(
    plan.events.map(({ message }) => message),
    ['Traffic weight updated from 0 to 50'],
  );
  assert.equal(plan.blocked, undefined);
  assert.equal(plan.weights?.canary.weight, 50);
  assert.equal(plan.weights?.verified, undefined);
});

test('a maximum of 1000 becomes hundredths for ALB, and is never negative', () => {
  const plan = planOf({ routing: { maxTrafficWeight: 1000 }, step: 500 });
  const nginx = annotationsOf(plan, 'demo-nginx-canary');
  assert.equal(nginx['nginx.ingress.kubernetes.io/canary-weight'], '500');
  assert.equal(nginx['nginx.ingress.kubernetes.io/canary-weight-total'], '1000');
  const { ForwardConfig } = JSON.parse(annotationsOf(plan, 'alb')[albAction] ?? '{}');
  assert.deepEqual(
    ForwardConfig.TargetGroups.map(({ Weight }: { Weight: number }) => Weight),
    [50, 50],
  );
  assert.equal(plan.weights?.stable.weight, 500);
});

test('what stands in the way of one router is told, and the other still gets its weight', () => {
  const plan = planOf({ nginx: ingress('nginx', { number: 80 }, 'another') });
  assert.deepEqual(
    plan.writes.map(({ key }) => key),
    ['patchIngress/alb'],
  );
  assert.equal(plan.blocked?.message, 'ingress `nginx` has no rules using service stable backend');
  assert.equal(plan.blocked?.event.reason, 'TrafficRoutingError');
  assert.equal(plan.weights?.canary.weight, 0, 'the status claims nothing that was not done');
  assert.deepEqual(plan.events, []);
});

test('a router whose write failed before comes last, so that the others get their weight first', () => {
  const plan = planOf({ failed: 'createIngress/demo-nginx-canary' });
  assert.deepEqual(
    plan.writes.map(({ key }) => key),
    ['patchIngress/alb', 'createIngress/demo-nginx-canary'],
  );
});

test('TV-63 several Ingresses are all edited, one that failed before comes last', () => {
  const routing = { alb: { ingresses: ['alb', 'two'], servicePort: 80 }, nginx: undefined } as never;
  const more = [ingress('two', { name: 'use-annotation' })];
  const keys = (failed?: string) =>
    planOf({ routing, more, ...(failed ? { failed } : {}) }).writes.map(({ key }) => key);
  assert.deepEqual(keys(), ['patchIngress/alb', 'patchIngress/two']);
  assert.deepEqual(keys('patchIngress/alb'), ['patchIngress/two', 'patchIngress/alb']);
});

test('the hashes of both sides stand beside the weights', () => {
  const { weights: written } = planOf({});
  assert.deepEqual([written?.canary.podTemplateHash, written?.stable.podTemplateHash], [b, a]);
});
