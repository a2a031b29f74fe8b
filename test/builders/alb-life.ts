// A Rollout on a simulated cluster whose questions to the outside a test answers: a canary behind an ALB Ingress with an
// address, or whatever a manifest says.

import type { Rollout } from '../../controller/api/types.generated.ts';
import type { ControllerSettings } from '../../controller/controller.ts';
import { patchContentType } from '../../controller/kubernetes/transport.ts';
import type { Ask } from '../../controller/rollout/calls.ts';
import { createSimulation, type Simulation, whileRunning } from '../../sandbox/simulation.ts';
import { createKubectl } from '../conformance/kubectl.ts';
import { readTrace } from '../conformance/trace.ts';

const namespace = 'demo';
const rolloutPath = `/apis/argoproj.io/v1alpha1/namespaces/${namespace}/rollouts/demo`;
const ingressPath = `/apis/networking.k8s.io/v1/namespaces/${namespace}/ingresses/demo`;

export type Answers = (call: Parameters<Ask>[0], simulation: Simulation) => ReturnType<Ask>;

export interface Life {
  readonly answers: Answers;
  readonly settings: Partial<ControllerSettings>;
}

/** One pod behind the Services `canary` and `stable`; healthy, and known to its load balancer, when it resolves. */
export async function startAlbRollout(
  life: Life & { readonly canary: object; readonly spec?: object },
): Promise<Simulation> {
  const manifest = readTrace('canary-alb-5-percent', () => '').actions[0]?.manifest ?? '';
  const simulation = await startLife(manifest, life);
  const hostname = { status: { loadBalancer: { ingress: [{ hostname: 'lb.example.com' }] } } };
  await patchIn(simulation, `${ingressPath}/status`, hostname);
  await patchRollout(simulation, { ...life.spec, strategy: { canary: life.canary } });
  await simulation.clock.runFor(60_000);
  return simulation;
}

/** The manifest's Rollout has the name `demo`. */
export async function startLife(manifest: string, { answers, settings }: Life): Promise<Simulation> {
  const ask: Ask = (call) => answers(call, simulation);
  const simulation = createSimulation({ namespaces: [namespace], hooks: { ask }, settings });
  await simulation.start();
  const { clock, transport } = simulation;
  await whileRunning(clock, createKubectl(transport, namespace).apply(manifest));
  return simulation;
}

export function patchIn({ clock, transport }: Simulation, path: string, body: unknown): Promise<unknown> {
  return whileRunning(clock, transport.request({ verb: 'PATCH', path, contentType: patchContentType.merge, body }));
}

export async function patchRollout(simulation: Simulation, spec: object, subresource = ''): Promise<void> {
  await patchIn(simulation, rolloutPath + subresource, subresource === '' ? { spec } : spec);
}

/** Another template. */
export function update(simulation: Simulation, version = '2'): Promise<void> {
  return patchRollout(simulation, { template: { metadata: { annotations: { version } } } });
}

export async function rolloutIn({ clock, transport }: Simulation): Promise<Rollout> {
  return (await whileRunning(clock, transport.request({ verb: 'GET', path: rolloutPath }))).body as Rollout;
}

export interface ToldEvent {
  readonly type: string;
  readonly reason: string;
  readonly message: string;
  readonly count: number;
}

export async function eventsIn({ clock, transport }: Simulation): Promise<readonly ToldEvent[]> {
  const path = `/api/v1/namespaces/${namespace}/events`;
  const { body } = await whileRunning(clock, transport.request({ verb: 'GET', path }));
  return (body as { readonly items: readonly ToldEvent[] }).items;
}
