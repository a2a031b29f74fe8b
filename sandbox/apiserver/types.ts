// What goes in and out of the API server, with or without sockets: one request, one whole answer or one stream of
// watch frames. The same handlers serve both (spec/sandbox.md §1).

import type { Clock, Random } from '../../controller/lang/time.ts';
import type { Faults } from './faults.ts';
import type { KindRegistry } from './kinds/types.ts';
import type { Snapshot, Storage } from './storage.ts';

export interface ApiUser {
  readonly name: string;
  readonly uid?: string;
  readonly groups: readonly string[];
  readonly extra?: Readonly<Record<string, readonly string[]>>;
}

export interface ApiRequest {
  readonly method: string;
  /** Absolute, percent-encoded as on the wire, without the query. */
  readonly path: string;
  /** `a=1&b=2`, or the decoded pairs. */
  readonly query?: string | Readonly<Record<string, string | number | boolean | undefined>>;
  /** Names in lower case; what came several times is joined with `, `. */
  readonly headers?: Readonly<Record<string, string | undefined>>;
  /** Bytes or text as they came, or plain JSON from a caller in this process (it is copied, never kept). */
  readonly body?: unknown;
  /** Default: the cluster's administrator. */
  readonly user?: ApiUser;
}

export interface WatchFrame {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR';
  readonly object: unknown;
}

export interface FrameSink {
  /** In order, never from within the call that caused it. */
  frame(frame: WatchFrame): void;
  /** Once, last: the time is over, or the server ended it. Not called after `cancel`. */
  end(): void;
}

export interface FrameStream {
  start(sink: FrameSink): { cancel(): void };
}

/** Text that goes on: a log that is followed. */
export interface TextStream {
  /** `text` in order, then `end` once, unless it was cancelled. */
  start(sink: { text(text: string): void; end(): void }): { cancel(): void };
}

export interface ApiResponse {
  readonly status: number;
  /** Names in lower case. `warning` may hold several, joined with `, `. */
  readonly headers: Readonly<Record<string, string>>;
  /** Plain JSON (frozen, shared with storage), text or bytes. Absent for streams. */
  readonly body?: unknown;
  readonly stream?: FrameStream;
  readonly textStream?: TextStream;
}

export interface ApiServerOptions {
  readonly clock: Clock;
  readonly random: Random;
  /** Default: the built-in kinds and what CRDs add. */
  readonly registry?: KindRegistry;
  /** Namespaces that exist from the start. Default: default, kube-system, kube-public, kube-node-lease, argo-rollouts. */
  readonly namespaces?: readonly string[];
  /** Watch events kept for replay and for paging. Default 10,000. */
  readonly historyLimit?: number;
  /** Default 60,000. */
  readonly bookmarkIntervalMs?: number;
  /** What answers `pods/log`. Default: empty text. */
  readonly podLogs?: PodLogs;
  /** What was there before, e.g. from a file (snapshot-file.ts). */
  readonly snapshot?: Snapshot;
  /** Roles and bindings are obeyed (rights/rbac.ts). Default: everybody who is known may do everything. */
  readonly rbac?: boolean;
  /** Whether the built-in ClusterRoles and bindings are there, as a person looks for them. Default: with `rbac`. */
  readonly builtInRights?: boolean;
  /** The admission plugin OwnerReferencesPermissionEnforcement (on in OpenShift, off in Kubernetes). Default false. */
  readonly guardOwnerReferences?: boolean;
  /** By `group/plural`: a warning that comes with each creation, e.g. that nobody acts on such objects here. */
  readonly creationNotices?: Readonly<Record<string, string>>;
  /** Told of what should not happen; the caller gets a plain 500. */
  readonly onUnexpected?: (problem: unknown) => void;
}

/** Text of a container's log. */
export interface PodLogs {
  read(request: PodLogRequest): string | Promise<string>;
  /** What is written from now on, line by line, until the returned function is called. */
  follow?(request: PodLogRequest, line: (text: string) => void): () => void;
}

export interface PodLogRequest {
  readonly namespace: string;
  readonly pod: string;
  readonly container: string | undefined;
  readonly previous: boolean;
  readonly tailLines: number | undefined;
  readonly sinceSeconds: number | undefined;
  readonly timestamps: boolean;
}

export interface ApiServer {
  /** Never rejects: what goes wrong is a Status. */
  handle(request: ApiRequest): Promise<ApiResponse>;
  /** Structurally the `Transport` of the controller; refusals reject with {status, reason, message, details, retryAfterMs}. */
  transport(user?: ApiUser | string, options?: TransportOptions): InMemoryTransport;
  readonly storage: Storage;
  readonly registry: KindRegistry;
  /** Trouble on request: delays, refusals, dropped watches (faults.ts). */
  readonly faults: Faults;
  /** Whom a service account's token stands for; undefined: nobody. */
  authenticate(token: string): ApiUser | undefined;
  /** Who wants to answer pods/log may be set later, when the node is there. */
  podLogs: PodLogs | undefined;
  /** PEM of the authority that signed the certificate of the front (http.ts): for token Secrets and kube-root-ca.crt. */
  certificateAuthority: string | undefined;
  /** A fault: the process is gone. Every watch ends, and whoever asks finds nobody (`unreachable`). */
  goDown(): void;
  /** Another process serves what was stored. Its watch caches begin now: older positions are answered with 410. */
  comeUp(): void;
  /** Ends all watches and timers. */
  close(): void;
}

export interface TransportOptions {
  /** Shown as the default field manager: the part before the first `/`. */
  readonly userAgent?: string;
}

export interface TransportRequest {
  readonly verb: string;
  readonly path: string;
  readonly query?: Readonly<Record<string, string | number | boolean | undefined>>;
  readonly body?: unknown;
  readonly contentType?: string;
  readonly accept?: string;
  readonly deadlineMs?: number;
  readonly signal?: AbortSignal;
}

export interface TransportSink {
  opened?(): void;
  frame(frame: WatchFrame): void;
  closed(problem: Error | undefined): void;
}

export interface InMemoryTransport {
  request(
    request: TransportRequest,
  ): Promise<{ status: number; headers: Readonly<Record<string, string>>; body: unknown }>;
  watch(request: TransportRequest, sink: TransportSink): { cancel(): void };
  close(): void;
}
