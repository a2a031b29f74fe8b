// The launchers run from anywhere, through symbolic links, without a `node` on the PATH.

import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const bin = fileURLToPath(new URL('.', import.meta.url));
/** A PATH with the tools of the scripts, and no node. */
const path = '/usr/bin:/bin';

for (const name of ['slipway', 'kubectl-slipway', 'kubectl-argo-rollouts']) {
  test(`${name} says its version from another directory`, () => {
    const text = execFileSync(join(bin, name), ['version', '--short'], {
      cwd: '/',
      env: { PATH: path },
      encoding: 'utf8',
    });
    assert.match(text, /^kubectl-argo-rollouts: v\d+\.\d+\.\d+/);
  });
}

test('a symbolic link to a launcher runs the project it points into', () => {
  const folder = mkdtempSync(join(tmpdir(), 'slipway-bin-'));
  try {
    symlinkSync(join(bin, 'slipway'), join(folder, 'first'));
    symlinkSync('first', join(folder, 'second'));
    const text = execFileSync(join(folder, 'second'), ['version'], {
      cwd: folder,
      env: { PATH: path },
      encoding: 'utf8',
    });
    assert.match(text, /RuntimeVersion: node v2[2-9]/);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('the exit code is the command’s', () => {
  const { status, stderr } = spawnSync(join(bin, 'slipway'), ['nonsense'], { env: { PATH: path }, encoding: 'utf8' });
  assert.equal(status, 1);
  assert.match(stderr, /^Error: unknown command "nonsense"/);
});

const wrongKubeconfigs: readonly (readonly [name: string, env: Record<string, string>, expected: RegExp])[] = [
  ['missing', { KUBECONFIG: '/nowhere/config' }, /^Error: .*\/nowhere\/config.*\n$/],
  ['unreadable', { KUBECONFIG: bin }, /^Error: .*\n$/],
  ['absent everywhere', { HOME: '/nowhere' }, /^Error: no cluster to talk to: .*\n$/],
];

for (const [name, env, expected] of wrongKubeconfigs) {
  test(`a kubeconfig that is ${name} is one clear line and exit code 1 (BUG B3)`, () => {
    const options = { env: { PATH: path, ...env }, encoding: 'utf8' } as const;
    const { status, stdout, stderr } = spawnSync(join(bin, 'slipway'), ['list', 'rollouts'], options);
    assert.deepEqual([status, stdout], [1, '']);
    assert.match(stderr, expected);
  });
}

test('a server that is not there is one clear line and exit code 1, 9 with detailed codes', () => {
  const argv = ['list', 'rollouts', '--server', 'http://127.0.0.1:9', '--exit-codes=detailed'];
  const options = { env: { PATH: path, HOME: '/nowhere' }, encoding: 'utf8' } as const;
  const { status, stderr } = spawnSync(join(bin, 'slipway'), argv, options);
  assert.match(stderr, /^Error: the API server http:\/\/127\.0\.0\.1:9 cannot be reached: connection refused\n$/);
  assert.equal(status, 9);
});

test('a reader that goes away ends the program quietly', () => {
  const command = `'${join(bin, 'slipway')}' --help | true`;
  const { stderr } = spawnSync('/bin/sh', ['-c', command], { env: { PATH: path }, encoding: 'utf8' });
  assert.equal(stderr, '');
});
