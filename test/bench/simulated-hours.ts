// A program of its own, so that its first hour is one of a process that has run nothing before: simulates hours in which
// each of some Rollouts goes through ten steps, then one in which nothing happens, and prints what each took as JSON.
// Arguments: how many Rollouts, how many hours, and `count` for one more hour in which calls of functions are counted.

import { createSimulation, whileRunning } from '../../sandbox/simulation.ts';
import { countCalls } from './call-count.ts';
import { createRollout, setImage, weightedSteps } from './fleet-rollouts.ts';

export interface SimulatedHours {
  /** From nothing to a running cluster and controller. */
  readonly start: Took;
  /** One hour after the other, each with an update of every Rollout at its beginning. */
  readonly busy: readonly Took[];
  readonly resting: Took;
  /** Of functions of the project, in one more hour with an update of every Rollout; 0 when they were not counted. */
  readonly callCount: number;
}

export interface Took {
  readonly elapsedMs: number;
  /** Of all threads, the compiler and the collector of garbage among them. */
  readonly cpuMs: number;
}

const hourMs = 3_600_000;
const steps = weightedSteps(Array.from({ length: 10 }, (_, index) => [10 * index + 5, '5m']).flat());

async function simulateHours(rolloutCount: number, hourCount: number, counts: boolean): Promise<SimulatedHours> {
  const simulation = createSimulation();
  const start = await time(() => simulation.start());
  const { clock, transport } = simulation;
  const names = Array.from({ length: rolloutCount }, (_, index) => `web-${index}`);
  for (const name of names) await whileRunning(clock, createRollout(transport, { name, replicas: 5, steps }));
  await clock.runFor(60_000);
  const busyHour = async (image: string): Promise<void> => {
    for (const name of names) await whileRunning(clock, setImage(transport, name, image));
    await clock.runFor(hourMs);
  };
  const busy: Took[] = [];
  for (let hour = 1; hour <= hourCount; hour++) busy.push(await time(() => busyHour(`app:${hour}`)));
  const resting = await time(() => clock.runFor(hourMs));
  const callCount = counts ? await countCalls(() => busyHour('app:counted')) : 0;
  return { start, busy, resting, callCount };
}

async function time(work: () => Promise<void>): Promise<Took> {
  const beganAt = performance.now();
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return { elapsedMs: performance.now() - beganAt, cpuMs: (user + system) / 1000 };
}

const [rolloutCount, hourCount, counts] = process.argv.slice(2);
console.log(JSON.stringify(await simulateHours(Number(rolloutCount), Number(hourCount), counts === 'count')));
process.exit();
