// The AnalysisRun controller: what wakes which run, and what becomes of a pass (analysis.md §3.1). A pass never waits for
// a measurement: its answer wakes the run again.

import { apiVersion, instanceIdLabel } from '../api/constants.ts';
import type { AnalysisRun } from '../api/types.generated.ts';
import type { Controller, ControllerContext } from '../controller.ts';
import { decodeObject } from '../kubernetes/decode.ts';
import { createInformer, type Informer } from '../kubernetes/informer.ts';
import { createWorkQueue } from '../kubernetes/work-queue.ts';
import { startWorkers, type Workers, type Outcome as WorkOutcome } from '../kubernetes/workers.ts';
import { createWriter } from '../kubernetes/writer.ts';
import { isCompleted } from './assess/phases.ts';
import { createCalls } from './calls.ts';
import { executeRun } from './execute.ts';
import { type MeasureDeps, measure } from './measure.ts';
import { argumentValues, resolveMetrics } from './plan/resolve-metrics.ts';
import { planRun } from './plan.ts';
import type { HttpClient } from './providers/contract.ts';
import { createHttpClient } from './providers/http-client.ts';
import { createProviderRegistry, type ProviderRegistry } from './providers/registry.ts';
import { analysisRuns } from './resources.ts';
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
  const { transport, clock, random, log, scope, settings, metrics } = context;
  const environment = options.environment ?? {};
  const registry = options.registry ?? createProviderRegistry();
  const http = options.http ?? createHttpClient({ clock, environment });
  const runs = createInformer<AnalysisRun>({
    transport,
    clock,
    random,
    log,
    resource: analysisRuns,
    resyncMs: settings.resyncMs,
    optional: true,
    labelSelector: scope.instanceId ? `${instanceIdLabel}=${scope.instanceId}` : `!${instanceIdLabel}`,
    ...(scope.namespace === undefined ? {} : { namespace: scope.namespace }),
    decode: decodeObject({ apiVersion, kind: 'AnalysisRun' }),
    onRestart: (resource, reason) => metrics.watchRestarted(resource, reason),
  });
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
  });
  const measureDeps: MeasureDeps = {
    registry,
    transport,
    clock,
    toolsFor: (signal, secrets) => ({
      http,
      transport,
      writer,
      clock,
      random,
      signal,
      environment,
      controllerNamespace: environment.POD_NAMESPACE ?? 'argo-rollouts',
      readSecret: (namespace, name) => secrets.read(namespace, name),
      redact: (secret) => secrets.hide(secret),
    }),
  };
  let workers: Workers | undefined;

  async function process(key: string): Promise<WorkOutcome> {
    const run = runs.store.get(key);
    if (!run) {
      calls.forget(key);
      return undefined;
    }
    if (isCompleted(run.status?.phase)) calls.forget(key);
    const observed: RunObserved = { run, ledger: calls.ledgerOf(key) };
    const plan = planRun(observed, clock.now());
    options.onPass?.({ key, observed, plan });
    const wave = await executeRun(plan, observed, key, {
      writer,
      calls,
      start: (started, metric, kind) => start(key, started, metric, kind),
      collect: (started, metric, limit) => void collect(started, metric, limit),
      tell: (event) => tell(run, event),
    });
    if (wave.problem) {
      log.warn({ analysisrun: key, problem: wave.problem.message }, 'Wave failed');
      return wave.problem.class === 'conflict' ? again(key) : { kind: 'backOff' };
    }
    if (wave.isWritten) return again(key);
    return plan.wakeAt === undefined ? undefined : { kind: 'after', delayMs: Math.max(1, plan.wakeAt - clock.now()) };
  }

  function again(key: string): WorkOutcome {
    queue.add(key);
    return undefined;
  }

  function start(key: string, run: AnalysisRun, metric: string, kind: CallKind): void {
    const index = metricIndex(run, metric);
    calls.start(key, metric, (signal) => measure({ run, metric, index, kind }, measureDeps, signal));
  }

  async function collect(run: AnalysisRun, name: string, limit: number): Promise<void> {
    const metric = run.spec.metrics[metricIndex(run, name)];
    if (!metric) return;
    const tools = measureDeps.toolsFor(new AbortController().signal, {
      read: async () => undefined,
      hide: () => undefined,
    });
    try {
      const named = { ...metric, name };
      await registry.providerOf(named).garbageCollect?.({ metric: named, run, finishedCount: 0, limit }, tools);
    } catch (error) {
      log.warn({ metric: name, error: String(error) }, 'Could not remove what old measurements left');
    }
  }

  function tell(run: AnalysisRun, event: EventRecord): void {
    const { name = '', namespace = '', uid = '', resourceVersion = '' } = run.metadata;
    context.recorder.record({ apiVersion, kind: 'AnalysisRun', name, namespace, uid, resourceVersion }, event);
  }

  runs.store.subscribe((_old, _current, key) => queue.add(key));

  return {
    name: 'analysis',
    runs,
    async start() {
      runs.reflector.start();
      await runs.reflector.synced();
      workers = startWorkers({
        queue,
        count: settings.analysisThreads,
        process,
        log,
        onError: (key, error) => options.onError?.(key, error),
      });
    },
    async stop() {
      queue.close();
      calls.close();
      await workers?.stop();
      runs.reflector.stop();
    },
  };
}

/** Metrics are named after their arguments are in place. */
function metricIndex(run: AnalysisRun, name: string): number {
  const values = argumentValues(run.spec.args ?? []);
  const resolved = 'problem' in values ? values : resolveMetrics(run.spec.metrics, values.value);
  return 'problem' in resolved ? -1 : resolved.value.findIndex((metric) => metric.name === name);
}
