// The processes that share seeds may die; no seed is lost by it.

import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { shareSeeds, type Told } from './workers.ts';

const folder = await mkdtemp(join(tmpdir(), 'slipway-chaos-'));
after(() => rm(folder, { recursive: true }));

/** `onSeed`: what a process does with a seed before it answers. */
async function toldBy(name: string, onSeed: string, seeds: readonly number[], longestMs = 60_000): Promise<Told[]> {
  const script = join(folder, `${name}.mjs`);
  const answer = "process.send({ seed, violationCount: 0, text: '' })";
  await writeFile(script, `import fs from 'node:fs';\nprocess.on('message', (seed) => { ${onSeed}; ${answer}; });`);
  const told: Told[] = [];
  await shareSeeds(seeds, { jobs: 2, script, tell: (one) => told.push(one), longestMs });
  return told.toSorted((one, other) => one.seed - other.seed);
}

test('every seed is told once', async () => {
  const told = await toldBy('healthy', '', [1, 2, 3, 4, 5]);
  assert.deepEqual(
    told.map(({ seed }) => seed),
    [1, 2, 3, 4, 5],
  );
});

test('the seed of a process that dies is run again', async () => {
  const mark = JSON.stringify(join(folder, 'died'));
  const onSeed = `if (seed === 3 && !fs.existsSync(${mark})) { fs.writeFileSync(${mark}, ''); process.exit(7); }`;
  const told = await toldBy('once', onSeed, [1, 2, 3, 4]);
  assert.deepEqual(
    told.map(({ seed, violationCount }) => [seed, violationCount]),
    [1, 2, 3, 4].map((seed) => [seed, 0]),
  );
});

test('a seed of which processes die again and again is told, and the others are run', async () => {
  const told = await toldBy('always', 'if (seed === 2) process.exit(7)', [1, 2, 3, 4]);
  assert.deepEqual(
    told.map(({ seed, violationCount }) => [seed, violationCount]),
    [
      [1, 0],
      [2, 1],
      [3, 0],
      [4, 0],
    ],
  );
  assert.match(told[1]?.text ?? '', /npm run chaos -- --seed 2\n {2}its process ended with status 7/);
});

test('a seed that comes to no end is told, and the others are run', async () => {
  // Also a process that only begins must have the time to answer on a busy machine.
  const told = await toldBy('endless', 'if (seed === 2) return', [1, 2, 3, 4], 4000);
  assert.deepEqual(
    told.map(({ violationCount }) => violationCount),
    [0, 1, 0, 0],
  );
  assert.match(told[1]?.text ?? '', /its process ended with SIGKILL/);
});
