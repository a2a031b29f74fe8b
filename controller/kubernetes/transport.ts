// How everything of Slipway talks to an API server: one interface, spoken over HTTPS (http-transport.ts) or in memory
// to the sandbox. Whoever holds a Transport cannot tell which (spec/kubernetes.md §2, "transport").

import type { ApiStatus } from '../api/kubernetes-types.ts';

export type HttpVerb = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** The four patch types of Kubernetes, by their content type. */
export const patchContentType = {
  json: 'application/json-patch+json',
  merge: 'application/merge-patch+json',
  strategic: 'application/strategic-merge-patch+json',
  apply: 'application/apply-patch+yaml',
} as const;

export interface KubeRequest {
  readonly verb: HttpVerb;
  /** Absolute path without a query, e.g. `/apis/apps/v1/namespaces/default/replicasets`. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string | number | boolean | undefined>>;
  /** Plain JSON (or a string that is sent as it is). */
  readonly body?: unknown;
  /** Default `application/json`. */
  readonly contentType?: string;
  /** Default `application/json`. */
  readonly accept?: string;
  /** The whole request must end within this time. Not applied to watches. */
  readonly deadlineMs?: number;
  readonly signal?: AbortSignal;
}

export interface KubeResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Parsed JSON where the answer is JSON, else text. */
  readonly body: unknown;
}

export interface WatchFrame {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR';
  readonly object: unknown;
}

export interface WatchSink {
  /** The server accepted the watch (HTTP 200). */
  opened?(): void;
  /** Called in order, synchronously. An exception thrown here is the caller's bug and ends the watch through `closed`. */
  frame(frame: WatchFrame): void;
  /** Exactly once, last: clean end (`undefined`) or why it ended. */
  closed(problem: KubeError | Error | undefined): void;
}

export interface WatchHandle {
  /** Ends the watch; no frame and no `closed` follow. */
  cancel(): void;
}

export interface Transport {
  /** Resolves with any 2xx answer; every other answer and every failure to get one rejects with a KubeError. */
  request(request: KubeRequest): Promise<KubeResponse>;
  /** `query.watch` is set by this method. */
  watch(request: KubeRequest, sink: WatchSink): WatchHandle;
  close(): void;
}

/** Why a request failed. `status` 0: no answer was got (`reason` then is `Unreachable`, `Timeout` or `Aborted`). */
export class KubeError extends Error {
  readonly status: number;
  readonly reason: string;
  readonly details: ApiStatus['details'];
  readonly retryAfterMs: number | undefined;
  /** False only when it is certain that the server did not act on the request. */
  readonly maybeApplied: boolean;

  constructor(fields: {
    status: number;
    reason: string;
    message: string;
    details?: ApiStatus['details'];
    retryAfterMs?: number;
    maybeApplied?: boolean;
  }) {
    super(fields.message);
    this.name = 'KubeError';
    this.status = fields.status;
    this.reason = fields.reason;
    this.details = fields.details;
    this.retryAfterMs = fields.retryAfterMs;
    this.maybeApplied = fields.maybeApplied ?? false;
  }
}
