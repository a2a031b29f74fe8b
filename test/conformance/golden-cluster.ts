// The sandbox on which recordings are replayed: its controllers and node are there, but stand still until they are let
// one write further (or, when none waits, a little later), because the recording does not say what they did when.

import type { ApiServer } from '../../sandbox/apiserver/types.ts';
import { VirtualClock } from '../../sandbox/clock.ts';
import { createCluster } from '../../sandbox/cluster.ts';
import { seededRandom } from '../../sandbox/random.ts';
import { heartbeat } from './golden-setup.ts';

export interface GoldenCluster {
  readonly server: ApiServer;
  readonly clock: VirtualClock;
  /** Lets one waiting write of a controller or of the node through; if none waits, lets time pass. */
  tick(): Promise<void>;
  stop(): Promise<void>;
}

const tickMs = 500;

/** `draw` is the seed of made-up names. */
export async function startGoldenCluster(
  draw: string,
  prepare: (server: ApiServer) => Promise<void>,
): Promise<GoldenCluster> {
  const clock = new VirtualClock();
  const cluster = createCluster({
    clock,
    random: seededRandom(draw),
    node: { name: 'lab-0' },
    apiServerOptions: { onUnexpected: (problem) => console.error(problem) },
  });
  await cluster.start();
  const waiting: (() => void)[] = [];
  await prepare(cluster.apiServer);
  await clock.runFor(2000);
  cluster.apiServer.faults.add({
    match: ({ method, user }) => method !== 'GET' && user !== undefined && user.name.startsWith('system:'),
    fault: { kind: 'hold', until: () => new Promise((resolve) => waiting.push(resolve)) },
  });
  return {
    server: cluster.apiServer,
    clock,
    async tick() {
      const next = waiting.shift();
      if (next === undefined) {
        await clock.runFor(tickMs);
        await heartbeat(cluster.apiServer);
      } else {
        next();
      }
      await clock.settle();
    },
    async stop() {
      cluster.apiServer.faults.clear();
      for (const release of waiting.splice(0)) release();
      await cluster.stop();
    },
  };
}
