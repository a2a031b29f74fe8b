// Which icon a status is shown with (spec/cli.md §§5.7, 5.8). One table a kind; an unknown status has a space.

export const kindIcon = {
  rollout: '⟳',
  revision: '#',
  replicaSet: '⧉',
  pod: '□',
  job: '⊞',
  experiment: 'Σ',
  analysisRun: 'α',
} as const;

const noIcon = ' ';

const rolloutIcons: Readonly<Record<string, string>> = {
  Progressing: '◌',
  Paused: '॥',
  Healthy: '✔',
  Degraded: '✖',
  Error: '⚠',
  InvalidSpec: '⚠',
  Unknown: '?',
  ScaledDown: '•',
};

const replicaSetIcons: Readonly<Record<string, string>> = {
  Progressing: '◌',
  Healthy: '✔',
  ReplicaFailure: '✖',
  ScaledDown: '•',
};

export const analysisIcons = {
  Successful: '✔',
  Inconclusive: '?',
  Failed: '✖',
  Error: '⚠',
  Running: '◌',
  Pending: '◷',
} as const;

/** OOMKilled and what follows it have no icon in the reference (defect B14). */
const podIcons: Readonly<Record<string, string>> = {
  Pending: '◌',
  Terminating: '◌',
  ContainerCreating: '◌',
  Running: '✔',
  Completed: '✔',
  Failed: '✖',
  InvalidImageName: '✖',
  CrashLoopBackOff: '✖',
  ImagePullBackOff: '⚠',
  RegistryUnavailable: '⚠',
  Unknown: '?',
  OOMKilled: '✖',
  Evicted: '✖',
  DeadlineExceeded: '✖',
  ContainerCannotRun: '✖',
  StartError: '✖',
};

export function iconOfRollout(phase: string): string {
  return own(rolloutIcons, phase);
}

export function iconOfReplicaSet(status: string): string {
  return own(replicaSetIcons, status);
}

/** Analysis runs, experiments, jobs. */
export function iconOfAnalysis(phase: string): string {
  return own(analysisIcons, phase);
}

export function iconOfPod(status: string): string {
  if (status.startsWith('Init:')) return '◌';
  if (status.startsWith('Signal:') || status.startsWith('ExitCode:')) return '✖';
  if (Object.hasOwn(podIcons, status) && podIcons[status] === '✖') return '✖';
  if (status.endsWith('Error') || status.startsWith('Err')) return '⚠';
  return own(podIcons, status);
}

function own(icons: Readonly<Record<string, string>>, status: string): string {
  return (Object.hasOwn(icons, status) ? icons[status] : undefined) ?? noIcon;
}
