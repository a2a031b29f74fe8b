// The controller may die after any write that an Experiment makes necessary (operations.md §20.3, S11 and S12): the next
// process comes to the same end, with the same objects, and no request is lost on the way.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { createSimulation, type Simulation, whileRunning } from '../../sandbox/simulation.ts';
import { createKubectl } from '../../test/conformance/kubectl.ts';
import { runCli } from '../../test/conformance/run-trace.ts';
import type { KubernetesObject, ReplicaSet } from '../api/kubernetes-types.ts';
import type { AnalysisRun, Experiment, Rollout } from '../api/types.generated.ts';

const argo = '/apis/argoproj.io/v1alpha1/namespaces/default';
/** Dies of the n-th write; undefined: lives. */
type Story = (deadly: number | undefined) => Promise<{ readonly end: unknown; readonly isDead: boolean }>;

function manifestOf(name: string): string {
  return readFileSync(fileURLToPath(new URL(`../../examples/${name}.yaml`, import.meta.url)), 'utf8');
}

async function started(manifest: string): Promise<{ readonly simulation: Simulation; readonly dies: string[] }> {
  const dies: string[] = [];
  const onFault = (line: string) => line.startsWith('killed') && dies.push(line);
  const simulation = createSimulation({ faulty: true, onFault });
  await simulation.start();
  await whileRunning(simulation.clock, createKubectl(simulation.transport, 'default').apply(manifest));
  return { simulation, dies };
}

function killAfter({ faults }: Simulation, afterWrites: number | undefined): void {
  if (afterWrites !== undefined) faults.strike({ kind: 'kill-controller', afterWrites });
}

async function list<T extends KubernetesObject>({ clock, transport }: Simulation, path: string): Promise<T[]> {
  const { body } = await whileRunning(clock, transport.request({ verb: 'GET', path }));
  return (body as { items: T[] }).items;
}

/** What is left of the Experiments, without times. */
async function endOf(simulation: Simulation): Promise<unknown> {
  const experiments = await list<Experiment>(simulation, `${argo}/experiments`);
  const runs = await list<AnalysisRun>(simulation, `${argo}/analysisruns`);
  const sets = await list<ReplicaSet>(simulation, '/apis/apps/v1/namespaces/default/replicasets');
  const services = await list(simulation, '/api/v1/namespaces/default/services');
  const jobs = await list(simulation, '/apis/batch/v1/namespaces/default/jobs');
  return {
    experiments: experiments.map(({ metadata, status }) => ({
      name: metadata.name,
      phase: status?.phase,
      message: status?.message,
      templates: status?.templateStatuses?.map(({ name, status: of, replicas, serviceName }) => ({
        name,
        of,
        replicas,
        serviceName,
      })),
      runs: status?.analysisRuns,
    })),
    runs: runs.map(({ metadata, status }) => `${metadata.name} ${status?.phase}`),
    sets: sets.map(({ metadata, spec }) => `${metadata.name} ${spec.replicas}`),
    services: services.map(({ metadata }) => metadata.name),
    jobCount: jobs.length,
  };
}

const alone: Story = async (deadly) => {
  const { simulation, dies } = await started('');
  killAfter(simulation, deadly);
  const kubectl = createKubectl(simulation.transport, 'default');
  await whileRunning(simulation.clock, kubectl.apply(manifestOf('experiment')));
  await simulation.clock.runFor(90_000);
  const end = await endOf(simulation);
  await simulation.stop();
  return { end, isDead: dies.length > 0 };
};

/** The canary that compares first; by the clock alone, because there are no samples here. */
const asStep: Story = async (deadly) => {
  const manifest = manifestOf('canary-experiment').replace(/ {10}analyses:[\s\S]*?(?= {6}- setWeight: 25)/, '');
  const { simulation, dies } = await started(manifest.replace('scaleDownDelaySeconds: 10', 'duration: 10s'));
  const load = await simulation.startTraffic({ requestsPerSecond: 10, host: 'localhost', path: '/color' });
  await simulation.clock.runFor(20_000);
  killAfter(simulation, deadly);
  await runCli(simulation, 'kubectl argo rollouts set image rollouts-demo *=argoproj/rollouts-demo:yellow', 'default');
  await simulation.clock.runFor(180_000);
  const [rollout] = await list<Rollout>(simulation, `${argo}/rollouts`);
  const { phase, currentStepIndex } = rollout?.status ?? {};
  const lost = load.lost.length;
  const end = { phase, currentStepIndex, lost, left: await endOf(simulation) };
  await simulation.stop();
  return { end, isDead: dies.length > 0 };
};

for (const [name, story, every] of [
  ['an Experiment alone', alone, 3],
  ['an Experiment that is the step of a canary, with weights,', asStep, 11],
] as const) {
  test(`${name} ends alike when the controller dies after a write`, async () => {
    const { end } = await story(undefined);
    assert.match(JSON.stringify(end), /"phase":"Successful"/);
    let deaths = 0;
    for (let write = 1; ; write += every) {
      const broken = await story(write);
      if (!broken.isDead) break;
      deaths += 1;
      assert.deepEqual(broken.end, end, `died after write ${write}`);
    }
    assert.ok(deaths >= 5, `${deaths} deaths`);
  });
}
