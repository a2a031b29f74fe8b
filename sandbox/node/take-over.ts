// What a node knows of a pod's containers when it begins with it: nothing has happened to them yet, or, where the node was
// started anew, what their status tells.

import type { Container, Pod } from '../../controller/api/kubernetes-types.ts';
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

interface Records {
  readonly inits: readonly ContainerRecord[];
  readonly containers: readonly ContainerRecord[];
}

export function newRecords({ spec: { containers, initContainers: inits = [] } }: Pod): Records {
  const make = (container: Container): ContainerRecord => {
    const state: ContainerState =
      inits.length > 0
        ? { is: 'waiting', reason: 'PodInitializing' }
        : { is: 'waiting', reason: 'ContainerCreating', message: `ContainerCreating: ${container.image}` };
    return { container, state, restartCount: 0, crashCount: 0, last: undefined };
  };
  return { inits: inits.map(make), containers: containers.map(make) };
}

/** Undefined where none of its containers has run; its init containers then run again. */
export function recordsBefore({ spec, status }: Pod): Records | undefined {
  const reported = (status?.containerStatuses ?? []) as readonly ReportedContainer[];
  const hasRun = reported.some(
    ({ state, lastState }) => (state?.running ?? state?.terminated ?? lastState?.terminated) !== undefined,
  );
  if (!hasRun) return undefined;
  const inits = (status?.initContainerStatuses ?? []) as readonly ReportedContainer[];
  return {
    inits: (spec.initContainers ?? []).map((container) => recordOf(container, inits)),
    containers: spec.containers.map((container) => recordOf(container, reported)),
  };
}

function recordOf(container: Container, reported: readonly ReportedContainer[]): ContainerRecord {
  const known = reported.find(({ name }) => name === container.name);
  const state = stateOf(known);
  const last = endedOf(known?.lastState);
  // What waited to be restarted is not made to wait from the beginning.
  const restarts = state.is === 'waiting' && last !== undefined;
  const restartCount = (known?.restartCount ?? 0) + (restarts ? 1 : 0);
  return { container, state, restartCount, crashCount: restartCount, last };
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
