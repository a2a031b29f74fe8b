// What a restart of the API server does to everybody: the controller, the built-in controllers, the node, whoever asks.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createSimulation, type Simulation, whileRunning } from '../simulation.ts';

const path = '/apis/apps/v1/namespaces/demo/replicasets';

async function create(simulation: Simulation, name: string, replicas: number): Promise<unknown> {
  const labels = { app: name };
  const template = { metadata: { labels }, spec: { containers: [{ name: 'web', image: 'web:1' }] } };
  const spec = { replicas, selector: { matchLabels: labels }, template };
  const body = { apiVersion: 'apps/v1', kind: 'ReplicaSet', metadata: { name, namespace: 'demo' }, spec };
  return whileRunning(simulation.clock, simulation.transport.request({ verb: 'POST', path, body }));
}

const podsOf = ({ cluster }: Simulation) =>
  cluster.apiServer.storage.list('/pods', 'demo') as unknown as readonly {
    readonly metadata: { readonly deletionTimestamp?: string };
    readonly status?: { readonly phase?: string };
  }[];

async function running(): Promise<Simulation> {
  const simulation = createSimulation({ seed: 3, namespaces: ['demo'], faulty: true, trace: true });
  await simulation.start();
  return simulation;
}

test('while the API server is down no client is answered, and no watch lives', async () => {
  const simulation = await running();
  const { clock, transport, faults } = simulation;
  const ends: string[] = [];
  const sink = { frame: () => undefined, closed: (problem?: Error) => ends.push(problem?.message ?? 'ended') };
  transport.watch({ verb: 'GET', path }, sink);
  await clock.runFor(1000);
  faults.strike({ kind: 'restart-api-server', forMs: 5000 });
  await clock.runFor(0);
  assert.deepEqual(ends, ['ended']);
  await assert.rejects(create(simulation, 'early', 1), /connection refused/);
  transport.watch({ verb: 'GET', path }, sink);
  await clock.runFor(10);
  assert.deepEqual(ends, ['ended', 'connect: connection refused']);
  await clock.runFor(5000);
  await create(simulation, 'late', 1);
  await simulation.stop();
});

test('afterwards a watch from before the restart is too old, and objects are as they were', async () => {
  const simulation = await running();
  const { clock, transport, faults } = simulation;
  await create(simulation, 'web', 2);
  await clock.runFor(10_000);
  const { body } = await whileRunning(clock, transport.request({ verb: 'GET', path }));
  const { resourceVersion } = (body as { readonly metadata: { readonly resourceVersion: string } }).metadata;
  await create(simulation, 'other', 1);
  await clock.runFor(10_000);
  const before = JSON.stringify(simulation.cluster.apiServer.storage.snapshot());
  faults.strike({ kind: 'restart-api-server', forMs: 0 });
  assert.equal(JSON.stringify(simulation.cluster.apiServer.storage.snapshot()), before);
  await clock.runFor(0);
  const told: string[] = [];
  transport.watch(
    { verb: 'GET', path, query: { resourceVersion } },
    {
      frame: ({ type, object }) => told.push(`${type} ${(object as { readonly code?: number }).code ?? ''}`.trim()),
      closed: (problem) => told.push((problem as { readonly status?: number } | undefined)?.status?.toString() ?? ''),
    },
  );
  await clock.runFor(10);
  assert.match(told.join(' '), /410/);
  await simulation.stop();
});

test('built-in controllers and the node go on where they were once it is back', async () => {
  const simulation = await running();
  const { clock, faults } = simulation;
  await create(simulation, 'web', 2);
  faults.strike({ kind: 'restart-api-server', forMs: 20_000 });
  const duringOutage = podsOf(simulation).filter(({ status }) => status?.phase === 'Running').length;
  await clock.runFor(19_000);
  assert.equal(podsOf(simulation).filter(({ status }) => status?.phase === 'Running').length, duringOutage);
  await clock.runFor(60_000);
  assert.equal(podsOf(simulation).filter(({ status }) => status?.phase === 'Running').length, 2);
  await simulation.stop();
});

test('every fault of a script is a line of the trace', async () => {
  const simulation = await running();
  const { clock, faults, trace } = simulation;
  const all = [
    { kind: 'latency', verb: 'PATCH', ms: 100, forMs: 1000 },
    { kind: 'refuse', status: 409, verb: 'PATCH', times: 1 },
    { kind: 'refuse', status: 429, times: 1, retryAfterSeconds: 2 },
    { kind: 'refuse', status: 500, times: 1 },
    { kind: 'refuse', status: 503, times: 1 },
    { kind: 'reset', isApplied: false, times: 1 },
    { kind: 'reset', isApplied: true, times: 1 },
    { kind: 'stale-list', plural: 'rollouts', times: 1 },
    { kind: 'duplicate-events', plural: 'rollouts', times: 1 },
    { kind: 'lose-events', plural: 'rollouts', times: 1, forMs: 1000 },
    { kind: 'silence', plural: 'services', forMs: 1000 },
    { kind: 'restart-api-server', forMs: 1000 },
    { kind: 'clock-jump', ms: 5000 },
    { kind: 'kill-controller', afterWrites: 1 },
    { kind: 'second-leader', forMs: 1000 },
  ] as const;
  faults.run(all.map((fault, index) => ({ atMs: index * 2000, fault })));
  await clock.runFor(60_000);
  const told = trace.lines.filter((line) => line.includes(' fault: '));
  assert.deepEqual(
    told.map((line) => line.split(' ')[2]),
    all.map(({ kind }) => kind),
  );
  assert.ok(trace.lines.some((line) => line.endsWith('the API server is back')));
  await simulation.stop();
});
