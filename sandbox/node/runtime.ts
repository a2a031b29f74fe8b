// What runs inside a pod: the node starts and ends it through this interface and does not know whether anything really
// listens (http-runtime.ts) or everything happens in memory (virtual-runtime.ts).

import type { Pod } from '../../controller/api/kubernetes-types.ts';
import type { ProbeAction, ProbeAnswer } from './probe.ts';
import type { PodScript } from './script.ts';

export interface PodContext {
  readonly podIP: string;
  readonly script: PodScript;
  log(container: string, line: string): void;
  /** The container's process ended by itself. */
  ended(container: string, code: number): void;
}

export interface PodProcess {
  /** The pod is about to end: it serves on, but asks its clients for new connections elsewhere. */
  drain(): void;
  /** Asks as a kubelet does. At once where nothing has to be waited for. */
  probe(container: string, action: ProbeAction, timeoutMs: number): ProbeAnswer | Promise<ProbeAnswer>;
  /** Nothing is served any more when this resolves. Processes get `graceMs` (default: none) to end by themselves. */
  stop(graceMs?: number): Promise<void>;
}

export interface PodRuntime {
  /** Resolves when the pod's ports can be reached. */
  start(pod: Pod, context: PodContext): Promise<PodProcess>;
  /** Where a pod's port is really served; undefined when nothing listens there (any more). */
  address(podIP: string, port: number): { readonly host: string; readonly port: number } | undefined;
}

export interface PodRequest {
  readonly method: string;
  /** With the query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
}

export interface PodResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** How long the answer takes. */
  readonly latencyMs: number;
}

/** The program of a container, as a function: it needs neither a socket nor a clock. */
export type PodApp = (request: PodRequest) => PodResponse;
