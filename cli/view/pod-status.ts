// What a pod is doing, as one word, and how many of its containers are ready (spec/cli.md §5.8; the idea of kubectl's
// STATUS column). Restarts of init containers are not counted once initialisation is over, as in the reference.

import type { Container, ContainerStatus, Pod } from '../../controller/api/kubernetes-types.ts';

export interface PodSummary {
  readonly status: string;
  readonly ready: number;
  readonly containers: number;
  readonly restarts: number;
}

export function summarizePod(pod: Pod): PodSummary {
  const phase = pod.status?.reason || pod.status?.phase || '';
  const init = summarizeInit(pod);
  const running = init.blockedBy === undefined ? summarizeContainers(pod, phase) : undefined;
  const status = init.blockedBy ?? running?.status ?? phase;
  return {
    status: pod.metadata.deletionTimestamp === undefined ? status : deletedStatus(pod),
    ready: running?.ready ?? 0,
    containers: pod.spec?.containers?.length ?? 0,
    restarts: running?.restarts ?? init.restarts,
  };
}

function deletedStatus(pod: Pod): string {
  return pod.status?.reason === 'NodeLost' ? 'Unknown' : 'Terminating';
}

/** The first init container that is not done yet, and the restarts up to it. */
function summarizeInit(pod: Pod): { readonly blockedBy?: string; readonly restarts: number } {
  const specs = pod.spec?.initContainers ?? [];
  let restarts = 0;
  for (const [index, status] of (pod.status?.initContainerStatuses ?? []).entries()) {
    restarts += status.restartCount ?? 0;
    const { terminated, waiting } = status.state ?? {};
    if (terminated?.exitCode === 0) continue;
    if (isSidecar(specs, status) && isStarted(status)) {
      if (status.ready) continue;
      return { blockedBy: pod.status?.reason || pod.status?.phase || '', restarts };
    }
    if (terminated) return { blockedBy: `Init:${terminatedText(terminated)}`, restarts };
    if (waiting?.reason && waiting.reason !== 'PodInitializing') {
      return { blockedBy: `Init:${waiting.reason}`, restarts };
    }
    return { blockedBy: `Init:${index}/${specs.length}`, restarts };
  }
  return { restarts };
}

function isSidecar(specs: readonly Container[], status: ContainerStatus): boolean {
  return specs.find((container) => container.name === status.name)?.restartPolicy === 'Always';
}

function isStarted(status: ContainerStatus): boolean {
  return 'started' in status && status.started === true;
}

/** QUIRK: containers are looked at from last to first, so the first one wins when several have a reason. */
function summarizeContainers(pod: Pod, phase: string): { status: string; ready: number; restarts: number } {
  let status = phase;
  let ready = 0;
  let restarts = 0;
  for (const container of [...(pod.status?.containerStatuses ?? [])].reverse()) {
    restarts += container.restartCount ?? 0;
    const { waiting, terminated, running } = container.state ?? {};
    if (waiting?.reason) status = waiting.reason;
    else if (terminated) status = terminatedText(terminated);
    else if (running && container.ready) ready++;
  }
  return { status: status === 'Completed' && ready > 0 ? 'Running' : status, ready, restarts };
}

function terminatedText(terminated: NonNullable<NonNullable<ContainerStatus['state']>['terminated']>): string {
  if (terminated.reason) return terminated.reason;
  return terminated.signal ? `Signal:${terminated.signal}` : `ExitCode:${terminated.exitCode ?? 0}`;
}
