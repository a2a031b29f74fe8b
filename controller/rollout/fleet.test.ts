// A fleet that has come to rest costs nothing (design law 6): whatever its Rollouts stand at, hours of resyncs and a
// restart of the controller write nothing. And two clients' and two controllers' writes do not lose each other.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createSimulation, type Simulation, whileRunning } from '../../sandbox/simulation.ts';
import { createKubectl } from '../../test/conformance/kubectl.ts';
import type { Rollout } from '../api/types.generated.ts';
import type { Pass, RolloutControllerHooks } from './controller.ts';

const namespace = 'demo';
const hourMs = 3_600_000;

/** Name → strategy, and what a client does to the Rollout in the middle of its update. */
const fleet: Readonly<
  Record<string, { readonly strategy: string; readonly patch?: unknown; readonly isInvalid?: true }>
> = {
  promoted: { strategy: '{canary: {steps: [{setWeight: 20}, {pause: {duration: 5}}, {setWeight: 50}]}}' },
  plain: { strategy: '{canary: {maxSurge: 1, maxUnavailable: 0}}' },
  waiting: { strategy: '{canary: {steps: [{setWeight: 20}, {pause: {}}]}}' },
  halted: { strategy: '{canary: {steps: [{setWeight: 20}, {pause: {}}]}}', patch: { spec: { paused: true } } },
  aborted: { strategy: '{canary: {steps: [{setWeight: 50}, {pause: {}}]}}', patch: { status: { abort: true } } },
  served: { strategy: '{canary: {canaryService: canary, stableService: stable, steps: [{setWeight: 50}]}}' },
  routed: {
    strategy:
      '{canary: {canaryService: canary-routed, stableService: stable-routed, trafficRouting: {alb: {ingress: routed, rootService: root-routed, servicePort: 80}}, steps: [{setWeight: 50}, {pause: {}}]}}',
  },
  'routed-back': {
    strategy:
      '{canary: {canaryService: canary-back, stableService: stable-back, dynamicStableScale: true, trafficRouting: {nginx: {stableIngress: back}}, steps: [{setWeight: 50}, {pause: {}}]}}',
    patch: { status: { abort: true } },
  },
  switched: { strategy: '{blueGreen: {activeService: active, previewService: preview}}' },
  previewing: { strategy: '{blueGreen: {activeService: active-two, autoPromotionEnabled: false}}' },
  'preview-aborted': {
    strategy: '{blueGreen: {activeService: active-three, autoPromotionEnabled: false}}',
    patch: { status: { abort: true } },
  },
  invalid: { strategy: '{canary: {canaryService: nowhere}}', isInvalid: true },
};

const services: Readonly<Record<string, string>> = {
  canary: 'served',
  stable: 'served',
  'canary-routed': 'routed',
  'stable-routed': 'routed',
  'root-routed': 'routed',
  'canary-back': 'routed-back',
  'stable-back': 'routed-back',
  active: 'switched',
  preview: 'switched',
  'active-two': 'previewing',
  'active-three': 'preview-aborted',
};

function ingress(name: string, annotation: string, service: string, port: string): string {
  return `apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: ${name}, annotations: {kubernetes.io/ingress.class: ${annotation}}}
spec: {rules: [{host: ${name}.example, http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: ${service}, port: {${port}}}}}]}}]}
`;
}

function manifest(): string {
  const rollouts = Object.entries(fleet).map(
    ([name, { strategy }]) => `apiVersion: argoproj.io/v1alpha1
kind: Rollout
metadata: {name: ${name}}
spec:
  replicas: 4
  selector: {matchLabels: {app: ${name}}}
  template:
    metadata: {labels: {app: ${name}}}
    spec: {containers: [{name: demo, image: "demo:a"}]}
  strategy: ${strategy}
`,
  );
  const named = Object.entries(services).map(
    ([name, app]) => `apiVersion: v1
kind: Service
metadata: {name: ${name}}
spec: {selector: {app: ${app}}, ports: [{port: 80}]}
`,
  );
  const ingresses = [
    ingress('routed', 'alb', 'root-routed', 'name: use-annotation'),
    ingress('back', 'nginx', 'stable-back', 'number: 80'),
  ];
  return [...named, ...ingresses, ...rollouts].join('---\n');
}

const pathOf = (name: string) => `/apis/argoproj.io/v1alpha1/namespaces/${namespace}/rollouts/${name}`;

async function patch({ clock, transport }: Simulation, name: string, body: unknown): Promise<void> {
  const isStatus = 'status' in (body as object);
  const path = `${pathOf(name)}${isStatus ? '/status' : ''}`;
  const contentType = 'application/merge-patch+json';
  await whileRunning(clock, transport.request({ verb: 'PATCH', path, contentType, body }));
}

async function read({ clock, transport }: Simulation, name: string): Promise<Rollout> {
  return (await whileRunning(clock, transport.request({ verb: 'GET', path: pathOf(name) }))).body as Rollout;
}

async function started(text: string, hooks: RolloutControllerHooks = {}): Promise<Simulation> {
  const simulation = createSimulation({ namespaces: [namespace], hooks });
  await simulation.start();
  await whileRunning(simulation.clock, createKubectl(simulation.transport, namespace).apply(text));
  await simulation.clock.runFor(60_000);
  return simulation;
}

/** Kinds that only the controller and its clients write, or that follow from such a write. */
const ours = new Set(['rollouts', 'replicasets', 'services', 'ingresses', 'pods', 'events']);

test('a fleet at rest writes nothing for hours, and only says hello after a restart', async () => {
  const simulation = await started(manifest());
  const template = (image: string) => ({ spec: { template: { spec: { containers: [{ name: 'demo', image }] } } } });
  for (const name of Object.keys(fleet)) await patch(simulation, name, template('demo:b'));
  await simulation.clock.runFor(120_000);
  for (const [name, { patch: body }] of Object.entries(fleet)) if (body) await patch(simulation, name, body);
  await simulation.clock.runFor(1_000_000); // beyond every delay and progress deadline

  const writes: string[] = [];
  const stop = simulation.cluster.apiServer.storage.subscribe('*', ({ type, resource, key, object }) => {
    const plural = resource.split('/').at(-1) ?? '';
    if (ours.has(plural)) writes.push(`${type} ${key} ${(object as { reason?: string }).reason ?? ''}`.trim());
  });
  await simulation.clock.runFor(6 * hourMs);
  assert.equal(writes.join('\n'), '');

  await simulation.restartController();
  await simulation.clock.runFor(hourMs);
  assert.deepEqual(
    writes.filter((line) => !line.endsWith(' RolloutAddedToInformer')),
    [],
  );
  stop();
  const phases: Record<string, string | undefined> = {};
  for (const name of Object.keys(fleet)) phases[name] = (await read(simulation, name)).status?.phase;
  assert.deepEqual(phases, {
    promoted: 'Healthy',
    plain: 'Healthy',
    waiting: 'Paused',
    halted: 'Paused',
    aborted: 'Degraded',
    served: 'Healthy',
    routed: 'Paused',
    'routed-back': 'Degraded',
    switched: 'Healthy',
    previewing: 'Paused',
    'preview-aborted': 'Degraded',
    invalid: 'Degraded',
  });
  await simulation.stop();
});

test('vector 94: an abort that comes between the read and the patch is a conflict, and the next plan sees it', async () => {
  const passes: Pass[] = [];
  let simulation: Simulation | undefined;
  let isArmed = false;
  simulation = await started(manifest(), {
    onPass: (pass) => passes.push(pass),
    faultsOf({ observed, plan }) {
      const isDue = isArmed && observed.rollout.metadata.name === 'waiting' && plan.status.currentStepIndex === 1;
      if (!isDue || !simulation) return {};
      isArmed = false;
      const { storage } = simulation.cluster.apiServer;
      const key = `${namespace}/waiting`;
      const stored = storage.get('argoproj.io/rollouts', key);
      if (!stored) throw new Error('the Rollout is stored');
      const status = { ...(stored.status as Record<string, never>), abort: true };
      storage.put('argoproj.io/rollouts', key, { ...stored, metadata: { ...stored.metadata }, status });
      return {};
    },
  });
  isArmed = true;
  await patch(simulation, 'waiting', {
    spec: { template: { spec: { containers: [{ name: 'demo', image: 'demo:b' }] } } },
  });
  await simulation.clock.runFor(60_000);
  const failures = passes.flatMap(({ wave }) => wave?.failures ?? []).map(({ problem }) => problem.class);
  assert.deepEqual(failures, ['conflict']);
  const { status } = await read(simulation, 'waiting');
  assert.deepEqual([status?.abort, status?.phase, status?.currentStepIndex], [true, 'Degraded', 0]);
  await simulation.stop();
});
