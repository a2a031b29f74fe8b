// How long a kubelet waits before it tries again, and what it says meanwhile.

import type { Pod } from '../../controller/api/kubernetes-types.ts';
import type { Ended } from './pod-status.ts';
import type { Pull } from './script.ts';

const firstMs = 10_000;
const longestMs = 300_000;
/** How long the error itself is shown before the back-off. */
const errorShownMs = 2000;

export function pullBackOffMs(attempts: number): { readonly shown: number; readonly next: number } {
  return { shown: errorShownMs, next: Math.min(firstMs * 2 ** Math.min(attempts, 10), longestMs) };
}

/** The first restart comes at once. */
export function crashBackOffMs(crashCount: number): number {
  return crashCount === 0 ? 0 : Math.min(firstMs * 2 ** Math.min(crashCount - 1, 10), longestMs);
}

/** A run of twice the longest back-off makes up for what was before. */
export function forgivesCrashes({ startedAt, endedAt }: Ended): boolean {
  return endedAt - startedAt >= 2 * longestMs;
}

export function backOffMessage(waitMs: number, container: string, pod: Pod): string {
  const { namespace, name, uid } = pod.metadata;
  return `back-off ${formatWait(waitMs)} restarting failed container=${container} pod=${name}_${namespace}(${uid})`;
}

export function pullProblem(
  pull: Exclude<Pull, 'ok'>,
  image: string,
): { readonly reason: string; readonly message: string } {
  if (pull === 'invalid') {
    const message = `Failed to apply default image tag "${image}": couldn't parse image name "${image}": invalid reference format`;
    return { reason: 'InvalidImageName', message };
  }
  const message = `Failed to pull image "${image}": failed to resolve reference "${image}": not found`;
  return { reason: 'ErrImagePull', message };
}

/** As Go prints a duration: 10s, 1m20s. */
function formatWait(ms: number): string {
  const seconds = ms / 1000;
  return seconds < 60 ? `${seconds}s` : `${Math.floor(seconds / 60)}m${seconds % 60}s`;
}
