// A node: it plays the pods that are bound to it, and reports how they are (spec/sandbox.md §1, node/). It speaks to its API server through a small client, so that it can play pods for a foreign one too (foreign-node.ts).

import type { KubernetesObject, Pod } from '../../controller/api/kubernetes-types.ts';
import { formatMicroTime, formatRfc3339 } from '../../controller/lang/rfc3339.ts';
import type { Clock, TimerHandle } from '../../controller/lang/time.ts';
import { type KubeClient, statusOf } from '../machinery/client.ts';
import { createEventRecorder } from '../machinery/events.ts';
import type { Informer } from '../machinery/informer.ts';
import type { Informers } from '../machinery/informers.ts';
import { type Node, readinessOf } from '../machinery/nodes.ts';
import { isFinished, isTerminating, nodeNameOf, podIpOf } from '../machinery/pods.ts';
import { keyOf, resources } from '../machinery/resources.ts';
import { AddressPool } from './address-pool.ts';
import { ImageStore } from './images.ts';
import { makeNodeObject } from './node-object.ts';
import { PodLife } from './pod-life.ts';
import { ContainerLogs } from './pod-logs.ts';
import { defaultTimes, type NodeTimes } from './pod-times.ts';
import type { PodRuntime } from './runtime.ts';
import { type PodScript, readScript } from './script.ts';
import { unreadableFailures } from './script-failures.ts';

const leaseNamespace = 'kube-node-lease';
/** A kubelet that has nothing new to say repeats its conditions every five minutes. */
const beatsPerStatus = 30;

export interface NodeOptions extends Partial<NodeTimes> {
  readonly client: KubeClient;
  readonly clock: Clock;
  readonly informers: Informers;
  readonly runtime: PodRuntime;
  report(problem: Error): void;
  /** Default `sandbox-node`. */
  readonly name?: string;
  /** Which of several nodes it is, from 0: its zone and the addresses of its pods follow from it. */
  readonly index?: number;
  /** Default: logs of its own. */
  readonly logs?: ContainerLogs;
  /** Real clusters give a node up that does not renew its Lease. Default: it is written once. */
  readonly heartbeatMs?: number;
  /** What happens to which pod; goes before image, command and annotation. */
  readonly script?: (pod: Pod) => PodScript | undefined;
}

export interface SandboxNode {
  readonly name: string;
  readonly logs: ContainerLogs;
  readonly runtime: PodRuntime;
  /** Makes the Node object; once the informers have their first lists. */
  start(): Promise<void>;
  /** Ends all processes; the pods stay in the API server. */
  stop(): Promise<void>;
  /** A fault: the containers of a pod end now. False when there is no such pod here. */
  crash(namespace: string, pod: string, code?: number): boolean;
}

export function createNode(options: NodeOptions): SandboxNode {
  const { client, clock, informers, runtime, report } = options;
  const { name = 'sandbox-node', index = 0 } = options;
  const times: NodeTimes = { ...defaultTimes, ...definedTimes(options) };
  const pods: Informer<Pod> = informers.of<Pod>(resources.pods);
  const nodes = informers.of<Node>(resources.nodes);
  const lives = new Map<string, PodLife>();
  const addresses = new AddressPool(index);
  const images = new ImageStore();
  const logs = options.logs ?? new ContainerLogs(clock);
  const events = createEventRecorder({ client, clock, component: 'kubelet', host: name, report });
  let heartbeat: TimerHandle | undefined;
  let running = false;

  pods.onChange((now, before) => {
    if (!running) return;
    if (now === undefined) forget(before!);
    else observe(now);
  });

  nodes.onChange((now, before) => {
    if (!running || now?.metadata.name !== name || before === undefined) return;
    if (now.spec?.unschedulable === before.spec?.unschedulable) return;
    tell(now.spec?.unschedulable === true ? 'NodeNotSchedulable' : 'NodeSchedulable');
  });

  function tell(state: string): void {
    // Upstream's kubelet gives the name for the uid, and `kubectl describe node` asks for both.
    const about = { apiVersion: 'v1', kind: 'Node', metadata: { name, uid: name } };
    events.event(about, 'Normal', state, `Node ${name} status is now: ${state}`);
  }

  function observe(pod: Pod): void {
    const life = lives.get(keyOf(pod));
    if (life !== undefined && life.uid === pod.metadata.uid) return life.observe(pod);
    if (life !== undefined) forget(pod);
    if (nodeNameOf(pod) === name) begin(pod);
  }

  function begin(pod: Pod): void {
    if (isFinished(pod) && !isTerminating(pod)) return;
    const annotated = readScript(pod);
    const problems = pod.spec.containers.flatMap(unreadableFailures);
    if (typeof annotated === 'string') problems.push(annotated);
    for (const problem of problems) {
      events.event({ ...pod, apiVersion: 'v1', kind: 'Pod' }, 'Warning', 'InvalidScript', problem);
    }
    const script = { ...(typeof annotated === 'string' ? {} : annotated), ...options.script?.(pod) };
    const podIP = addresses.take(pod.status?.podIP);
    lives.set(
      keyOf(pod),
      new PodLife({ pod, podIP, script, times, client, clock, runtime, images, logs, events, report }),
    );
  }

  function forget(pod: Pod): void {
    const key = keyOf(pod);
    const life = lives.get(key);
    if (life === undefined) return;
    lives.delete(key);
    logs.forget(key);
    life.forget().then(
      () => addresses.giveBack(life.podIP),
      (problem: Error) => report(problem),
    );
  }

  /** Renews the Lease; without heartbeats it is there once, to be looked at. */
  async function beat(count = 0): Promise<void> {
    if (!running) return;
    const { heartbeatMs } = options;
    const spec = { holderIdentity: name, leaseDurationSeconds: 40, renewTime: formatMicroTime(clock.now()) };
    try {
      const known = await client.get<KubernetesObject>(resources.leases, leaseNamespace, name);
      const metadata = { name, namespace: leaseNamespace };
      const lease = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata, spec };
      if (known === undefined) await client.create(resources.leases, leaseNamespace, lease);
      else await client.patch(resources.leases, leaseNamespace, name, { spec });
      if (count > 0 && count % beatsPerStatus === 0) await reportStatus();
    } catch (problem) {
      report(new Error(`lease of node ${name}: ${(problem as Error).message}`, { cause: problem }));
    }
    if (running && heartbeatMs !== undefined) heartbeat = clock.schedule(heartbeatMs, () => void beat(count + 1));
  }

  async function reportStatus(): Promise<void> {
    const lastHeartbeatTime = formatRfc3339(clock.now());
    const conditions = (nodes.get(name)?.status?.conditions ?? []).map(({ type }) => ({ type, lastHeartbeatTime }));
    await client.patch(resources.nodes, undefined, name, { status: { conditions } }, 'status', 'strategic-merge');
  }

  return {
    name,
    logs,
    runtime,
    async start() {
      const known = nodes.get(name);
      await registerNode(client, name, index, formatRfc3339(clock.now()));
      running = true;
      if (known !== undefined && readinessOf(known) !== 'True') tell('NodeReady');
      // Those that have an address keep it: nobody else may take it before.
      const present = [...pods.all()];
      for (const pod of present.filter((one) => podIpOf(one) !== '')) observe(pod);
      for (const pod of present.filter((one) => podIpOf(one) === '')) observe(pod);
      await beat();
    },
    async stop() {
      running = false;
      heartbeat?.cancel();
      const ending = [...lives.values()].map((life) => life.forget().then(() => addresses.giveBack(life.podIP)));
      lives.clear();
      await Promise.all(ending);
    },
    crash(namespace, pod, code = 1) {
      const life = lives.get(`${namespace}/${pod}`);
      life?.crash(code);
      return life !== undefined;
    },
  };
}

async function registerNode(client: KubeClient, name: string, index: number, time: string): Promise<void> {
  const { status, ...object } = makeNodeObject(name, index, time);
  try {
    await client.create(resources.nodes, undefined, object);
  } catch (problem) {
    if (statusOf(problem) !== 409) throw problem; // from an earlier start
  }
  await client.patch(resources.nodes, undefined, name, { status }, 'status');
}

function definedTimes(options: Partial<NodeTimes>): Partial<NodeTimes> {
  const { startDelayMs, jobStartDelayMs, terminateMs } = options;
  return {
    ...(startDelayMs !== undefined && { startDelayMs }),
    ...(jobStartDelayMs !== undefined && { jobStartDelayMs }),
    ...(terminateMs !== undefined && { terminateMs }),
  };
}
