// One seed: a random Rollout lives through random actions and faults, is left alone, is driven to completion, and is
// deleted. What went against an invariant is told with the time at which it did.

import type { KubernetesObject } from '../../controller/api/kubernetes-types.ts';
import type { Rollout } from '../../controller/api/types.generated.ts';
import { patchContentType } from '../../controller/kubernetes/transport.ts';
import type { Pass } from '../../controller/rollout/controller.ts';
import { seededScript } from '../../sandbox/faults/seeded-script.ts';
import type { ScheduledFault } from '../../sandbox/faults/types.ts';
import type { VirtualLoad } from '../../sandbox/load/virtual-load.ts';
import { seededRandom } from '../../sandbox/random.ts';
import { createSimulation, type Simulation, whileRunning } from '../../sandbox/simulation.ts';
import { assertStatusFitsSchema } from '../builders/status-schema.ts';
import { type Action, deleteRollout, finish, makeAction } from './actions.ts';
import { boundsOf } from './bounds.ts';
import { type Dice, makeDice } from './dice.ts';
import { problemsAfterDeletion, problemsAtRest, problemsWhenFinished } from './end-rules.ts';
import { Invariants } from './invariants.ts';
import { type ScriptedMetrics, scriptedMetrics } from './metrics.ts';
import { albIngress, namespace } from './names.ts';
import { hostname, type Outside, playOutside } from './outside.ts';
import { resourcePath } from './paths.ts';
import { hostOf, makeScenario, type Scenario } from './scenario.ts';
import { isRouted, type Kind } from './strategies.ts';
import { World } from './world.ts';

export interface SeedResult {
  readonly seed: number;
  readonly violations: readonly string[];
  /** What was done and what came of it, one line each. */
  readonly story: readonly string[];
  readonly trace: readonly string[];
}

export interface SeedOptions {
  /** Everything that was stored is kept as text. Default: only the story. */
  readonly trace?: boolean;
}

const calmMs = 600_000;
const restMs = 600_000;
const finishMs = 400_000;
const deletionMs = 120_000;
const afterSecondLeaderMs = 5000;

export async function runSeed(seed: number, options: SeedOptions = {}): Promise<SeedResult> {
  const run = new SeedRun(seed, options);
  try {
    await run.live();
  } catch (error) {
    run.violated(`exception: ${error instanceof Error ? error.stack : error}`);
  }
  return run.result();
}

class SeedRun {
  readonly #seed: number;
  readonly #simulation: Simulation;
  readonly #dice: Dice;
  readonly #scenario: Scenario;
  readonly #script: readonly ScheduledFault[];
  readonly #world: World;
  readonly #invariants: Invariants;
  readonly #metrics: ScriptedMetrics;
  readonly #outside: Outside;
  readonly #isDeletedEarly: boolean;
  readonly #violations: string[] = [];
  readonly #story: string[] = [];
  /** What was broken and is not mended yet. */
  #toMend: Action[] = [];
  /** When the script of faults began. */
  #scriptedAt = Number.POSITIVE_INFINITY;
  #lastPass: Pass | undefined;
  #shownPhase = '';
  /** The strategy went over to another router: clients that stay at the one before are not served on purpose. */
  #hasMoved = false;
  #leastReplicas = Number.POSITIVE_INFINITY;

  constructor(seed: number, options: SeedOptions) {
    this.#seed = seed;
    const random = seededRandom(`${seed}/chaos`);
    const dice = makeDice(random);
    this.#dice = dice;
    this.#scenario = makeScenario(dice);
    const { manner } = this.#scenario;
    this.#isDeletedEarly = dice.chance(0.1);
    this.#metrics = scriptedMetrics(makeDice(seededRandom(`${seed}/metrics`)));
    this.#script = dice.chance(0.75) ? seededScript(random, { count: 1 + dice.below(10), withinMs: 400_000 }) : [];
    this.#simulation = createSimulation({
      seed,
      namespaces: [namespace],
      faulty: true,
      trace: options.trace === true,
      analysis: { registry: this.#metrics.registry },
      settings: { verifiesTargetGroups: manner.asksBalancer },
      experiments: { onError: (key, error) => this.#failed(key, error) },
      hooks: {
        ask: (call, signal) => this.#outside.ask(call, signal),
        onPass: (pass) => this.#passed(pass),
        onError: (key, error) => this.#failed(key, error),
      },
      onFault: (line) => this.tell(line),
    });
    const { clock, cluster } = this.#simulation;
    const { storage } = cluster.apiServer;
    this.#world = new World(storage);
    this.#outside = playOutside(clock, storage, makeDice(seededRandom(`${seed}/outside`)));
    this.#invariants = new Invariants({
      storage,
      now: () => clock.now(),
      losesPods: manner.losesPods,
      hasTwoLeaders: this.#script.some(({ fault }) => fault.kind === 'second-leader'),
      areTwoActing: () => this.#areTwoActing(),
      violated: (text) => this.violated(text),
    });
  }

  result(): SeedResult {
    const { trace } = this.#simulation;
    return { seed: this.#seed, violations: this.#violations, story: this.#story, trace: trace.lines };
  }

  tell(line: string): void {
    this.#story.push(`${this.#seconds()} ${line}`);
  }

  violated(text: string): void {
    const line = `${this.#seconds()} ${text}`;
    if (this.#violations.some((known) => known.endsWith(text))) return;
    this.#violations.push(line);
    this.#story.push(`${line}   ← VIOLATION`);
  }

  async live(): Promise<void> {
    const { clock, faults } = this.#simulation;
    const { kind, manner } = this.#scenario;
    this.tell(`${kind} ${JSON.stringify(manner)}`);
    const load = await this.#begin();
    this.#scriptedAt = clock.now();
    faults.run(this.#script);
    const actionCount = 4 + this.#dice.below(14);
    for (let index = 0; index < actionCount; index++) {
      // Half of them come in the middle of what the one before set off, at any millisecond.
      await clock.runFor(this.#dice.below(this.#dice.chance(0.5) ? 6000 : 50_000));
      if (this.#dice.chance(0.3)) await this.#mend();
      await this.#act(makeAction(this.#dice, manner));
    }
    // While the API server is away nothing can be mended.
    for (let tries = 0; tries < 60 && this.#toMend.length > 0; tries++) {
      await this.#mend();
      await clock.runFor(1000);
    }
    if (!this.#isDeletedEarly) await this.#comesToItsEnd(load);
    load.stop();
    while (!(await this.#act(deleteRollout()))) await clock.runFor(1000);
    if (this.#isDeletedEarly) {
      await clock.runFor(60_000);
      faults.clear();
    }
    await clock.runFor(this.#isDeletedEarly ? calmMs : deletionMs);
    this.#violatedAll(problemsAfterDeletion(this.#world));
    await this.#simulation.stop();
  }

  async #begin(): Promise<VirtualLoad> {
    const simulation = this.#simulation;
    const scenario = this.#scenario;
    await simulation.start();
    for (const object of scenario.objects) await this.#create(object);
    const hasIngress = scenario.objects.some(
      ({ kind, metadata }) => kind === 'Ingress' && metadata.name === albIngress,
    );
    if (scenario.manner.asksBalancer && hasIngress) await this.#giveAddress();
    await simulation.clock.runFor(60_000);
    const { phase, message } = this.#world.rollout()?.status ?? {};
    if (phase !== 'Healthy') this.violated(`not Healthy a minute after its creation, but ${phase} (${message})`);
    const propagationDelayMs = this.#dice.below(500);
    return simulation.startTraffic({ requestsPerSecond: 1, host: scenario.host, propagationDelayMs });
  }

  /** The load balancer's controller says where it is. */
  async #giveAddress(): Promise<void> {
    const { clock, transport } = this.#simulation;
    const path = `/apis/networking.k8s.io/v1/namespaces/${namespace}/ingresses/${albIngress}/status`;
    const body = { status: { loadBalancer: { ingress: [{ hostname }] } } };
    await whileRunning(clock, transport.request({ verb: 'PATCH', path, contentType: patchContentType.merge, body }));
  }

  async #comesToItsEnd(load: VirtualLoad): Promise<void> {
    const { clock, faults } = this.#simulation;
    await clock.runFor(60_000);
    faults.clear();
    await clock.runFor(calmMs);
    await this.#rests();
    this.#metrics.calm();
    this.#outside.calm();
    for (const action of finish(this.#dice)) await this.#act(action);
    await clock.runFor(finishMs);
    this.#violatedAll(problemsWhenFinished(this.#world));
    this.#lostNothing(load);
  }

  /** Whether it was accepted. */
  async #act(action: Action): Promise<boolean> {
    const { clock, transport } = this.#simulation;
    this.tell(`user: ${action.name}`);
    if (action.kind && areDifferentRouters(action.kind, this.#scenario.kind)) this.#hasMoved = true;
    try {
      await whileRunning(clock, action.perform(transport, clock.now()));
      if (action.mend) this.#toMend.push(action.mend);
      return true;
    } catch (error) {
      this.tell(`  refused: ${error instanceof Error ? error.message : error}`);
      return false;
    }
  }

  /** In the order opposite to that in which it was broken. */
  async #mend(): Promise<void> {
    const refused: Action[] = [];
    for (const action of this.#toMend.splice(0).reverse()) if (!(await this.#act(action))) refused.unshift(action);
    this.#toMend.unshift(...refused);
  }

  async #create(object: KubernetesObject): Promise<void> {
    const { clock, transport } = this.#simulation;
    await whileRunning(clock, transport.request({ verb: 'POST', path: resourcePath(object), body: object }));
  }

  #passed(pass: Pass): void {
    this.#lastPass = pass;
    // Broken types are a violation: the exception is told.
    if (pass.plan.writes.at(-1)?.kind === 'patchStatus')
      assertStatusFitsSchema(pass.observed.rollout, pass.plan.status);
    const { phase, message = '', currentStepIndex } = pass.plan.status;
    const shown = `${phase} ${JSON.stringify(message)} step ${currentStepIndex ?? '-'}`;
    const writes = pass.plan.writes.map(({ key }) => key).join(', ');
    if (shown !== this.#shownPhase || writes !== '') this.tell(`  ${shown}${writes === '' ? '' : `: ${writes}`}`);
    this.#shownPhase = shown;
    this.#leastReplicas = Math.min(this.#leastReplicas, leastAvailable(pass.observed.rollout as Rollout));
    for (const { key, problem } of pass.wave?.failures ?? []) {
      this.tell(`    ! ${key}: ${problem.message}`);
      if (problem.class === 'invalid') this.violated(`the API server finds ${key} invalid: ${problem.message}`);
    }
  }

  /** It has come to an end, or says why not; and then nothing is written any more. */
  async #rests(): Promise<void> {
    const { clock } = this.#simulation;
    const since = clock.now();
    await clock.runFor(restMs);
    const { lastChangeAt, lastChange } = this.#invariants;
    if (lastChangeAt > since)
      this.violated(`at rest, but ${lastChange} was changed ${(clock.now() - lastChangeAt) / 1000} s ago`);
    const { phase, message = '' } = this.#world.rollout()?.status ?? {};
    const reasons = this.#lastPass?.plan.reasons ?? [];
    this.tell(`at rest: ${phase} ${message} [${reasons.map(({ code }) => code).join(', ')}]`);
    this.#violatedAll(problemsAtRest(this.#world, reasons));
  }

  #lostNothing(load: VirtualLoad): void {
    if (this.#scenario.manner.losesPods || this.#leastReplicas <= 0 || this.#hasMoved) return;
    const [first] = load.lost;
    if (!first) return;
    const at = ((first.at - startAt) / 1000).toFixed(3);
    this.violated(`${load.lost.length} requests lost, the first at ${at}: ${first.status} ${first.why}`);
  }

  #violatedAll(texts: readonly string[]): void {
    for (const text of texts) this.violated(text);
  }

  /** A second leader is there, or has just gone. */
  #areTwoActing(): boolean {
    const since = this.#simulation.clock.now() - this.#scriptedAt;
    return this.#script.some(
      ({ atMs, fault }) =>
        fault.kind === 'second-leader' && since >= atMs && since <= atMs + fault.forMs + afterSecondLeaderMs,
    );
  }

  #failed(key: string, error: unknown): void {
    this.violated(`exception in ${key}: ${error instanceof Error ? error.stack : error}`);
  }

  #seconds(): string {
    return ((this.#simulation.clock.now() - startAt) / 1000).toFixed(3).padStart(9);
  }
}

function areDifferentRouters(one: Kind, other: Kind): boolean {
  return hostOf(one) !== hostOf(other) && isRouted(one) && isRouted(other);
}

const startAt = Date.UTC(2026, 0, 1);

/** With a bound that allows no pod to be ready, requests may be lost (a basic canary alone has such bounds). */
function leastAvailable(rollout: Rollout): number {
  const { isBasic, replicas, unavailable } = boundsOf(rollout);
  return isBasic ? replicas - unavailable : replicas;
}
