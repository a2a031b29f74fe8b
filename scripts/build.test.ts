// The bundles run by themselves: built into an empty folder, far from the sources and from node_modules.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { bundle } from './build.ts';

const folder = mkdtempSync(join(tmpdir(), 'slipway-build-'));
const dist = join(folder, 'dist');
before(() => bundle(dist));
after(() => rmSync(folder, { recursive: true }));

interface Answer {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

function run(program: string, ...args: string[]): Promise<Answer> {
  return new Promise((resolve) => {
    const env = { HOME: folder, PATH: process.env.PATH ?? '', NODE_COMPILE_CACHE: join(folder, 'cache') };
    const words = ['--disable-proto=delete', join(dist, program), ...args];
    execFile(process.execPath, words, { env, cwd: folder, timeout: 20_000 }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code ?? -1), stdout, stderr });
    });
  });
}

test('both programs say which version they are', async () => {
  const [cli, controller] = await Promise.all([
    run('slipway.js', 'version', '--short'),
    run('slipway-controller.js', '--version'),
  ]);
  assert.deepEqual([cli.code, controller.code], [0, 0], cli.stderr + controller.stderr);
  assert.match(cli.stdout, /v\d+\.\d+\.\d+/);
  assert.match(controller.stdout, /^slipway-controller: v\d+\.\d+\.\d+\n/);
});

test('a bundled program reads a kubeconfig, asks an exec plugin, and tells in one line that nobody listens', async () => {
  const login = join(folder, 'login');
  writeFileSync(login, `#!/bin/sh\necho '{"kind":"ExecCredential","status":{"token":"t"}}'\n`);
  chmodSync(login, 0o700);
  const kubeconfig = join(folder, 'kubeconfig');
  writeFileSync(
    kubeconfig,
    `current-context: a
contexts: [{name: a, context: {cluster: a, user: a}}]
clusters: [{name: a, cluster: {server: "https://127.0.0.1:9"}}]
users: [{name: a, user: {exec: {apiVersion: client.authentication.k8s.io/v1, command: ./login}}}]
`,
  );
  const [cli, controller] = await Promise.all([
    run('slipway.js', 'get', 'rollout', 'x', '--kubeconfig', kubeconfig),
    run('slipway-controller.js', '--kubeconfig', kubeconfig),
  ]);
  assert.deepEqual([cli.code, controller.code], [1, 1]);
  const problem = 'Error: the API server https://127.0.0.1:9 cannot be reached: connection refused\n';
  assert.ok(controller.stderr.endsWith(problem), controller.stderr);
  assert.match(cli.stderr, /127\.0\.0\.1:9/);
});

test('the health thread and the heavy parts are files of their own', () => {
  const files = readdirSync(dist);
  for (const name of ['health-worker.js', 'slipway-main.js', 'slipway-controller-main.js'])
    assert.ok(files.includes(name), name);
});

test('the AWS SDK is in no file that the controller reads at its start', () => {
  const textOf = (name: string) => readFileSync(join(dist, name), 'utf8');
  const read = new Set<string>();
  const follow = (name: string): void => {
    if (read.has(name)) return;
    read.add(name);
    for (const [, next = ''] of textOf(name).matchAll(/\b(?:from|import)\s*"\.\/([^"]+)"/g)) follow(next);
  };
  follow('slipway-controller-main.js');
  const signing = readdirSync(dist).filter((name) => name.endsWith('.js') && textOf(name).includes('AWS4-HMAC-SHA256'));
  assert.ok(read.size > 5 && signing.length > 0, `${read.size} files were read, ${signing.length} of them sign`);
  assert.deepEqual(
    signing.filter((name) => read.has(name)),
    [],
  );
});
