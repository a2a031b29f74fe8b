// How long a pod takes to start, to get ready, and to end.

import type { Container, Pod } from '../../controller/api/kubernetes-types.ts';
import { controllerOf } from '../machinery/pods.ts';
import type { NodeTimes } from './node.ts';
import type { PodScript } from './script.ts';

export function startDelayMsOf(pod: Pod, script: PodScript, times: NodeTimes): number {
  if (script.startDelayMs !== undefined) return script.startDelayMs;
  return controllerOf(pod)?.kind === 'Job' ? times.jobStartDelayMs : times.startDelayMs;
}

/** From a probe's initial delay to its first success, as recorded (trace deadline-and-pause: 6 s become 7 s). */
const firstProbeMs = 1000;

/** From running to ready. */
export function readinessDelayMs(container: Container): number {
  const probe = container.readinessProbe as { readonly initialDelaySeconds?: number } | undefined;
  if (probe === undefined) return 0;
  return probe.initialDelaySeconds === undefined ? 0 : probe.initialDelaySeconds * 1000 + firstProbeMs;
}

/** From the deletion's beginning to the end of the process: the pre-stop sleep and then `terminateMs`, within the grace. */
export function graceMsOf(pod: Pod, times: NodeTimes): number {
  const graceMs = (pod.metadata.deletionGracePeriodSeconds ?? 30) * 1000;
  const sleeps = pod.spec.containers.map((container) => {
    const lifecycle = container.lifecycle as
      | { readonly preStop?: { readonly sleep?: { readonly seconds?: number } } }
      | undefined;
    return (lifecycle?.preStop?.sleep?.seconds ?? 0) * 1000;
  });
  return Math.min(graceMs, Math.max(0, ...sleeps) + times.terminateMs);
}
