// `npm run chaos`: random rollouts, users and faults (`--help` says which options there are). Several processes may share
// the seeds; each result is told as it comes, and the sum ends it.

import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { type ChaosOptions, help, parseOptions } from './options.ts';
import { runSeed, type SeedResult } from './run-seed.ts';

const shownLines = 12;
const progressEveryMs = 60_000;

/** One seed's share of the report. */
interface Told {
  readonly seed: number;
  readonly violationCount: number;
  readonly text: string;
}

const asked = parseOptions(process.argv.slice(2));
if (process.send !== undefined) serveSeeds();
else if (asked.kind === 'help') console.log(help);
else if (asked.kind === 'mistake') {
  console.error(`chaos: ${asked.problem}\n\n${help}`);
  process.exitCode = 2;
} else await run(asked.options);

async function run(options: ChaosOptions): Promise<void> {
  const { from, count, jobs } = options;
  let violationCount = 0;
  let done = 0;
  let lastProgressAt = Date.now();
  const tell = (told: Told): void => {
    violationCount += told.violationCount;
    done += 1;
    if (told.text !== '') console.log(told.text);
    if (Date.now() - lastProgressAt < progressEveryMs) return;
    lastProgressAt = Date.now();
    console.error(`${done} of ${count} seeds, ${violationCount} violations so far`);
  };
  const seeds = Array.from({ length: count }, (_, index) => from + index).values();
  if (jobs === 1) for (const seed of seeds) tell(await tellSeed(seed, options));
  else await Promise.all(Array.from({ length: Math.min(jobs, count) }, () => work(seeds, tell)));
  console.log(`chaos: ${count} seeds, ${violationCount} violations`);
  process.exitCode = violationCount === 0 ? 0 : 1;
}

/** Takes seeds, one at a time, until there are none left. */
function work(seeds: Iterator<number>, tell: (told: Told) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const worker = fork(fileURLToPath(import.meta.url));
    let isDone = false;
    const next = (): void => {
      const { value: seed, done } = seeds.next();
      isDone = done === true;
      if (isDone) worker.disconnect();
      else worker.send(seed as number);
    };
    worker.on('message', (told) => {
      tell(told as Told);
      next();
    });
    worker.on('exit', (code) => (isDone ? resolve() : reject(new Error(`a process of chaos ended with ${code}`))));
    next();
  });
}

/** What a worker does. */
function serveSeeds(): void {
  process.on('message', async (seed) => {
    process.send?.(await tellSeed(seed as number, { isReplay: false, trace: false }));
  });
}

async function tellSeed(seed: number, options: Pick<ChaosOptions, 'isReplay' | 'trace'>): Promise<Told> {
  const result = await runSeed(seed, { trace: options.trace });
  const lines = options.isReplay ? [...result.trace, ...result.story] : failureLines(result);
  return { seed, violationCount: result.violations.length, text: lines.join('\n') };
}

function failureLines({ seed, violations, story }: SeedResult): string[] {
  if (violations.length === 0) return [];
  const first = story.findIndex((line) => line.endsWith('VIOLATION'));
  return [
    '',
    `seed ${seed}: npm run chaos -- --seed ${seed}`,
    ...violations.map((violation) => `  ${violation}`),
    '  the last lines before the first of them:',
    ...story.slice(Math.max(0, first - shownLines), first).map((line) => `    ${line}`),
  ];
}
