// `version [--short]` (spec/cli.md §3.18). Needs no cluster.

import { buildInfo, versionText } from '../build-info.ts';
import type { Call, Command } from '../command.ts';
import { UsageError } from '../errors.ts';
import { programName } from '../usage.ts';

export const versionCommand: Command = {
  name: 'version',
  short: 'Print version',
  examples: [
    '# Get full version info',
    'kubectl argo rollouts version',
    '',
    '# Get just the version',
    'kubectl argo rollouts version --short',
  ],
  flags: [{ name: 'short', type: 'bool', usage: 'Print just the version number' }],
  run: version,
};

async function version({ args, flags, io }: Call): Promise<number> {
  if (args.length > 0) throw new UsageError();
  const build = buildInfo();
  const lines = [
    `${programName}: ${versionText(build)}`,
    `  BuildDate: ${build.date || 'unknown'}`,
    `  GitCommit: ${build.commit || 'unknown'}`,
    `  GitTreeState: ${build.treeState}`,
    `  RuntimeVersion: node ${process.version}`,
    `  Platform: ${process.platform}/${process.arch === 'x64' ? 'amd64' : process.arch}`,
  ];
  const shown = flags.boolean('short') ? lines.slice(0, 1) : lines;
  io.stdout.write(shown.map((line) => `${line}\n`).join(''));
  return 0;
}
