// The metrics as Prometheus scrapes them (operations.md §9.2): those of the process and of the machinery; those of
// Rollouts, Experiments and AnalysisRuns have files of their own. One registry per process, none global.

import { Counter, collectDefaultMetrics, Gauge, Histogram, type OpenMetricsContentType, Registry } from 'prom-client';
import type { Clock } from '../lang/time.ts';
import { createAnalysisMetrics } from './analysis-metrics.ts';
import { createExperimentMetrics } from './experiment-metrics.ts';
import type { Scrape } from './listeners.ts';
import type { ControllerMetrics } from './metrics.ts';
import { createQueueMetrics } from './queue-metrics.ts';
import { createRolloutMetrics } from './rollout-metrics.ts';
import { commit } from './version.ts';

export interface Prometheus {
  readonly metrics: ControllerMetrics;
  readonly scrape: Scrape;
  stop(): void;
}

export function createPrometheus(options: {
  readonly clock: Clock;
  readonly version: string;
  /** Metrics of the process itself; on unless told. */
  readonly processMetrics?: boolean;
}): Prometheus {
  const registry = new Registry();
  const registers = [registry];
  if (options.processMetrics !== false) collectDefaultMetrics({ register: registry });
  registerInfo(registry, options.version);
  const rollouts = createRolloutMetrics(registry, options.clock);
  const experiments = createExperimentMetrics(registry, options.clock);
  const analyses = createAnalysisMetrics(registry, options.clock);
  const queues = createQueueMetrics(registry, options.clock);
  const requests = new Counter({
    name: 'controller_clientset_k8s_request_total',
    help: 'Requests to the Kubernetes API.',
    labelNames: ['kind', 'namespace', 'name', 'verb', 'status_code'],
    registers,
  });
  const watchRestarts = new Counter({
    name: 'slipway_watch_restarts_total',
    help: 'Watches that were begun anew, and why.',
    labelNames: ['resource', 'reason'],
    registers,
  });
  const throttle = new Histogram({
    name: 'slipway_api_throttle_seconds',
    help: "How long requests waited for the client's own rate limit.",
    buckets: [0.01, 0.05, 0.25, 1, 5, 30],
    registers,
  });
  const conflicts = new Counter({
    name: 'slipway_conflicts_total',
    help: 'Writes that were refused because the object had moved on.',
    registers,
  });
  const leader = new Gauge({ name: 'slipway_leader', help: 'Whether this process acts.', registers });
  return {
    metrics: {
      ...rollouts.metrics,
      ...experiments.metrics,
      ...analyses.metrics,
      ...queues,
      request: (labels) => requests.inc({ ...labels }),
      watchRestarted: (resource, reason) => watchRestarts.inc({ resource, reason }),
      throttled: (waitedMs) => throttle.observe(waitedMs / 1000),
      conflict: () => conflicts.inc(),
      leading: (isLeader) => leader.set(isLeader ? 1 : 0),
    },
    scrape: createScrape(registry),
    stop() {
      rollouts.stop();
      experiments.stop();
      analyses.stop();
    },
  };
}

const architectures: Readonly<Record<string, string>> = { x64: 'amd64' };

function registerInfo(registry: Registry, version: string): void {
  const registers = [registry];
  const info = new Gauge({
    name: 'argo_rollouts_controller_info',
    help: 'Running controller version.',
    labelNames: ['version'],
    registers,
  });
  info.set({ version }, 1);
  const build = new Gauge({
    name: 'build_info',
    help: 'What this program was built from and runs on.',
    labelNames: ['version', 'goversion', 'goarch', 'commit'],
    registers,
  });
  const goarch = architectures[process.arch] ?? process.arch;
  build.set({ version, goversion: `node${process.versions.node}`, goarch, commit }, 1);
}

/** The content type is a setting of the registry: scrapes take turns. */
function createScrape(registry: Registry): Scrape {
  let previous: Promise<unknown> = Promise.resolve();
  const openMetrics = registry as unknown as Registry<OpenMetricsContentType>;
  return (accept) => {
    const scrape = previous.then(async () => {
      if (accept.includes('application/openmetrics-text')) {
        openMetrics.setContentType(Registry.OPENMETRICS_CONTENT_TYPE);
      } else {
        registry.setContentType(Registry.PROMETHEUS_CONTENT_TYPE);
      }
      return { contentType: registry.contentType, body: await registry.metrics() };
    });
    previous = scrape.catch(() => undefined);
    return scrape;
  };
}
