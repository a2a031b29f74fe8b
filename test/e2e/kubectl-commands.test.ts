// An hour of ordinary kubectl against a sandbox of its own (`npm run sandbox`): every command of the list does what it
// does on a real cluster. On the real clock; test/conformance/kubectl-requests.test.ts sends the same without kubectl.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { type KubectlCommand, wordsOf } from '../conformance/kubectl-command.ts';
import { kubectlCommands } from '../conformance/kubectl-commands.ts';
import { endProgram, freePort, kubectlMissing, startProgram } from './cluster.ts';

const skip = kubectlMissing() ?? false;
let home = '';
let kubeconfig = '';
let sandbox: ReturnType<typeof startProgram>;

before(async () => {
  if (skip !== false) return;
  home = mkdtempSync(join(tmpdir(), 'slipway-kubectl-'));
  const port = await freePort();
  sandbox = startProgram('scripts/start.js', [
    '--only-cluster',
    '--plain',
    '--nodes=2',
    '--start-delay=100ms',
    `--port=${port}`,
  ]);
  const printed = await sandbox.printed(/export KUBECONFIG=(\S+)/);
  kubeconfig = /export KUBECONFIG=(\S+)/.exec(printed)?.[1] ?? '';
});

after(async () => {
  if (skip !== false) return;
  await endProgram(sandbox.process);
  rmSync(home, { recursive: true, force: true });
});

function run(command: KubectlCommand): Promise<{ code: number; text: string }> {
  const env = { ...process.env, HOME: home, KUBECONFIG: kubeconfig, NO_COLOR: '1', ...command.env };
  return new Promise((resolve) => {
    const child = execFile(
      'kubectl',
      wordsOf(command),
      { env, cwd: home, timeout: 70_000 },
      (error, stdout, stderr) => {
        resolve({ code: error === null ? 0 : Number(error.code ?? 1), text: stdout + stderr });
      },
    );
    child.stdin?.end(command.input ?? '');
  });
}

for (const command of kubectlCommands) {
  test(`kubectl ${command.args}`, { skip }, async () => {
    const { code, text } = await run(command);
    assert.equal(code !== 0, command.fails === true, `ended with ${code}:\n${text}`);
    if (command.expect !== undefined) assert.match(text, command.expect);
  });
}
