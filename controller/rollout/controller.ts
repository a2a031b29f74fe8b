// The rollout controller: one pass of each Rollout that something woke (wakes.ts): gather and plan, execute one wave,
// again at once if something was written, else when `wakeAt` comes. It decides nothing.

import type { Rollout } from '../api/types.generated.ts';
import { createOwnerConfirmation } from '../confirm-owner.ts';
import type { Controller, ControllerContext } from '../controller.ts';
import { objectKey, splitKey } from '../kubernetes/resource.ts';
import { createWorkQueue } from '../kubernetes/work-queue.ts';
import { startWorkers, type Workers, type Outcome as WorkOutcome } from '../kubernetes/workers.ts';
import { createWriter, type WriteSink } from '../kubernetes/writer.ts';
import { createWritePace } from '../write-pace.ts';
import { createAsk } from './ask.ts';
import { type CacheOptions, type Caches, createCaches, informersOf } from './caches.ts';
import { type Ask, createCalls, type StartedCall } from './calls.ts';
import { execute, type Faults, type WaveResult } from './execute.ts';
import { finishedDurations } from './finished-duration.ts';
import { gatherAndPlan, type Planned } from './gather.ts';
import { createIngressCleaner } from './ingress-cleaner.ts';
import { createLedgers } from './ledgers.ts';
import { createLiveRollouts } from './live-rollouts.ts';
import { plan } from './plan.ts';
import { ingressNamesOf, referenceTo, serviceNamesOf } from './references.ts';
import { rollouts } from './resources.ts';
import { createServiceCleaner } from './service-cleaner-loop.ts';
import { createToldStates } from './told-states.ts';
import type { EventRecord, Ledger } from './types.ts';
import { subscribeWakes, wakeReferencing } from './wakes.ts';
import { createWorkloads } from './workloads.ts';

/** Who wants to see, or to disturb, what the controller does: conformance, the record for replays. */
export interface RolloutControllerHooks {
  readonly onPass?: (pass: Pass) => void;
  /** Every exception of a worker, before it is retried. */
  readonly onError?: (key: string, error: unknown) => void;
  /** Fault injection; asked before each wave. */
  readonly faultsOf?: (planned: Planned) => Faults;
  /** Answers questions to the outside in its place. */
  readonly ask?: Ask;
}

export interface RolloutControllerOptions {
  /** Of the controller process: proxies, POD_NAMESPACE. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
}

export interface Pass extends Planned {
  readonly key: string;
  /** Absent when there was nothing to write. */
  readonly wave?: WaveResult;
  readonly tookMs: number;
}

export interface RolloutController extends Controller {
  readonly caches: Caches;
  /** What the process knows of a Rollout and the cluster does not: for `explain`. */
  ledgerOf(key: string): Ledger;
}

/** As the reference (operations.md §7). */
const cleanerThreads = 10;
/** Waves in a row without a foreign change after which a Rollout backs off (design.md §5.12). */
export const maximumWaves = 16;

export function createRolloutController(
  context: ControllerContext,
  hooks: RolloutControllerHooks = {},
  { environment = {} }: RolloutControllerOptions = {},
): RolloutController {
  const { transport, clock, log, scope, settings, metrics } = context;
  const cacheOptions: CacheOptions = {
    ...context,
    resyncMs: settings.resyncMs,
    instanceId: scope.instanceId,
    ...(scope.namespace === undefined ? {} : { namespace: scope.namespace }),
    onRestart: (resource, reason) => metrics.watchRestarted(resource, reason),
  };
  const caches = createCaches(cacheOptions, context.analyses);
  const workloads = createWorkloads(cacheOptions, (reference) => wakeReferencing(caches, 'workload', reference, wake));
  const ledgers = createLedgers();
  const pace = createWritePace(clock);
  const told = createToldStates();
  /** Whose ledger, calls and told states are kept under a name. */
  const uids = new Map<string, string>();
  const queue = createWorkQueue({ name: 'Rollouts', clock, observer: metrics });
  const ask = hooks.ask ?? createAsk({ ...context, environment, ...settings });
  const calls = createCalls({ clock, random: context.random, ask, answered: wake, failed });
  const writer = createWriter({
    transport,
    fence: context.fence,
    fieldManager: 'rollouts-controller',
    sinkOf: ({ plural }) => sinks[plural],
  });
  const sinks: Readonly<Record<string, WriteSink>> = {
    rollouts: caches.rollouts.store,
    replicasets: caches.replicaSets.store,
    services: caches.services.store,
    ingresses: caches.ingresses.store,
    analysisruns: caches.analysisRuns.store,
    experiments: caches.experiments.store,
  };
  const { store } = caches.rollouts;
  const confirmOwner = createOwnerConfirmation({ resource: rollouts, store, writer, wake, failed });
  const live = createLiveRollouts(transport);
  const shared = { clock, log, writer, rollouts: caches.rollouts.store, ...live, observer: metrics };
  const serviceCleaner = createServiceCleaner({
    ...shared,
    services: caches.services.store,
    wake: (key) => queue.add(key),
    workerCount: cleanerThreads,
  });
  const ingressCleaner = createIngressCleaner({
    ...shared,
    ingresses: caches.ingresses.store,
    classes: settings.albIngressClasses,
    workerCount: cleanerThreads,
  });
  const sources = {
    rollouts: caches.rollouts.store,
    replicaSets: caches.replicaSets.store,
    services: caches.services.store,
    ingresses: caches.ingresses.store,
    analysisRuns: caches.analysisRuns.store,
    experiments: caches.experiments.store,
    analysisTemplates: caches.analysisTemplates.store,
    clusterAnalysisTemplates: caches.clusterAnalysisTemplates.store,
    workloads,
    transport,
    clock,
    settings,
  };
  let isWorking = false;
  let workers: Workers | undefined;

  async function process(key: string): Promise<WorkOutcome> {
    const startedAt = clock.now();
    forgetPredecessor(key);
    const planned = await gatherAndPlan(key, sources, ledgerOf(key), plan);
    if (!planned) {
      forget(key);
      return undefined;
    }
    const tooEarlyMs = pace.take(key, planned.plan.writes.length);
    if (tooEarlyMs > 0) {
      log.warn({ rollout: key, writes: planned.plan.writes.map((write) => write.key), tooEarlyMs }, 'Wave held back');
      return { kind: 'after', delayMs: tooEarlyMs };
    }
    const wave = planned.plan.writes.length > 0 ? await carryOut(key, planned) : undefined;
    if (!wave) {
      ledgers.keep(key, { heldStatus: planned.observed.ledger.heldStatus });
      for (const event of planned.plan.events) tell(planned.observed.rollout, event);
    }
    told.rests(key, planned.plan);
    hooks.onPass?.({ key, ...planned, ...(wave === undefined ? {} : { wave }), tookMs: clock.now() - startedAt });
    countPass(planned, wave, startedAt);
    logPass(key, planned, wave);
    return next(key, planned, wave);
  }

  function ledgerOf(key: string): Ledger {
    return { ...ledgers.of(key), calls: calls.of(key) };
  }

  /** A Rollout that was deleted and made again under its name has nothing of the one before. */
  function forgetPredecessor(key: string): void {
    const uid = caches.rollouts.store.get(key)?.metadata.uid;
    if (uid === undefined || uids.get(key) === uid) return;
    forget(key);
    uids.set(key, uid);
  }

  function forget(key: string): void {
    uids.delete(key);
    ledgers.forget(key);
    pace.forget(key);
    calls.forget(key);
    told.forget(key);
  }

  async function carryOut(key: string, planned: Planned): Promise<WaveResult> {
    const { observed } = planned;
    const executeDeps = {
      writer,
      clock,
      tell: (event: EventRecord) => tell(observed.rollout, event),
      startCall: (call: StartedCall) => calls.start(key, call),
      dropCall: (call: string) => calls.drop(key, call),
    };
    ledgers.beginWave(key);
    try {
      const wave = await execute(planned.plan, observed, executeDeps, hooks.faultsOf?.(planned) ?? {});
      ledgers.waveDone(key, wave.ledger);
      if (wave.stopped) forget(key); // a process that died would know nothing more
      return wave;
    } finally {
      ledgers.waveBroken(key);
    }
  }

  function next(key: string, planned: Planned, wave: WaveResult | undefined): WorkOutcome {
    if (wave) {
      // A wave that keeps being followed by another one without any change from outside would be a hot loop.
      if (ledgers.of(key).wavesWithoutChange >= maximumWaves) return { kind: 'backOff' };
      queue.add(key);
      return undefined;
    }
    const { wakeAt } = planned.plan;
    return wakeAt === undefined ? undefined : { kind: 'after', delayMs: Math.max(1, wakeAt - clock.now()) };
  }

  function countPass({ observed, plan: planned }: Planned, wave: WaveResult | undefined, startedAt: number): void {
    const { namespace = '', name = '' } = observed.rollout.metadata;
    metrics.rolloutReconciled(namespace, name, clock.now() - startedAt);
    for (const { problem } of wave?.failures ?? []) if (problem.class === 'conflict') metrics.conflict();
    if (!wave?.isStatusWritten || wave.stopped) return;
    for (const ended of finishedDurations(observed.rollout.status ?? {}, planned.status))
      metrics.rolloutFinished(ended);
  }

  function tell(rollout: Rollout, event: EventRecord): void {
    const { namespace, name = '' } = rollout.metadata;
    if (!told.isNews(objectKey(namespace, name), event)) return;
    context.recorder.record(referenceTo(rollout), event);
  }

  function logPass(key: string, { plan: planned }: Planned, wave: WaveResult | undefined): void {
    const reasons = planned.reasons.map((reason) => reason.code);
    if (wave) {
      const failures = wave.failures.map(({ key: write, problem }) => `${write}: ${problem.message}`);
      const fields = { rollout: key, writes: planned.writes.map((write) => write.key), reasons };
      if (failures.length > 0) log.warn({ ...fields, failures }, 'Wave failed');
      else log.info(fields, 'Wave done');
    } else if (reasons.length > 0) log.debug({ rollout: key, reasons, wakeAt: planned.wakeAt }, 'Waiting');
  }

  function failed(key: string, error: unknown): void {
    const { namespace = '', name } = splitKey(key);
    metrics.rolloutReconcileFailed(namespace, name);
    hooks.onError?.(key, error);
  }

  function wake(key: string): void {
    // Echoes of a wave that is being written need no pass of their own: one follows every wave.
    if (ledgers.noteChange(key)) queue.add(key);
  }

  function rolloutChanged(old: Rollout | undefined, current: Rollout | undefined, key: string): void {
    for (const service of dropped(serviceNamesOf, old, current)) serviceCleaner.add(service);
    for (const ingress of dropped(ingressNamesOf, old, current)) {
      ingressCleaner.add(ingress);
      wakeReferencing(caches, 'ingress', ingress, wake); // it may have kept them from writing it
    }
    if (current) metrics.rolloutObserved(current);
    else if (old) metrics.rolloutGone(old.metadata.namespace ?? '', old.metadata.name ?? '');
    if (isWorking && !old && current) tellAdded(current);
    if (isWorking && old && !current) tellDeleted(old);
    if (old === current) queue.add(key);
    else wake(key);
  }

  function tellAdded(rollout: Rollout): void {
    const { name, namespace } = rollout.metadata;
    const message = `Rollout resource added to informer: ${namespace}/${name}`;
    tell(rollout, { type: 'Normal', reason: 'RolloutAddedToInformer', message });
  }

  function tellDeleted(rollout: Rollout): void {
    const { name, namespace } = rollout.metadata;
    // QUIRK: name before namespace.
    tell(rollout, { type: 'Normal', reason: 'RolloutDeleted', message: `Rollout ${name}/${namespace} is deleted.` });
  }

  caches.rollouts.store.subscribe(rolloutChanged);
  caches.services.store.subscribe((_old, _current, key) => serviceCleaner.add(key));
  caches.ingresses.store.subscribe((_old, _current, key) => ingressCleaner.add(key));
  subscribeWakes({ caches, isWorking: () => isWorking, wake, confirmOwner });

  return {
    name: 'rollouts',
    caches,
    async start() {
      const informers = informersOf(caches);
      for (const { reflector } of informers) reflector.start();
      // With half a cache a Rollout would look as if it had no ReplicaSets.
      await Promise.all(informers.map(({ reflector }) => reflector.synced()));
      isWorking = true;
      for (const rollout of caches.rollouts.store.values()) tellAdded(rollout);
      workers = startWorkers({ queue, clock, count: settings.rolloutThreads, process, log, onError: failed });
      serviceCleaner.start();
      ingressCleaner.start();
    },
    async stop() {
      queue.close();
      calls.close();
      await Promise.all([workers?.stop(), serviceCleaner.stop(), ingressCleaner.stop()]);
      for (const { reflector } of informersOf(caches)) reflector.stop();
      workloads.stop();
      isWorking = false;
    },
    ledgerOf,
  };
}

/** Keys of what the Rollout named before and does not any more. */
function dropped(
  namesOf: (rollout: Rollout) => readonly string[],
  old: Rollout | undefined,
  current: Rollout | undefined,
): string[] {
  const kept = current ? namesOf(current) : [];
  const before = old ? namesOf(old) : [];
  return before.filter((name) => !kept.includes(name)).map((name) => objectKey(old?.metadata.namespace, name));
}
