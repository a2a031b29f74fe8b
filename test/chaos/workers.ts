// Several processes share the seeds of chaos. Each takes one at a time; when one dies, another takes its place and its seed
// is run again. A seed of which processes die again and again, or that comes to no end, is told as a violation.

import { type ChildProcess, fork } from 'node:child_process';

/** One seed's share of the report. */
export interface Told {
  readonly seed: number;
  readonly violationCount: number;
  /** Empty: nothing to report. */
  readonly text: string;
}

const mostTries = 2;
/** A seed takes a second; a loop of one never ends. */
const longestMs = 180_000;

export interface Sharing {
  readonly jobs: number;
  /** Run by each process: it answers a seed by what there is to tell. */
  readonly script: string;
  readonly tell: (told: Told) => void;
  /** Of one seed. */
  readonly longestMs?: number;
}

/** Resolves when every seed was told. */
export async function shareSeeds(seeds: readonly number[], given: Sharing): Promise<void> {
  const { jobs, script, tell } = given;
  const fresh = seeds.values();
  const again: number[] = [];
  const deaths = new Map<number, number>();

  function died(seed: number, how: string): void {
    const count = (deaths.get(seed) ?? 0) + 1;
    deaths.set(seed, count);
    if (count < mostTries) again.push(seed);
    else
      tell({ seed, violationCount: 1, text: `\nseed ${seed}: npm run chaos -- --seed ${seed}\n  its process ${how}` });
  }

  /** The seeds of one process's life; false once there are none left. */
  function live(): Promise<boolean> {
    const worker = fork(script);
    return new Promise((resolve) => {
      let current: number | undefined;
      let timer: NodeJS.Timeout | undefined;
      const next = (): void => {
        clearTimeout(timer);
        current = again.pop() ?? fresh.next().value;
        if (current === undefined) {
          worker.disconnect();
          return;
        }
        timer = setTimeout(() => worker.kill('SIGKILL'), given.longestMs ?? longestMs);
        send(worker, current);
      };
      worker.on('message', (told) => {
        tell(told as Told);
        next();
      });
      worker.on('exit', (code, signal) => {
        clearTimeout(timer);
        if (current !== undefined) died(current, `ended with ${signal ?? `status ${code}`}`);
        resolve(current !== undefined);
      });
      next();
    });
  }

  async function work(): Promise<void> {
    while (await live());
  }

  await Promise.all(Array.from({ length: Math.min(jobs, seeds.length) }, work));
  // What others left behind when this one had already gone.
  if (again.length > 0) await work();
}

/** A process that is gone cannot be sent anything; its exit says the rest. */
function send(worker: ChildProcess, seed: number): void {
  worker.send(seed, (problem) => {
    if (problem) worker.kill();
  });
}

/** What each process does, until whoever started it lets go. */
export function serveSeeds(tellSeed: (seed: number) => Promise<Told>): void {
  process.on('disconnect', () => process.exit());
  process.on('message', async (seed) => {
    const told = await tellSeed(seed as number);
    process.send?.(told, undefined, undefined, () => undefined);
  });
}
