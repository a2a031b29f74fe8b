// Pods that really listen: one HTTP server per container on a free loopback port. Pod addresses stay virtual; a table
// says where podIP:port is served (there is no second loopback address on macOS, and every pod wants 8080).

import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Clock, Random } from '../../controller/lang/time.ts';
import { makeProgram, type Program } from './catalogue.ts';
import type { PodProcess, PodResponse, PodRuntime } from './runtime.ts';

/** Requests in flight get this long after the end of the grace period. */
const lastRequestsMs = 1000;

export function createHttpRuntime(options: { readonly random: Random; readonly clock: Clock }): PodRuntime {
  const { random, clock } = options;
  const addresses = new Map<string, { readonly host: string; readonly port: number }>();
  return {
    async start(pod, context) {
      const own: string[] = [];
      const servers: ContainerServer[] = [];
      for (const container of pod.spec.containers) {
        const program = makeProgram(pod, container, context.script, random);
        const server = await serve(program, clock, (line) => context.log(container.name, line));
        servers.push(server);
        for (const port of program.ports) {
          const key = `${context.podIP}:${port}`;
          if (addresses.has(key)) continue; // containers of a pod share its address: the first has taken it
          own.push(key);
          addresses.set(key, { host: '127.0.0.1', port: server.port });
        }
        context.log(container.name, program.banner);
      }
      return makeProcess(servers, () => {
        for (const key of own) addresses.delete(key);
      });
    },
    address: (podIP, port) => addresses.get(`${podIP}:${port}`),
  };
}

interface ContainerServer {
  readonly server: Server;
  readonly port: number;
  draining: boolean;
}

function makeProcess(servers: readonly ContainerServer[], unregister: () => void): PodProcess {
  function drain(): void {
    for (const server of servers) server.draining = true;
  }
  return {
    drain,
    async stop() {
      unregister();
      drain();
      await Promise.all(servers.map(({ server }) => close(server)));
    },
  };
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    const force = setTimeout(() => server.closeAllConnections(), lastRequestsMs);
    server.close(() => {
      clearTimeout(force);
      resolve();
    });
    server.closeIdleConnections();
  });
}

function serve(program: Program, clock: Clock, log: (line: string) => void): Promise<ContainerServer> {
  const server = createServer((request, response) => {
    request.resume();
    const answer = program.app({
      method: request.method ?? 'GET',
      path: request.url ?? '/',
      headers: request.headers,
    });
    log(`${request.method} ${request.url} ${answer.status}`);
    if (answer.latencyMs > 0) clock.schedule(answer.latencyMs, () => send(response, answer, entry.draining));
    else send(response, answer, entry.draining);
  });
  // Clients (the proxy) keep connections open; only they or the end of the pod close them.
  server.keepAliveTimeout = 0;
  const entry = { server, port: 0, draining: false };
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      entry.port = (server.address() as AddressInfo).port;
      resolve(entry);
    });
  });
}

function send(response: ServerResponse, answer: PodResponse, draining: boolean): void {
  const headers: Record<string, string | number> = {
    ...answer.headers,
    'content-length': Buffer.byteLength(answer.body),
  };
  if (draining) headers.connection = 'close';
  response.writeHead(answer.status, headers).end(answer.body);
}
