import assert from 'node:assert/strict';
import { test } from 'node:test';
import { VirtualClock } from '../../sandbox/clock.ts';
import { seededRandom } from '../../sandbox/random.ts';
import { noAnswer, refusal, type Script, scriptedTransport } from '../../test/builders/scripted-transport.ts';
import { sleep } from '../lang/time.ts';
import { checkLeaseTimings, createLeaderElection, type LeaderElection, LeaseUnavailable } from './leader-election.ts';
import { silentLogger } from './log.ts';
import type { KubeRequest } from './transport.ts';

interface Lease {
  metadata: { name: string; namespace: string; resourceVersion: string };
  spec: Record<string, unknown>;
}

/** A Lease endpoint with optimistic locking, as an API server has it. */
class LeaseServer {
  lease: Lease | undefined;
  isDown = false;
  hasNamespace = true;
  refusesEmptyHolder = false;
  #version = 100;

  readonly answer = ({ verb, body }: KubeRequest): unknown => {
    if (this.isDown) return noAnswer();
    if (verb === 'GET') return this.lease === undefined ? refusal(404, 'NotFound') : structuredClone(this.lease);
    const wanted = structuredClone(body) as Lease;
    if (this.refusesEmptyHolder && wanted.spec.holderIdentity === '') return refusal(422, 'Invalid');
    if (verb === 'POST') {
      if (!this.hasNamespace) return refusal(404, 'NotFound', 'namespaces "own" not found');
      if (this.lease !== undefined) return refusal(409, 'AlreadyExists');
    } else if (wanted.metadata.resourceVersion !== this.lease?.metadata.resourceVersion) {
      return refusal(409, 'Conflict');
    }
    return this.store(wanted);
  };

  store(wanted: Lease): Lease {
    this.#version += 1;
    this.lease = { ...wanted, metadata: { ...wanted.metadata, resourceVersion: String(this.#version) } };
    return structuredClone(this.lease);
  }

  heldBy(identity: string, renewTime = '2026-01-01T00:00:00.000000Z'): void {
    const metadata = { name: 'lock', namespace: 'own', resourceVersion: '' };
    this.store({
      metadata,
      spec: {
        holderIdentity: identity,
        leaseDurationSeconds: 15,
        renewTime,
        acquireTime: renewTime,
        leaseTransitions: 3,
      },
    });
  }
}

function makeElection(server: LeaseServer, clock: VirtualClock, identity: string, answer: Script = server.answer) {
  const transport = scriptedTransport(answer);
  const election = createLeaderElection({
    transport,
    clock,
    random: seededRandom(identity),
    log: silentLogger,
    namespace: 'own',
    name: 'lock',
    identity,
    leaseDurationMs: 15_000,
    renewDeadlineMs: 10_000,
    retryPeriodMs: 2_000,
  });
  const lost: string[] = [];
  election.onLost((why) => lost.push(why));
  return { transport, election, lost };
}

function watchAcquire(election: LeaderElection): { at: boolean; error?: unknown } {
  const result: { at: boolean; error?: unknown } = { at: false };
  election.acquire().then(
    () => {
      result.at = true;
    },
    (error: unknown) => {
      result.error = error;
    },
  );
  return result;
}

test('creates the Lease where there is none', async () => {
  const clock = new VirtualClock({ startAt: Date.UTC(2026, 0, 1) + 123 });
  const server = new LeaseServer();
  const { transport, election } = makeElection(server, clock, 'me');
  await clock.waitFor(election.acquire());
  assert.equal(election.isLeader, true);
  assert.deepEqual(
    transport.requests.map(({ verb, path }) => `${verb} ${path}`),
    [
      'GET /apis/coordination.k8s.io/v1/namespaces/own/leases/lock',
      'POST /apis/coordination.k8s.io/v1/namespaces/own/leases',
    ],
  );
  assert.deepEqual(server.lease?.spec, {
    holderIdentity: 'me',
    leaseDurationSeconds: 15,
    acquireTime: '2026-01-01T00:00:00.123000Z',
    renewTime: '2026-01-01T00:00:00.123000Z',
    leaseTransitions: 0,
  });
  await election.stop(false);
});

test('renews every two seconds and keeps acquire time and transitions', async () => {
  const clock = new VirtualClock({ startAt: Date.UTC(2026, 0, 1) });
  const server = new LeaseServer();
  const { election } = makeElection(server, clock, 'me');
  await clock.waitFor(election.acquire());
  await clock.runFor(60_000);
  assert.equal(election.isLeader, true);
  assert.equal(server.lease?.spec.acquireTime, '2026-01-01T00:00:00.000000Z');
  assert.equal(server.lease?.spec.renewTime, '2026-01-01T00:01:00.000000Z');
  assert.equal(server.lease?.spec.leaseTransitions, 0);
  await election.stop(false);
});

test('waits for another holder as long as it renews, and takes over 15 s after the last change it saw', async () => {
  const clock = new VirtualClock();
  const server = new LeaseServer();
  // Its clock is an hour ahead: what it writes is never compared with ours.
  server.heldBy('other', '2030-01-01T00:00:00.000000Z');
  const { election } = makeElection(server, clock, 'me');
  const acquired = watchAcquire(election);
  for (let renewal = 0; renewal < 20; renewal += 1) {
    await clock.runFor(2_000);
    server.heldBy('other', `2030-01-01T00:00:${String(10 + renewal)}.000000Z`);
  }
  const lastChange = clock.now();
  assert.equal(acquired.at, false);
  await clock.runUntil(() => acquired.at);
  const waited = clock.now() - lastChange;
  // Seen up to 4.4 s late, then up to 4.4 s between two looks.
  assert.ok(waited > 15_000 && waited < 15_000 + 8_800, `${waited} ms`);
  assert.equal(server.lease?.spec.leaseTransitions, 4);
  assert.equal(server.lease?.spec.holderIdentity, 'me');
  await election.stop(false);
});

test('pauses between two and 4.4 s while another holds the lease', async () => {
  const clock = new VirtualClock();
  const server = new LeaseServer();
  server.heldBy('other');
  const times: number[] = [];
  const { election, transport } = makeElection(server, clock, 'me');
  watchAcquire(election);
  for (let look = 0; look < 4; look += 1) {
    await clock.runUntil(() => transport.requests.length > look);
    times.push(clock.now());
  }
  for (const [index, at] of times.slice(1).entries()) {
    const pause = at - times[index]!;
    assert.ok(pause >= 2_000 && pause <= 4_400, `${pause} ms`);
  }
  await election.stop(false);
});

test('a lease that was given back is taken at the next look', async () => {
  const clock = new VirtualClock();
  const server = new LeaseServer();
  const first = makeElection(server, clock, 'first');
  await clock.waitFor(first.election.acquire());
  const second = makeElection(server, clock, 'second');
  const acquired = watchAcquire(second.election);
  await clock.runFor(5_000);
  assert.equal(acquired.at, false);
  await first.election.stop(true);
  assert.equal(server.lease?.spec.holderIdentity, '');
  assert.equal(server.lease?.spec.leaseDurationSeconds, 1);
  const from = clock.now();
  await clock.runUntil(() => acquired.at);
  assert.ok(clock.now() - from <= 4_400);
  assert.equal(second.election.isLeader, true);
  assert.equal(first.election.isLeader, false);
  await second.election.stop(false);
});

test('a server that refuses an empty holder gets a lease without one', async () => {
  const clock = new VirtualClock();
  const server = new LeaseServer();
  server.refusesEmptyHolder = true;
  const { election } = makeElection(server, clock, 'me');
  await clock.waitFor(election.acquire());
  await election.stop(true);
  assert.equal(server.lease?.spec.holderIdentity, undefined);
  assert.equal(server.lease?.spec.leaseDurationSeconds, 1);
  const next = makeElection(server, clock, 'next');
  await clock.waitFor(next.election.acquire());
  assert.equal(next.election.isLeader, true);
  await next.election.stop(false);
});

test('without release the lease stays as it is', async () => {
  const clock = new VirtualClock();
  const server = new LeaseServer();
  const { election } = makeElection(server, clock, 'me');
  await clock.waitFor(election.acquire());
  await election.stop(false);
  assert.equal(server.lease?.spec.holderIdentity, 'me');
  assert.equal(election.isLeader, false);
  assert.equal(clock.nextAt(), undefined);
});

test('a leader that cannot renew stops before its renew deadline is over, and says so once', async () => {
  const clock = new VirtualClock();
  const server = new LeaseServer();
  const { election, lost } = makeElection(server, clock, 'me');
  await clock.waitFor(election.acquire());
  await clock.runFor(4_000);
  server.isDown = true;
  await clock.runFor(9_999);
  assert.ok(election.remainingMs() > 0);
  await clock.runFor(1);
  assert.equal(election.isLeader, false);
  await clock.runFor(60_000);
  assert.deepEqual(lost, ['the lease was not renewed in time']);
});

test('a renewal that hangs does not hold the deadline up', async () => {
  const clock = new VirtualClock();
  const server = new LeaseServer();
  let hangs = false;
  const transport = scriptedTransport((request) => (hangs ? new Promise(() => {}) : server.answer(request)));
  const { election, lost } = { ...makeElection(server, clock, 'unused'), lost: [] as string[] };
  await election.stop(false);
  const hanging = createLeaderElection({
    transport,
    clock,
    random: seededRandom(1),
    log: silentLogger,
    namespace: 'own',
    name: 'lock',
    identity: 'me',
    leaseDurationMs: 15_000,
    renewDeadlineMs: 10_000,
    retryPeriodMs: 2_000,
  });
  hanging.onLost((why) => lost.push(why));
  await clock.waitFor(hanging.acquire());
  hangs = true;
  await clock.runFor(10_000);
  assert.equal(hanging.isLeader, false);
  assert.equal(lost.length, 1);
});

test('a short outage is survived', async () => {
  const clock = new VirtualClock();
  const server = new LeaseServer();
  const { election, lost } = makeElection(server, clock, 'me');
  await clock.waitFor(election.acquire());
  server.isDown = true;
  await clock.runFor(7_000);
  server.isDown = false;
  await clock.runFor(30_000);
  assert.equal(election.isLeader, true);
  assert.deepEqual(lost, []);
  await election.stop(false);
});

test('a connection that went dead without a word does not cost the lease: another one is tried in time', async () => {
  const clock = new VirtualClock();
  const server = new LeaseServer();
  let hangs = 0;
  const { election, lost } = makeElection(server, clock, 'me', (request) => {
    if (hangs === 0) return server.answer(request);
    hangs -= 1;
    return new Promise((resolve) => clock.schedule(request.deadlineMs ?? 0, () => resolve(noAnswer())));
  });
  await clock.waitFor(election.acquire());
  hangs = 1;
  await clock.runFor(60_000);
  assert.deepEqual([election.isLeader, lost], [true, []]);
  await election.stop(false);
});

test('something in between that answers for the API server for a moment ends nothing', async () => {
  const clock = new VirtualClock();
  const server = new LeaseServer();
  let isPage = false;
  const { election, lost } = makeElection(server, clock, 'me', (request) =>
    isPage ? '<html>please wait</html>' : server.answer(request),
  );
  await clock.waitFor(election.acquire());
  isPage = true;
  await clock.runFor(5_000);
  isPage = false;
  await clock.runFor(30_000);
  assert.deepEqual([election.isLeader, lost], [true, []]);
  await election.stop(false);
});

test('whoever sees another holder in the lease acts no more: two would', async () => {
  const clock = new VirtualClock();
  const server = new LeaseServer();
  const { election, lost } = makeElection(server, clock, 'me');
  await clock.waitFor(election.acquire());
  server.lease = undefined; // deleted by somebody
  const other = makeElection(server, clock, 'other');
  await clock.waitFor(other.election.acquire());
  await clock.runFor(2_000);
  assert.deepEqual([election.isLeader, lost], [false, ['another process holds the lease']]);
  await other.election.stop(false);
});

test('a change of the lease by somebody who does not take it costs nothing', async () => {
  const clock = new VirtualClock();
  const server = new LeaseServer();
  let meddles = false;
  const { election, lost } = makeElection(server, clock, 'me', (request) => {
    if (meddles && request.verb === 'PUT') server.store(structuredClone(server.lease!));
    meddles = false;
    return server.answer(request);
  });
  await clock.waitFor(election.acquire());
  await clock.runFor(1_000);
  meddles = true;
  await clock.runFor(30_000);
  assert.deepEqual([election.isLeader, lost], [true, []]);
  await election.stop(false);
});

test('a lease that is taken while the process stops is given back', async () => {
  const clock = new VirtualClock();
  const server = new LeaseServer();
  const { election } = makeElection(server, clock, 'me', async (request) => {
    await sleep(clock, 100);
    return server.answer(request);
  });
  void election.acquire();
  await clock.runFor(150);
  const stopped = election.stop(true);
  await clock.runFor(1_000);
  await stopped;
  assert.equal(server.lease?.spec.holderIdentity, '');
  assert.equal(election.isLeader, false);
});

test('a race for the same lease has one winner', async () => {
  const clock = new VirtualClock();
  const server = new LeaseServer();
  const contenders = ['a', 'b', 'c'].map((identity) => makeElection(server, clock, identity));
  for (const { election } of contenders) watchAcquire(election);
  await clock.runFor(60_000);
  assert.equal(contenders.filter(({ election }) => election.isLeader).length, 1);
  for (const { election } of contenders) await election.stop(false);
});

test('a missing namespace is one clear message', async () => {
  const clock = new VirtualClock();
  const server = new LeaseServer();
  server.hasNamespace = false;
  const acquired = watchAcquire(makeElection(server, clock, 'me').election);
  await clock.settle();
  assert.ok(acquired.error instanceof LeaseUnavailable);
  assert.match(
    (acquired.error as Error).message,
    /^the namespace "own" of the leader election lease "lock" does not exist: create it, or name another one in POD_NAMESPACE$/,
  );
});

test('impossible timings are refused', () => {
  const check = (lease: number, renew: number, retry: number) =>
    checkLeaseTimings({ leaseDurationMs: lease, renewDeadlineMs: renew, retryPeriodMs: retry });
  assert.equal(check(15_000, 10_000, 2_000), undefined);
  assert.equal(check(15_000, 15_000, 2_000), 'leaseDuration must be greater than renewDeadline');
  assert.equal(check(15_000, 10_000, 9_000), 'renewDeadline must be greater than retryPeriod*JitterFactor');
  assert.equal(check(0, 0, 0), 'leaseDuration must be greater than zero');
});
