// How fast virtual time goes: an hour of a ten-step rollout, alone and for a hundred rollouts at once, beside the start
// of a world; and an hour in which nothing happens.

import type { KubeRequest } from '../../controller/kubernetes/transport.ts';
import { createSimulation, type Simulation, whileRunning } from '../../sandbox/simulation.ts';
import { median } from './figures.ts';

const namespace = 'bench';
const base = `/apis/argoproj.io/v1alpha1/namespaces/${namespace}/rollouts`;
const hourMs = 3_600_000;

export async function benchSimulation(): Promise<void> {
  const startMs: number[] = [];
  for (const [count, runs] of [
    [1, 7],
    [100, 1],
  ] as const) {
    const beganAt = performance.now();
    const simulation = createSimulation({ namespaces: [namespace] });
    await simulation.start();
    startMs.push(performance.now() - beganAt);
    for (let index = 0; index < count; index++) await send(simulation, creation(`web-${index}`));
    await simulation.clock.runFor(60_000);
    const busy: number[] = [];
    for (let run = 0; run < runs; run++) {
      for (let index = 0; index < count; index++) await send(simulation, update(`web-${index}`, `web:${run + 2}`));
      busy.push(await hourOf(simulation));
    }
    const idle = await hourOf(simulation);
    const hour = median(busy);
    const perSecond = Math.round(hourMs / hour);
    console.log(
      `  ${count} rollouts of ten steps: an hour in ${hour.toFixed(0)} ms (${perSecond} virtual seconds a second)`,
    );
    console.log(`  ${count} rollouts at rest: an hour in ${idle.toFixed(0)} ms`);
    await simulation.stop();
  }
  console.log(`  a world starts in ${startMs.map((ms) => ms.toFixed(0)).join(' ms, a second one in ')} ms`);
}

async function hourOf(simulation: Simulation): Promise<number> {
  const beganAt = performance.now();
  await simulation.clock.runFor(hourMs);
  return performance.now() - beganAt;
}

function send({ clock, transport }: Simulation, request: KubeRequest): Promise<unknown> {
  return whileRunning(clock, transport.request(request));
}

function creation(name: string): KubeRequest {
  const steps = Array.from({ length: 10 }, (_, index) => [
    { setWeight: 10 * index + 5 },
    { pause: { duration: '5m' } },
  ]).flat();
  const spec = {
    replicas: 5,
    selector: { matchLabels: { app: name } },
    strategy: { canary: { steps } },
    template: { metadata: { labels: { app: name } }, spec: { containers: [{ name: 'web', image: 'web:1' }] } },
  };
  const body = { apiVersion: 'argoproj.io/v1alpha1', kind: 'Rollout', metadata: { name, namespace }, spec };
  return { verb: 'POST', path: base, body };
}

function update(name: string, image: string): KubeRequest {
  const body = { spec: { template: { spec: { containers: [{ name: 'web', image }] } } } };
  return { verb: 'PATCH', path: `${base}/${name}`, contentType: 'application/merge-patch+json', body };
}
