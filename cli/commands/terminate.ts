// `terminate analysisrun NAME...`, `terminate experiment NAME...` (spec/cli.md §3.16; the reference says "retried" of
// an experiment, defect B5).

import type { Command } from '../command.ts';
import { analysisRuns, experiments } from '../resources.ts';
import { runVerb } from './rollout-verb.ts';

const patch = { spec: { terminate: true } };

const analysisRunCommand: Command = {
  name: 'analysisrun',
  aliases: ['ar', 'analysisruns'],
  short: 'Terminate an analysis run',
  examples: [
    '# Terminate an analysis run',
    'kubectl argo rollouts terminate analysisrun guestbook-877894d5b-4-success-rate',
  ],
  argumentWords: 'ANALYSISRUN_NAME',
  completes: 'analysisruns',
  run: (call) =>
    runVerb(call, {
      resource: analysisRuns,
      patch,
      target: 'object',
      said: (name) => `analysisRun '${name}' terminated`,
    }),
};

const experimentCommand: Command = {
  name: 'experiment',
  aliases: ['exp', 'experiments'],
  short: 'Terminate an experiment',
  examples: ['# Terminate an experiment', 'kubectl argo rollouts terminate experiment my-experiment'],
  argumentWords: 'EXPERIMENT_NAME',
  completes: 'experiments',
  run: (call) =>
    runVerb(call, {
      resource: experiments,
      patch,
      target: 'object',
      said: (name) => `experiment '${name}' terminated`,
    }),
};

export const terminateCommand: Command = {
  name: 'terminate',
  short: 'Terminate an analysis run or experiment',
  argumentWords: '<analysisrun|experiment> RESOURCE_NAME',
  subcommands: [analysisRunCommand, experimentCommand],
  examples: [
    '# Terminate an analysis run',
    'kubectl argo rollouts terminate analysisrun guestbook-877894d5b-4-success-rate',
    '',
    '# Terminate an experiment',
    'kubectl argo rollouts terminate experiment my-experiment',
  ],
};
