// `pause ROLLOUT_NAME...` (spec/cli.md §3.10).

import type { Command } from '../command.ts';
import { rollouts } from '../resources.ts';
import { runVerb } from './rollout-verb.ts';

export const pauseCommand: Command = {
  name: 'pause',
  short: 'Pause a rollout',
  long: 'Set the paused state of one or more rollouts to true. Nothing is stopped that serves requests; the rollout just goes no further until it is promoted.',
  examples: ['# Pause a rollout', 'kubectl argo rollouts pause guestbook'],
  argumentWords: 'ROLLOUT_NAME',
  completes: 'rollouts',
  run: (call) =>
    runVerb(call, {
      resource: rollouts,
      patch: { spec: { paused: true } },
      target: 'object',
      said: (name) => `rollout '${name}' paused`,
    }),
};
