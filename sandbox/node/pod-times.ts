// How long a pod takes to start, to get ready, and to end.

import type { Container, Pod } from '../../controller/api/kubernetes-types.ts';
import { controllerOf } from '../machinery/pods.ts';
import { type Exit, exitOf } from './command.ts';
import { commandOf } from './local-command.ts';
import type { PodScript } from './script.ts';

export interface NodeTimes {
  /** From a pod's binding to its running containers. Default 2500 (as in the recorded traces). */
  readonly startDelayMs: number;
  /** The same for pods of Jobs. Default 1000. */
  readonly jobStartDelayMs: number;
  /** From a pod's deletion to its end; it serves on meanwhile. Default 1000. */
  readonly terminateMs: number;
}

export const defaultTimes: NodeTimes = { startDelayMs: 2500, jobStartDelayMs: 1000, terminateMs: 1000 };

export function startDelayMsOf(pod: Pod, script: PodScript, times: NodeTimes): number {
  if (script.startDelayMs !== undefined) return script.startDelayMs;
  return controllerOf(pod)?.kind === 'Job' ? times.jobStartDelayMs : times.startDelayMs;
}

interface Hook {
  readonly sleep?: { readonly seconds?: number };
  readonly exec?: { readonly command?: readonly string[] };
}

/** How long a hook takes and how it ends; undefined where there is none. Requests (httpGet) take no time. */
export function hookMsOf(container: Container, name: 'postStart' | 'preStop'): Exit | undefined {
  const hook = (container.lifecycle as Readonly<Record<string, Hook | undefined>> | undefined)?.[name];
  if (hook === undefined) return undefined;
  if (hook.sleep !== undefined) return { afterMs: (hook.sleep.seconds ?? 0) * 1000, code: 0 };
  const command = hook.exec?.command;
  return (command && exitOf({ name: '', command })) ?? { afterMs: 0, code: 0 };
}

/** From the deletion's beginning: what the pre-stop hook and then the process need. */
export function endMsOf(pod: Pod, script: PodScript, times: NodeTimes): number {
  const hooks = pod.spec.containers.map((container) => hookMsOf(container, 'preStop')?.afterMs ?? 0);
  return Math.max(0, ...hooks) + servesOnMs(pod, script, times);
}

/** A command of the user's own is asked to end at once, and says itself how long it needs. */
function servesOnMs(pod: Pod, script: PodScript, times: NodeTimes): number {
  return script.terminateMs ?? (commandOf(pod) === undefined ? times.terminateMs : 0);
}

/** From the decision to restart one container to its end. */
export function killMsOf(pod: Pod, container: Container, script: PodScript, times: NodeTimes): number {
  const own = (container.livenessProbe as { readonly terminationGracePeriodSeconds?: number } | undefined)
    ?.terminationGracePeriodSeconds;
  const graceMs = (own ?? (pod.spec.terminationGracePeriodSeconds as number | undefined) ?? 30) * 1000;
  return Math.min(graceMs, (hookMsOf(container, 'preStop')?.afterMs ?? 0) + servesOnMs(pod, script, times));
}
