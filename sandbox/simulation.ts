// A whole world under the virtual clock: the embedded cluster, the controller as it runs on any cluster, and a
// Transport for whoever acts in it. The same seed gives the same trace, byte for byte (design law 8). The command line
// is passed in by those who may know it.

import { type AnalysisControllerOptions, createAnalysisController } from '../controller/analysis/controller.ts';
import type { ControllerScope, ControllerSettings } from '../controller/controller.ts';
import { createExperimentController, type ExperimentControllerHooks } from '../controller/experiment/controller.ts';
import { type Logger, silentLogger } from '../controller/kubernetes/log.ts';
import { KubeError, type Transport } from '../controller/kubernetes/transport.ts';
import { type EpochMillis, sleep } from '../controller/lang/time.ts';
import { type Manager, startManager } from '../controller/manager.ts';
import {
  createRolloutController,
  type RolloutController,
  type RolloutControllerHooks,
} from '../controller/rollout/controller.ts';
import { noMetrics } from '../controller/telemetry/metrics.ts';
import type { Snapshot } from './apiserver/storage.ts';
import { VirtualClock } from './clock.ts';
import { type Cluster, type ClusterOptions, createCluster } from './cluster.ts';
import { createFaultInjector, type FaultInjector } from './faults/injector.ts';
import { startTrace, type Trace } from './faults/trace.ts';
import { startVirtualLoad, type VirtualLoad } from './load/virtual-load.ts';
import { Informers } from './machinery/informers.ts';
import { followNetwork } from './network/follow.ts';
import { createMemoryProxy } from './network/memory-proxy.ts';
import { Network } from './network/network.ts';
import { createVirtualRuntime } from './node/virtual-runtime.ts';
import { startMemoryPrometheus } from './prometheus/memory.ts';
import { seededRandom } from './random.ts';

export interface SimulationOptions {
  /** Decides every random number of cluster and controller. Default 1. */
  readonly seed?: number;
  readonly startAt?: EpochMillis;
  readonly node?: ClusterOptions['node'];
  /** What an earlier cluster has left behind: the simulation goes on from there. */
  readonly snapshot?: Snapshot;
  /** Namespaces that exist from the start, besides the usual ones. */
  readonly namespaces?: readonly string[];
  readonly hooks?: RolloutControllerHooks;
  readonly experiments?: ExperimentControllerHooks;
  /** How runs reach what they measure. */
  readonly analysis?: AnalysisControllerOptions;
  /** Metrics that name no address ask a Prometheus in memory, which scrapes the proxy of `startTraffic`. */
  readonly prometheus?: boolean;
  readonly settings?: Partial<ControllerSettings>;
  /** What the controller looks after; everything without an instance id unless told. */
  readonly scope?: ControllerScope;
  readonly log?: Logger;
  /** Every version of every object and every fault is written down. */
  readonly trace?: boolean;
  /** The controller talks to the cluster through a fault injector. */
  readonly faulty?: boolean;
  /** Told of each fault and of each request that it hit. */
  readonly onFault?: (line: string) => void;
}

export interface TrafficOptions {
  readonly requestsPerSecond: number;
  readonly host: string;
  readonly path?: string;
  /** From a change of routes or endpoints to its effect. Default 0. */
  readonly propagationDelayMs?: number;
}

/** One controller process. */
interface ControllerProcess {
  readonly manager: Promise<Manager>;
  /** It is gone without a word: nothing that it asked for is answered any more. */
  die(): void;
}

export interface Simulation {
  readonly clock: VirtualClock;
  readonly cluster: Cluster;
  readonly controller: RolloutController;
  /** The administrator's way to the API server. */
  readonly transport: Transport;
  /** Only with `faulty`. */
  readonly faults: FaultInjector;
  /** Empty without `trace`. */
  readonly trace: Trace;
  /** A client behind the proxy in memory, from now on. */
  startTraffic(options: TrafficOptions): Promise<VirtualLoad>;
  /** Cluster and controller run; needs no time to pass. */
  start(): Promise<void>;
  /** The controller dies and another begins with nothing but what the cluster knows. */
  restartController(): Promise<void>;
  /** Nobody controls anything until it is started again. */
  stopController(): Promise<void>;
  startController(): Promise<void>;
  stop(): Promise<void>;
}

export const defaultSettings: ControllerSettings = {
  rolloutThreads: 10,
  experimentThreads: 10,
  analysisThreads: 30,
  resyncMs: 900_000,
  verifyRetryIntervalMs: 10_000,
  ephemeralMetadataThreads: 10,
  ephemeralMetadataPodRetries: 3,
  albIngressClasses: ['alb'],
  nginxIngressClasses: ['nginx'],
  verifiesTargetGroups: false,
  albResourceIdTags: [],
  targetGroupBindingApis: ['elbv2.k8s.aws/v1beta1', 'eks.amazonaws.com/v1'],
};

export function createSimulation(options: SimulationOptions = {}): Simulation {
  const { startAt } = options;
  const seed = options.seed ?? 1;
  const clock = new VirtualClock(startAt === undefined ? {} : { startAt });
  const random = seededRandom(seed);
  const log = options.log ?? silentLogger;
  const runtime = createVirtualRuntime({ random: seededRandom(Math.floor(random.next() * 2 ** 32)) });
  const cluster = createCluster({
    clock,
    random,
    runtime,
    ...(options.node === undefined ? {} : { node: options.node }),
    ...(options.snapshot === undefined ? {} : { apiServerOptions: { snapshot: options.snapshot } }),
  });
  const trace = options.trace === true ? startTrace(cluster.apiServer.storage, clock) : noTrace;
  const transport = kubeTransport(cluster.transport());
  let active: ControllerProcess | undefined;
  let second: ControllerProcess | undefined;
  let controller: RolloutController | undefined;
  let networkInformers: Informers | undefined;
  const prometheus = options.prometheus === true ? startMemoryPrometheus(clock) : undefined;
  const faults = createFaultInjector({
    clock,
    log: (line) => {
      trace.note(line);
      options.onFault?.(line);
    },
    server: cluster.apiServer,
    killed: () => {
      active?.die();
      active = startProcess();
    },
    secondLeader: {
      start() {
        second = startProcess();
      },
      end() {
        second?.die();
        second = undefined;
      },
    },
  });

  function startProcess(): ControllerProcess {
    const connection = options.faulty === true ? faults.connect(cluster.transport()) : undefined;
    let isDead = false;
    const start = () =>
      startManager({
        transport: kubeTransport(connection ?? cluster.transport()),
        clock: connection === undefined ? clock : faults.clock,
        random,
        log,
        metrics: noMetrics,
        options: {
          scope: options.scope ?? { namespace: undefined, instanceId: '' },
          settings: { ...defaultSettings, ...options.settings },
          namespace: 'argo-rollouts',
        },
        createControllers: (context) => {
          controller = createRolloutController(context, options.hooks);
          return [
            controller,
            createExperimentController(context, controller.caches, options.experiments),
            createAnalysisController(context, { ...prometheus?.analysis, ...options.analysis }),
          ];
        },
      });
    /** A process that cannot start ends, and is started again, as a Deployment would. */
    const startAgain = async (problem: unknown): Promise<Manager> => {
      if (options.faulty !== true) throw problem;
      trace.note(`the controller cannot start: ${problem instanceof Error ? problem.message : problem}`);
      await sleep(clock, startAgainMs);
      return isDead ? never() : start().catch(startAgain);
    };
    const manager = start().catch(startAgain);
    return {
      manager,
      die() {
        isDead = true;
        connection?.sever();
        // Its timers are cleared; it can write nothing more.
        manager.then(
          (process) => process.stop(),
          () => undefined,
        );
      },
    };
  }

  async function startController(): Promise<void> {
    active = startProcess();
    await (await active.manager).leading();
  }

  async function stopController(): Promise<void> {
    await (await active?.manager)?.stop();
  }

  return {
    clock,
    cluster,
    transport,
    faults,
    trace,
    get controller() {
      if (!controller) throw new Error('the simulation has not started');
      return controller;
    },
    async start() {
      await whileRunning(clock, cluster.start());
      for (const name of options.namespaces ?? []) await makeNamespace(clock, transport, name);
      await whileRunning(clock, startController());
    },
    async startTraffic({ requestsPerSecond, host, path = '/', propagationDelayMs = 0 }) {
      const network = new Network({ clock, random: seededRandom(`${seed}/network`), propagationDelayMs });
      const report = (problem: Error): void => trace.note(`network: ${problem.message}`);
      networkInformers = new Informers({ client: cluster.client, clock, report });
      followNetwork(networkInformers, network, clock);
      await whileRunning(clock, networkInformers.start());
      await clock.runFor(propagationDelayMs);
      return startVirtualLoad({
        clock,
        proxy: createMemoryProxy({
          ...prometheus?.proxy,
          network,
          runtime,
          clock,
          onForward: (namespace, pod) => cluster.meter.record(namespace, pod),
        }),
        host,
        path,
        requestsPerSecond,
      });
    },
    stopController: () => whileRunning(clock, stopController()),
    startController: () => whileRunning(clock, startController()),
    async restartController() {
      await whileRunning(clock, stopController());
      await whileRunning(clock, startController());
    },
    async stop() {
      second?.die();
      await whileRunning(clock, stopController());
      networkInformers?.stop();
      prometheus?.stop();
      transport.close();
      await whileRunning(clock, cluster.stop());
    },
  };
}

const startAgainMs = 5000;
/** One promise for each who waits: a shared one would hold on to all of them for ever. */
const never = (): Promise<never> => new Promise(() => undefined);
const noTrace: Trace = { lines: [], note: () => undefined };

/** Lets timers of this instant run until the work is done. */
export async function whileRunning<T>(clock: VirtualClock, work: Promise<T>): Promise<T> {
  let isDone = false;
  const settled = work.finally(() => {
    isDone = true;
  });
  settled.catch(() => undefined); // awaited below
  await clock.runUntil(() => isDone, { what: 'the work of the simulation' });
  return settled;
}

async function makeNamespace(clock: VirtualClock, transport: Transport, name: string): Promise<void> {
  const body = { apiVersion: 'v1', kind: 'Namespace', metadata: { name } };
  await whileRunning(clock, transport.request({ verb: 'POST', path: '/api/v1/namespaces', body }));
}

/** The sandbox's refusals have the fields of a KubeError, but know nothing of it. */
export function kubeTransport(inMemory: ReturnType<Cluster['transport']>): Transport {
  return {
    async request(request) {
      try {
        return await inMemory.request(request);
      } catch (refusal) {
        throw asKubeError(refusal);
      }
    },
    watch(request, sink) {
      return inMemory.watch(request, {
        ...(sink.opened === undefined ? {} : { opened: () => sink.opened?.() }),
        frame: (frame) => sink.frame(frame),
        closed: (problem) => sink.closed(problem === undefined ? undefined : asKubeError(problem)),
      });
    },
    close: () => inMemory.close(),
  };
}

type RefusalFields = ConstructorParameters<typeof KubeError>[0];

function asKubeError(refusal: unknown): Error {
  if (!(refusal instanceof Error)) return new Error(String(refusal));
  if (refusal instanceof KubeError || !('status' in refusal)) return refusal;
  const { status, reason, message, details, retryAfterMs, maybeApplied } = refusal as Error & RefusalFields;
  return new KubeError({
    status,
    reason,
    message,
    ...(details === undefined ? {} : { details }),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    ...(maybeApplied === undefined ? {} : { maybeApplied }),
  });
}
