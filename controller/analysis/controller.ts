// The AnalysisRun controller: what wakes which run, and what becomes of a pass (analysis.md §3.1). A pass never waits for
// a measurement: its answer wakes the run again.

import { apiVersion } from '../api/constants.ts';
import type { AnalysisRun, AnalysisTemplate, Metric } from '../api/types.generated.ts';
import type { Controller, ControllerContext } from '../controller.ts';
import type { Informer } from '../kubernetes/informer.ts';
import { splitKey } from '../kubernetes/resource.ts';
import { createWorkQueue } from '../kubernetes/work-queue.ts';
import { startWorkers, type Workers, type Outcome as WorkOutcome } from '../kubernetes/workers.ts';
import { createWriter } from '../kubernetes/writer.ts';
import { isCompleted } from './assess/phases.ts';
import { createCalls } from './calls.ts';
import { executeRun } from './execute.ts';
import { connectJobCluster, type JobCluster } from './job-cluster.ts';
import { type MeasureDeps, measure } from './measure.ts';
import { argumentValues, resolveMetrics } from './plan/resolve-metrics.ts';
import { planRun } from './plan.ts';
import type { HttpClient } from './providers/contract.ts';
import { createHttpClient } from './providers/http-client.ts';
import { createProviderRegistry, type ProviderRegistry } from './providers/registry.ts';
import { analysisRuns } from './resources.ts';
import { createSecrets } from './secrets.ts';
import type { CallKind, EventRecord, RunObserved, RunPlan } from './types.ts';

export interface AnalysisControllerOptions {
  readonly registry?: ProviderRegistry;
  readonly http?: HttpClient;
  readonly environment?: Readonly<Record<string, string | undefined>>;
  readonly onPass?: (pass: { readonly key: string; readonly observed: RunObserved; readonly plan: RunPlan }) => void;
  readonly onError?: (key: string, error: unknown) => void;
}

export interface AnalysisController extends Controller {
  readonly runs: Informer<AnalysisRun>;
}

export function createAnalysisController(
  context: ControllerContext,
  options: AnalysisControllerOptions = {},
): AnalysisController {
  const { transport, clock, random, log, settings, metrics } = context;
  const environment = options.environment ?? {};
  const registry = options.registry ?? createProviderRegistry();
  const http = options.http ?? createHttpClient({ clock, environment });
  const runs = context.analyses.runs();
  /** Followed for the metrics about them. */
  const templates = [context.analyses.templates(), context.analyses.clusterTemplates()];
  const queue = createWorkQueue({ name: 'AnalysisRuns', clock, observer: metrics });
  const writer = createWriter({
    transport,
    fence: context.fence,
    fieldManager: 'rollouts-controller',
    sinkOf: ({ plural }) => (plural === analysisRuns.plural ? runs.store : undefined),
  });
  const calls = createCalls({
    now: () => clock.now(),
    answered: (key) => queue.add(key),
    failed: (key, error) => {
      log.error({ analysisrun: key, error: String(error) }, 'A measurement ended unexpectedly');
      options.onError?.(key, error);
    },
    delayed: (key, message) => {
      const run = runs.store.get(key);
      log.warn({ analysisrun: key, message }, 'Nothing can be measured for now');
      // The status says nothing of it: without an event nobody would know why the run stands still.
      if (run) tell(run, { type: 'Warning', reason: 'MeasurementDelayed', message: `Tried again in 10 s: ${message}` });
    },
  });
  const measureDeps: MeasureDeps = {
    registry,
    transport,
    clock,
    toolsFor: (signal, secrets) => ({
      send: (request) => http.send(secrets.guard(request), signal),
      http,
      transport,
      writer,
      plugins: context.plugins,
      clock,
      random,
      signal,
      environment,
      controllerNamespace: environment.POD_NAMESPACE ?? 'argo-rollouts',
      readSecret: (namespace, name) => secrets.read(namespace, name),
      redact: (secret) => secrets.hide(secret),
      ...(jobCluster === undefined ? {} : { jobCluster }),
    }),
  };
  let workers: Workers | undefined;
  let jobCluster: JobCluster | undefined;

  async function process(key: string): Promise<WorkOutcome> {
    const startedAt = clock.now();
    const run = runs.store.get(key);
    if (!run || isOver(run)) calls.forget(key);
    if (!run) return undefined;
    const observed: RunObserved = { run, ledger: calls.ledgerOf(key, run.metadata.uid ?? '') };
    const plan = planRun(observed, clock.now());
    options.onPass?.({ key, observed, plan });
    const wave = await executeRun(plan, observed, key, {
      writer,
      calls,
      start: (started, metric, kind) => start(key, started, metric, kind),
      collect: (started, metric, limit) => void collect(started, metric, limit),
      tell: (event) => tell(run, event),
    });
    metrics.analysisRunReconciled(run.metadata.namespace ?? '', run.metadata.name ?? '', clock.now() - startedAt);
    if (wave.problem) {
      if (wave.problem.class === 'conflict') metrics.conflict();
      log.warn({ analysisrun: key, problem: wave.problem.message }, 'Wave failed');
      return wave.problem.class === 'conflict' ? again(key) : { kind: 'backOff' };
    }
    if (plan.writes.length > 0) logWave(key, run, plan);
    if (wave.isWritten) return again(key);
    return plan.wakeAt === undefined ? undefined : { kind: 'after', delayMs: Math.max(1, plan.wakeAt - clock.now()) };
  }

  function logWave(key: string, run: AnalysisRun, { writes, status, reasons }: RunPlan): void {
    const fields = { analysisrun: key, writes: writes.map(({ kind }) => kind), phase: status.phase };
    if (status.phase !== run.status?.phase) log.info(fields, 'Wave done');
    else log.debug({ ...fields, reasons: reasons.map(({ code }) => code) }, 'Wave done');
  }

  function again(key: string): WorkOutcome {
    queue.add(key);
    return undefined;
  }

  function start(key: string, run: AnalysisRun, metric: string, kind: CallKind): void {
    const index = resolvedMetrics(run).findIndex(({ name }) => name === metric);
    calls.start(key, run.metadata.uid ?? '', metric, (signal) =>
      measure({ run, metric, index, kind }, measureDeps, signal),
    );
  }

  async function collect(run: AnalysisRun, name: string, limit: number): Promise<void> {
    const metric = resolvedMetrics(run).find((each) => each.name === name);
    if (!metric) return;
    const tools = measureDeps.toolsFor(new AbortController().signal, createSecrets(transport));
    try {
      await registry.providerOf(metric).garbageCollect?.({ metric, run, finishedCount: 0, limit }, tools);
    } catch (error) {
      log.warn({ metric: name, error: String(error) }, 'Could not remove what old measurements left');
    }
  }

  function tell(run: AnalysisRun, event: EventRecord): void {
    const { name = '', namespace = '', uid = '', resourceVersion = '' } = run.metadata;
    context.recorder.record({ apiVersion, kind: 'AnalysisRun', name, namespace, uid, resourceVersion }, event);
  }

  function failed(key: string, error: unknown): void {
    const { namespace = '', name } = splitKey(key);
    metrics.analysisRunReconcileFailed(namespace, name);
    options.onError?.(key, error);
  }

  function runChanged(old: AnalysisRun | undefined, current: AnalysisRun | undefined, key: string): void {
    const { namespace = '', name } = splitKey(key);
    if (current) metrics.analysisRunObserved(current);
    else metrics.analysisRunGone(namespace, name);
    // A finished run without a time to live never changes again: thousands of them cost no pass.
    const isAtRest = current !== undefined && isCompleted(current.status?.phase) && !current.spec.ttlStrategy;
    if (!isAtRest || (old !== undefined && !isCompleted(old.status?.phase))) queue.add(key);
  }

  function templateChanged(
    _old: AnalysisTemplate | undefined,
    current: AnalysisTemplate | undefined,
    key: string,
  ): void {
    const { namespace = '', name } = splitKey(key);
    if (current) metrics.analysisTemplateObserved(current);
    else metrics.analysisTemplateGone(namespace, name);
  }

  runs.store.subscribe(runChanged);
  for (const { store } of templates) store.subscribe(templateChanged);

  return {
    name: 'analysis',
    runs,
    async start() {
      jobCluster = await connectJobCluster(environment, context);
      for (const { reflector } of [runs, ...templates]) reflector.start();
      await Promise.all([runs, ...templates].map(({ reflector }) => reflector.synced()));
      workers = startWorkers({
        queue,
        clock,
        count: settings.analysisThreads,
        process,
        log,
        onError: failed,
      });
    },
    async stop() {
      queue.close();
      calls.close();
      await workers?.stop();
      for (const { reflector } of [runs, ...templates]) reflector.stop();
      jobCluster?.transport.close();
    },
  };
}

/** Nothing is measured any more. */
function isOver({ metadata, status }: AnalysisRun): boolean {
  return metadata.deletionTimestamp !== undefined || isCompleted(status?.phase);
}

/** With their arguments in place, but for secrets: that is how metrics are named. */
function resolvedMetrics({ spec }: AnalysisRun): readonly Metric[] {
  const values = argumentValues(spec.args ?? []);
  const resolved = 'problem' in values ? values : resolveMetrics(spec.metrics, values.value);
  return 'problem' in resolved ? [] : resolved.value;
}
