// How fast virtual time goes: an hour of a ten-step rollout, alone and for a hundred rollouts at once, and an hour in which
// nothing happens. Each process is new: its first hour is what a command of the shell needs, the later ones what tests do.

import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { below, median, tellFigure } from './figures.ts';
import type { SimulatedHours, Took } from './simulated-hours.ts';

const program = fileURLToPath(new URL('simulated-hours.ts', import.meta.url));
const processCount = 5;
const hourCount = 16;
/** The compiler of the runtime is busy during the hours before. */
const warmHours = 6;

export async function benchSimulation(): Promise<void> {
  const alone: SimulatedHours[] = [];
  for (let index = 0; index < processCount; index++) alone.push(await simulate(1, hourCount, 'count'));
  tellTook(
    'an hour of one rollout, in a process that ran some before',
    alone.flatMap(({ busy }) => busy.slice(warmHours)),
    100,
  );
  tellTook(
    'an hour of one rollout, the first of its process: all code is compiled in it',
    alone.flatMap(({ busy }) => busy.slice(0, 1)),
    100,
  );
  tellTook(
    'an hour of one rollout at rest',
    alone.map(({ resting }) => resting),
  );
  tellTook(
    'start of a cluster with its controller',
    alone.map(({ start }) => start),
  );
  const calls = median(alone.map(({ callCount }) => callCount));
  tellFigure({ what: 'calls of functions in an hour of one rollout', value: `${Math.round(calls / 1000)} thousand` });
  const { busy, resting } = await simulate(100, 2);
  tellTook('an hour of 100 rollouts, all updated', busy);
  const perSecond = 3_600_000 / median(busy.map(({ cpuMs }) => cpuMs));
  tellFigure({ what: 'virtual seconds a second of CPU, 100 rollouts', value: perSecond.toFixed(0) });
  tellTook('an hour of 100 rollouts at rest', [resting]);
}

/** The median of CPU, and the shortest time that elapsed: what the machine can do when nobody disturbs it. */
function tellTook(what: string, took: readonly Took[], limitMs?: number): void {
  const cpuMs = median(took.map((one) => one.cpuMs));
  const elapsedMs = Math.min(...took.map((one) => one.elapsedMs));
  const runs = took.length === 1 ? 'one run' : `${took.length} runs`;
  const value = `${cpuMs.toFixed(0)} ms of CPU, ${elapsedMs.toFixed(0)} ms elapsed at best (${runs})`;
  tellFigure({ what, value, ...(limitMs === undefined ? {} : { aim: below(limitMs, 'ms', elapsedMs) }) });
}

async function simulate(rolloutCount: number, hours: number, ...more: readonly 'count'[]): Promise<SimulatedHours> {
  const args = [program, String(rolloutCount), String(hours), ...more];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  return JSON.parse(stdout) as SimulatedHours;
}
