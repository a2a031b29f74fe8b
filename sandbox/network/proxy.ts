// The reverse proxy in front of the sandbox's pods: plain HTTP/1.1 on loopback, one upstream request per request. It
// answers as a load balancer does: 404 without a route, 503 without a target, 502 when the pod fails to answer.

import {
  Agent,
  createServer,
  request as httpRequest,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Clock } from '../../controller/lang/time.ts';
import type { ProxyMetrics } from './metrics.ts';
import type { Decision, Network } from './network.ts';

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

/** Hop-by-hop headers are not forwarded (RFC 9110 §7.6.1). */
const hopByHop = [
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
];

export async function startProxy(options: ProxyOptions): Promise<ReverseProxy> {
  const agent = new Agent({ keepAlive: true, maxSockets: Number.POSITIVE_INFINITY });
  const server = createServer((request, response) => serve(options, agent, request, response));
  server.keepAliveTimeout = 60_000;
  await listen(server, options.port ?? 0);
  const { port } = server.address() as AddressInfo;
  return {
    port,
    url: `http://localhost:${port}`,
    close: () =>
      new Promise((resolve) => {
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
        error.code === 'EADDRINUSE' ? new Error(`port ${port} is taken: choose another one for the proxy`) : error,
      );
    });
    server.listen(port, '127.0.0.1', () => resolve());
  });
}

function serve(options: ProxyOptions, agent: Agent, request: IncomingMessage, response: ServerResponse): void {
  const startedAt = options.clock.now();
  const path = new URL(request.url ?? '/', 'http://proxy').pathname;
  const own = options.own?.(path);
  if (own !== undefined) {
    response.writeHead(200, { 'content-type': 'application/json', 'cache-control': 'no-store' });
    return void response.end(JSON.stringify(own));
  }
  const decision = options.network.decide({ host: request.headers.host ?? '', path, headers: request.headers });
  response.on('close', () => {
    options.metrics?.record({
      service: decision.service,
      code: response.headersSent ? response.statusCode : 0,
      seconds: (options.clock.now() - startedAt) / 1000,
    });
  });
  if (decision.to === undefined) return refuse(response, decision.status, decision.why);
  const address = options.addresses(decision.to.podIP, decision.to.port);
  if (address === undefined) {
    return refuse(response, 502, `nothing listens on ${decision.to.podIP}:${decision.to.port}`);
  }
  if (decision.to.podName !== undefined) options.onForward?.(decision.namespace, decision.to.podName);
  forward({ options, agent, request, response, decision, address, mayRetry: true });
}

interface Forwarding {
  readonly options: ProxyOptions;
  readonly agent: Agent;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly decision: Decision;
  readonly address: { readonly host: string; readonly port: number };
  readonly mayRetry: boolean;
}

function forward(call: Forwarding): void {
  const { options, agent, request, response, decision, address } = call;
  const upstream = httpRequest({
    agent,
    host: address.host,
    port: address.port,
    method: request.method,
    path: request.url,
    headers: forwardedHeaders(request),
    timeout: options.upstreamTimeoutMs ?? 30_000,
  });
  upstream.on('response', (answer) => {
    const headers = Object.fromEntries(Object.entries(answer.headers).filter(([name]) => !hopByHop.includes(name)));
    response.writeHead(answer.statusCode ?? 502, { ...headers, 'x-slipway-service': decision.service });
    answer.pipe(response);
    answer.on('error', () => response.destroy());
  });
  upstream.on('timeout', () => {
    refuse(response, 504, 'the pod did not answer in time');
    upstream.destroy();
  });
  upstream.on('error', (error: NodeJS.ErrnoException) => {
    // A kept-alive socket that the pod closed meanwhile tells nothing about the pod: once more on a fresh one.
    if (call.mayRetry && upstream.reusedSocket && error.code === 'ECONNRESET' && hasNoBody(request)) {
      return forward({ ...call, mayRetry: false });
    }
    refuse(response, 502, `the pod failed: ${error.code ?? error.message}`);
  });
  response.on('close', () => upstream.destroy());
  if (hasNoBody(request)) upstream.end();
  else request.pipe(upstream);
}

function forwardedHeaders(request: IncomingMessage): Record<string, string | string[] | undefined> {
  const kept = Object.fromEntries(Object.entries(request.headers).filter(([name]) => !hopByHop.includes(name)));
  return { ...kept, 'x-forwarded-for': request.socket.remoteAddress, 'x-forwarded-proto': 'http' };
}

function hasNoBody(request: IncomingMessage): boolean {
  return request.headers['content-length'] === undefined && request.headers['transfer-encoding'] === undefined;
}

function refuse(response: ServerResponse, status: number, why: string): void {
  if (response.headersSent || response.destroyed) return void response.destroy();
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8' });
  response.end(`${status} ${why}\n`);
}
