// The Experiment controller on a whole cluster under the virtual clock: what wakes it, how often it tries, and what it tells
// (analysis.md §6.4, §6.8; design.md §5).

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { createSimulation, type Simulation, type SimulationOptions, whileRunning } from '../../sandbox/simulation.ts';
import { createKubectl } from '../../test/conformance/kubectl.ts';
import type { KubernetesObject } from '../api/kubernetes-types.ts';
import type { Experiment } from '../api/types.generated.ts';
import type { ExperimentPass } from './controller.ts';

const path = fileURLToPath(new URL('../../examples/experiment.yaml', import.meta.url));
const experiment = '/apis/argoproj.io/v1alpha1/namespaces/default/experiments/compare';
const manifest = readFileSync(path, 'utf8');

interface Told extends KubernetesObject {
  readonly involvedObject: { readonly kind: string };
  readonly reason: string;
  readonly message: string;
  readonly count?: number;
}

async function started(options: SimulationOptions = {}): Promise<Simulation> {
  const simulation = createSimulation({ faulty: true, ...options });
  await simulation.start();
  return simulation;
}

async function apply({ clock, transport }: Simulation): Promise<void> {
  await whileRunning(clock, createKubectl(transport, 'default').apply(manifest));
}

async function get<T>({ clock, transport }: Simulation, what: string): Promise<T> {
  return (await whileRunning(clock, transport.request({ verb: 'GET', path: what }))).body as T;
}

async function phaseOf(simulation: Simulation): Promise<string | undefined> {
  return (await get<Experiment>(simulation, experiment)).status?.phase;
}

test('an AnalysisTemplate that was made a moment before is found, although the watch has not shown it', async () => {
  const simulation = await started();
  simulation.faults.strike({ kind: 'silence', plural: 'analysistemplates', forMs: 600_000 });
  await apply(simulation);
  await simulation.clock.runFor(60_000);
  assert.equal(await phaseOf(simulation), 'Successful');
  await simulation.stop();
});

test('a write that is refused is tried again after ever longer, and the Experiment goes on from there', async () => {
  const failedAt: number[] = [];
  const onPass = ({ wave, now }: ExperimentPass) => wave && wave.failures.length > 0 && failedAt.push(now);
  const simulation = await started({ experiments: { onPass } });
  simulation.faults.strike({ kind: 'refuse', status: 503, verb: 'POST', times: 8 });
  await apply(simulation);
  await simulation.clock.runFor(60_000);
  const waits = failedAt.slice(1).map((at, index) => at - (failedAt[index] ?? at));
  assert.ok(waits.length >= 4, `${waits}`);
  assert.ok(
    waits.every((wait, index) => wait > (waits[index - 1] ?? 0)),
    `${waits}`,
  );
  assert.equal(await phaseOf(simulation), 'Successful');
  await simulation.stop();
});

test('an Experiment that is deleted and made again at once begins when the first one is gone', async () => {
  const simulation = await started();
  await apply(simulation);
  await simulation.clock.runFor(6_000);
  const body = { kind: 'DeleteOptions', apiVersion: 'v1', propagationPolicy: 'Background' };
  const { clock, transport } = simulation;
  await whileRunning(clock, transport.request({ verb: 'DELETE', path: experiment, body }));
  await apply(simulation);
  await simulation.clock.runFor(60_000);
  assert.equal(await phaseOf(simulation), 'Successful');
  await simulation.stop();
});

test('BUG (§6.8): each transition is told once', async () => {
  const simulation = await started();
  await apply(simulation);
  await simulation.clock.runFor(60_000);
  const { items: all } = await get<{ items: readonly Told[] }>(simulation, '/api/v1/namespaces/default/events');
  const items = all.filter(({ involvedObject }) => involvedObject.kind === 'Experiment');
  const told = items.map(({ reason, message }) => `${reason}: ${message}`);
  assert.deepEqual(told.toSorted(), [...new Set(told)].toSorted());
  assert.ok(items.every(({ count = 1 }) => count === 1));
  assert.ok(told.includes('ExperimentSuccessful: Experiment transitioned from Running -> Successful'));
  assert.equal(told.filter((text) => text.startsWith('Template')).length, 6, told.join('\n'));
  await simulation.stop();
});

test('an Experiment that is over makes no pass of its own any more', async () => {
  let passes = 0;
  const simulation = await started({ experiments: { onPass: () => void passes++ } });
  await apply(simulation);
  await simulation.clock.runFor(60_000);
  const before = passes;
  await simulation.clock.runFor(600_000);
  assert.equal(passes, before);
  await simulation.stop();
});
