// How `kubectl get pods` sees a pod: ready containers, one word for its state, restarts.

import { text } from '../json.ts';
import { numberAt, objectAt, objectsAt, textAt } from '../kinds/fields.ts';
import type { ApiObject, JsonObject, TableStrategy } from '../kinds/types.ts';
import { age, ageColumn, column, nameColumn, orNone } from './columns.ts';

export const podTable: TableStrategy = {
  columns: [
    nameColumn,
    column('Ready'),
    column('Status'),
    column('Restarts'),
    ageColumn,
    column('IP', { wide: true }),
    column('Node', { wide: true }),
    column('Nominated Node', { wide: true }),
    column('Readiness Gates', { wide: true }),
  ],
  cells(pod, now) {
    const { ready, total, reason, restarts, restartedAt } = summarize(pod);
    const since = restarts > 0 && restartedAt !== '' ? ` (${age(restartedAt, now)} ago)` : '';
    return [
      text(pod.metadata.name),
      `${ready}/${total}`,
      reason,
      `${restarts}${since}`,
      age(pod.metadata.creationTimestamp, now),
      orNone(textAt(objectsAt(pod, 'status', 'podIPs')[0], 'ip') || textAt(pod, 'status', 'podIP')),
      orNone(textAt(pod, 'spec', 'nodeName')),
      orNone(textAt(pod, 'status', 'nominatedNodeName')),
      readinessGates(pod),
    ];
  },
  conditions(pod) {
    switch (textAt(pod, 'status', 'phase')) {
      case 'Succeeded':
        return [completed('Succeeded', 'The pod has completed successfully.')];
      case 'Failed':
        return [completed('Failed', 'The pod failed.')];
      default:
        return undefined;
    }
  },
};

function completed(reason: string, message: string): JsonObject {
  return { type: 'Completed', status: 'True', reason, message };
}

interface Summary {
  readonly ready: number;
  readonly total: number;
  readonly reason: string;
  readonly restarts: number;
  readonly restartedAt: string;
}

function summarize(pod: ApiObject): Summary {
  const containers = objectsAt(pod, 'spec', 'containers');
  const sidecars = objectsAt(pod, 'spec', 'initContainers').filter((one) => one.restartPolicy === 'Always');
  const sidecarNames = new Set(sidecars.map((one) => text(one.name)));
  const initStatuses = objectsAt(pod, 'status', 'initContainerStatuses');
  const init = initReason(pod, initStatuses, sidecarNames);
  const isStarted = init === undefined || isConditionTrue(pod, 'Initialized');
  const statuses = objectsAt(pod, 'status', 'containerStatuses');
  let reason = textAt(pod, 'status', 'reason') || textAt(pod, 'status', 'phase');
  if (init !== undefined) reason = init;
  if (isStarted) reason = containersReason(pod, statuses, reason);
  const counted = isStarted
    ? [...initStatuses.filter((one) => sidecarNames.has(text(one.name))), ...statuses]
    : initStatuses;
  const isRunning = (one: JsonObject): boolean => one.ready === true && objectAt(one, 'state', 'running') !== undefined;
  const readySidecars = initStatuses.filter((one) => sidecarNames.has(text(one.name)) && isRunning(one)).length;
  return {
    ready: (isStarted ? statuses.filter(isRunning).length : 0) + readySidecars,
    total: containers.length + sidecars.length,
    reason: terminating(pod, reason),
    restarts: counted.reduce((sum, one) => sum + (numberAt(one, 'restartCount') ?? 0), 0),
    restartedAt:
      counted
        .map((one) => textAt(one, 'lastState', 'terminated', 'finishedAt'))
        .sort()
        .at(-1) ?? '',
  };
}

/** `Init:…` of the first init container that is not done; undefined when all are. */
function initReason(
  pod: ApiObject,
  statuses: readonly JsonObject[],
  sidecars: ReadonlySet<string>,
): string | undefined {
  const total = objectsAt(pod, 'spec', 'initContainers').length;
  for (const [index, status] of statuses.entries()) {
    const terminated = objectAt(status, 'state', 'terminated');
    const waiting = textAt(status, 'state', 'waiting', 'reason');
    if (terminated !== undefined && (numberAt(terminated, 'exitCode') ?? 0) === 0) continue;
    if (sidecars.has(text(status.name)) && status.started === true) continue;
    if (terminated !== undefined) return `Init:${terminatedReason(terminated)}`;
    if (waiting !== '' && waiting !== 'PodInitializing') return `Init:${waiting}`;
    return `Init:${index}/${total}`;
  }
  return undefined;
}

/** The last container of the list that has something to say; a later one is overruled by an earlier one. */
function containersReason(pod: ApiObject, statuses: readonly JsonObject[], fallback: string): string {
  let reason = fallback;
  let hasRunning = false;
  for (const status of [...statuses].reverse()) {
    const waiting = textAt(status, 'state', 'waiting', 'reason');
    const terminated = objectAt(status, 'state', 'terminated');
    if (waiting !== '') reason = waiting;
    else if (terminated !== undefined) reason = terminatedReason(terminated);
    else if (status.ready === true && objectAt(status, 'state', 'running') !== undefined) hasRunning = true;
  }
  if (reason !== 'Completed' || !hasRunning) return reason;
  return isConditionTrue(pod, 'Ready') ? 'Running' : 'NotReady';
}

function terminatedReason(terminated: JsonObject): string {
  const reason = text(terminated.reason);
  if (reason !== '') return reason;
  const signal = numberAt(terminated, 'signal') ?? 0;
  return signal === 0 ? `ExitCode:${numberAt(terminated, 'exitCode') ?? 0}` : `Signal:${signal}`;
}

function terminating(pod: ApiObject, reason: string): string {
  if (pod.metadata.deletionTimestamp === undefined) return reason;
  if (textAt(pod, 'status', 'reason') === 'NodeLost') return 'Unknown';
  const phase = textAt(pod, 'status', 'phase');
  return phase === 'Succeeded' || phase === 'Failed' ? reason : 'Terminating';
}

function isConditionTrue(pod: ApiObject, type: string): boolean {
  return objectsAt(pod, 'status', 'conditions').some((one) => one.type === type && one.status === 'True');
}

function readinessGates(pod: ApiObject): string {
  const gates = objectsAt(pod, 'spec', 'readinessGates');
  if (gates.length === 0) return '<none>';
  return `${gates.filter((gate) => isConditionTrue(pod, text(gate.conditionType))).length}/${gates.length}`;
}
