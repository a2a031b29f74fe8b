// The proxy under the virtual clock: the same decisions as proxy.ts, but pods are called in memory. A request that is
// under way when its pod ends is lost, as on a real network; one on a draining pod is finished.

import type { Clock } from '../../controller/lang/time.ts';
import type { PodResponse } from '../node/runtime.ts';
import type { VirtualRuntime } from '../node/virtual-runtime.ts';
import type { ProxyMetrics } from './metrics.ts';
import type { Network } from './network.ts';
import type { RequestHead } from './routes.ts';

export interface MemoryProxyOptions {
  readonly network: Network;
  readonly runtime: VirtualRuntime;
  readonly clock: Clock;
  readonly metrics?: ProxyMetrics;
  /** Told of every request that is sent to a pod. */
  readonly onForward?: (namespace: string, pod: string) => void;
}

export interface ProxiedAnswer {
  readonly status: number;
  /** Undefined when no pod answered. */
  readonly headers: PodResponse['headers'] | undefined;
  readonly service: string;
  /** Where no pod answered: why. */
  readonly why?: string;
}

export interface MemoryProxy {
  /** `done` is called once: at once where nothing answers, else when the pod's answer has come. */
  send(request: RequestHead, done: (answer: ProxiedAnswer) => void): void;
}

export function createMemoryProxy(options: MemoryProxyOptions): MemoryProxy {
  const { network, runtime, clock, metrics, onForward } = options;
  return {
    send(request, done) {
      const startedAt = clock.now();
      const answer = (given: ProxiedAnswer): void => {
        metrics?.record({ service: given.service, code: given.status, seconds: (clock.now() - startedAt) / 1000 });
        done(given);
      };
      const decision = network.decide(request);
      const { service, to } = decision;
      if (to === undefined) return answer({ status: decision.status, headers: undefined, service, why: decision.why });
      const { podIP, port, podName } = to;
      const response = runtime.send(podIP, port, { method: 'GET', ...request });
      if (response === undefined) {
        return answer({
          status: 502,
          headers: undefined,
          service,
          why: `nothing listens on ${podIP}:${port} (${podName})`,
        });
      }
      if (podName !== undefined) onForward?.(decision.namespace, podName);
      const { status, headers, latencyMs } = response;
      if (latencyMs === 0) return answer({ status, headers, service });
      clock.schedule(latencyMs, () => {
        if (runtime.listens(podIP, port)) return answer({ status, headers, service });
        answer({ status: 502, headers: undefined, service, why: `${podName} ended before it answered` });
      });
    },
  };
}
