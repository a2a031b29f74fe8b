// The controller as a whole on a simulated cluster: what is cleaned when a Rollout goes away, what is told of a router
// that is not built in, and that a fleet at rest costs no write. Its passes are held by the recorded traces.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createSimulation, type Simulation, whileRunning } from '../../sandbox/simulation.ts';
import { createKubectl } from '../../test/conformance/kubectl.ts';
import { readTrace } from '../../test/conformance/trace.ts';
import type { Ingress, Service } from '../api/kubernetes-types.ts';
import type { Pass } from './controller.ts';

const namespace = 'demo';

async function started(manifest: string, passes: Pass[] = []): Promise<Simulation> {
  const simulation = createSimulation({ namespaces: [namespace], hooks: { onPass: (pass) => passes.push(pass) } });
  await simulation.start();
  await whileRunning(simulation.clock, createKubectl(simulation.transport, namespace).apply(manifest));
  await simulation.clock.runFor(20_000);
  return simulation;
}

function manifestOf(trace: string): string {
  return readTrace(trace, () => '').actions[0]?.manifest ?? '';
}

async function get<T>({ transport, clock }: Simulation, path: string): Promise<T> {
  return (await whileRunning(clock, transport.request({ verb: 'GET', path }))).body as T;
}

const servicePath = (name: string) => `/api/v1/namespaces/${namespace}/services/${name}`;
const ingressPath = `/apis/networking.k8s.io/v1/namespaces/${namespace}/ingresses/demo`;

test('vector 77: a Rollout that is deleted leaves its Services and its Ingress as it found them', async () => {
  const simulation = await started(manifestOf('canary-alb-5-percent'));
  const before = await get<Ingress>(simulation, ingressPath);
  assert.match(before.metadata.annotations?.['alb.ingress.kubernetes.io/actions.root'] ?? '', /"Weight":100/);

  const kubectl = createKubectl(simulation.transport, namespace);
  await whileRunning(simulation.clock, kubectl.run('kubectl delete rollout demo'));
  await simulation.clock.runFor(20_000);

  for (const name of ['stable', 'canary']) {
    const service = await get<Service>(simulation, servicePath(name));
    assert.deepEqual(service.spec.selector, { app: 'demo' });
    assert.equal(service.metadata.annotations?.['argo-rollouts.argoproj.io/managed-by-rollouts'], undefined);
  }
  const after = await get<Ingress>(simulation, ingressPath);
  assert.equal(after.metadata.annotations?.['rollouts.argoproj.io/managed-alb-annotations'], undefined);
  assert.equal(
    after.metadata.annotations?.['alb.ingress.kubernetes.io/actions.root'],
    '{"Type":"forward","ForwardConfig":{"TargetGroups":[{"ServiceName":"stable","ServicePort":"80","Weight":100}]}}',
  );
  await simulation.stop();
});

test('a canary Ingress is put right when somebody spoils it, and goes when its Rollout leaves NGINX', async () => {
  const simulation = await started(manifestOf('canary-nginx-abort-retry'));
  const canaryPath = ingressPath.replace(/demo$/, 'demo-demo-canary');
  const weightKey = 'nginx.ingress.kubernetes.io/canary-weight';
  const merge = async (path: string, body: unknown) => {
    const contentType = 'application/merge-patch+json';
    await whileRunning(simulation.clock, simulation.transport.request({ verb: 'PATCH', path, contentType, body }));
    await simulation.clock.runFor(5_000);
  };
  await merge(canaryPath, { metadata: { annotations: { [weightKey]: '20' } } });
  assert.equal((await get<Ingress>(simulation, canaryPath)).metadata.annotations?.[weightKey], '0');

  const canary = { trafficRouting: null, scaleDownDelaySeconds: null, abortScaleDownDelaySeconds: null };
  await merge(`/apis/argoproj.io/v1alpha1/namespaces/${namespace}/rollouts/demo`, { spec: { strategy: { canary } } });
  await assert.rejects(get(simulation, canaryPath), /not found/);
  assert.equal((await get<Ingress>(simulation, ingressPath)).metadata.name, 'demo', 'the stable one stays');
  await simulation.stop();
});

test('vector 78: a Service that a Rollout stops to name is cleaned, and the one it names stays', async () => {
  const simulation = await started(manifestOf('blue-green-manual'));
  const path = `/apis/argoproj.io/v1alpha1/namespaces/${namespace}/rollouts/demo`;
  const body = { spec: { strategy: { blueGreen: { previewService: null } } } };
  const contentType = 'application/merge-patch+json';
  await whileRunning(simulation.clock, simulation.transport.request({ verb: 'PATCH', path, contentType, body }));
  await simulation.clock.runFor(5_000);
  assert.deepEqual((await get<Service>(simulation, servicePath('preview'))).spec.selector, { app: 'demo' });
  const active = await get<Service>(simulation, servicePath('active'));
  assert.ok(active.spec.selector?.['rollouts-pod-template-hash']);
  await simulation.stop();
});

test('a router that is not built in is named as the reason, and no weight is claimed', async () => {
  const passes: Pass[] = [];
  const simulation = await started(
    manifestOf('router-traefik').replace(/apiVersion: traefik[\s\S]*?---\n/, ''),
    passes,
  );
  const reasons =
    passes
      .at(-1)
      ?.plan.reasons.map((reason) => JSON.stringify(reason.data))
      .join(' ') ?? '';
  assert.match(reasons, /the traffic router \\"traefik\\" is not supported yet/);
  assert.equal(passes.at(-1)?.plan.status.canary?.weights, undefined);
  await simulation.stop();
});

test('a Rollout at rest costs no write, whatever wakes it', async () => {
  const passes: Pass[] = [];
  const simulation = await started(manifestOf('canary-alb-5-percent'), passes);
  const before = passes.length;
  await simulation.clock.runFor(3_600_000);
  const later = passes.slice(before);
  assert.ok(later.length >= 3, 'the resync looks at it');
  assert.deepEqual(
    later.flatMap(({ plan }) => plan.writes.map((write) => write.key)),
    [],
  );
  await simulation.stop();
});
