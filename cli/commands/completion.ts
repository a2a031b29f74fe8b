// `completion SHELL` (spec/cli.md §3.2). Writes a script; works without a cluster.

import type { Call, Command } from '../command.ts';
import type { Shell } from '../completion-scripts.ts';
import { CliError } from '../errors.ts';
import { programName } from '../usage.ts';

const shells: readonly Shell[] = ['bash', 'zsh', 'fish', 'powershell'];

export const completionCommand: Command = {
  name: 'completion',
  short: 'Generate completion script',
  long: 'Write a script that completes commands, flags and names for bash, zsh, fish or powershell.',
  examples: [
    '# bash, for this session',
    'source <(slipway completion bash)',
    '',
    '# zsh, for every session',
    'slipway completion zsh > ~/.zsh/completions/_slipway',
    '',
    '# fish, for every session',
    'slipway completion fish > ~/.config/fish/completions/slipway.fish',
    '',
    '# PowerShell, for this session',
    'slipway completion powershell | Out-String | Invoke-Expression',
  ],
  argumentWords: '[bash|zsh|fish|powershell]',
  completesWords: shells,
  run: completion,
};

async function completion({ args, io }: Call): Promise<number> {
  const [word] = args;
  const shell = shells.find((name) => name === word);
  if (args.length !== 1 || shell === undefined) {
    throw new CliError(
      args.length === 1
        ? `invalid argument ${JSON.stringify(word)} for "${programName} completion"`
        : `accepts 1 arg(s), received ${args.length}`,
    );
  }
  const { completionScripts } = await import('../completion-scripts.ts');
  io.stdout.write(completionScripts[shell]);
  return 0;
}
