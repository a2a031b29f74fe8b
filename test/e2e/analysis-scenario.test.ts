// `npm start -- --scenario analysis` as a user meets it: a bad version is taken back by itself within a minute with the
// reason on the screen and the page, a good one is promoted by itself, and nobody installed anything.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import type { RolloutView } from '../../sandbox/view/screen.ts';
import { endProgram, freePort, root, startProgram } from './cluster.ts';

test('the scenario aborts a bad version, says why, and promotes a good one', async () => {
  const port = await freePort();
  const options = ['--scenario', 'analysis', '--plain', `--port=${port}`, '--steps=20,32s'];
  const program = startProgram('scripts/start.js', options);
  try {
    const text = await program.printed(/rollouts-demo: Healthy.*rollouts-demo:blue 5\/5[\s\S]*next: .*set image/);
    assert.match(text, /Prometheus: http:\/\/127\.0\.0\.1:\d+/);
    assert.match(text, /next: .*=argoproj\/rollouts-demo:bad-red/);
    const kubeconfig = /export KUBECONFIG=(\S+)/.exec(text)?.[1] ?? '';
    const setImage = (tag: string): void => {
      const args = ['set', 'image', 'rollouts-demo', `rollouts-demo=argoproj/rollouts-demo:${tag}`];
      const env = { ...process.env, KUBECONFIG: kubeconfig };
      assert.equal(spawnSync(join(root, 'bin/slipway'), args, { env }).status, 0);
    };

    setImage('bad-red');
    const aborted = await program.printed(/rollouts-demo: Degraded/, 60_000);
    assert.match(aborted, /rollouts-demo: Degraded \(RolloutAborted: .*"success-rate" assessed Failed/);
    const reason = await program.printed(/^analysis .*success-rate Failed.*$/m);
    assert.match(
      reason,
      /^analysis \S+ \(Background\): Failed; success-rate Failed \(.*✖ 2\): measured \[0\.\d+\]; successCondition .*>= 0\.98; query: 1 - /m,
    );
    const answer = await fetch(`http://localhost:${port}/.slipway/rollout`);
    const { rollout } = (await answer.json()) as { rollout: RolloutView };
    assert.equal(rollout.phase, 'Degraded');
    const metric = rollout.analyses[0]?.metrics[0];
    const told = `${metric?.phase} ${metric?.value} ${metric?.condition} ${metric?.query}`;
    assert.match(told, /^Failed \[0\.\d+\] successCondition .* 1 - /);
    const page = await (await fetch(`http://localhost:${port}/`)).text();
    assert.ok(page.includes('/.slipway/rollout'), 'the page asks for it');

    setImage('green');
    await program.printed(/rollouts-demo: Healthy.*stable argoproj\/rollouts-demo:green/, 60_000);
  } finally {
    await endProgram(program.process);
  }
});
