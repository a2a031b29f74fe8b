// Pods that really listen: one HTTP server per container on a free loopback port. Pod addresses stay virtual; a table
// says where podIP:port is served (there is no second loopback address on macOS, and every pod wants 8080).

import { createServer, request as httpRequest, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import type { Pod } from '../../controller/api/kubernetes-types.ts';
import type { Clock, Random } from '../../controller/lang/time.ts';
import { portsOf } from '../machinery/ports.ts';
import { anyPort, makeProgram, type Program } from './catalogue.ts';
import { commandOf, type LocalProcess, startLocalCommand } from './local-command.ts';
import { type ProbeAction, type ProbeAnswer, probePorts } from './probe.ts';
import { httpVerdict, probeUserAgent, refusedAt, tooLateAt } from './probe-verdict.ts';
import type { PodContext, PodProcess, PodResponse, PodRuntime } from './runtime.ts';

/** Requests in flight get this long after the end of the grace period. */
const lastRequestsMs = 1000;

export interface HttpRuntimeOptions {
  readonly random: Random;
  readonly clock: Clock;
  /** Whether pods may name a command to run on this machine (local-command.ts). Default false. */
  readonly allowLocalCommands?: boolean;
}

interface Address {
  readonly host: string;
  readonly port: number;
}

export function createHttpRuntime(options: HttpRuntimeOptions): PodRuntime {
  const { random, clock } = options;
  const addresses = new Map<string, Address>();
  const addressOf = (podIP: string, port: number): Address | undefined =>
    addresses.get(`${podIP}:${port}`) ?? addresses.get(`${podIP}:${anyPort}`);
  const probeOf =
    ({ podIP }: PodContext): PodProcess['probe'] =>
    (_container, action, timeoutMs) =>
      action.kind === 'exec'
        ? { ok: true, message: '' }
        : probe(podIP, addressOf(podIP, action.port), action, timeoutMs);

  async function startLocal(pod: Pod, command: string, context: PodContext): Promise<PodProcess> {
    if (options.allowLocalCommands !== true) {
      throw new Error('the pod names a local command: start with --allow-local-commands to run it');
    }
    const container = pod.spec.containers[0]?.name ?? '';
    const local = await startLocalCommand(pod, command, {
      log: (line) => context.log(container, line),
      ended: (code) => context.ended(container, code),
    });
    const declared = pod.spec.containers.flatMap((one) => portsOf(one).map(({ containerPort }) => containerPort));
    const asked = declared.length > 0 ? [...declared, ...pod.spec.containers.flatMap(probePorts)] : [anyPort];
    const keys = asked.map((port) => `${context.podIP}:${port}`);
    for (const key of keys) addresses.set(key, { host: '127.0.0.1', port: local.port });
    return makeLocalProcess(local, probeOf(context), () => {
      for (const key of keys) addresses.delete(key);
    });
  }

  return {
    async start(pod, context) {
      const command = commandOf(pod);
      if (command !== undefined) return startLocal(pod, command, context);
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
        if (program.banner !== undefined) context.log(container.name, program.banner);
      }
      return makeProcess(servers, probeOf(context), () => {
        for (const key of own) addresses.delete(key);
      });
    },
    address: addressOf,
  };
}

interface ContainerServer {
  readonly server: Server;
  readonly port: number;
  draining: boolean;
}

function makeLocalProcess(local: LocalProcess, probeIt: PodProcess['probe'], unregister: () => void): PodProcess {
  return {
    drain() {},
    probe: probeIt,
    async stop(graceMs = 0) {
      await local.stop(graceMs);
      unregister();
    },
  };
}

function makeProcess(
  servers: readonly ContainerServer[],
  probeIt: PodProcess['probe'],
  unregister: () => void,
): PodProcess {
  function drain(): void {
    for (const server of servers) server.draining = true;
  }
  return {
    drain,
    probe: probeIt,
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
    const asker = request.headers['user-agent'];
    if (asker !== probeUserAgent['user-agent']) log(`${request.method} ${request.url} ${answer.status}`);
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

function probe(
  podIP: string,
  address: Address | undefined,
  action: Exclude<ProbeAction, { readonly kind: 'exec' }>,
  timeoutMs: number,
): Promise<ProbeAnswer> {
  if (address === undefined) return Promise.resolve(refusedAt(podIP, action));
  return action.kind === 'http'
    ? probeByHttp(podIP, address, action, timeoutMs)
    : probeByTcp(podIP, address, action, timeoutMs);
}

function probeByHttp(
  podIP: string,
  address: Address,
  action: Extract<ProbeAction, { readonly kind: 'http' }>,
  timeoutMs: number,
): Promise<ProbeAnswer> {
  const { path, headers } = action;
  return new Promise((resolve) => {
    const request = httpRequest(
      { ...address, path, agent: false, headers: { ...probeUserAgent, ...headers } },
      (response) => {
        response.resume();
        resolve(httpVerdict(response.statusCode ?? 0));
      },
    );
    const late = setTimeout(() => {
      resolve(tooLateAt(podIP, action));
      request.destroy();
    }, timeoutMs);
    request.on('error', () => resolve(refusedAt(podIP, action)));
    request.on('close', () => clearTimeout(late));
    request.end();
  });
}

function probeByTcp(
  podIP: string,
  address: Address,
  action: Exclude<ProbeAction, { readonly kind: 'exec' }>,
  timeoutMs: number,
): Promise<ProbeAnswer> {
  return new Promise((resolve) => {
    const socket = connect(address, () => {
      resolve({ ok: true, message: '' });
      socket.destroy();
    });
    socket.setTimeout(timeoutMs, () => {
      resolve(tooLateAt(podIP, action));
      socket.destroy();
    });
    socket.on('error', () => resolve(refusedAt(podIP, action)));
  });
}
