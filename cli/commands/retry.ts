// `retry rollout NAME...`, `retry experiment NAME...` (spec/cli.md §3.13).

import type { Command } from '../command.ts';
import { experiments, rollouts } from '../resources.ts';
import { runVerb } from './rollout-verb.ts';

const rolloutCommand: Command = {
  name: 'rollout',
  aliases: ['ro', 'rollouts'],
  short: 'Retry an aborted rollout',
  examples: ['# Retry an aborted rollout', 'kubectl argo rollouts retry rollout guestbook'],
  argumentWords: 'ROLLOUT_NAME',
  completes: 'rollouts',
  run: (call) =>
    runVerb(call, {
      resource: rollouts,
      patch: { status: { abort: false } },
      target: 'status',
      said: (name) => `rollout '${name}' retried`,
    }),
};

const experimentCommand: Command = {
  name: 'experiment',
  aliases: ['exp', 'experiments'],
  short: 'Retry an experiment',
  long: 'Run an experiment once more. Its whole status is erased, so that it begins again.',
  examples: ['# Retry an experiment', 'kubectl argo rollouts retry experiment my-experiment'],
  argumentWords: 'EXPERIMENT_NAME',
  completes: 'experiments',
  run: (call) =>
    runVerb(call, {
      resource: experiments,
      patch: { status: null },
      target: 'object',
      said: (name) => `experiment '${name}' retried`,
    }),
};

export const retryCommand: Command = {
  name: 'retry',
  short: 'Retry a rollout or experiment',
  argumentWords: '<rollout|experiment>',
  subcommands: [experimentCommand, rolloutCommand],
  examples: [
    '# Retry an aborted rollout',
    'kubectl argo rollouts retry rollout guestbook',
    '',
    '# Retry a failed experiment',
    'kubectl argo rollouts retry experiment my-experiment',
  ],
};
