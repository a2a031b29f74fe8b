// The smallest Rollout that does something, as users write it: for tests of whole controllers on a simulated cluster.

import { createSimulation, type Simulation, type SimulationOptions, whileRunning } from '../../sandbox/simulation.ts';
import { createKubectl } from '../conformance/kubectl.ts';

export const smallNamespace = 'demo';
export const smallRolloutPath = `/apis/argoproj.io/v1alpha1/namespaces/${smallNamespace}/rollouts/web`;

/** A canary by the name `web`; `steps` as YAML. */
export function smallRollout(given: { image?: string; replicas?: number; steps?: string } = {}): string {
  const { image = 'demo:blue', replicas = 2, steps = '[{setWeight: 50}]' } = given;
  return `apiVersion: argoproj.io/v1alpha1
kind: Rollout
metadata: {name: web}
spec:
  replicas: ${replicas}
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: demo, image: "${image}"}]}
  strategy: {canary: {steps: ${steps}}}
`;
}

/** A cluster with the namespace and a running controller. */
export async function startSmall(options: SimulationOptions): Promise<Simulation> {
  const simulation = createSimulation({ namespaces: [smallNamespace], ...options });
  await simulation.start();
  return simulation;
}

/** `kubectl apply`, and so many seconds after it. */
export async function applyFor({ clock, transport }: Simulation, manifest: string, seconds: number): Promise<void> {
  await whileRunning(clock, createKubectl(transport, smallNamespace).apply(manifest));
  await clock.runFor(seconds * 1000);
}
