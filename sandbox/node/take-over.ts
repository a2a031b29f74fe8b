// What a node that was started anew knows of a pod that it played before: the containers as their status tells.

import type { Pod } from '../../controller/api/kubernetes-types.ts';
import { parseTime } from '../machinery/times.ts';
import type { ContainerRecord, ContainerState, Ended } from './pod-status.ts';

interface ReportedContainer {
  readonly name: string;
  readonly ready?: boolean;
  readonly started?: boolean;
  readonly restartCount?: number;
  readonly state?: ReportedState;
  readonly lastState?: ReportedState;
}

interface ReportedState {
  readonly waiting?: { readonly reason?: string; readonly message?: string };
  readonly running?: { readonly startedAt?: string };
  readonly terminated?: { readonly exitCode?: number; readonly startedAt?: string; readonly finishedAt?: string };
}

/** Whether some container of it has run already. */
export function wasPlayed(pod: Pod): boolean {
  return reportedOf(pod).some(
    ({ state, lastState }) => (state?.running ?? state?.terminated ?? lastState?.terminated) !== undefined,
  );
}

export function recordsBefore(pod: Pod): ContainerRecord[] {
  const reported = reportedOf(pod);
  return pod.spec.containers.map((container) => {
    const known = reported.find(({ name }) => name === container.name);
    const state = stateOf(known);
    const last = endedOf(known?.lastState);
    // What waited to be restarted is not made to wait from the beginning.
    const restarts = state.is === 'waiting' && last !== undefined;
    const restartCount = (known?.restartCount ?? 0) + (restarts ? 1 : 0);
    return { container, state, restartCount, crashCount: restartCount, last };
  });
}

function stateOf(known: ReportedContainer | undefined): ContainerState {
  const ended = endedOf(known?.state);
  if (ended !== undefined) return { is: 'ended', ended };
  const startedAt = parseTime(known?.state?.running?.startedAt);
  if (startedAt !== undefined) {
    return { is: 'running', startedAt, ready: known?.ready === true, started: known?.started !== false };
  }
  const { reason = 'ContainerCreating', message = '' } = known?.state?.waiting ?? {};
  return { is: 'waiting', reason, message };
}

function endedOf(state: ReportedState | undefined): Ended | undefined {
  if (state?.terminated === undefined) return undefined;
  const { exitCode = 0, startedAt, finishedAt } = state.terminated;
  return { code: exitCode, startedAt: parseTime(startedAt) ?? 0, endedAt: parseTime(finishedAt) ?? 0 };
}

function reportedOf(pod: Pod): readonly ReportedContainer[] {
  return (pod.status?.containerStatuses ?? []) as readonly ReportedContainer[];
}
