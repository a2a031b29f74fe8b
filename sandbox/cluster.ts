// The embedded cluster as one thing: API server, built-in controllers, scheduler, nodes, the namespaces and the five CRDs. Used
// by `npm start`, by the simulation and by tests; whoever talks to it uses a Transport and cannot tell it from a real
// cluster. Nothing here knows of rollouts but the CRDs.

import { readFileSync } from 'node:fs';
import type { KubernetesObject, Pod } from '../controller/api/kubernetes-types.ts';
import type { Clock, Random } from '../controller/lang/time.ts';
import { parseYaml } from '../controller/lang/yaml.ts';
import { createApiServer } from './apiserver/server.ts';
import type { Snapshot } from './apiserver/storage.ts';
import type { ApiServer, ApiServerOptions, ApiUser, InMemoryTransport, TransportOptions } from './apiserver/types.ts';
import { createAutoscalerController } from './controllers/autoscaler.ts';
import type { Controller, ControllerContext } from './controllers/controller.ts';
import { createCronJobController } from './controllers/cron-job.ts';
import { createDaemonSetController } from './controllers/daemon-set.ts';
import { createDeploymentController } from './controllers/deployment.ts';
import { createDisruptionController } from './controllers/disruption-budgets.ts';
import { createEndpointSliceController } from './controllers/endpoint-slices.ts';
import { createGarbageCollector } from './controllers/garbage-collector.ts';
import { createJobController } from './controllers/job.ts';
import { createNamespaceController } from './controllers/namespaces.ts';
import { createNodeLifecycleController } from './controllers/node-lifecycle.ts';
import { createPodGarbageCollector } from './controllers/pod-gc.ts';
import { createReplicaSetController } from './controllers/replica-set.ts';
import { createResourceQuotaController } from './controllers/resource-quotas.ts';
import { createRootCertificatePublisher } from './controllers/root-certificate.ts';
import { createServedResources } from './controllers/served-resources.ts';
import { createStatefulSetController } from './controllers/stateful-set.ts';
import { createTaintEvictionController } from './controllers/taint-eviction.ts';
import { createKubeClient, type KubeClient, type Requester, statusOf } from './machinery/client.ts';
import { createEventRecorder } from './machinery/events.ts';
import { Informers } from './machinery/informers.ts';
import { LoadMeter } from './machinery/load-meter.ts';
import { type ResourceName, resources } from './machinery/resources.ts';
import { createHttpRuntime } from './node/http-runtime.ts';
import { followLossAnnotation } from './node/loss-annotation.ts';
import { createNode, type SandboxNode } from './node/node.ts';
import { ContainerLogs } from './node/pod-logs.ts';
import type { NodeTimes } from './node/pod-times.ts';
import type { PodRuntime } from './node/runtime.ts';
import type { PodScript } from './node/script.ts';
import { createVirtualRuntime } from './node/virtual-runtime.ts';
import { seededRandom } from './random.ts';
import { createScheduler } from './scheduler/scheduler.ts';

export interface ClusterOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly apiServerOptions?: Partial<Omit<ApiServerOptions, 'clock' | 'random'>>;
  readonly node?: Partial<NodeTimes> & {
    /** Of the first one; others get -2, -3 … behind it. Default `sandbox-node`. */
    readonly name?: string;
    /** How many there are, at least; those of a snapshot come back. Default 1. */
    readonly count?: number;
    readonly script?: (pod: Pod) => PodScript | undefined;
  };
  /** `virtual`: pods in memory (default). `real`: HTTP servers on loopback; needs the real clock. */
  readonly runtime?: 'virtual' | 'real' | PodRuntime;
  /** Whether pods may run commands on this machine (real runtime only). Default false. */
  readonly allowLocalCommands?: boolean;
  /** From a change of a pod to its EndpointSlices. Default 0. */
  readonly endpointDelayMs?: number;
  /** Told of what a controller or the node could not do and will try again. Default: kept in `problems`. */
  readonly report?: (problem: Error) => void;
}

export interface Cluster {
  readonly apiServer: ApiServer;
  readonly clock: Clock;
  /** The administrator's, for tests and for setting things up. */
  readonly client: KubeClient;
  /** The first of them. */
  readonly node: SandboxNode;
  readonly nodes: readonly SandboxNode[];
  readonly runtime: PodRuntime;
  /** What pods are asked: told by the proxy, or offered by a test; read by autoscalers. */
  readonly meter: LoadMeter;
  /** The last hundred problems of controllers and node. */
  readonly problems: readonly Error[];
  transport(user?: ApiUser | string, options?: TransportOptions): InMemoryTransport;
  /** Resolves when CRDs and controllers are there. Needs no time to pass. */
  start(): Promise<void>;
  stop(): Promise<void>;
  /** A fault: a node (default: the first) and all that runs on it fall silent. */
  loseNode(name?: string): Promise<void>;
  /** The node is back, with what ran on it. */
  recoverNode(name?: string): Promise<void>;
}

const crdNames = ['rollouts', 'experiments', 'analysistemplates', 'clusteranalysistemplates', 'analysisruns'];
const keptProblems = 100;
/** Of a kubelet; under the virtual clock it would only cost time. */
const heartbeatMs = 10_000;

export function createCluster(options: ClusterOptions): Cluster {
  const { clock, random } = options;
  const apiServer = createApiServer({ ...options.apiServerOptions, clock, random });
  const problems: Error[] = [];
  const report = (problem: Error): void => {
    if (stopped) return;
    problems.push(problem);
    if (problems.length > keptProblems) problems.shift();
    options.report?.(problem);
  };
  let stopped = false;

  const manager = 'kube-controller-manager';
  const client = createKubeClient(requesterOf(apiServer, undefined), 'sandbox');
  const controllerClient = createKubeClient(requesterOf(apiServer, `system:${manager}`), manager);
  const informers = new Informers({ client: controllerClient, clock, report });
  const context: ControllerContext = {
    client: controllerClient,
    clock,
    informers,
    recorder: (component) => createEventRecorder({ client: controllerClient, clock, component, report }),
    report,
  };
  const meter = new LoadMeter(clock);
  const served = createServedResources(context, () => deletableKinds(apiServer));
  const lifecycle = createNodeLifecycleController(context);
  const controllers: readonly Controller[] = [
    lifecycle,
    createTaintEvictionController(context),
    createPodGarbageCollector(context),
    createReplicaSetController(context),
    createDeploymentController(context),
    createJobController(context),
    createCronJobController(context),
    createStatefulSetController(context),
    createDaemonSetController(context),
    createEndpointSliceController(context, options.endpointDelayMs),
    createDisruptionController(context, served),
    createGarbageCollector(context, served),
    createNamespaceController(context, served),
    createResourceQuotaController(context, served),
    createRootCertificatePublisher(context, served, () => apiServer.certificateAuthority),
    createAutoscalerController(context, served, meter),
    served,
  ];
  const runtime = makeRuntime(options);
  const schedulerClient = createKubeClient(requesterOf(apiServer, 'system:kube-scheduler'), 'kube-scheduler');
  const scheduler = createScheduler({ client: schedulerClient, clock, informers, report });
  const { name: firstName = 'sandbox-node', count: nodeCount = 1, ...nodeOptions } = options.node ?? {};
  const logs = new ContainerLogs(clock);
  const keptCount = countNodes(options.apiServerOptions?.snapshot, firstName);
  const nodes = Array.from({ length: Math.max(nodeCount, keptCount) }, (_, index) => {
    const name = nameOfNode(firstName, index);
    const nodeClient = createKubeClient(requesterOf(apiServer, `system:node:${name}`), 'kubelet');
    const own = { name, index, client: nodeClient, clock, informers, runtime, logs, report };
    return createNode({ ...nodeOptions, ...own, ...(options.runtime === 'real' && { heartbeatMs }) });
  });
  const nodeNamed = (name = firstName): SandboxNode => {
    const found = nodes.find((one) => one.name === name);
    if (found === undefined) throw new Error(`there is no node ${name}`);
    return found;
  };
  apiServer.podLogs = logs;
  followLossAnnotation(informers, {
    names: nodes.map(({ name }) => name),
    lose: loseNode,
    recover: recoverNode,
    report,
  });

  async function loseNode(name?: string): Promise<void> {
    const node = nodeNamed(name);
    lifecycle.silent(node.name);
    await node.stop();
  }

  async function recoverNode(name?: string): Promise<void> {
    const node = nodeNamed(name);
    lifecycle.heard(node.name);
    await node.start();
  }

  return {
    apiServer,
    clock,
    client,
    node: nodeNamed(),
    nodes,
    runtime,
    meter,
    problems,
    transport: (user, transportOptions) => apiServer.transport(user, transportOptions),
    async start() {
      for (const name of crdNames) await applyCrd(client, name);
      await informers.start();
      await served.discover();
      for (const controller of controllers) controller.start();
      for (const node of nodes) await node.start();
      scheduler.start();
    },
    loseNode,
    recoverNode,
    async stop() {
      stopped = true;
      for (const controller of controllers) controller.stop();
      scheduler.stop();
      informers.stop();
      for (const node of nodes) await node.stop();
      apiServer.close();
    },
  };
}

function nameOfNode(first: string, index: number): string {
  return index === 0 ? first : `${first}-${index + 1}`;
}

/** As many as are needed to play the pods of all nodes of a snapshot: nobody else would. */
function countNodes(snapshot: Snapshot | undefined, first: string): number {
  const names = (snapshot?.resources['/nodes'] ?? []).map(({ metadata }) => String(metadata.name));
  const numbers = names.map((name) => (name === first ? 1 : Number(name.slice(first.length + 1))));
  return Math.max(0, ...numbers.filter((number, at) => names[at] === nameOfNode(first, number - 1)));
}

/** Kinds that can be listed, watched and deleted, each once. */
function deletableKinds({ registry }: ApiServer): ResourceName[] {
  return registry
    .all()
    .filter(({ group, version }) => registry.versions(group)[0] === version)
    .filter(
      ({ storedAs, verbs }) =>
        storedAs === undefined && ['delete', 'list', 'watch'].every((verb) => verbs.includes(verb)),
    )
    .map(({ group, version, plural, kind, namespaced }) => ({ group, version, plural, kind, namespaced }));
}

function requesterOf(apiServer: ApiServer, user: string | undefined): Requester {
  return apiServer.transport(user);
}

/** Pods draw from a stream of their own: how much traffic there is must not change the names of later objects. */
function makeRuntime({ runtime = 'virtual', random: shared, clock, allowLocalCommands }: ClusterOptions): PodRuntime {
  const random = seededRandom(Math.floor(shared.next() * 2 ** 32));
  if (runtime === 'virtual') return createVirtualRuntime({ random });
  if (runtime === 'real') return createHttpRuntime({ random, clock, allowLocalCommands: allowLocalCommands === true });
  return runtime;
}

const crds = new Map<string, KubernetesObject>();

async function applyCrd(client: KubeClient, name: string): Promise<void> {
  let crd = crds.get(name);
  if (crd === undefined) {
    crd = parseYaml(readFileSync(new URL(`../crds/${name}.yaml`, import.meta.url), 'utf8')) as KubernetesObject;
    crds.set(name, crd);
  }
  try {
    await client.create(resources.customResourceDefinitions, undefined, crd);
  } catch (problem) {
    if (statusOf(problem) !== 409) throw problem; // a restored snapshot has them already
  }
}
