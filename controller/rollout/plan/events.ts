// The events of the rollout's core with their exact texts (rollout.md §9.8): reasons are notification triggers and metric
// labels too.

import type { EventRecord } from '../types.ts';

function normal(reason: string, message: string): EventRecord {
  return { type: 'Normal', reason, message };
}

function warning(reason: string, message: string): EventRecord {
  return { type: 'Warning', reason, message };
}

const transitions: Readonly<Record<string, string>> = {
  Run: 'transitioned to ',
  Abort: 'aborted ',
  Terminate: 'terminated ',
};

export const events = {
  rolloutUpdated: (revision: string) => normal('RolloutUpdated', `Rollout updated to revision ${revision}`),
  replicaSetCreated: (name: string, revision: string) =>
    normal('NewReplicaSetCreated', `Created ReplicaSet ${name} (revision ${revision})`),
  replicaSetCreateError: (message: string) => warning('ReplicaSetCreateError', message),
  notCompleted: (revision: string, hash: string) =>
    normal('RolloutNotCompleted', `Rollout not completed, started update to revision ${revision} (${hash})`),
  completed: (revision: string, hash: string, reason: string) =>
    normal('RolloutCompleted', `Rollout completed update to revision ${revision} (${hash}): ${reason}`),
  scaled: (name: string, revision: string, from: number, to: number) =>
    normal(
      'ScalingReplicaSet',
      `Scaled ${to > from ? 'up' : 'down'} ReplicaSet ${name} (revision ${revision}) from ${from} to ${to}`,
    ),
  stepCompleted: (index: number, count: number, step: string) =>
    normal('RolloutStepCompleted', `Rollout step ${index}/${count} completed (${step})`),
  skipSteps: (message: string) => normal('SkipSteps', message),
  paused: (reason: string) => normal('RolloutPaused', `Rollout is paused (${reason})`),
  resumed: () => normal('RolloutResumed', 'Rollout is resumed'),
  switchedService: (service: string, from: string, to: string) =>
    normal('SwitchService', `Switched selector for service '${service}' from '${from}' to '${to}'`),
  analysisRunPhase: (type: string, name: string, phase: string, previous: string): EventRecord => ({
    type: phase === 'Failed' || phase === 'Error' ? 'Warning' : 'Normal',
    reason: `AnalysisRun${phase}`,
    message: `${type} Analysis Run '${name}' Status New: '${phase}' Previous: '${previous}'`,
  }),
  experimentCreated: (name: string) => normal('ExperimentCreated', `Created Experiment '${name}'`),
  stepPluginTransition: (name: string, index: number, operation: string, phase: string): EventRecord => ({
    type: phase === 'Failed' || phase === 'Error' ? 'Warning' : 'Normal',
    reason: 'StepPluginTransition',
    message: `Step plugin ${name} (step ${index}) ${transitions[operation] ?? ''}${operation === 'Run' ? phase : `(${phase})`}`,
  }),
  reconciliationError: (message: string): EventRecord => ({
    ...warning('ReconciliationError', `Reconciliation failed with error: ${message}`),
    lasts: 'reconciliation',
  }),
  aborted: (message: string) => warning('RolloutAborted', message),
} as const;
