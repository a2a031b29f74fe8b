// The life of the controller process between "the flags are read" and "it has ended": check the API, listen, become
// the leader, run the controllers, stop in order (operations.md §§1, 5, 8, 16). Under a virtual clock and an in-memory
// Transport it is the same code.

import { createAnalysisController } from './analysis/controller.ts';
import { createAnalysisInformers } from './analysis/informers.ts';
import { eventSource, leaseName } from './api/constants.ts';
import type { Controller, ControllerContext, ControllerScope, ControllerSettings } from './controller.ts';
import { createExperimentController } from './experiment/controller.ts';
import { createEventRecorder, type EventRecorder } from './kubernetes/events.ts';
import { type Fence, openFence } from './kubernetes/fence.ts';
import { createLeaderElection, type LeaderElection, LeaseUnavailable } from './kubernetes/leader-election.ts';
import type { Logger } from './kubernetes/log.ts';
import type { Transport } from './kubernetes/transport.ts';
import { type Clock, type Random, within } from './lang/time.ts';
import { createPluginHost, type PluginHost } from './plugins/host.ts';
import { createRolloutController } from './rollout/controller.ts';
import { checkApi, neededByAnalysis, neededByRollouts } from './start-check.ts';
import { isImportantEvent } from './telemetry/event-reasons.ts';
import { type Health, noHealth } from './telemetry/health.ts';
import { type Listeners, type Scrape, startListeners } from './telemetry/listeners.ts';
import type { ControllerMetrics } from './telemetry/metrics.ts';

export interface ManagerOptions {
  readonly scope: ControllerScope;
  readonly settings: ControllerSettings;
  /** `--controllers=analysis`: AnalysisRuns are worked on and nothing else (operations.md §6.4). */
  readonly isAnalysisOnly?: boolean;
  /** The controller's own namespace: the lease lives there. */
  readonly namespace: string;
  /** Undefined: no election, this process always acts. */
  readonly leaderElection?: {
    readonly leaseDurationMs: number;
    readonly renewDeadlineMs: number;
    readonly retryPeriodMs: number;
    readonly releaseOnExit: boolean;
    /** `<hostname>_<random uuid>`. */
    readonly identity: string;
  };
  /** Undefined: no listeners (simulations). 0: a free port. */
  readonly ports?: { readonly metrics: number; readonly healthz: number };
}

export interface Manager {
  readonly isLeader: boolean;
  readonly cachesSynced: boolean;
  /** Where the listeners are, if there are any. */
  readonly addresses: { readonly metrics: number; readonly healthz: number } | undefined;
  /** Resolves when this process leads and its controllers run. */
  leading(): Promise<void>;
  /** Resolves with one line when the manager ended without being asked to: its lease was lost or cannot be had. */
  readonly ended: Promise<string>;
  /** Finishes the write in flight of each worker, starts nothing, gives the lease back. */
  stop(): Promise<void>;
}

export interface ManagerDeps {
  readonly transport: Transport;
  /** A connection and a rate limit of its own, so that throttling cannot lose the lease. */
  readonly leaseTransport?: Transport;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly metrics: ControllerMetrics;
  readonly options: ManagerOptions;
  /** The text of a scrape; needed with `options.ports`. */
  readonly scrape?: Scrape;
  readonly health?: Health;
  /** For spans that no step of the wall clock may change; `clock` unless told. */
  readonly monotonicClock?: Clock;
  /** Where executables of plugins are put; the working directory unless told. */
  readonly workingFolder?: string;
  readonly createControllers?: (context: ControllerContext) => readonly Controller[];
}

/** operations.md §16: items at work, then plugins, then events, then what is left of scrapes. */
const grace = { workersMs: 20_000, pluginsMs: 3_000, eventsMs: 2_000 };

/**
 * Resolves once the API is found to be usable and the listeners are up; the election goes on behind it. Rejects with an
 * Error of one clear line where starting makes no sense.
 */
export async function startManager(deps: ManagerDeps): Promise<Manager> {
  const { transport, log, options } = deps;
  await checkApi(transport, log, options.isAnalysisOnly ? neededByAnalysis : neededByRollouts);
  const { ports } = options;
  const health = deps.health ?? noHealth;
  const listeners = ports && (await startListeners({ ports, health, scrape: deps.scrape ?? emptyScrape, log }));
  const manager = new ControllerManager(deps, health, listeners);
  manager.start();
  return manager;
}

class ControllerManager implements Manager {
  readonly ended: Promise<string>;
  readonly #deps: ManagerDeps;
  readonly #health: Health;
  readonly #listeners: Listeners | undefined;
  readonly #election: LeaderElection | undefined;
  readonly #recorder: EventRecorder;
  readonly #plugins: PluginHost;
  readonly #environment: NodeJS.ProcessEnv;
  readonly #leading = Promise.withResolvers<void>();
  readonly #end = Promise.withResolvers<string>();
  #controllers: readonly Controller[] = [];
  #cachesSynced = false;
  #stopping = false;

  constructor(deps: ManagerDeps, health: Health, listeners: Listeners | undefined) {
    this.#deps = deps;
    this.#health = health;
    this.#listeners = listeners;
    this.ended = this.#end.promise;
    this.#election = createElection(deps);
    this.#recorder = createRecorder(deps);
    const { clock, log, options } = deps;
    this.#environment = controllerEnvironment(options.namespace);
    const folder = deps.workingFolder ?? process.cwd();
    this.#plugins = createPluginHost({ clock, log, environment: this.#environment, folder });
  }

  get isLeader(): boolean {
    return this.#election === undefined || this.#election.isLeader;
  }

  get cachesSynced(): boolean {
    return this.#cachesSynced;
  }

  get addresses(): Manager['addresses'] {
    return this.#listeners?.addresses;
  }

  leading(): Promise<void> {
    return this.#leading.promise;
  }

  start(): void {
    this.#lead().catch((error: unknown) => {
      if (error instanceof LeaseUnavailable) this.#end.resolve(error.message);
      else this.#end.reject(error);
    });
  }

  async stop(): Promise<void> {
    const { clock, log, options } = this.#deps;
    this.#stopping = true;
    log.info({}, 'Shutting down');
    const workersStopped = Promise.all(this.#controllers.map((controller) => controller.stop()));
    if (!(await within(clock, grace.workersMs, workersStopped))) log.warn({}, 'Workers did not finish in time');
    if (!(await within(clock, grace.pluginsMs, this.#plugins.close()))) log.warn({}, 'Plugins did not end in time');
    await this.#recorder.flush(grace.eventsMs);
    this.#recorder.stop();
    await this.#election?.stop(options.leaderElection?.releaseOnExit ?? false);
    this.#deps.metrics.leading(false);
    await this.#listeners?.close();
  }

  async #lead(): Promise<void> {
    const { metrics, log } = this.#deps;
    const election = this.#election;
    if (election === undefined) log.warn({}, 'Leader election is off: a second controller would act at the same time');
    election?.onLost((why) => this.#lost(why));
    await election?.acquire();
    if (this.#stopping) return;
    metrics.leading(true);
    this.#health.leading(true, election !== undefined);
    const environment = this.#environment;
    const create =
      this.#deps.createControllers ??
      ((context) => [
        ...(this.#deps.options.isAnalysisOnly ? [] : rolloutControllers(context, environment)),
        createAnalysisController(context, { environment }),
      ]);
    this.#controllers = create(this.#context());
    await Promise.all(this.#controllers.map((controller) => controller.start()));
    if (this.#stopping) return;
    this.#cachesSynced = true;
    this.#health.cachesSynced(true);
    log.info({ controllers: this.#controllers.map(({ name }) => name) }, 'Started controllers');
    this.#leading.resolve();
  }

  /** Nothing may be written any more: the fence is down already, the caller cuts the connections. */
  #lost(why: string): void {
    if (this.#stopping) return;
    const { metrics, log } = this.#deps;
    this.#stopping = true;
    metrics.leading(false);
    this.#health.leading(false, true);
    this.#recorder.stop();
    log.error({ why }, 'Leader election lost');
    for (const controller of this.#controllers) void controller.stop();
    void this.#plugins.close();
    this.#end.resolve(`leader election lost: ${why}`);
  }

  #context(): ControllerContext {
    const { transport, clock, random, log, metrics, options } = this.#deps;
    const { scope, settings } = options;
    const right = this.#election ?? openFence;
    // A process that stops finishes the write in flight, not the wave (design.md §5, "Fencing").
    const fence: Fence = { remainingMs: () => (this.#stopping ? 0 : right.remainingMs()) };
    const analyses = createAnalysisInformers({
      transport,
      clock,
      random,
      log,
      namespace: scope.namespace,
      instanceId: scope.instanceId,
      resyncMs: settings.resyncMs,
      onRestart: (resource, reason) => metrics.watchRestarted(resource, reason),
    });
    const shared = { recorder: this.#recorder, plugins: this.#plugins, metrics, analyses };
    return { transport, fence, clock, random, log, ...shared, scope, settings };
  }
}

function createElection(deps: ManagerDeps): LeaderElection | undefined {
  const { transport, leaseTransport, clock, monotonicClock, random, log, options } = deps;
  const { leaderElection, namespace, scope } = options;
  if (leaderElection === undefined) return undefined;
  return createLeaderElection({
    ...leaderElection,
    transport: leaseTransport ?? transport,
    clock: monotonicClock ?? clock,
    wallClock: clock,
    random,
    log,
    namespace,
    name: scope.instanceId === '' ? leaseName : `${leaseName}-${scope.instanceId}`,
  });
}

/** Every event is also a log line and a count, whatever becomes of it in the cluster (operations.md §10). */
function createRecorder({ transport, clock, log, metrics }: ManagerDeps): EventRecorder {
  return createEventRecorder({
    transport,
    clock,
    log,
    component: eventSource,
    isImportant: isImportantEvent,
    onRecord({ kind, namespace, name }, { type, reason, message }) {
      const fields = { event_reason: reason, [kind.toLowerCase()]: name, namespace };
      if (type === 'Warning') log.warn(fields, message);
      else log.info(fields, message);
      if (kind === 'Rollout') metrics.rolloutEvent(namespace, name, type, reason);
    },
  });
}

/** The environment of the process, with the namespace that was found out: most installations do not tell it. */
export function controllerEnvironment(namespace: string): NodeJS.ProcessEnv {
  return { ...process.env, POD_NAMESPACE: namespace };
}

/** Experiments are worked on next to Rollouts, out of the same stores. */
function rolloutControllers(context: ControllerContext, environment: NodeJS.ProcessEnv): readonly Controller[] {
  const rollouts = createRolloutController(context, {}, { environment });
  return [rollouts, createExperimentController(context, rollouts.caches)];
}

const emptyScrape: Scrape = () => Promise.resolve({ contentType: 'text/plain', body: '' });
