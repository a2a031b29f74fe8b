// An example of the project on a cluster of its own, under the virtual clock: a minute after it was applied.

import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { KubernetesObject } from '../../controller/api/kubernetes-types.ts';
import type { Rollout } from '../../controller/api/types.generated.ts';
import { parseYamlDocuments } from '../../controller/lang/yaml.ts';
import { createSimulation, type Simulation, type SimulationOptions, whileRunning } from '../../sandbox/simulation.ts';
import { createKubectl } from '../conformance/kubectl.ts';
import { runCli } from '../conformance/run-trace.ts';

const folder = fileURLToPath(new URL('../../examples/', import.meta.url));

export const exampleFiles: readonly string[] = globSync('**/*.yaml', { cwd: folder }).toSorted();

export interface RunningExample extends Simulation {
  /** `kubectl argo rollouts <command>`, whose output must not be an error. */
  readonly run: (command: string) => Promise<unknown>;
}

export function exampleText(file: string): string {
  return readFileSync(folder + file, 'utf8');
}

function objectsOf(manifest: string): KubernetesObject[] {
  return parseYamlDocuments(manifest).map(({ value, problem }) => {
    assert.equal(problem, undefined, 'the manifest can be read');
    return value as KubernetesObject;
  });
}

export function rolloutsOf(manifest: string): string[] {
  return objectsOf(manifest)
    .filter(({ kind }) => kind === 'Rollout')
    .map(({ metadata }) => metadata.name ?? '');
}

export async function startExample(
  file: string,
  adjust = (manifest: string) => manifest,
  options: SimulationOptions = {},
): Promise<RunningExample> {
  const simulation = createSimulation({ prometheus: true, ...options });
  await simulation.start();
  for (const object of objectsOf(adjust(exampleText(file)))) {
    const kubectl = createKubectl(simulation.transport, object.metadata.namespace ?? 'default');
    await whileRunning(simulation.clock, kubectl.apply(JSON.stringify(object)));
  }
  await simulation.clock.runFor(60_000);
  const run = (command: string) => runCli(simulation, `kubectl argo rollouts ${command}`, 'default');
  return Object.assign(Object.create(simulation) as Simulation, { run });
}

export async function get<T>({ clock, transport }: Simulation, path: string): Promise<T> {
  return (await whileRunning(clock, transport.request({ verb: 'GET', path }))).body as T;
}

export function rolloutPath(name: string): string {
  return `/apis/argoproj.io/v1alpha1/namespaces/default/rollouts/${name}`;
}

/** Its stable hash. */
export async function assertHealthy(simulation: Simulation, name: string): Promise<string> {
  const { status } = await get<Rollout>(simulation, rolloutPath(name));
  assert.equal(`${status?.phase} ${status?.message ?? ''}`.trim(), 'Healthy');
  assert.equal(status?.stableRS, status?.currentPodHash);
  return status?.stableRS ?? '';
}
