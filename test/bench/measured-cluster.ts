// A cluster in this process with the real controller beside it: the published bundle, in a process of its own, over TLS
// on loopback, by the real clock. Every request of the controller passes here and is counted.

import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Transport } from '../../controller/kubernetes/transport.ts';
import { startApiServerFront } from '../../sandbox/apiserver/http.ts';
import { parseResourcePath } from '../../sandbox/apiserver/request-path.ts';
import type { ApiServer } from '../../sandbox/apiserver/types.ts';
import { realClock } from '../../sandbox/clock.ts';
import { type Cluster, createCluster } from '../../sandbox/cluster.ts';
import { seededRandom } from '../../sandbox/random.ts';
import { controllerNodeFlags } from '../../scripts/build.ts';
import { endProgram, freePort, startProgram } from '../e2e/cluster.ts';
import { builtProgram } from './built-program.ts';

export interface CountedRequest {
  readonly at: number;
  readonly method: string;
  /** Plural, with the subresource: `rollouts/status`. */
  readonly resource: string;
  readonly name: string;
}

export interface Usage {
  readonly cpuSeconds: number;
  readonly residentMiB: number;
  readonly peakMiB: number;
}

export interface MeasuredCluster {
  readonly cluster: Cluster;
  /** The administrator's way, in memory; not counted. */
  readonly transport: Transport;
  /** What the controller asked for since the last call, watches and its lease left out. */
  takeRequests(): readonly CountedRequest[];
  startController(flags?: readonly string[]): Promise<void>;
  stopController(): Promise<void>;
  usage(): Usage;
  stop(): Promise<void>;
}

export async function openMeasuredCluster(options: { readonly startDelayMs: number }): Promise<MeasuredCluster> {
  const clock = realClock();
  const cluster = createCluster({ clock, random: seededRandom(1), node: { startDelayMs: options.startDelayMs } });
  await cluster.start();
  let requests: CountedRequest[] = [];
  const { apiServer } = cluster;
  const counted: ApiServer = {
    ...apiServer,
    handle(request) {
      const found = understand(request.method, request.path);
      const isWatch = typeof request.query === 'string' && request.query.includes('watch=true');
      if (found !== undefined && found.resource !== 'leases' && !isWatch) requests.push(found);
      return apiServer.handle(request);
    },
  };
  const front = await startApiServerFront(counted);
  const home = mkdtempSync(join(tmpdir(), 'slipway-bench-'));
  const kubeconfig = join(home, 'kubeconfig');
  front.writeKubeconfig(kubeconfig);
  const program = await builtProgram('slipway-controller.js');
  let controller: ChildProcess | undefined;
  return {
    cluster,
    transport: cluster.transport() as unknown as Transport,
    takeRequests() {
      const taken = requests;
      requests = [];
      return taken;
    },
    async startController(flags = []) {
      const ports = [`--metricsPort=${await freePort()}`, `--healthzPort=${await freePort()}`];
      const args = [`--kubeconfig=${kubeconfig}`, ...ports, ...flags];
      const started = startProgram(program, args, process.env, controllerNodeFlags);
      controller = started.process;
      await started.printed(/Started controllers/);
    },
    async stopController() {
      if (controller !== undefined) await endProgram(controller);
    },
    usage: () => usageOf(controller?.pid),
    async stop() {
      if (controller !== undefined) await endProgram(controller);
      await front.close();
      await cluster.stop();
      rmSync(home, { recursive: true, force: true });
    },
  };
}

function understand(method: string, requestPath: string): CountedRequest | undefined {
  const path = parseResourcePath(requestPath);
  if (path === undefined) return undefined;
  const { plural, subresource, name = '' } = path;
  const resource = subresource === undefined ? plural : `${plural}/${subresource}`;
  return { at: performance.now(), method, resource, name };
}

/** Linux only: elsewhere every figure is NaN. */
function usageOf(pid: number | undefined): Usage {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const [user = '', system = ''] = stat
      .slice(stat.lastIndexOf(')') + 2)
      .split(' ')
      .slice(11, 13);
    const kib = (name: string) => Number(new RegExp(`${name}:\\s+(\\d+) kB`).exec(status)?.[1]) / 1024;
    const ticksPerSecond = 100;
    const cpuSeconds = (Number(user) + Number(system)) / ticksPerSecond;
    return { cpuSeconds, residentMiB: kib('VmRSS'), peakMiB: kib('VmHWM') };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    return { cpuSeconds: Number.NaN, residentMiB: Number.NaN, peakMiB: Number.NaN };
  }
}
