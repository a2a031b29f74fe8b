// Vectors of traffic.md §10.1-10.2 that are about a whole pass: what the decision, the Services and the sizes do together.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  a,
  abortedConditions,
  b,
  c,
  midway,
  pausedAtOne,
  routed,
  routedWorld,
  weights,
} from '../../../test/builders/midway.ts';
import { at, ingress, replicaSet, rollout, service, start } from '../../../test/builders/objects.ts';
import { lawfulPlan, settle, shortWrite } from '../../../test/builders/rows.ts';
import { eventsOf, type World, world } from '../../../test/builders/world.ts';
import type { CanaryStrategy } from '../../api/types.generated.ts';
import type { Plan } from '../types.ts';

const writesOf = (plan: Plan) => plan.writes.map(shortWrite);
const counts = { stable: { replicas: 10 }, current: { replicas: 2 } };

test('TV-31 a third revision: the displaced canary drains for the normal delay once its weight is gone', () => {
  const given = routedWorld(
    { canary: routed, step: 0, ...counts, status: { ...weights(20), currentPodHash: c } },
    { canary: b, stable: a },
  );
  const third = {
    ...given.rollout,
    spec: { ...given.rollout.spec, template: rollout({ image: 'demo:c' }).spec.template! },
  };
  const newest = replicaSet({ image: 'demo:c', revision: 3, replicas: 0 });
  const { world: rest } = settle({ ...given, rollout: third, replicaSets: [...given.replicaSets, newest] }, start, 12);
  const displaced = rest.replicaSets.find(({ metadata }) => metadata.name === `demo-${b}`);
  assert.equal(displaced?.spec.replicas, 2, 'its pods stay');
  assert.equal(displaced?.metadata.annotations?.['scale-down-deadline'], at(30));
});

test('TV-33 a scaling event tells the router nothing; the passes after it do', () => {
  const status = { ...weights(0) };
  const given = routedWorld({ canary: routed, ...counts, replicas: 10, status }, { canary: b, stable: a });
  const fewer = { ...given.rollout, spec: { ...given.rollout.spec, replicas: 8 } };
  const first = lawfulPlan({ ...given, rollout: fewer }, start);
  assert.deepEqual(writesOf(first), [`scale demo-${a} 8`, 'status']);
  const { waves } = settle({ ...given, rollout: fewer }, start, 12);
  assert.ok(waves.slice(1).some((plan) => writesOf(plan).includes('patchIngress demo')));
});

test('TV-34 a controller that begins in the middle of a pause keeps the weight, never 0', () => {
  const status = { ...pausedAtOne, ...weights(20) };
  const given = routedWorld({ canary: routed, step: 1, ...counts, status }, { canary: b, stable: a });
  const plan = lawfulPlan(given, start);
  assert.equal(plan.status.canary?.weights?.canary.weight, 20);
  const patch = plan.writes.find(({ kind }) => kind === 'patchIngress');
  assert.match(JSON.stringify(patch), /\\"ServiceName\\":\\"canary\\",\\"ServicePort\\":\\"80\\",\\"Weight\\":20/);
});

test('TV-36 while the router cannot be written nothing is sized, and the weights stay', () => {
  const annotations = { ...ingress().metadata.annotations, 'rollouts.argoproj.io/managed-alb-annotations': '{' };
  const broken = { ...ingress(), metadata: { ...ingress().metadata, annotations } };
  const given = routedWorld(
    {
      canary: routed,
      step: 0,
      stable: { replicas: 10 },
      current: { replicas: 1 },
      status: weights(0),
      more: { ingresses: [broken] },
    },
    { canary: b, stable: a },
  );
  const plan = lawfulPlan(given, start);
  assert.deepEqual(
    writesOf(plan).filter((write) => write.startsWith('scale')),
    [],
  );
  assert.equal(plan.status.canary?.weights?.canary.weight, 0);
  const warnings = eventsOf(plan).filter(({ type }) => type === 'Warning');
  assert.deepEqual(
    warnings.map(({ reason, lasts }) => [reason, lasts]),
    [['TrafficRoutingError', 'trafficRouting']],
  );
});

test('TV-40 trafficRouting without a router: the weights go from the status, no object is written', () => {
  const canary: CanaryStrategy = { ...routed, trafficRouting: {} };
  const given = routedWorld({ canary, step: 0, ...counts, status: weights(20) }, { canary: b, stable: a });
  const plan = lawfulPlan(given, start);
  assert.equal(plan.status.canary?.weights, undefined);
  assert.ok(plan.writes.every(({ kind }) => kind !== 'patchIngress'));
});

const services: readonly (readonly [name: string, annotated: boolean, available: number, switched: boolean])[] = [
  ['TV-50 a Service that is to be adopted waits for every pod', false, 3, false],
  ['TV-50 and is adopted when all are available', false, 4, true],
  ['TV-51 an adopted Service follows the first available pod', true, 1, true],
  ['TV-52 without an available pod it is left alone', true, 0, false],
];

for (const [name, annotated, available, switched] of services) {
  test(name, () => {
    const canary = service('canary', annotated ? { hash: a } : { managedBy: null });
    const given = midway({
      canary: { canaryService: 'canary', steps: [{ setWeight: 40 }] },
      stable: { replicas: 6 },
      current: { replicas: 4, available },
      more: { services: [canary] },
    });
    const plan = lawfulPlan(given, start);
    assert.equal(writesOf(plan).includes(`service canary ${b}`), switched);
    const told = eventsOf(plan).filter(({ reason }) => reason === 'SwitchService');
    const from = annotated ? a : '';
    const want = `Switched selector for service 'canary' from '${from}' to '${b}'`;
    assert.deepEqual(
      told.map(({ message }) => message),
      switched ? [want] : [],
    );
  });
}

test('TV-53 an abort points the canary Service once, however often it is looked at', () => {
  const canary = { ...routed, abortScaleDownDelaySeconds: 0 };
  const status = { abort: true, abortedAt: at(-1), phase: 'Degraded', conditions: abortedConditions, ...weights(20) };
  let current: World = routedWorld({ canary, step: 0, ...counts, status }, { canary: b, stable: a });
  const told: string[] = [];
  for (let look = 0; look < 10; look += 1) {
    const { waves, world: rest } = settle(current, start + look * 1000);
    told.push(...waves.flatMap(eventsOf).flatMap(({ reason, message }) => (reason === 'SwitchService' ? message : [])));
    current = rest;
  }
  assert.deepEqual(told, [`Switched selector for service 'canary' from '${b}' to '${a}'`]);
});

test('TV-54 a Service of another Rollout is an invalid spec', () => {
  const foreign = service('stable', { managedBy: 'other' });
  const given = midway({
    canary: { stableService: 'stable' },
    stable: { replicas: 10 },
    current: { replicas: 0 },
    more: { services: [foreign] },
  });
  assert.match(lawfulPlan(given, start).status.message ?? '', /Service "stable" is managed by another Rollout$/);
});

const pingPong: CanaryStrategy = {
  pingPong: { pingService: 'ping', pongService: 'pong' },
  trafficRouting: { alb: { ingress: 'demo', rootService: 'root', servicePort: 80 } },
  steps: [{ setWeight: 20 }, { pause: {} }],
};
const bare = (name: string) => service(name, { managedBy: null });

test('TV-56 the first deployment pins ping before a pod is ready, and calls it stable; pong waits for the next revision', () => {
  const given = world({
    rollout: rollout({ image: 'demo:a', canary: pingPong, annotations: { 'rollout.argoproj.io/revision': '1' } }),
    replicaSets: [replicaSet({ image: 'demo:a', replicas: 0 })],
    services: [bare('ping'), bare('pong')],
    ingresses: [ingress()],
  });
  const { waves, world: rest } = settle(given, start, 12);
  const pointed = waves.flatMap(writesOf).filter((write) => write.startsWith('service'));
  assert.deepEqual(pointed, [`service ping ${a}`]);
  assert.equal(rest.rollout.status?.canary?.stablePingPong, 'ping');
});

test('TV-58 ping-pong on a Rollout that is there: the stable role is pinned to stable', () => {
  const given = midway({
    canary: pingPong,
    ...counts,
    status: weights(0),
    more: { services: [bare('ping'), bare('pong')], ingresses: [ingress()] },
  });
  assert.ok(settle(given, start, 12).waves.flatMap(writesOf).includes(`service pong ${a}`));
});

test('TV-58 the stable role is pinned before the next update begins: its first pods would be sent requests of stable', () => {
  const given = routedWorld(
    {
      canary: pingPong,
      step: 2,
      stable: { replicas: 0 },
      current: { replicas: 10 },
      status: { ...weights(0, b, b), stableRS: b },
      more: { services: [bare('ping'), bare('pong')] },
    },
    { canary: b, stable: b },
  );
  const pointed = settle(given, start, 12)
    .waves.flatMap(writesOf)
    .filter((write) => write.startsWith('service'));
  assert.deepEqual(pointed, [`service pong ${b}`]);
});

test('TV-69 an ALB compares headers exactly: a regular expression is an invalid spec', () => {
  const match = [{ headerName: 'X-A', headerValue: { regex: 'v.*' } }];
  const alb = { ingress: 'demo', rootService: 'root', servicePort: 80 };
  const canary: CanaryStrategy = {
    ...routed,
    trafficRouting: { alb, managedRoutes: [{ name: 'beta' }] },
    steps: [{ setHeaderRoute: { name: 'beta', match } }],
  };
  const { message } = lawfulPlan(routedWorld({ canary, ...counts }, { canary: b, stable: a }), start).status;
  assert.match(message ?? '', /SetHeaderRoute match value invalid\. ALB supports 'exact' value only$/);
});
