// 200 Rollouts of 5 replicas with steps 20 % / 5 s / 50 % / 5 s / 100 %, all updated at once, on the API of the sandbox
// over loopback and by the real clock, with the controller as it is published in a process of its own.

import type { ApiObject } from '../../sandbox/apiserver/kinds/types.ts';
import { createSimulation, whileRunning } from '../../sandbox/simulation.ts';
import { atMost, below, median, percentile, tellFigure } from './figures.ts';
import { createRollout, deleteRollout, isSettled, promote, setImage, weightedSteps } from './fleet-rollouts.ts';
import { type CountedRequest, type MeasuredCluster, openMeasuredCluster } from './measured-cluster.ts';
import { followSteps } from './step-latency.ts';
import { rest, until } from './waiting.ts';

const fleetSize = 200;
const restingSize = 500;
const replicas = 5;
const startDelayMs = 1000;
const restSeconds = 10;
const steps = weightedSteps([20, '5s', 50, '5s', 100]);
const isWrite = ({ method }: CountedRequest) => method !== 'GET';
const isEvent = ({ resource }: CountedRequest) => resource === 'events';

export async function benchFleet(): Promise<void> {
  const shortestMs = await shortestTime();
  const measured = await openMeasuredCluster({ startDelayMs });
  try {
    await measured.startController();
    await updateFleet(measured, shortestMs, 'default limits of 200 requests/s', '1');
    await measured.stopController();
    await measured.startController(['--qps=0']);
    await updateFleet(measured, shortestMs, 'no limit of requests', '2');
    await restart(measured);
    await oneAtATime(measured);
    await restingMemory(measured);
  } finally {
    await measured.stop();
  }
}

/** One such update in the simulation, where no request and no thought takes time: how long it takes, what it writes. */
async function shortestTime(): Promise<number> {
  const simulation = createSimulation({ node: { startDelayMs } });
  await simulation.start();
  const { clock, transport, cluster } = simulation;
  const { storage } = cluster.apiServer;
  const name = 'shortest';
  await whileRunning(clock, createRollout(transport, { name, replicas, steps }));
  const settled = () => isSettled(storage, name);
  await clock.runUntil(settled);
  await clock.runFor(60_000);
  const beganAt = clock.now();
  let writeCount = -1; // the user's own
  storage.subscribe('argoproj.io/rollouts', () => void writeCount++);
  storage.subscribe('apps/replicasets', ({ object, previous }) => {
    // The sandbox's own controller writes the status.
    if (object.metadata.generation !== previous?.metadata.generation) writeCount++;
  });
  await whileRunning(clock, setImage(transport, name, 'shortest'));
  await clock.runUntil(() => !settled());
  await clock.runUntil(settled);
  const tookMs = clock.now() - beganAt;
  tellWrites('writes of one update besides events, by the virtual clock', writeCount);
  await simulation.stop();
  return tookMs;
}

async function updateFleet(measured: MeasuredCluster, shortestMs: number, how: string, round: string): Promise<void> {
  const { transport, cluster } = measured;
  const { storage } = cluster.apiServer;
  const names = Array.from({ length: fleetSize }, (_, index) => `fleet${round}-${index}`);
  for (const name of names) await createRollout(transport, { name, replicas, steps });
  await until(() => names.every((name) => isSettled(storage, name)), 'the fleet is made');
  await quiet(measured);
  const resting = await writesAtRest(measured);
  const latencies = followSteps(storage);
  const before = measured.usage();
  const beganAt = performance.now();
  await Promise.all(names.map((name) => setImage(transport, name, `app:${round}`)));
  await until(() => names.every((name) => isSettled(storage, name, `app:${round}`)), 'the fleet is updated');
  const tookSeconds = (performance.now() - beganAt) / 1000;
  const requests = await quiet(measured);
  const after = measured.usage();
  const restingAfter = await writesAtRest(measured);
  const { fromLastReadyMs } = latencies.stop();

  const floor = shortestMs / 1000;
  const ratio = (tookSeconds / floor).toFixed(2);
  tellFigure({
    what: `${fleetSize} updates at once, ${how}`,
    value: `${tookSeconds.toFixed(1)} s, ${ratio} × the shortest possible ${floor.toFixed(1)} s`,
    beside: `${requests.length} requests`,
  });
  tellRequests(requests);
  tellFigure({
    what: `writes in ${restSeconds} s at rest, before and after`,
    value: `${resting}, ${restingAfter}`,
    aim: atMost(0, resting + restingAfter),
  });
  tellFigure({ what: 'CPU of the controller', value: `${(after.cpuSeconds - before.cpuSeconds).toFixed(1)} s` });
  tellFigure({
    what: 'memory of the controller',
    value: `${after.residentMiB.toFixed(0)} MiB, peak ${after.peakMiB.toFixed(0)} MiB`,
  });
  tellLatency(`last pod ready → next step, ${fleetSize} at once`, fromLastReadyMs);
  for (const name of names) await deleteRollout(transport, name);
  await quiet(measured);
}

function tellRequests(requests: readonly CountedRequest[]): void {
  const writes = requests.filter(isWrite);
  const beside = writes.filter((request) => !isEvent(request)).length / fleetSize;
  tellWrites('writes per rollout besides events', beside);
  for (const [what, count] of countBy(writes)) {
    tellFigure({ what: `… ${what}`, value: perRollout(count), ...besideOf(what) });
  }
  tellFigure({ what: 'reads per rollout', value: perRollout(requests.length - writes.length) });
}

function tellWrites(what: string, perRollout: number): void {
  tellFigure({ what, value: perRollout.toFixed(1), aim: atMost(18, perRollout), beside: 'the reference: 26' });
}

/** Until the controller has not written for three seconds: what it still had to say is said. Returns what it asked for. */
async function quiet(measured: MeasuredCluster): Promise<readonly CountedRequest[]> {
  const seen: CountedRequest[] = [];
  let lastAt = performance.now();
  await until(() => {
    const taken = measured.takeRequests();
    if (taken.some(isWrite)) lastAt = performance.now();
    seen.push(...taken);
    return performance.now() - lastAt > 3000;
  }, 'the controller writes no more');
  return seen;
}

async function writesAtRest(measured: MeasuredCluster): Promise<number> {
  measured.takeRequests();
  await rest(restSeconds);
  return measured.takeRequests().filter(isWrite).length;
}

/** The controller starts again beside a fleet at rest. */
async function restart(measured: MeasuredCluster): Promise<void> {
  const { transport, cluster } = measured;
  const names = Array.from({ length: fleetSize }, (_, index) => `restart-${index}`);
  for (const name of names) await createRollout(transport, { name, replicas: 1, steps });
  await until(() => names.every((name) => isSettled(cluster.apiServer.storage, name)), 'the fleet is made');
  await quiet(measured);
  await measured.stopController();
  measured.takeRequests();
  await measured.startController(['--qps=0']);
  await rest(restSeconds);
  const writes = measured.takeRequests().filter(isWrite);
  const eventCount = writes.filter(isEvent).length;
  tellFigure({
    what: `writes when the controller starts again beside ${fleetSize} rollouts`,
    value: `${writes.length - eventCount}, and ${eventCount} events`,
    aim: atMost(0, writes.length - eventCount),
    beside: 'RolloutAddedToInformer is told at each start, as by the reference',
  });
  for (const name of names) await deleteRollout(transport, name);
  await quiet(measured);
}

/** What an idle machine needs for one Rollout: reaction to a client, and from the last pod to the next step. */
async function oneAtATime(measured: MeasuredCluster): Promise<void> {
  const { transport, cluster } = measured;
  const { storage } = cluster.apiServer;
  const toSpec: number[] = [];
  const toStatus: number[] = [];
  const latencies = followSteps(storage);
  const manual = weightedSteps([20, 'forever', 60, 100]);
  for (let index = 0; index < 15; index++) {
    const name = `alone-${index}`;
    await createRollout(transport, { name, replicas, steps: manual });
    await until(() => isSettled(storage, name), `${name} is made`);
    await rest(0.3);
    toSpec.push(await firstWrite(measured, () => setImage(transport, name, 'app:2')));
    await until(() => isPausedAt(storage.get('argoproj.io/rollouts', `default/${name}`), 1), `${name} pauses`);
    await rest(0.3);
    toStatus.push(await firstWrite(measured, () => promote(transport, name)));
    await until(() => isSettled(storage, name, 'app:2'), `${name} is updated`);
    await deleteRollout(transport, name);
  }
  tellLatency('change of the spec → first write, one rollout', toSpec, 50);
  tellLatency('promotion → first write, one rollout', toStatus, 50);
  tellLatency('last pod ready → next step, one rollout', latencies.stop().fromLastReadyMs, 50);
}

async function firstWrite(measured: MeasuredCluster, act: () => Promise<unknown>): Promise<number> {
  measured.takeRequests();
  const actedAt = performance.now();
  await act();
  const found: CountedRequest[] = [];
  await until(() => {
    found.push(...measured.takeRequests().filter(isWrite));
    return found.length > 0;
  }, 'the controller writes');
  return (found[0]?.at ?? Number.NaN) - actedAt;
}

/** A process that starts beside a fleet at rest, and one that has made it. */
async function restingMemory(measured: MeasuredCluster): Promise<void> {
  const { transport, cluster } = measured;
  await measured.stopController();
  await measured.startController();
  await rest(2);
  tellFigure({ what: 'memory without rollouts', value: `${measured.usage().residentMiB.toFixed(0)} MiB` });
  const names = Array.from({ length: restingSize }, (_, index) => `resting-${index}`);
  for (const name of names) await createRollout(transport, { name, replicas: 0, steps });
  await until(() => names.every((name) => isSettled(cluster.apiServer.storage, name)), 'the fleet is made');
  const made = measured.usage();
  await rest(60);
  const settled = measured.usage();
  const peak = `peak ${settled.peakMiB.toFixed(0)} MiB`;
  tellFigure({
    what: `memory with ${restingSize} rollouts`,
    value: `${made.residentMiB.toFixed(0)} MiB when all are made, ${settled.residentMiB.toFixed(0)} MiB a minute later, ${peak}`,
    aim: below(150, 'MB', megabytes(settled.peakMiB)),
  });
  await measured.stopController();
  await measured.startController();
  await rest(5);
  const again = measured.usage();
  tellFigure({
    what: `memory of a process started beside ${restingSize} rollouts`,
    value: `${again.residentMiB.toFixed(0)} MiB, peak ${again.peakMiB.toFixed(0)} MiB`,
    aim: below(150, 'MB', megabytes(again.peakMiB)),
  });
}

/** What the reference writes for the same update on a real API server, per rollout. */
const reference: Readonly<Record<string, string>> = {
  'PATCH rollouts/status': 'the reference: 17',
  'PATCH replicasets': 'the reference: 7',
  'POST replicasets': 'the reference: 1',
  'PATCH rollouts': 'the reference: 1',
  'POST events': 'the reference: 10 to 17',
};

function besideOf(what: string): { beside?: string } {
  const beside = reference[what];
  return beside === undefined ? {} : { beside };
}

function countBy(requests: readonly CountedRequest[]): [string, number][] {
  const counts = new Map<string, number>();
  for (const { method, resource } of requests) {
    const what = `${method} ${resource}`;
    counts.set(what, (counts.get(what) ?? 0) + 1);
  }
  return [...counts].sort((a, b) => b[1] - a[1]);
}

function perRollout(count: number): string {
  return (count / fleetSize).toFixed(1);
}

function tellLatency(what: string, values: readonly number[], limitMs?: number): void {
  const [p50, p95] = [median(values), percentile(values, 95)];
  const value = `p50 ${p50.toFixed(0)} ms, p95 ${p95.toFixed(0)} ms (${values.length} times)`;
  tellFigure({ what, value, ...(limitMs === undefined ? {} : { aim: below(limitMs, 'ms at p95', p95) }) });
}

function megabytes(mebibytes: number): number {
  return (mebibytes * 2 ** 20) / 1e6;
}

function isPausedAt(rollout: ApiObject | undefined, index: number): boolean {
  const status = rollout?.status as { currentStepIndex?: number; pauseConditions?: unknown } | undefined;
  return status?.currentStepIndex === index && status.pauseConditions !== undefined;
}
