// The node for somebody else's API server: plays the pods of a cluster that has no real nodes, so that the suites which
// run on the sandbox can run there too (spec/sandbox.md §4, fidelity). Only the way to the server differs.

import type { Transport } from '../../controller/kubernetes/transport.ts';
import type { Clock, Random } from '../../controller/lang/time.ts';
import { createKubeClient } from '../machinery/client.ts';
import { Informers } from '../machinery/informers.ts';
import { resources } from '../machinery/resources.ts';
import { createScheduler } from '../scheduler/scheduler.ts';
import { createHttpRuntime } from './http-runtime.ts';
import { createNode, type SandboxNode } from './node.ts';
import type { NodeTimes } from './pod-times.ts';
import type { PodRuntime } from './runtime.ts';

export interface ForeignNodeOptions extends Partial<NodeTimes> {
  /** Its user may bind pods, write their status, delete them, and write nodes, events and Leases. */
  readonly transport: Transport;
  readonly clock: Clock;
  readonly random: Random;
  readonly name?: string;
  /** False where the cluster has a scheduler of its own. Default true. */
  readonly schedule?: boolean;
  /** Default: HTTP servers on loopback. */
  readonly runtime?: PodRuntime;
  report(problem: Error): void;
}

/** A kubelet renews its Lease every 10 s; after 40 s without it the node counts as lost. */
const heartbeatMs = 10_000;
/** Watches are ended by the server now and then, as client-go asks for. */
const watchSeconds = 300;

export async function startForeignNode(options: ForeignNodeOptions): Promise<SandboxNode> {
  const { transport, clock, random, report } = options;
  const name = options.name ?? 'slipway-node';
  const client = createKubeClient(transport, 'kubelet');
  const informers = new Informers({ client, clock, report, timeoutSeconds: watchSeconds });
  const runtime = options.runtime ?? createHttpRuntime({ random, clock });
  const node = createNode({ ...options, name, client, informers, runtime, heartbeatMs });
  const scheduler = options.schedule === false ? undefined : createScheduler({ client, clock, informers, report });
  informers.of(resources.pods);
  await informers.start();
  await node.start();
  scheduler?.start();
  return {
    ...node,
    async stop() {
      scheduler?.stop();
      informers.stop();
      await node.stop();
    },
  };
}
