// How quick the published programs start: `slipway --help` and `slipway version`, bundled (target: under 60 ms), beside
// a Node that does nothing.

import { spawnSync } from 'node:child_process';
import { builtProgram } from './built-program.ts';
import { below, median, repeat, tell } from './figures.ts';

export async function benchCli(): Promise<void> {
  const bundle = await builtProgram('slipway.js');
  const time =
    (...args: string[]) =>
    (): number => {
      const startedAt = performance.now();
      const { status } = spawnSync(process.execPath, args, { stdio: 'ignore' });
      if (status !== 0) throw new Error(`${args.join(' ')} ended with ${status}`);
      return performance.now() - startedAt;
    };
  time(bundle, '--help')(); // fills the compile cache
  const bare = await repeat(15, time('-e', '0'));
  tell('node -e 0', bare, 'ms');
  const reference = { name: 'a bare node', value: median(bare) };
  const aim = (value: number) => below(60, 'ms', value);
  tell('slipway --help', await repeat(15, time(bundle, '--help')), 'ms', { reference, aim });
  tell('slipway version', await repeat(15, time(bundle, 'version')), 'ms', { reference });
}
