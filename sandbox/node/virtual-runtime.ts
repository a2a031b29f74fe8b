// Pods in memory: nothing listens, nothing is waited for. `send` is how the proxy and the load reach them under the
// virtual clock.

import type { Random } from '../../controller/lang/time.ts';
import { anyPort, makeProgram, type Program } from './catalogue.ts';
import { commandOf } from './local-command.ts';
import type { ProbeAction, ProbeAnswer } from './probe.ts';
import { httpVerdict, probeUserAgent, refusedAt, tooLateAt } from './probe-verdict.ts';
import type { PodApp, PodRequest, PodResponse, PodRuntime } from './runtime.ts';

export interface VirtualRuntime extends PodRuntime {
  /** Undefined when nothing listens there: a refused connection. */
  send(podIP: string, port: number, request: PodRequest): PodResponse | undefined;
  listens(podIP: string, port: number): boolean;
}

interface Listener {
  readonly app: PodApp;
  readonly program: Program;
  readonly log: (line: string) => void;
}

export function createVirtualRuntime(options: { readonly random: Random }): VirtualRuntime {
  const listening = new Map<string, Listener>();
  const listenerAt: Find = (podIP, port) => listening.get(`${podIP}:${port}`) ?? listening.get(`${podIP}:${anyPort}`);
  return {
    async start(pod, context) {
      if (commandOf(pod) !== undefined) throw new Error('local commands need the real clock');
      const own: string[] = [];
      for (const container of pod.spec.containers) {
        const program = makeProgram(pod, container, context.script, options.random);
        if (program.banner !== undefined) context.log(container.name, program.banner);
        for (const port of program.ports) {
          const key = `${context.podIP}:${port}`;
          if (own.includes(key)) continue; // the first container has taken it
          own.push(key);
          listening.set(key, { app: program.app, program, log: (line) => context.log(container.name, line) });
        }
      }
      return {
        drain() {},
        probe: (_container, action, timeoutMs) => probe(listenerAt, context.podIP, action, timeoutMs),
        async stop() {
          for (const key of own) listening.delete(key);
        },
      };
    },
    address: () => undefined,
    listens: (podIP, port) => listenerAt(podIP, port) !== undefined,
    send(podIP, port, request) {
      const target = listenerAt(podIP, port);
      if (target === undefined) return undefined;
      const response = target.app(request);
      target.log(`${request.method} ${request.path} ${response.status}`);
      return response;
    },
  };
}

type Find = (podIP: string, port: number) => Listener | undefined;

function probe(listenerAt: Find, podIP: string, action: ProbeAction, timeoutMs: number): ProbeAnswer {
  if (action.kind === 'exec') return { ok: true, message: '' };
  const steadyUntil = Number.POSITIVE_INFINITY;
  const target = listenerAt(podIP, action.port);
  if (target === undefined) return { ...refusedAt(podIP, action), steadyUntil };
  if (action.kind !== 'http') return { ok: true, message: '', steadyUntil };
  const { path } = action;
  const { status, latencyMs } = target.app({ method: 'GET', path, headers: { ...probeUserAgent, ...action.headers } });
  const answer =
    latencyMs >= timeoutMs
      ? { ...tooLateAt(podIP, action), tookMs: timeoutMs }
      : { ...httpVerdict(status), tookMs: latencyMs };
  return target.program.isSteady(path) ? { ...answer, steadyUntil } : answer;
}
