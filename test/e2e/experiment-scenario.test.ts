// `npm start -- --scenario experiment` as a user meets it: both versions of the experiment and its analysis are on the screen.
// What it decides is held under the virtual clock (test/examples.test.ts).

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { endProgram, freePort, root, startProgram } from './cluster.ts';

test('the scenario shows the versions that are compared, with their weights, and the analysis', async () => {
  const port = await freePort();
  const program = startProgram('scripts/start.js', ['--scenario', 'experiment', '--plain', `--port=${port}`]);
  try {
    const text = await program.printed(/rollouts-demo: Healthy.*rollouts-demo:blue 5\/5[\s\S]*next: .*:bad-red/);
    const kubeconfig = /export KUBECONFIG=(\S+)/.exec(text)?.[1] ?? '';
    const args = ['set', 'image', 'rollouts-demo', 'rollouts-demo=argoproj/rollouts-demo:bad-red'];
    const env = { ...process.env, KUBECONFIG: kubeconfig };
    assert.equal(spawnSync(join(root, 'bin/slipway'), args, { env }).status, 0);
    await program.printed(
      /experiment argoproj\/rollouts-demo:blue 1\/1.*experiment argoproj\/rollouts-demo:bad-red 1\/1/,
    );
    await program.printed(/analysis \S+-no-worse \(Experiment\): Running; difference Waiting/);
  } finally {
    await endProgram(program.process);
  }
});
