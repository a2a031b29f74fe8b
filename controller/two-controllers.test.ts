// Two controllers and one lease, on a whole cluster under the virtual clock (operations.md §5; design.md §5, "Fencing"): the
// loser has stopped before the winner starts, also when it was suspended in the middle of a wave, cut off from the API
// server, or its wall clock jumps.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { VirtualClock } from '../sandbox/clock.ts';
import { type Cluster, createCluster } from '../sandbox/cluster.ts';
import { createVirtualRuntime } from '../sandbox/node/virtual-runtime.ts';
import { seededRandom } from '../sandbox/random.ts';
import { defaultSettings, kubeTransport, whileRunning } from '../sandbox/simulation.ts';
import { smallRollout } from '../test/builders/small-rollout.ts';
import { createKubectl } from '../test/conformance/kubectl.ts';
import type { Rollout } from './api/types.generated.ts';
import { silentLogger } from './kubernetes/log.ts';
import { KubeError, type Transport } from './kubernetes/transport.ts';
import type { Clock } from './lang/time.ts';
import { type Manager, startManager } from './manager.ts';
import { noMetrics } from './telemetry/metrics.ts';

interface Written {
  readonly at: number;
  readonly by: string;
  readonly what: string;
}

const isLease = (path: string) => path.includes('/leases');

/** A process that can be suspended: its timers and the answers to it wait, while time goes on. */
class Process {
  readonly name: string;
  readonly clock: Clock;
  manager: Manager | undefined;
  isCut = false;
  wallOffsetMs = 0;
  #writesLeft: number | undefined;
  #onSuspended = () => {};
  #waiting: (() => void)[] | undefined;

  constructor(name: string, virtual: VirtualClock) {
    this.name = name;
    this.clock = {
      now: () => virtual.now(),
      schedule: (delayMs, run) => {
        let isCancelled = false;
        const timer = virtual.schedule(delayMs, () => this.#whenAwake(() => (isCancelled ? undefined : run())));
        return {
          cancel() {
            isCancelled = true;
            timer.cancel();
          },
        };
      },
    };
  }

  /** Its `count`-th write from now on leaves, and is answered when it is resumed. */
  suspendAfter(count: number, then: () => void): void {
    this.#writesLeft = count;
    this.#onSuspended = then;
  }

  #wrote(): void {
    if (this.#writesLeft === undefined) return;
    this.#writesLeft -= 1;
    if (this.#writesLeft > 0) return;
    this.#writesLeft = undefined;
    this.#waiting = [];
    this.#onSuspended();
  }

  resume(): void {
    const waiting = this.#waiting ?? [];
    this.#waiting = undefined;
    for (const run of waiting) run();
  }

  #whenAwake(run: () => void): void {
    if (this.#waiting) this.#waiting.push(run);
    else run();
  }

  transport(inner: Transport, virtual: VirtualClock, log: Written[]): Transport {
    const awake = () => new Promise<void>((resolve) => this.#whenAwake(resolve));
    return {
      request: async (request) => {
        if (this.isCut) throw new KubeError({ status: 0, reason: 'Unreachable', message: 'cut off' });
        const isWrite = request.verb !== 'GET' && !isLease(request.path);
        if (isWrite) log.push({ at: virtual.now(), by: this.name, what: `${request.verb} ${request.path}` });
        if (isWrite) this.#wrote();
        try {
          return await inner.request(request);
        } finally {
          await awake();
        }
      },
      watch: (request, sink) =>
        inner.watch(request, {
          opened: () => this.#whenAwake(() => sink.opened?.()),
          frame: (frame) => this.#whenAwake(() => sink.frame(frame)),
          closed: (problem) => this.#whenAwake(() => sink.closed(problem)),
        }),
      close: () => inner.close(),
    };
  }
}

class TwoControllers {
  readonly clock = new VirtualClock();
  readonly written: Written[] = [];
  readonly a = new Process('a', this.clock);
  readonly b = new Process('b', this.clock);
  readonly #random = seededRandom(1);
  readonly #cluster: Cluster = createCluster({
    clock: this.clock,
    random: this.#random,
    runtime: createVirtualRuntime({ random: seededRandom(2) }),
  });
  readonly #admin = kubeTransport(this.#cluster.transport());
  /** When each process was the leader, as far as it knew: asked every 100 ms. */
  readonly leaders: { readonly at: number; readonly names: string }[] = [];

  async start(): Promise<void> {
    const { clock } = this;
    await whileRunning(clock, this.#cluster.start());
    const body = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'demo' } };
    await whileRunning(clock, this.#admin.request({ verb: 'POST', path: '/api/v1/namespaces', body }));
    for (const process of [this.a, this.b]) await this.#startProcess(process);
    const watch = (): void => {
      const names = [this.a, this.b].filter(({ manager }) => manager?.isLeader).map(({ name }) => name);
      this.leaders.push({ at: clock.now(), names: names.join('+') });
      clock.schedule(100, watch);
    };
    watch();
  }

  async #startProcess(process: Process): Promise<void> {
    const { clock, written } = this;
    process.manager = await whileRunning(
      clock,
      startManager({
        transport: process.transport(kubeTransport(this.#cluster.transport()), clock, written),
        clock: { ...process.clock, now: () => clock.now() + process.wallOffsetMs },
        monotonicClock: process.clock,
        random: this.#random,
        log: silentLogger,
        metrics: noMetrics,
        options: {
          scope: { namespace: undefined, instanceId: '' },
          settings: defaultSettings,
          namespace: 'argo-rollouts',
          leaderElection: {
            leaseDurationMs: 15_000,
            renewDeadlineMs: 10_000,
            retryPeriodMs: 2_000,
            releaseOnExit: false,
            identity: process.name,
          },
        },
      }),
    );
    await clock.runFor(100); // the first is there first
  }

  update(): Promise<void> {
    return this.apply('demo:b');
  }

  async apply(image: string): Promise<void> {
    const steps = '[{setWeight: 25}, {pause: {duration: 2}}, {setWeight: 50}]';
    const manifest = smallRollout({ image, steps, replicas: 4 });
    await whileRunning(this.clock, createKubectl(this.#admin, 'demo').apply(manifest));
  }

  /** Checks the end of an update to demo:b, and who wrote when. */
  async holdsTogether(): Promise<void> {
    const path = '/apis/argoproj.io/v1alpha1/namespaces/demo/rollouts/web';
    const { body } = await whileRunning(this.clock, this.#admin.request({ verb: 'GET', path }));
    const { status } = body as Rollout;
    assert.equal(status?.phase, 'Healthy', status?.message);
    const list = await whileRunning(
      this.clock,
      this.#admin.request({ verb: 'GET', path: '/apis/apps/v1/namespaces/demo/replicasets' }),
    );
    assert.equal((list.body as { items: unknown[] }).items.length, 2, 'one ReplicaSet for each template');
    assert.deepEqual(
      this.leaders.filter(({ names }) => names === 'a+b'),
      [],
      'never two leaders',
    );
  }

  /** Milliseconds from the loser's last write to the winner's first: nothing of the loser's comes later. */
  handOver(): number {
    const lastOfA = this.written.findLast(({ by }) => by === 'a');
    const firstOfB = this.written.find(({ by }) => by === 'b');
    assert.ok(lastOfA && firstOfB, 'both have written');
    assert.ok(lastOfA.at < firstOfB.at, `a wrote ${lastOfA.what} at ${lastOfA.at}, b began at ${firstOfB.at}`);
    return firstOfB.at - lastOfA.at;
  }

  async stop(): Promise<void> {
    this.a.resume();
    for (const { manager } of [this.a, this.b]) if (manager) await whileRunning(this.clock, manager.stop());
    await whileRunning(this.clock, this.#cluster.stop());
  }
}

async function updated(during: (world: TwoControllers) => Promise<void>): Promise<TwoControllers> {
  const world = new TwoControllers();
  await world.start();
  await world.apply('demo:a');
  await world.clock.runFor(30_000);
  await during(world);
  await world.clock.runFor(300_000);
  await world.holdsTogether();
  return world;
}

for (const suspendedMs of [9_000, 12_000, 16_000, 30_000]) {
  const seconds = suspendedMs / 1000;
  test(`a leader that is suspended for ${seconds} s in the middle of a wave never writes over its successor`, async (context) => {
    const handOvers: number[] = [];
    for (let write = 1; write <= 9; write += 2) {
      const world = await updated(async (at) => {
        at.a.suspendAfter(write, () => at.clock.schedule(suspendedMs, () => at.a.resume()));
        await at.update();
      });
      if (world.written.some(({ by }) => by === 'b')) handOvers.push(world.handOver());
      await world.stop();
    }
    const times = handOvers.map((ms) => `${Math.round(ms / 1000)} s`).join(', ');
    context.diagnostic(`from the last write of one to the first of the other: ${times || 'none'}`);
    if (suspendedMs >= 30_000) assert.equal(handOvers.length, 5, 'the other has taken over each time');
    if (suspendedMs < 10_000) assert.equal(handOvers.length, 0, 'a short pause costs nobody the lease');
  });
}

test('a leader that is cut off from the API server has ended before another begins', async () => {
  const world = await updated(async (at) => {
    at.a.isCut = true;
    await at.update();
  });
  const ended = world.leaders.findLast(({ names }) => names === 'a');
  const began = world.leaders.find(({ names }) => names === 'b');
  assert.ok(ended && began && began.at - ended.at > 4_000, `a led until ${ended?.at}, b from ${began?.at} on`);
  assert.equal(await world.a.manager?.ended, 'leader election lost: the lease was not renewed in time');
  await world.stop();
});

test('a wall clock that is set by an hour costs nobody the lease', async () => {
  for (const wallOffsetMs of [3_600_000, -3_600_000]) {
    const world = await updated(async (at) => {
      at.a.wallOffsetMs = wallOffsetMs;
      await at.update();
    });
    assert.deepEqual([...new Set(world.written.map(({ by }) => by))], ['a']);
    await world.stop();
  }
});
