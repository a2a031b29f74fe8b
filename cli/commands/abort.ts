// `abort ROLLOUT_NAME...` (spec/cli.md §3.1).

import type { Command } from '../command.ts';
import { rollouts } from '../resources.ts';
import { runVerb } from './rollout-verb.ts';

export const abortCommand: Command = {
  name: 'abort',
  short: 'Abort a rollout',
  long: 'Stop the update of one or more rollouts and bring all traffic back to the stable version. The rollout is Degraded until it is retried or gets another template.',
  examples: ['# Abort a rollout', 'kubectl argo rollouts abort guestbook'],
  argumentWords: 'ROLLOUT_NAME',
  completes: 'rollouts',
  run: (call) =>
    runVerb(call, {
      resource: rollouts,
      patch: { status: { abort: true } },
      target: 'status',
      said: (name) => `rollout '${name}' aborted`,
    }),
};
