// The published programs, as `npm run build` makes them: they start, find their lazily loaded parts, and say so when
// Node is too old for them.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { bundle } from '../scripts/build.ts';

let folder = '';

before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'slipway-build-'));
  await bundle(join(folder, 'dist'));
});

after(() => rmSync(folder, { recursive: true, force: true }));

function run(program: string, words: readonly string[], nodeFlags: readonly string[] = []) {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [...nodeFlags, join(folder, 'dist', program), ...words],
    { encoding: 'utf8', env: { PATH: process.env.PATH, HOME: folder, KUBECONFIG: join(folder, 'none') } },
  );
  return { status, stdout, stderr };
}

test('both programs start and help', () => {
  for (const program of ['slipway.js', 'slipway-controller.js']) {
    const { status, stdout, stderr } = run(program, ['--help']);
    assert.deepEqual([status, stderr], [0, ''], program);
    assert.match(stdout, /Flags:/);
  }
});

test('parts that are loaded lazily are found: a command that has no cluster says so', () => {
  for (const words of ['get rollout demo', 'explain demo', 'create -f none.yaml', 'lint']) {
    const { status, stderr } = run('slipway.js', words.split(' '));
    assert.notEqual(status, 0, words);
    assert.doesNotMatch(stderr, /ERR_MODULE_NOT_FOUND|^\s+at /m, words);
    assert.match(stderr, /^Error: /m, words);
  }
});

test('an older Node is told what is needed', () => {
  const preload = join(folder, 'old.mjs');
  writeFileSync(preload, `Object.defineProperty(process, 'versions', { value: { node: '20.20.2' } });\n`);
  for (const program of ['slipway', 'slipway-controller']) {
    const { status, stderr } = run(`${program}.js`, ['version'], ['--import', preload]);
    assert.deepEqual([status, stderr], [1, `${program} needs Node 22.19 or newer; this is Node 20.20.2\n`]);
  }
});
