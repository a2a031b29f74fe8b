// Two Rollouts on one Ingress of a load balancer (traffic.md §2.4): what one has there, the other does not write over, is
// told why it waits, and goes on by itself when it may.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Simulation } from '../../sandbox/simulation.ts';
import { applyFor, smallNamespace, startSmall } from '../../test/builders/small-rollout.ts';
import type { Ingress } from '../api/kubernetes-types.ts';
import type { Pass } from './controller.ts';

const steps = `[{setWeight: 50}, {setHeaderRoute: {name: beta, match: [{headerName: X, headerValue: {exact: "1"}}]}}, {pause: {}}]`;

function manifest(name: string, image: string, root = `${name}-root`): string {
  const service = (role: string) => `apiVersion: v1
kind: Service
metadata: {name: ${name}-${role}}
spec: {selector: {app: ${name}}, ports: [{port: 80}]}
---
`;
  return `${['root', 'stable', 'canary'].map(service).join('')}apiVersion: argoproj.io/v1alpha1
kind: Rollout
metadata: {name: ${name}}
spec:
  replicas: 2
  selector: {matchLabels: {app: ${name}}}
  template:
    metadata: {labels: {app: ${name}}}
    spec: {containers: [{name: demo, image: "${image}"}]}
  strategy:
    canary:
      stableService: ${name}-stable
      canaryService: ${name}-canary
      trafficRouting:
        managedRoutes: [{name: beta}]
        alb: {ingress: shared, rootService: ${root}, servicePort: 80}
      steps: ${steps}
`;
}

const path = (name: string) =>
  `{host: ${name}, http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: ${name}-root, port: {name: use-annotation}}}}]}}`;
const ingress = `apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: shared}
spec: {ingressClassName: alb, rules: [${path('one')}, ${path('two')}]}
`;

interface World {
  readonly simulation: Simulation;
  /** The last pass of each. */
  readonly passes: Map<string, Pass>;
  /** How often the Ingress is written in a minute from now. */
  writesInAMinute(): Promise<number>;
  shared(): Ingress;
}

async function start(): Promise<World> {
  const passes = new Map<string, Pass>();
  const simulation = await startSmall({ hooks: { onPass: (pass) => passes.set(pass.key, pass) } });
  const { storage } = simulation.cluster.apiServer;
  let writes = 0;
  let shared: unknown;
  storage.subscribe('networking.k8s.io/ingresses', ({ object }) => {
    writes += 1;
    shared = object;
  });
  await applyFor(simulation, ingress, 0);
  return {
    simulation,
    passes,
    async writesInAMinute() {
      const before = writes;
      await simulation.clock.runFor(60_000);
      return writes - before;
    },
    shared: () => shared as Ingress,
  };
}

function reasonsOf({ passes }: World, name: string): string[] {
  return (
    passes
      .get(`${smallNamespace}/${name}`)
      ?.plan.reasons.map(({ code, data }) => `${code} ${Object.values(data).join()}`) ?? []
  );
}

const routeKey = 'alb.ingress.kubernetes.io/actions.beta';

test('a header route of the same name is used by one after the other', async () => {
  const world = await start();
  const { simulation } = world;
  for (const name of ['one', 'two']) await applyFor(simulation, manifest(name, 'demo:a'), 60);
  await applyFor(simulation, manifest('one', 'demo:b'), 60);
  assert.equal(await world.writesInAMinute(), 0, 'Rollout two leaves the route of one alone');
  assert.match(world.shared().metadata.annotations?.[routeKey] ?? '', /one-canary/);

  await applyFor(simulation, manifest('two', 'demo:b'), 60);
  assert.equal(await world.writesInAMinute(), 0);
  assert.match(world.shared().metadata.annotations?.[routeKey] ?? '', /one-canary/);
  assert.match(
    reasonsOf(world, 'two').join(),
    /trafficRoutingFailed managed route `beta` .* is in use by Rollout `one`/,
  );

  await applyFor(simulation, manifest('one', 'demo:a'), 60);
  assert.match(world.shared().metadata.annotations?.[routeKey] ?? '', /two-canary/);
  assert.equal(await world.writesInAMinute(), 0);
  assert.match(reasonsOf(world, 'two').join(), /^pausedAtStep/);
  await simulation.stop();
});

test('the weights of one Service are set by one Rollout, and by the other when that is gone', async () => {
  const world = await start();
  const { simulation } = world;
  await applyFor(simulation, manifest('one', 'demo:a'), 60);
  await applyFor(simulation, manifest('two', 'demo:a', 'one-root'), 60);
  assert.equal(await world.writesInAMinute(), 0);
  const action = () => world.shared().metadata.annotations?.['alb.ingress.kubernetes.io/actions.one-root'] ?? '';
  assert.match(action(), /one-stable/);
  assert.match(reasonsOf(world, 'two').join(), /the weights of service `one-root` .* are set by Rollout `one`/);

  const rollout = `/apis/argoproj.io/v1alpha1/namespaces/${smallNamespace}/rollouts/one`;
  simulation.transport.request({ verb: 'DELETE', path: rollout });
  await simulation.clock.runFor(60_000);
  assert.match(action(), /two-stable/);
  assert.deepEqual(reasonsOf(world, 'two'), []);
  await simulation.stop();
});
