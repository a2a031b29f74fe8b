// The Experiment controller: what wakes which Experiment (analysis.md §6.4), and one pass of it. It decides nothing, and
// looks into the stores of the rollout controller, so that each sees at once what the other wrote.

import { apiVersion, group } from '../api/constants.ts';
import type { KubernetesObject, Service } from '../api/kubernetes-types.ts';
import type { AnalysisRun, Experiment, Rollout } from '../api/types.generated.ts';
import { createOwnerConfirmation } from '../confirm-owner.ts';
import type { Controller, ControllerContext } from '../controller.ts';
import { objectKey, splitKey } from '../kubernetes/resource.ts';
import { createWorkQueue } from '../kubernetes/work-queue.ts';
import { startWorkers, type Workers, type Outcome as WorkOutcome } from '../kubernetes/workers.ts';
import { createWriter, type WriteSink } from '../kubernetes/writer.ts';
import { isEqualJson } from '../lang/merge-patch.ts';
import type { Caches } from '../rollout/caches.ts';
import { createLedgersOf } from '../rollout/ledgers.ts';
import { createWritePace } from '../write-pace.ts';
import { type ExperimentWave, execute } from './execute.ts';
import { gatherAndPlan, type PlannedExperiment } from './gather.ts';
import { experiments } from './resources.ts';
import type { ExperimentEvent, ExperimentLedger } from './types.ts';

export interface ExperimentPass extends PlannedExperiment {
  readonly key: string;
  /** Absent when there was nothing to write. */
  readonly wave?: ExperimentWave;
}

export interface ExperimentControllerHooks {
  readonly onPass?: (pass: ExperimentPass) => void;
  readonly onError?: (key: string, error: unknown) => void;
}

/** Waves in a row without a foreign change after which an Experiment backs off (design.md §5.12). */
const maximumWaves = 16;
/** What the next plan knows better; everything else is the same a moment later. */
const planAgainAtOnce: readonly string[] = ['conflict', 'gone', 'exists'];
const emptyLedger: ExperimentLedger = { outcomes: {}, wavesWithoutChange: 0 };

/** `caches`: those of the rollout controller, which starts and stops them. */
export function createExperimentController(
  context: ControllerContext,
  caches: Caches,
  hooks: ExperimentControllerHooks = {},
): Controller {
  const { transport, clock, log, metrics, settings } = context;
  const { store } = caches.experiments;
  const ledgers = createLedgersOf(emptyLedger);
  const pace = createWritePace(clock);
  const queue = createWorkQueue({ name: 'Experiments', clock, observer: metrics });
  const sinks: Readonly<Record<string, WriteSink>> = {
    experiments: store,
    replicasets: caches.replicaSets.store,
    services: caches.services.store,
    analysisruns: caches.analysisRuns.store,
  };
  const writer = createWriter({
    transport,
    fence: context.fence,
    fieldManager: 'rollouts-controller',
    sinkOf: ({ plural }) => sinks[plural],
  });
  const sources = { caches, transport, clock };
  const confirmOwner = createOwnerConfirmation({ resource: experiments, store, writer, wake, failed });
  let workers: Workers | undefined;

  async function process(key: string): Promise<WorkOutcome> {
    const startedAt = clock.now();
    const planned = await gatherAndPlan(key, sources, ledgers.of(key));
    if (!planned) {
      ledgers.forget(key);
      pace.forget(key);
      return undefined;
    }
    const tooEarlyMs = pace.take(key, planned.plan.writes.length);
    if (tooEarlyMs > 0) {
      log.warn(
        { experiment: key, writes: planned.plan.writes.map((write) => write.key), tooEarlyMs },
        'Wave held back',
      );
      return { kind: 'after', delayMs: tooEarlyMs };
    }
    const wave = planned.plan.writes.length > 0 ? await carryOut(key, planned) : undefined;
    hooks.onPass?.({ key, ...planned, ...(wave === undefined ? {} : { wave }) });
    const { namespace = '', name = '' } = planned.observed.experiment.metadata;
    metrics.experimentReconciled(namespace, name, clock.now() - startedAt);
    logPass(key, planned, wave);
    if (!wave) {
      const { wakeAt } = planned.plan;
      return wakeAt === undefined ? undefined : { kind: 'after', delayMs: Math.max(1, wakeAt - clock.now()) };
    }
    for (const failure of wave.failures) if (failure.class === 'conflict') metrics.conflict();
    const isRefused = wave.failures.some((failure) => !planAgainAtOnce.includes(failure.class));
    if (isRefused || ledgers.of(key).wavesWithoutChange >= maximumWaves) return { kind: 'backOff' };
    queue.add(key);
    return undefined;
  }

  async function carryOut(key: string, { plan, observed }: PlannedExperiment): Promise<ExperimentWave> {
    ledgers.beginWave(key);
    try {
      const tell = (event: ExperimentEvent) => tellOf(observed.experiment, event);
      const wave = await execute(plan, observed, { writer, clock, tell });
      ledgers.waveDone(key, wave.ledger);
      return wave;
    } finally {
      ledgers.waveBroken(key);
    }
  }

  function tellOf(experiment: Experiment, event: ExperimentEvent): void {
    const { type, reason, message, alsoOnRollout } = event;
    context.recorder.record(referenceTo(experiment), { type, reason, message });
    const owner = alsoOnRollout ? ownerOf(experiment, 'Rollout') : undefined;
    if (!owner) return;
    const namespace = experiment.metadata.namespace ?? '';
    const rollout = { apiVersion, kind: 'Rollout', namespace, name: owner.name, uid: owner.uid };
    context.recorder.record(rollout, { type: 'Warning', reason, message }); // QUIRK (§6.6)
  }

  function logPass(key: string, { plan }: PlannedExperiment, wave: ExperimentWave | undefined): void {
    const reasons = plan.reasons.map((reason) => reason.code);
    if (wave) {
      const failures = wave.failures.map((failure) => `${failure.key}: ${failure.message}`);
      const fields = { experiment: key, writes: plan.writes.map((write) => write.key), reasons };
      if (failures.length > 0) log.warn({ ...fields, failures }, 'Wave failed');
      else log.info(fields, 'Wave done');
    } else if (reasons.length > 0) log.debug({ experiment: key, reasons, wakeAt: plan.wakeAt }, 'Waiting');
  }

  function failed(key: string, error: unknown): void {
    const { namespace = '', name } = splitKey(key);
    metrics.experimentReconcileFailed(namespace, name);
    hooks.onError?.(key, error);
  }

  function wake(key: string): void {
    // Echoes of a wave that is being written need no pass of their own: one follows every wave.
    if (ledgers.noteChange(key)) queue.add(key);
  }

  function experimentChanged(old: Experiment | undefined, current: Experiment | undefined, key: string): void {
    const { namespace = '', name } = splitKey(key);
    if (current) metrics.experimentObserved(current);
    else metrics.experimentGone(namespace, name);
    if (old === current) queue.add(key);
    else wake(key);
  }

  function childChanged(old: KubernetesObject | undefined, current: KubernetesObject | undefined): void {
    for (const object of new Set([old, current])) {
      const owner = object && ownerOf(object, 'Experiment');
      if (!owner) continue;
      const key = objectKey(object.metadata.namespace, owner.name);
      if (current) wake(key);
      else confirmOwner(key);
    }
  }

  /** A run that an Experiment made, as far as the Experiment repeats it. */
  function runChanged(old: AnalysisRun | undefined, current: AnalysisRun | undefined): void {
    if (old && current && old.status?.phase === current.status?.phase) return;
    childChanged(old, current);
  }

  /** A name that an Experiment waits for may have become free. */
  function serviceChanged(old: Service | undefined, current: Service | undefined, key: string): void {
    childChanged(old, current);
    for (const { metadata } of store.byIndex('service', key)) wake(objectKey(metadata.namespace, metadata.name ?? ''));
  }

  /** Pods of an Experiment stay while a route of its Rollout leads to them. */
  function rolloutChanged(old: Rollout | undefined, current: Rollout | undefined): void {
    const [before, after] = [old, current].map((rollout) => rollout?.status?.canary?.weights?.additional ?? []);
    if (isEqualJson(before, after)) return;
    for (const { metadata } of store.byIndex('owner', (current ?? old)?.metadata.uid ?? '')) {
      wake(objectKey(metadata.namespace, metadata.name ?? ''));
    }
  }

  store.subscribe(experimentChanged);
  caches.replicaSets.store.subscribe(childChanged);
  caches.services.store.subscribe(serviceChanged);
  caches.analysisRuns.store.subscribe(runChanged);
  caches.rollouts.store.subscribe(rolloutChanged);

  return {
    name: 'experiments',
    async start() {
      await Promise.all(Object.values(caches).map(({ reflector }) => reflector.synced()));
      workers = startWorkers({ queue, clock, count: settings.experimentThreads, process, log, onError: failed });
    },
    async stop() {
      queue.close();
      await workers?.stop();
    },
  };
}

function ownerOf({ metadata }: KubernetesObject, kind: string) {
  const owner = metadata.ownerReferences?.find(({ controller }) => controller);
  return owner?.kind === kind && owner.apiVersion.split('/')[0] === group ? owner : undefined;
}

function referenceTo({ metadata }: Experiment) {
  const { namespace = '', name = '', uid = '', resourceVersion } = metadata;
  return {
    apiVersion,
    kind: 'Experiment',
    namespace,
    name,
    uid,
    ...(resourceVersion === undefined ? {} : { resourceVersion }),
  };
}
