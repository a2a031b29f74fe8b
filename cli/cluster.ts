// The cluster behind a command: a transport that obeys --request-timeout, Ctrl-C and -v, the namespace, and the few
// kinds of requests that commands make.

import type { KubernetesObject } from '../controller/api/kubernetes-types.ts';
import { objectPath, type Resource } from '../controller/kubernetes/resource.ts';
import { KubeError, type KubeRequest, patchContentType, type Transport } from '../controller/kubernetes/transport.ts';
import { CliError } from './errors.ts';
import type { FlagValues } from './flags.ts';
import { connectionFlags } from './global-flags.ts';
import type { CliIo } from './io.ts';

export interface Cluster {
  readonly transport: Transport;
  readonly namespace: string;
}

export async function openCluster(io: CliIo, flags: FlagValues): Promise<Cluster> {
  const wanted = connectionFlags(flags);
  const { transport, namespace } = await connection(io, flags);
  return {
    transport: new CommandTransport(transport, io, wanted.requestTimeoutMs, flags.number('kloglevel')),
    namespace: wanted.namespace || namespace || 'default',
  };
}

async function connection(io: CliIo, flags: FlagValues) {
  if (io.transport) return { transport: io.transport, namespace: io.namespace ?? 'default' };
  if (!io.connect) throw new CliError('there is no cluster to talk to');
  return io.connect(connectionFlags(flags));
}

export async function getObject<T extends KubernetesObject>(
  { transport, namespace }: Cluster,
  resource: Resource,
  name: string,
  signal?: AbortSignal,
): Promise<T> {
  const path = objectPath(resource, namespace, name);
  const { body } = await transport.request({ verb: 'GET', path, ...(signal ? { signal } : {}) });
  return body as T;
}

export async function mergePatch<T extends KubernetesObject>(
  { transport, namespace }: Cluster,
  resource: Resource,
  name: string,
  patch: unknown,
  subresource?: 'status',
): Promise<T> {
  const { body } = await transport.request({
    verb: 'PATCH',
    path: objectPath(resource, namespace, name, subresource),
    contentType: patchContentType.merge,
    body: patch,
  });
  return body as T;
}

/** Patches the status subresource, or the object itself where the CRD has none (404). */
export async function patchStatus<T extends KubernetesObject>(
  cluster: Cluster,
  resource: Resource,
  name: string,
  patch: unknown,
): Promise<T> {
  try {
    return await mergePatch<T>(cluster, resource, name, patch, 'status');
  } catch (error) {
    if (!isNotFound(error)) throw error;
    return mergePatch<T>(cluster, resource, name, patch);
  }
}

export function isNotFound(error: unknown): boolean {
  return error instanceof KubeError && error.status === 404;
}

export function isConflict(error: unknown): boolean {
  return error instanceof KubeError && error.status === 409;
}

/** Adds to each request what the command line asked for. Watches have no deadline. */
class CommandTransport implements Transport {
  readonly #inner: Transport;
  readonly #io: CliIo;
  readonly #timeoutMs: number;
  readonly #verbosity: number;

  constructor(inner: Transport, io: CliIo, timeoutMs: number, verbosity: number) {
    this.#inner = inner;
    this.#io = io;
    this.#timeoutMs = timeoutMs;
    this.#verbosity = verbosity;
  }

  async request(request: KubeRequest) {
    const startedAt = this.#io.clock.now();
    try {
      const response = await this.#inner.request(this.#limited(request));
      this.#tell(request, `${response.status}`, startedAt, response.body);
      return response;
    } catch (error) {
      const said = error instanceof KubeError ? `${error.status} ${error.reason}` : 'failed';
      this.#tell(request, said, startedAt, error instanceof Error ? error.message : error);
      throw error;
    }
  }

  watch(...[request, sink]: Parameters<Transport['watch']>) {
    this.#tell(request, 'watch', this.#io.clock.now(), undefined);
    return this.#inner.watch(request, sink);
  }

  close(): void {
    this.#inner.close();
  }

  #limited(request: KubeRequest): KubeRequest {
    const { signal } = this.#io;
    return {
      ...request,
      ...(this.#timeoutMs > 0 ? { deadlineMs: this.#timeoutMs } : {}),
      ...(signal && !request.signal ? { signal } : {}),
    };
  }

  /** Headers are never told, so no token is. */
  #tell(request: KubeRequest, outcome: string, startedAt: number, answer: unknown): void {
    if (this.#verbosity < 6) return;
    const query = new URLSearchParams();
    for (const [key, value] of Object.entries(request.query ?? {})) if (value !== undefined) query.set(key, `${value}`);
    const url = query.size > 0 ? `${request.path}?${query}` : request.path;
    const line = `${request.verb} ${url} ${outcome} in ${this.#io.clock.now() - startedAt} milliseconds\n`;
    const bodies = [
      ...(request.body === undefined ? [] : [`Request Body: ${JSON.stringify(request.body)}\n`]),
      ...(answer === undefined ? [] : [`Response Body: ${JSON.stringify(answer)}\n`]),
    ];
    this.#io.stderr.write(this.#verbosity >= 8 ? line + bodies.join('') : line);
  }
}
