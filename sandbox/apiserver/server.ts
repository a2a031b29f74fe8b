// The API server without sockets: `handle` takes a request and answers it; http.ts puts sockets in front of it, and
// in-memory-transport.ts lets code of this process talk to it. Start reading here.

import { sleep } from '../../controller/lang/time.ts';
import { authorizePath } from './authorize.ts';
import { bootstrap, bootstrapRights, standardNamespaces } from './bootstrap.ts';
import type { Machinery } from './call.ts';
import { serveDefinitions } from './crd/life.ts';
import { createDiscovery } from './discovery/discover.ts';
import { dispatch, type Serving } from './dispatch.ts';
import { createFaults, type Fault } from './faults.ts';
import { inMemoryTransport } from './in-memory-transport.ts';
import { createKindRegistry } from './kinds/registry.ts';
import { pageNotFound } from './non-resource.ts';
import { Refusal } from './refusals.ts';
import { parseResourcePath } from './request-path.ts';
import { administrator, openAccess } from './rights/access.ts';
import { aggregateClusterRoles } from './rights/aggregate.ts';
import { effectiveUser } from './rights/impersonate.ts';
import { rbacAccess } from './rights/rbac.ts';
import { createTokens } from './rights/tokens.ts';
import { MemoryStorage } from './storage.ts';
import { Ticker } from './ticker.ts';
import type { ApiRequest, ApiResponse, ApiServer, ApiServerOptions, FrameStream } from './types.ts';

export type { ApiServer, ApiServerOptions } from './types.ts';

/** What a client makes of a connection that nobody takes; its request was not done. */
const unreachable: ApiResponse = { status: 0, headers: {}, body: 'connect: connection refused' };

export function createApiServer(options: ApiServerOptions): ApiServer {
  const { clock } = options;
  const storage = new MemoryStorage(options.historyLimit === undefined ? {} : { historyLimit: options.historyLimit });
  if (options.snapshot !== undefined) storage.restore(options.snapshot);
  const registry = options.registry ?? createKindRegistry();
  const discover = createDiscovery(registry);
  const definitions = serveDefinitions({ storage, registry, clock });
  const faults = createFaults();
  const openWatches = new Set<() => void>();
  let isDown = false;
  const machinery: Machinery = {
    storage,
    registry,
    clock,
    random: options.random,
    bookmarks: new Ticker(clock, options.bookmarkIntervalMs ?? 60_000),
    access: options.rbac === true ? rbacAccess(storage) : openAccess,
    tokens: createTokens({ storage, clock, random: options.random }),
    guardOwnerReferences: options.guardOwnerReferences === true,
    creationNotices: options.creationNotices ?? {},
    certificateAuthority: () => server.certificateAuthority,
  };

  function route(request: ApiRequest): ApiResponse | Promise<ApiResponse> {
    const { access } = machinery;
    const user = effectiveUser(request.user ?? administrator, request.headers ?? {}, access);
    const path = parseResourcePath(request.path);
    if (path !== undefined) {
      const serving: Serving = { machinery, openWatches, podLogs: server.podLogs };
      return dispatch(serving, request, path, user) ?? pageNotFound();
    }
    authorizePath(access, user, request.method, request.path);
    return discover(request) ?? pageNotFound();
  }

  function refused(problem: unknown): ApiResponse {
    if (problem instanceof Refusal) return refusalResponse(problem);
    options.onUnexpected?.(problem);
    const message = problem instanceof Error ? problem.message : String(problem);
    return refusalResponse(new Refusal(500, 'InternalError', `Internal error occurred: ${message}`));
  }

  function answerNow(request: ApiRequest): ApiResponse | Promise<ApiResponse> {
    try {
      const response = route(request);
      return response instanceof Promise ? response.catch(refused) : response;
    } catch (problem) {
      return refused(problem);
    }
  }

  const server: ApiServer = {
    storage,
    registry,
    faults,
    podLogs: options.podLogs,
    certificateAuthority: undefined,
    authenticate: (token) => machinery.tokens.authenticate(token),
    async handle(request) {
      if (isDown) return unreachable;
      const fault = faults.strike(request);
      if (fault === undefined) return answerNow(request);
      if (fault.kind === 'delay') await sleep(clock, fault.ms);
      if (fault.kind === 'hold') await fault.until();
      if (fault.kind === 'refuse') return refusalResponse(faultRefusal(fault));
      const response = await answerNow(request);
      if (fault.kind === 'lose-answer') return { status: 0, headers: {} };
      return response.stream === undefined ? response : { ...response, stream: faultyStream(response.stream, fault) };
    },
    transport: (user, transportOptions = {}) => inMemoryTransport(server, user, transportOptions),
    goDown() {
      isDown = true;
      for (const end of [...openWatches]) end();
    },
    comeUp() {
      storage.compact();
      isDown = false;
    },
    close() {
      definitions.stop();
      aggregation();
      for (const end of [...openWatches]) end();
    },
  };

  const writeNow = (request: ApiRequest): ApiResponse => answerNow(request) as ApiResponse;
  const aggregation = aggregateClusterRoles(storage, writeNow);
  bootstrap(writeNow, options.namespaces ?? standardNamespaces);
  if (options.builtInRights ?? options.rbac === true) bootstrapRights(writeNow);
  return server;
}

export function refusalResponse(refusal: Refusal): ApiResponse {
  const seconds = refusal.details?.retryAfterSeconds;
  return {
    status: refusal.code,
    headers: {
      'content-type': 'application/json',
      ...(seconds === undefined ? {} : { 'retry-after': String(seconds) }),
    },
    body: refusal.status(),
  };
}

function faultRefusal(fault: Fault & { kind: 'refuse' }): Refusal {
  const { status, reason, message, retryAfterSeconds } = fault;
  return new Refusal(
    status,
    reason,
    message ?? `a fault was asked for: ${status}`,
    retryAfterSeconds === undefined ? undefined : { retryAfterSeconds },
  );
}

function faultyStream(stream: FrameStream, fault: Fault): FrameStream {
  if (fault.kind !== 'drop-watch' && fault.kind !== 'lose-frame') return stream;
  return {
    start(sink) {
      let seen = 0;
      const handle = stream.start({
        frame(frame) {
          const index = seen++;
          if (fault.kind === 'lose-frame' && index === fault.frame) return;
          if (fault.kind === 'drop-watch' && index >= fault.afterFrames) return;
          sink.frame(frame);
          if (fault.kind !== 'drop-watch' || seen < fault.afterFrames) return;
          handle.cancel();
          sink.end();
        },
        end: () => sink.end(),
      });
      return handle;
    },
  };
}
