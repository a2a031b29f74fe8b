// The table of all commands: a new one is a file in commands/ and a line here.

import type { Command } from './command.ts';
import { abortCommand } from './commands/abort.ts';
import { completionCommand } from './commands/completion.ts';
import { createCommand } from './commands/create.ts';
import { explainCommand } from './commands/explain.ts';
import { getCommand } from './commands/get.ts';
import { listCommand } from './commands/list.ts';
import { pauseCommand } from './commands/pause.ts';
import { promoteCommand } from './commands/promote.ts';
import { restartCommand } from './commands/restart.ts';
import { retryCommand } from './commands/retry.ts';
import { setCommand } from './commands/set-image.ts';
import { statusCommand } from './commands/status.ts';
import { terminateCommand } from './commands/terminate.ts';
import { undoCommand } from './commands/undo.ts';
import { versionCommand } from './commands/version.ts';

/** What users of the reference, or of Slipway's README, may type before it is there: answered with "not there yet". */
export const plannedCommands: readonly string[] = ['dashboard', 'lint', 'notifications', 'simulate', 'test'];

export const rootCommand: Command = {
  name: 'kubectl-argo-rollouts',
  short: 'Manage rollouts',
  long: 'This command consists of multiple subcommands which can be used to manage rollouts. It is Slipway\'s, and runs as "slipway", "kubectl slipway" and "kubectl argo rollouts".',
  examples: [
    '# Get guestbook rollout and watch progress',
    'kubectl argo rollouts get rollout guestbook -w',
    '',
    '# Pause the guestbook rollout',
    'kubectl argo rollouts pause guestbook',
    '',
    '# Promote the guestbook rollout',
    'kubectl argo rollouts promote guestbook',
    '',
    '# Abort the guestbook rollout',
    'kubectl argo rollouts abort guestbook',
    '',
    '# Retry the guestbook rollout',
    'kubectl argo rollouts retry rollout guestbook',
  ],
  argumentWords: 'COMMAND',
  subcommands: [
    abortCommand,
    completionCommand,
    createCommand,
    explainCommand,
    getCommand,
    listCommand,
    pauseCommand,
    promoteCommand,
    restartCommand,
    retryCommand,
    setCommand,
    statusCommand,
    terminateCommand,
    undoCommand,
    versionCommand,
  ],
};
