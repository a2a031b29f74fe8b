// The same seed gives the same trace, byte for byte: every version of every object, every event, every fault (design law 8).

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { runSeed } from './run-seed.ts';

const seeds = Array.from({ length: 20 }, (_, index) => 9001 + index);

test('twenty scenarios go the same way twice', async () => {
  let lineCount = 0;
  let faultCount = 0;
  for (const seed of seeds) {
    const [first, second] = [await runSeed(seed, { trace: true }), await runSeed(seed, { trace: true })];
    const at = first.trace.findIndex((line, index) => line !== second.trace[index]);
    assert.equal(at, -1, `seed ${seed} differs in line ${at}:\n${first.trace[at]}\n${second.trace[at]}`);
    assert.equal(first.trace.length, second.trace.length);
    assert.deepEqual(first.story, second.story);
    lineCount += first.trace.length;
    faultCount += first.trace.filter((line) => / fault: /.test(line)).length;
  }
  assert.ok(lineCount > 500 * seeds.length && faultCount > seeds.length, `${lineCount} lines, ${faultCount} faults`);
});

test('another seed goes another way', async () => {
  const [first, second] = [await runSeed(1, { trace: true }), await runSeed(2, { trace: true })];
  assert.notEqual(first.trace.join('\n'), second.trace.join('\n'));
});

test('a replay in a process of its own is the run in the middle of others', async () => {
  const seed = 9005;
  const { trace, story } = await runSeed(seed, { trace: true });
  const script = fileURLToPath(new URL('chaos.ts', import.meta.url));
  const args = [script, '--seed', String(seed), '--trace'];
  const { stdout } = await promisify(execFile)(process.execPath, args, { maxBuffer: 2 ** 28 });
  const lines = stdout.trimEnd().split('\n');
  assert.deepEqual(lines.slice(0, -1), [...trace, ...story]);
  assert.equal(lines.at(-1), 'chaos: 1 seeds, 0 violations');
});
