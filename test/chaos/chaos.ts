// `npm run chaos`: random rollouts, users and faults (`--help` says which options there are). Several processes may share
// the seeds; each result is told as it comes, and the sum ends it.

import { fileURLToPath } from 'node:url';
import { type ChaosOptions, help, parseOptions } from './options.ts';
import { runSeed, type SeedResult } from './run-seed.ts';
import { serveSeeds, shareSeeds, type Told } from './workers.ts';

const shownLines = 12;
const progressEveryMs = 60_000;

const asked = parseOptions(process.argv.slice(2));
if (process.send !== undefined) serveSeeds((seed) => tellSeed(seed, { isReplay: false, trace: false }));
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
  const seeds = Array.from({ length: count }, (_, index) => from + index);
  // A process of its own can be ended when a seed never is.
  if (options.isReplay) for (const seed of seeds) tell(await tellSeed(seed, options));
  else await shareSeeds(seeds, { jobs, script: fileURLToPath(import.meta.url), tell });
  console.log(`chaos: ${count} seeds, ${violationCount} violations`);
  process.exitCode = violationCount === 0 ? 0 : 1;
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
