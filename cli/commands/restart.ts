// `restart ROLLOUT_NAME [--in DURATION]` (spec/cli.md §3.12).

import { formatRfc3339 } from '../../controller/lang/rfc3339.ts';
import { mergePatch } from '../cluster.ts';
import type { Call, Command } from '../command.ts';
import { durationArgumentMs } from '../duration-argument.ts';
import { UsageError } from '../errors.ts';
import { bareName, rollouts } from '../resources.ts';

export const restartCommand: Command = {
  name: 'restart',
  short: 'Restart the pods of a rollout',
  long: 'Restart the pods of a rollout, as many at a time as it may miss.',
  examples: [
    '# Restart the pods of a rollout now',
    'kubectl argo rollouts restart ROLLOUT_NAME',
    '',
    '# Restart the pods of a rollout in ten seconds',
    'kubectl argo rollouts restart ROLLOUT_NAME --in 10s',
  ],
  argumentWords: 'ROLLOUT',
  completes: 'rollouts',
  flags: [
    {
      name: 'in',
      short: 'i',
      type: 'string',
      usage: 'Time from now until the restart (30s, 5m, 1h); at once without it',
    },
  ],
  run: restart,
};

async function restart({ args, flags, connect, io }: Call): Promise<number> {
  if (args.length !== 1) throw new UsageError();
  const name = bareName(rollouts, args[0]!);
  const delay = flags.text('in') || '0s';
  const at = io.clock.now() + durationArgumentMs(delay);
  const cluster = await connect();
  await mergePatch(cluster, rollouts, name, { spec: { restartAt: formatRfc3339(at) } });
  io.stdout.write(`rollout '${name}' restarts in ${delay}\n`);
  return 0;
}
