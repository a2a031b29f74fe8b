// How long a kubelet waits before it tries again: the same image, or a container that ended.

import type { Pod } from '../../controller/api/kubernetes-types.ts';
import type { Ended } from './pod-status.ts';

const firstMs = 10_000;
const longestMs = 300_000;
/** How long an error is shown before the back-off is. */
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

/** As Go prints a duration: 10s, 1m20s. */
function formatWait(ms: number): string {
  const seconds = ms / 1000;
  return seconds < 60 ? `${seconds}s` : `${Math.floor(seconds / 60)}m${seconds % 60}s`;
}
