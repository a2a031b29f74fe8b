// Which pods keep a ReplicaSet from being available, and what does each of them wait for (spec/cli.md §14.3)? Grouped by
// what they do, with the message of the first.

import type { ContainerStatus, Pod } from '../../controller/api/kubernetes-types.ts';
import { because, type Reason } from '../../controller/explain/reasons.ts';
import type { Surroundings } from '../../controller/explain/surroundings.ts';
import { summarizePod } from './pod-status.ts';

export function blockingPods(reasons: readonly Reason[], surroundings: Surroundings): Reason[] {
  const replicaSets = reasons.flatMap(({ code, data }) => (code === 'podsNotAvailable' ? String(data.replicaSet) : []));
  // A pod that is on its way out holds up nothing: its ReplicaSet has made another one as soon as it was told to go.
  const remaining = surroundings.pods.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
  const blocked = remaining.filter((pod) => !isReady(pod) && replicaSets.includes(ownerOf(pod)));
  const groups = Map.groupBy(blocked, (pod) => `${ownerOf(pod)}/${statusOf(pod)}`);
  return [...groups.values()].flatMap(([first, ...others]) => {
    if (!first) return [];
    const pod = first.metadata.name ?? '';
    return because('podWaits', {
      pod,
      status: statusOf(first),
      message: messageOf(first, surroundings),
      others: others.length,
    });
  });
}

function isReady({ status }: Pod): boolean {
  return status?.conditions?.some(({ type, status: value }) => type === 'Ready' && value === 'True') ?? false;
}

function ownerOf({ metadata }: Pod): string {
  return metadata.ownerReferences?.find(({ controller }) => controller)?.name ?? '';
}

function statusOf(pod: Pod): string {
  const { status } = summarizePod(pod);
  return status === 'Running' ? 'Running, but not ready' : status;
}

/** In the words of who knows best: the container, the scheduler, the kubelet's last warning. */
function messageOf({ metadata, status }: Pod, { podWarnings }: Surroundings): string {
  const containers = [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])];
  const waiting = containers.flatMap(({ state }) => state?.waiting?.message ?? [])[0];
  const unscheduled = status?.conditions?.find(
    ({ type, status: value }) => type === 'PodScheduled' && value === 'False',
  );
  const warnings = podWarnings.filter(({ of }) => of === metadata.uid);
  const warned = warnings.toSorted((one, other) => other.at - one.at)[0]?.message;
  const said = waiting ?? unscheduled?.message ?? warned ?? '';
  const ended = containers.flatMap((container) => endOf(container) ?? [])[0];
  return ended === undefined ? said : [said, `the last try ended with ${ended}`].filter(Boolean).join('; ');
}

function endOf({ state, lastState }: ContainerStatus): string | undefined {
  const { terminated } = lastState ?? state ?? {};
  if (!terminated || terminated.exitCode === 0) return undefined;
  const { exitCode = 0, reason } = terminated;
  return `exit code ${exitCode}${reason && reason !== 'Error' ? ` (${reason})` : ''}`;
}
