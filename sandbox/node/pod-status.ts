// What the node reports of a pod: a pure function of the state of its containers. Conditions and container statuses are
// spelled as a kubelet spells them; the conditions are those of the recordings (no
// PodReadyToStartContainers, no image and container IDs).

import type { Condition, Container, Pod } from '../../controller/api/kubernetes-types.ts';
import { formatRfc3339 } from '../../controller/lang/rfc3339.ts';
import type { EpochMillis } from '../../controller/lang/time.ts';
import { isTerminating } from '../machinery/pods.ts';
import { isRestarted, roleOf } from './container-role.ts';

export interface Ended {
  readonly code: number;
  readonly startedAt: EpochMillis;
  readonly endedAt: EpochMillis;
}

export type ContainerState =
  | { readonly is: 'waiting'; readonly reason: string; readonly message?: string }
  | { readonly is: 'running'; readonly startedAt: EpochMillis; readonly ready: boolean; readonly started: boolean }
  | { readonly is: 'ended'; readonly ended: Ended };

export interface ContainerRecord {
  readonly container: Container;
  readonly state: ContainerState;
  readonly restartCount: number;
  /** Restarts that count for the back-off. */
  readonly crashCount: number;
  /** How the run before this one ended. */
  readonly last: Ended | undefined;
}

export interface PodRecord {
  readonly boundAt: EpochMillis;
  readonly podIP: string;
  readonly containers: readonly ContainerRecord[];
  readonly inits: readonly ContainerRecord[];
  /** Why the node ended the pod itself. */
  readonly failure?: { readonly reason: string; readonly message: string };
}

export interface ReportedStatus {
  readonly phase: string;
  readonly reason?: string;
  readonly message?: string;
  readonly conditions: readonly Condition[];
  readonly hostIP: string;
  readonly podIP: string;
  readonly podIPs: readonly { readonly ip: string }[];
  readonly startTime: string;
  readonly initContainerStatuses?: readonly object[];
  readonly containerStatuses: readonly object[];
}

/** `before` is what was reported last: a condition that did not change keeps its time. */
export function makePodStatus(
  pod: Pod,
  record: PodRecord,
  before: readonly Condition[],
  now: EpochMillis,
): ReportedStatus {
  const phase = phaseOf(pod, record);
  return {
    phase,
    ...record.failure,
    conditions: makeConditions(pod, record, phase, before, now),
    hostIP: '127.0.0.1',
    podIP: record.podIP,
    podIPs: [{ ip: record.podIP }],
    startTime: formatRfc3339(record.boundAt),
    ...(record.inits.length > 0 && { initContainerStatuses: record.inits.map(makeInitStatus) }),
    containerStatuses: record.containers.map(makeContainerStatus),
  };
}

/** A pod whose containers have all ended runs on where they will be started again. */
function phaseOf(pod: Pod, { containers, inits, failure }: PodRecord): string {
  if (failure !== undefined || inits.some((init) => isGivenUp(pod, init))) return 'Failed';
  if (containers.every(({ state }) => state.is === 'ended')) {
    const failed = containers.some(({ state }) => state.is === 'ended' && state.ended.code !== 0);
    const policy = (pod.spec.restartPolicy as string | undefined) ?? 'Always';
    const isDone = policy === 'Never' || (policy === 'OnFailure' && !failed) || isTerminating(pod);
    if (isDone) return failed ? 'Failed' : 'Succeeded';
  }
  const neverRan = containers.some(({ state, last }) => state.is === 'waiting' && last === undefined);
  return neverRan ? 'Pending' : 'Running';
}

function makeConditions(
  pod: Pod,
  record: PodRecord,
  phase: string,
  before: readonly Condition[],
  now: EpochMillis,
): Condition[] {
  const ready = phase === 'Running' && record.containers.every(({ state }) => state.is === 'running' && state.ready);
  const containersReady = ready ? { status: 'True' } : { status: 'False', ...whyUnready(record, phase) };
  const gates = (pod.spec.readinessGates ?? []) as readonly { readonly conditionType: string }[];
  const isOpen = (type: string): boolean =>
    pod.status?.conditions?.find((condition) => condition.type === type)?.status === 'True';
  const shut = gates.filter(({ conditionType }) => !isOpen(conditionType)).map(({ conditionType }) => conditionType);
  const podReady = ready && shut.length > 0 ? { status: 'False', ...whyGated(pod, shut) } : containersReady;
  return [
    { type: 'PodScheduled', status: 'True' },
    { type: 'Initialized', ...initialized(record, phase) },
    { type: 'ContainersReady', ...containersReady },
    { type: 'Ready', ...podReady },
  ].map((condition) => {
    const known = before.find(({ type }) => type === condition.type);
    const kept = known?.status === condition.status ? known.lastTransitionTime : undefined;
    return { ...condition, lastTransitionTime: kept ?? formatRfc3339(now) };
  });
}

/** QUIRK: while nothing was started no message names the containers, as in the recordings. */
function whyUnready(record: PodRecord, phase: string): { readonly reason: string; readonly message?: string } {
  if (phase === 'Succeeded') return { reason: 'PodCompleted' };
  if (phase === 'Failed') return { reason: 'PodFailed' };
  const reason = 'ContainersNotReady';
  const isNew = record.containers.every(({ state }) => state.is === 'waiting' && state.reason === 'ContainerCreating');
  if (isNew) return { reason };
  const names = record.containers
    .filter(({ state }) => state.is !== 'running' || !state.ready)
    .map(({ container }) => container.name);
  return { reason, message: `containers with unready status: [${names.join(' ')}]` };
}

function initialized({ inits }: PodRecord, phase: string): Omit<Condition, 'type'> {
  if (phase === 'Succeeded') return { status: 'True', reason: 'PodCompleted' };
  const names = inits.filter((record) => !isDone(record)).map(({ container }) => container.name);
  if (names.length === 0) return { status: 'True' };
  const message = `containers with incomplete status: [${names.join(' ')}]`;
  return { status: 'False', reason: 'ContainersNotInitialized', message };
}

function whyGated(pod: Pod, shut: readonly string[]): { readonly reason: string; readonly message: string } {
  const texts = shut.map((type) => {
    const isKnown = pod.status?.conditions?.some((condition) => condition.type === type) === true;
    return isKnown
      ? `the status of pod readiness gate "${type}" is not "True", but False`
      : `corresponding condition of pod readiness gate "${type}" does not exist.`;
  });
  return { reason: 'ReadinessGatesNotReady', message: texts.join(', ') };
}

function makeContainerStatus({ container, state, restartCount, last }: ContainerRecord): object {
  const isRunning = state.is === 'running';
  return {
    name: container.name,
    state: makeState(state),
    lastState: last === undefined ? {} : { terminated: makeTerminated(last) },
    ready: isRunning && state.ready,
    restartCount,
    image: container.image ?? '',
    imageID: '',
    started: isRunning && state.started,
  };
}

function makeState(state: ContainerState): object {
  if (state.is === 'running') return { running: { startedAt: formatRfc3339(state.startedAt) } };
  if (state.is === 'ended') return { terminated: makeTerminated(state.ended) };
  const { reason, message } = state;
  return { waiting: { reason, ...(message !== undefined && { message }) } };
}

function makeTerminated({ code, startedAt, endedAt }: Ended): object {
  return {
    exitCode: code,
    reason: code === 0 ? 'Completed' : 'Error',
    startedAt: formatRfc3339(startedAt),
    finishedAt: formatRfc3339(endedAt),
  };
}

function makeInitStatus(record: ContainerRecord): object {
  return { ...makeContainerStatus(record), ready: isDone(record) };
}

/** An init container has succeeded, a sidecar runs. */
export function isDone({ container, state }: ContainerRecord): boolean {
  if (roleOf(container) === 'sidecar') return state.is === 'running';
  return state.is === 'ended' && state.ended.code === 0;
}

function isGivenUp(pod: Pod, { container, state }: ContainerRecord): boolean {
  if (state.is !== 'ended' || state.ended.code === 0) return false;
  return !isRestarted(pod, roleOf(container), state.ended.code);
}
