// One seed: a random Rollout lives through random actions and faults, is left alone, is driven to completion, and is
// deleted. What went against an invariant is told with the time at which it did.

import type { KubernetesObject } from '../../controller/api/kubernetes-types.ts';
import type { AnalysisRun, Rollout } from '../../controller/api/types.generated.ts';
import type { Pass } from '../../controller/rollout/controller.ts';
import { seededScript } from '../../sandbox/faults/seeded-script.ts';
import type { ScheduledFault } from '../../sandbox/faults/types.ts';
import type { VirtualLoad } from '../../sandbox/load/virtual-load.ts';
import { seededRandom } from '../../sandbox/random.ts';
import { createSimulation, type Simulation, whileRunning } from '../../sandbox/simulation.ts';
import { type Action, deleteRollout, finish, type Manner, makeAction } from './actions.ts';
import { boundsOf } from './bounds.ts';
import { type Dice, makeDice } from './dice.ts';
import { Invariants, isOver } from './invariants.ts';
import { type ScriptedMetrics, scriptedMetrics } from './metrics.ts';
import { resourcePath } from './paths.ts';
import { hosts, makeScenario, namespace, type Scenario } from './scenario.ts';
import { isRouted, type Kind } from './strategies.ts';

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

type Labels = Readonly<Record<string, string>>;

const calmMs = 600_000;
const restMs = 600_000;
const finishMs = 400_000;
const deletionMs = 120_000;

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
  readonly #manner: Manner;
  readonly #script: readonly ScheduledFault[];
  readonly #invariants: Invariants;
  readonly #metrics: ScriptedMetrics;
  readonly #isDeletedEarly: boolean;
  readonly #violations: string[] = [];
  readonly #story: string[] = [];
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
    this.#manner = { losesPods: dice.chance(0.3), changesStrategy: dice.chance(0.15) };
    this.#isDeletedEarly = dice.chance(0.1);
    this.#metrics = scriptedMetrics(makeDice(seededRandom(`${seed}/metrics`)));
    this.#script = dice.chance(0.75) ? seededScript(random, { count: 1 + dice.below(10), withinMs: 400_000 }) : [];
    this.#simulation = createSimulation({
      seed,
      namespaces: [namespace],
      faulty: true,
      trace: options.trace === true,
      analysis: { registry: this.#metrics.registry },
      hooks: {
        onPass: (pass) => this.#passed(pass),
        onError: (key, error) => this.violated(`exception in ${key}: ${error instanceof Error ? error.stack : error}`),
      },
      onFault: (line) => this.tell(line),
    });
    this.#invariants = new Invariants({
      storage: this.#simulation.cluster.apiServer.storage,
      now: () => this.#simulation.clock.now(),
      losesPods: this.#manner.losesPods,
      exceedsSurge: this.#script.some(({ fault }) => fault.kind === 'second-leader'),
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
    const simulation = this.#simulation;
    this.tell(`${this.#scenario.kind} ${JSON.stringify(this.#manner)}`);
    await simulation.start();
    for (const object of this.#scenario.objects) await this.#create(object);
    await simulation.clock.runFor(60_000);
    if (this.#rollout()?.status?.phase !== 'Healthy') this.violated(`not Healthy a minute after its creation`);
    const load = await simulation.startTraffic({
      requestsPerSecond: 1,
      host: this.#scenario.host,
      propagationDelayMs: this.#dice.below(500),
    });
    simulation.faults.run(this.#script);
    const actionCount = 4 + this.#dice.below(14);
    for (let index = 0; index < actionCount; index++) {
      // Half of them come in the middle of what the one before set off, at any millisecond.
      await simulation.clock.runFor(this.#dice.below(this.#dice.chance(0.5) ? 6000 : 50_000));
      await this.#act(makeAction(this.#dice, this.#manner));
    }
    if (!this.#isDeletedEarly) await this.#comesToItsEnd(load);
    load.stop();
    while (!(await this.#act(deleteRollout()))) await simulation.clock.runFor(1000);
    if (this.#isDeletedEarly) {
      await simulation.clock.runFor(60_000);
      simulation.faults.clear();
    }
    await simulation.clock.runFor(this.#isDeletedEarly ? calmMs : deletionMs);
    this.#leftNothing();
    await simulation.stop();
  }

  async #comesToItsEnd(load: VirtualLoad): Promise<void> {
    const { clock, faults } = this.#simulation;
    await clock.runFor(60_000);
    faults.clear();
    await clock.runFor(calmMs);
    await this.#rests();
    this.#metrics.calm();
    for (const action of finish(this.#dice)) await this.#act(action);
    await clock.runFor(finishMs);
    this.#isFinished();
    this.#lostNothing(load);
  }

  /** Whether it was accepted. */
  async #act(action: Action): Promise<boolean> {
    const { clock, transport } = this.#simulation;
    this.tell(`user: ${action.name}`);
    if (action.kind && areDifferentRouters(action.kind, this.#scenario.kind)) this.#hasMoved = true;
    try {
      await whileRunning(clock, action.perform(transport, clock.now()));
      return true;
    } catch (error) {
      this.tell(`  refused: ${error instanceof Error ? error.message : error}`);
      return false;
    }
  }

  async #create(object: KubernetesObject): Promise<void> {
    const { clock, transport } = this.#simulation;
    await whileRunning(clock, transport.request({ verb: 'POST', path: resourcePath(object), body: object }));
  }

  #passed(pass: Pass): void {
    this.#lastPass = pass;
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
    const { phase, message = '' } = this.#rollout()?.status ?? {};
    const reasons = this.#lastPass?.plan.reasons ?? [];
    this.tell(`at rest: ${phase} ${message} [${reasons.map(({ code }) => code).join(', ')}]`);
    if (phase !== 'Healthy' && reasons.length === 0) this.violated(`still ${phase} (${message}) without a reason`);
  }

  #isFinished(): void {
    const rollout = this.#rollout();
    const { phase, message, readyReplicas = 0, currentPodHash, stableRS } = rollout?.status ?? {};
    const wanted = rollout?.spec.replicas ?? 1;
    if (phase !== 'Healthy') return this.violated(`fully promoted, but ${phase}: ${message}`);
    if (stableRS !== currentPodHash) this.violated(`Healthy, but the stable version is ${stableRS}`);
    if (readyReplicas !== wanted) this.violated(`Healthy with ${readyReplicas} of ${wanted} ready pods`);
    const { storage } = this.#simulation.cluster.apiServer;
    const runs = storage.list('argoproj.io/analysisruns', namespace) as unknown as readonly AnalysisRun[];
    const running = runs.filter((run) => !isOver(run)).map(({ metadata }) => metadata.name);
    if (running.length > 0) this.violated(`Healthy, but ${running.join(', ')} still measure`);
  }

  #lostNothing(load: VirtualLoad): void {
    if (this.#manner.losesPods || this.#leastReplicas <= 0 || this.#hasMoved) return;
    const [first] = load.lost;
    if (!first) return;
    const at = ((first.at - startAt) / 1000).toFixed(3);
    this.violated(`${load.lost.length} requests lost, the first at ${at}: ${first.status} ${first.why}`);
  }

  #leftNothing(): void {
    for (const resource of ['argoproj.io/rollouts', 'argoproj.io/analysisruns', 'apps/replicasets', '/pods']) {
      const found = this.#simulation.cluster.apiServer.storage.list(resource, namespace);
      // A workload that was referred to lives on with its own.
      const left = found.filter(({ metadata: { labels } }) => !(labels as Labels | undefined)?.['pod-template-hash']);
      if (left.length > 0) this.violated(`${left.length} ${resource} are left after the deletion`);
    }
  }

  #rollout(): Rollout | undefined {
    return this.#simulation.cluster.apiServer.storage.list('argoproj.io/rollouts', namespace)[0] as unknown as Rollout;
  }

  #seconds(): string {
    return ((this.#simulation.clock.now() - startAt) / 1000).toFixed(3).padStart(9);
  }
}

function areDifferentRouters(one: Kind, other: Kind): boolean {
  return hosts[one] !== hosts[other] && isRouted(one) && isRouted(other);
}

const startAt = Date.UTC(2026, 0, 1);

/** With a bound that allows no pod to be ready, requests may be lost (a basic canary alone has such bounds). */
function leastAvailable(rollout: Rollout): number {
  const { isBasic, replicas, unavailable } = boundsOf(rollout);
  return isBasic ? replicas - unavailable : replicas;
}
