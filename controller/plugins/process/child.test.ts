// A plugin as a process: that it ends with its parent, however that ends, and that a start which fails fails alone.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import { isRunning } from '../../../test/builders/is-running.ts';

const execute = promisify(execFile);

const startChild = `import { startChild } from ${JSON.stringify(new URL('./child.ts', import.meta.url))};`;
const typescript = ['--no-warnings', '--input-type=module-typescript', '-e'];

const ends: readonly (readonly [name: string, code: string])[] = [
  ['ends', 'process.exitCode = 0; process.exit()'],
  ['is told a second time to end', 'process.exit(1)'],
  ['breaks', 'throw new Error("a bug")'],
];

for (const [name, code] of ends) {
  test(`when the controller ${name}, its plugins end`, async () => {
    const program = `
      ${startChild}
      const script = 'echo $$; exec sleep 600';
      const child = startChild({ path: '/bin/sh', args: ['-c', script], environment: process.env, onLine() {} });
      process.stdout.write(await child.firstLine, () => setTimeout(() => { ${code} }));
      setInterval(() => {}, 1000);`;
    const running = execute(process.execPath, [...typescript, program]);
    const { stdout } = await running.catch((error: { stdout: string }) => error);
    const pid = Number(stdout);
    assert.ok(pid > 0, stdout);
    for (let waited = 0; isRunning(pid); waited += 1) {
      assert.ok(waited < 1000, 'it still runs');
      await pause(5);
    }
  });
}

test('where no more files can be opened, a plugin does not start, and that is all', async () => {
  const program = `
    ${startChild}
    import { openSync } from 'node:fs';
    const open = () => { openSync('/dev/null'); open(); };
    try {
      open();
    } catch (error) {
      if (error.code !== 'EMFILE') throw error;
    }
    const child = startChild({ path: '/bin/true', args: [], environment: {}, onLine() {} });
    const problem = await child.firstLine.catch((error) => error);
    process.stdout.write([problem.name, problem.message, await child.ended].join('|'));`;
  const limited = ['-c', 'ulimit -n 64 && exec "$0" "$@"', process.execPath, ...typescript, program];
  const { stdout } = await execute('/bin/sh', limited);
  assert.equal(stdout, 'PluginError|it cannot be started: too many open files|not started');
});
