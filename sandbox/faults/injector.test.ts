// Each fault does what it says to a process, is told in the log, and ends.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { InMemoryTransport, TransportRequest, TransportSink, WatchFrame } from '../apiserver/types.ts';
import { VirtualClock } from '../clock.ts';
import { createFaultInjector, type ProcessTransport } from './injector.ts';
import type { Fault } from './types.ts';

const path = '/api/v1/namespaces/demo/services';
const patch: TransportRequest = { verb: 'PATCH', path: `${path}/web` };

interface Bench {
  readonly clock: VirtualClock;
  readonly wallClock: { now(): number };
  readonly transport: ProcessTransport;
  readonly log: readonly string[];
  /** What the server was asked to write. */
  readonly written: readonly string[];
  strike(fault: Fault): void;
  clear(): void;
  /** `200 after 0 ms`, or why not. */
  ask(request: TransportRequest): Promise<string>;
  /** A watch of services; every frame and the end are told. */
  watch(): { readonly told: readonly string[]; event(name: string): void };
  readonly killed: { count: number };
}

function bench(): Bench {
  const clock = new VirtualClock();
  const log: string[] = [];
  const written: string[] = [];
  const killed = { count: 0 };
  const sinks: TransportSink[] = [];
  let version = 0;
  const inner: InMemoryTransport = {
    async request(request) {
      if (request.verb !== 'GET') written.push(request.path);
      return { status: 200, headers: {}, body: { version: ++version } };
    },
    watch(_request, sink) {
      sinks.push(sink);
      return { cancel: () => undefined };
    },
    close: () => undefined,
  };
  const injector = createFaultInjector({
    clock,
    log: (line) => log.push(line),
    server: { goDown: () => log.push('server down'), comeUp: () => log.push('server up') },
    killed: () => {
      killed.count += 1;
    },
    secondLeader: { start: () => log.push('second starts'), end: () => log.push('second ended') },
  });
  const transport = injector.connect(inner);
  return {
    clock,
    wallClock: injector.clock,
    transport,
    log,
    written,
    killed,
    strike: (fault) => injector.strike(fault),
    clear: () => injector.clear(),
    async ask(request) {
      const startedAt = clock.now();
      let told = 'no answer';
      transport.request(request).then(
        ({ status, body }) => {
          told = `${status} version ${(body as { version: number }).version} after ${clock.now() - startedAt} ms`;
        },
        (problem: { status: number; reason: string; maybeApplied: boolean; retryAfterMs?: number }) => {
          const wait = problem.retryAfterMs === undefined ? '' : ` in ${problem.retryAfterMs} ms`;
          told = `${problem.status} ${problem.reason}${wait}${problem.maybeApplied ? ', perhaps done' : ''}`;
        },
      );
      await clock.runFor(10_000);
      return told;
    },
    watch() {
      const told: string[] = [];
      transport.watch(
        { verb: 'GET', path },
        {
          frame: ({ type, object }) => told.push(`${type} ${(object as { name?: string }).name ?? ''}`.trim()),
          closed: (problem) => told.push(`closed${problem === undefined ? '' : `: ${problem.message}`}`),
        },
      );
      const sink = sinks.at(-1)!;
      const frame = (name: string): WatchFrame => ({ type: 'MODIFIED', object: { name } });
      return { told, event: (name) => sink.frame(frame(name)) };
    },
  };
}

test('a request takes longer by half on its way there and by half on its way back', async () => {
  const { ask, strike } = bench();
  strike({ kind: 'latency', verb: 'PATCH', ms: 300, forMs: 5000 });
  assert.equal(await ask(patch), '200 version 1 after 300 ms');
  assert.equal(await ask(patch), '200 version 2 after 0 ms', 'it is over after five seconds');
});

test('writes are refused as often as the fault says, with the wait that it names, and are not done', async () => {
  const { ask, strike, written, log } = bench();
  strike({ kind: 'refuse', status: 429, times: 1, retryAfterSeconds: 3 });
  assert.equal(await ask({ verb: 'GET', path }), '200 version 1 after 0 ms', 'reads pass');
  assert.equal(await ask(patch), '429 TooManyRequests in 3000 ms');
  assert.deepEqual(written, []);
  assert.equal(await ask(patch), '200 version 2 after 0 ms');
  assert.deepEqual(log, ['fault: refuse status=429 times=1 retryAfterSeconds=3', `refuse 429: PATCH ${patch.path}`]);
});

test('a connection is reset before the write is done, or after', async () => {
  const { ask, strike, written } = bench();
  strike({ kind: 'reset', isApplied: false, times: 1 });
  assert.equal(await ask(patch), '0 Unreachable, perhaps done');
  assert.deepEqual(written, []);
  strike({ kind: 'reset', isApplied: true, times: 1 });
  assert.equal(await ask(patch), '0 Unreachable, perhaps done');
  assert.deepEqual(written, [patch.path]);
});

test('a stale list is the first that was answered', async () => {
  const { ask, strike } = bench();
  const list: TransportRequest = { verb: 'GET', path, query: { limit: 500 } };
  assert.equal(await ask(list), '200 version 1 after 0 ms');
  assert.equal(await ask(list), '200 version 2 after 0 ms');
  strike({ kind: 'stale-list', plural: 'services', times: 1 });
  assert.equal(await ask(list), '200 version 1 after 0 ms');
  assert.equal(await ask(list), '200 version 3 after 0 ms');
});

test('events come twice, or not at all until the watch has lost its place', async () => {
  const { watch, strike, clock } = bench();
  const { told, event } = watch();
  strike({ kind: 'duplicate-events', plural: 'services', times: 1 });
  for (const name of ['a', 'b']) event(name);
  strike({ kind: 'lose-events', plural: 'services', times: 1, forMs: 2000 });
  for (const name of ['c', 'd']) event(name);
  await clock.runFor(3000);
  event('e');
  assert.deepEqual(told, ['MODIFIED a', 'MODIFIED a', 'MODIFIED b', 'MODIFIED d', 'ERROR', 'closed']);
});

test('a silent watch says nothing until its connection is found to be broken', async () => {
  const { watch, strike, clock } = bench();
  const { told, event } = watch();
  strike({ kind: 'silence', plural: 'services', forMs: 60_000 });
  event('a');
  await clock.runFor(59_000);
  assert.deepEqual(told, []);
  await clock.runFor(1000);
  assert.deepEqual(told, ['closed: connection reset by peer']);
});

test('a restart of the API server is one outage, also when two overlap', async () => {
  const { clock, strike, log } = bench();
  strike({ kind: 'restart-api-server', forMs: 12_000 });
  strike({ kind: 'restart-api-server', forMs: 3000 });
  await clock.runFor(11_000);
  assert.deepEqual(log.slice(0, 3), [
    'fault: restart-api-server forMs=12000',
    'server down',
    'fault: restart-api-server forMs=3000',
  ]);
  await clock.runFor(1000);
  assert.deepEqual(log.slice(3), ['server up', 'the API server is back']);
});

test('an answer that is under way when the API server goes is lost', async () => {
  const { ask, strike, clock, written } = bench();
  strike({ kind: 'latency', ms: 2000, forMs: 5000 });
  clock.schedule(1500, () => strike({ kind: 'restart-api-server', forMs: 100 }));
  assert.equal(await ask(patch), '0 Unreachable, perhaps done');
  assert.deepEqual(written, [patch.path]);
});

test('the wall clock jumps, timers do not', async () => {
  const { strike, clock, wallClock } = bench();
  strike({ kind: 'clock-jump', ms: -5000 });
  assert.equal(wallClock.now() - clock.now(), -5000);
});

test('a process dies after its n-th write: the write is done, and nobody is told', async () => {
  const { ask, strike, written, killed } = bench();
  strike({ kind: 'kill-controller', afterWrites: 2 });
  assert.equal(await ask(patch), '200 version 1 after 0 ms');
  assert.equal(await ask(patch), 'no answer');
  assert.equal(killed.count, 1);
  assert.equal(await ask(patch), 'no answer', 'the dead write nothing');
  assert.equal(written.length, 2);
});

test('a second leader comes and goes; a script strikes at its times until it is cleared', async () => {
  const { strike, clock, log, clear, ask } = bench();
  strike({ kind: 'second-leader', forMs: 1000 });
  await clock.runFor(1000);
  assert.deepEqual(log.slice(1), ['second starts', 'the second leader ends', 'second ended']);
  strike({ kind: 'refuse', status: 500, times: 5 });
  clear();
  assert.equal(await ask(patch), '200 version 1 after 0 ms');
});
