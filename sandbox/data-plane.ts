// What stands between clients and pods in `npm start`: the proxy, what it obeys, and the Prometheus that records what it
// does.

import type { Cleanup } from './cleanup.ts';
import type { Cluster } from './cluster.ts';
import { followRollouts } from './live.ts';
import { createKubeClient } from './machinery/client.ts';
import { Informers } from './machinery/informers.ts';
import { followNetwork } from './network/follow.ts';
import { makeProxyMetrics } from './network/metrics.ts';
import { Network } from './network/network.ts';
import { type ReverseProxy, startProxy } from './network/proxy.ts';
import type { StartOptions } from './options.ts';
import type { SandboxPrometheus } from './prometheus/server.ts';
import { systemRandom } from './random.ts';

const preferredProxyPort = 30080;

export interface DataPlane {
  readonly network: Network;
  readonly proxy: ReverseProxy;
  /** What the network follows, and what the screen shows. */
  readonly informers: Informers;
  readonly prometheus: SandboxPrometheus;
}

/** `own`: what the proxy answers by itself, by path. */
export async function startDataPlane(
  options: Pick<StartOptions, 'port' | 'propagationDelayMs'>,
  cluster: Cluster,
  own: (path: string) => object | undefined,
  cleanup: Cleanup,
): Promise<DataPlane> {
  const { clock } = cluster;
  const network = new Network({ clock, random: systemRandom(), propagationDelayMs: options.propagationDelayMs });
  const informers = new Informers({
    client: createKubeClient(cluster.transport('system:kube-proxy'), 'sandbox-proxy'),
    clock,
    report: () => undefined,
  });
  followNetwork(informers, network, clock);
  followRollouts(informers);
  await informers.start();
  cleanup.add(() => informers.stop());
  const metrics = makeProxyMetrics();
  const proxyOptions = {
    network,
    clock,
    metrics,
    own,
    onForward: (namespace: string, pod: string) => cluster.meter.record(namespace, pod),
    addresses: (podIP: string, port: number) => cluster.runtime.address(podIP, port),
  };
  const proxy = await startProxyOn(options.port, proxyOptions);
  cleanup.add(() => proxy.close());
  const { startSandboxPrometheus } = await import('./prometheus/server.ts');
  const prometheus = await startSandboxPrometheus({ clock, metrics: metrics.text, labels: { job: 'proxy' } });
  cleanup.add(() => prometheus.stop());
  // The controller of this process, and whoever is started from it, asks it where a metric names no address.
  process.env.ARGO_ROLLOUTS_PROMETHEUS_ADDRESS ??= prometheus.address;
  return { network, proxy, informers, prometheus };
}

/** A port that was asked for must be had; the usual one may be another sandbox's. */
async function startProxyOn(
  port: number | undefined,
  options: Parameters<typeof startProxy>[0],
): Promise<ReverseProxy> {
  if (port !== undefined) return startProxy({ ...options, port });
  try {
    return await startProxy({ ...options, port: preferredProxyPort });
  } catch {
    return startProxy({ ...options, port: 0 });
  }
}
