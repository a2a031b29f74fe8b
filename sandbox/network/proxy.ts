// The reverse proxy in front of the sandbox's pods: plain HTTP/1.1 on loopback, one upstream request per request. It
// answers as a load balancer does: 400 for what is no request, 404 without a route, 503 without a target, 502 when the
// pod fails to answer. Nothing that a client or a pod sends may end it.

import { Agent, createServer, type IncomingMessage, type Server, ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Clock } from '../../controller/lang/time.ts';
import { forward, refuse, type Upgrade } from './forward.ts';
import type { ProxyMetrics } from './metrics.ts';
import type { Network } from './network.ts';
import { readRequestTarget } from './request-target.ts';

/** Where a pod's virtual address is really served: `undefined` when nothing listens there (any more). */
export type AddressBook = (podIP: string, port: number) => { readonly host: string; readonly port: number } | undefined;

export interface ProxyOptions {
  readonly network: Network;
  readonly addresses: AddressBook;
  readonly clock: Clock;
  readonly metrics?: ProxyMetrics;
  /** What the proxy answers by itself, as JSON, for this path; undefined: the path is a pod's. */
  readonly own?: (path: string) => object | undefined;
  /** Told of every request that is sent to a pod. */
  readonly onForward?: (namespace: string, pod: string) => void;
  /** 0 takes a free port. */
  readonly port?: number;
  /** A pod that sends nothing for this long is given up with 504. Default 30 s. */
  readonly upstreamTimeoutMs?: number;
}

export interface ReverseProxy {
  readonly port: number;
  readonly url: string;
  /** Finishes the requests in flight (for at most a second) and closes. */
  close(): Promise<void>;
}

export async function startProxy(options: ProxyOptions): Promise<ReverseProxy> {
  const agent = new Agent({ keepAlive: true, maxSockets: Number.POSITIVE_INFINITY });
  const tunnels = new Set<Duplex>();
  const server = createServer((request, response) => serve(options, agent, request, response));
  server.on('upgrade', (request, socket, head) => serveUpgrade(options, agent, tunnels, request, socket, head));
  server.keepAliveTimeout = 60_000;
  await listen(server, options.port ?? 0);
  const { port } = server.address() as AddressInfo;
  return {
    port,
    url: `http://localhost:${port}`,
    close: () =>
      new Promise((resolve) => {
        for (const socket of tunnels) socket.destroy();
        const force = setTimeout(() => server.closeAllConnections(), 1000);
        server.close(() => {
          clearTimeout(force);
          agent.destroy();
          resolve();
        });
        server.closeIdleConnections();
      }),
  };
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      reject(
        error.code === 'EADDRINUSE'
          ? new Error(`port ${port} is taken: choose another one for the proxy (--port N)`)
          : error,
      );
    });
    server.listen(port, '127.0.0.1', () => resolve());
  });
}

function serve(
  options: ProxyOptions,
  agent: Agent,
  request: IncomingMessage,
  response: ServerResponse,
  upgrade?: Upgrade,
): void {
  const target = readRequestTarget(request.url ?? '/', request.headers.host);
  if (target === undefined) return refuse(response, 400, `no path is asked for: ${request.method} ${request.url}`);
  const { host, path, pathAndQuery } = target;
  const own = options.own?.(path);
  if (own !== undefined) {
    response.writeHead(200, { 'content-type': 'application/json', 'cache-control': 'no-store' });
    return void response.end(JSON.stringify(own));
  }
  const decision = options.network.decide({ host, path, headers: request.headers });
  count(options, decision.service, response);
  if (decision.to === undefined) return refuse(response, decision.status, decision.why);
  const address = options.addresses(decision.to.podIP, decision.to.port);
  if (address === undefined) {
    return refuse(response, 502, `nothing listens on ${decision.to.podIP}:${decision.to.port}`);
  }
  if (decision.to.podName !== undefined) options.onForward?.(decision.namespace, decision.to.podName);
  const timeoutMs = options.upstreamTimeoutMs ?? 30_000;
  const { service, to } = decision;
  const call = { agent, request, response, service, pod: to.podName, target: pathAndQuery, address, timeoutMs };
  forward(call, upgrade);
}

/** One record for each request, when its answer is over. */
function count({ clock, metrics }: ProxyOptions, service: string, response: ServerResponse): void {
  const startedAt = clock.now();
  response.on('close', () => {
    const code = response.headersSent ? response.statusCode : 0;
    metrics?.record({ service, code, seconds: (clock.now() - startedAt) / 1000 });
  });
}

/** A client that asks for another protocol gets an answer on its bare socket, or a tunnel to the pod. */
function serveUpgrade(
  options: ProxyOptions,
  agent: Agent,
  tunnels: Set<Duplex>,
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
): void {
  const startedAt = options.clock.now();
  // The server has let go of it: what goes wrong with it, and its end, are ours.
  socket.on('error', () => socket.destroy());
  keep(tunnels, socket);
  const response = new ServerResponse(request);
  response.assignSocket(socket as Socket);
  response.shouldKeepAlive = false;
  response.on('finish', () => socket.end());
  serve(options, agent, request, response, {
    socket,
    head,
    begun(service, sides) {
      options.metrics?.record({ service, code: 101, seconds: (options.clock.now() - startedAt) / 1000 });
      for (const side of sides) keep(tunnels, side);
    },
  });
}

function keep(tunnels: Set<Duplex>, side: Duplex): void {
  tunnels.add(side);
  side.on('close', () => tunnels.delete(side));
}
