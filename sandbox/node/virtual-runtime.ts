// Pods in memory: nothing listens, nothing is waited for. `send` is how the proxy and the load reach them under the
// virtual clock.

import type { Random } from '../../controller/lang/time.ts';
import { makeProgram } from './catalogue.ts';
import type { PodApp, PodRequest, PodResponse, PodRuntime } from './runtime.ts';

export interface VirtualRuntime extends PodRuntime {
  /** Undefined when nothing listens there: a refused connection. */
  send(podIP: string, port: number, request: PodRequest): PodResponse | undefined;
  listens(podIP: string, port: number): boolean;
}

export function createVirtualRuntime(options: { readonly random: Random }): VirtualRuntime {
  const listening = new Map<string, { readonly app: PodApp; readonly log: (line: string) => void }>();
  return {
    async start(pod, context) {
      const own: string[] = [];
      for (const container of pod.spec.containers) {
        const program = makeProgram(pod, container, context.script, options.random);
        context.log(container.name, program.banner);
        for (const port of program.ports) {
          const key = `${context.podIP}:${port}`;
          if (own.includes(key)) continue; // the first container has taken it
          own.push(key);
          listening.set(key, { app: program.app, log: (line) => context.log(container.name, line) });
        }
      }
      return {
        drain() {},
        async stop() {
          for (const key of own) listening.delete(key);
        },
      };
    },
    address: () => undefined,
    listens: (podIP, port) => listening.has(`${podIP}:${port}`),
    send(podIP, port, request) {
      const target = listening.get(`${podIP}:${port}`);
      if (target === undefined) return undefined;
      const response = target.app(request);
      target.log(`${request.method} ${request.path} ${response.status}`);
      return response;
    },
  };
}
