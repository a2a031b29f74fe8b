// The series about AnalysisRuns and templates (operations.md §9.1): states follow the objects as they change, and nothing
// is kept of what no longer exists. Types and phases are spelled as the reference has them.

import { Gauge, type Registry } from 'prom-client';
import { argumentValues, resolveMetrics } from '../analysis/plan/resolve-metrics.ts';
import type { AnalysisRun, AnalysisTemplate, Metric } from '../api/types.generated.ts';
import { objectKey } from '../kubernetes/resource.ts';
import type { Clock } from '../lang/time.ts';
import type { ControllerMetrics } from './metrics.ts';
import { createReconcileMetrics } from './reconcile-metrics.ts';
import { createStates, type Labels, phaseSamples, type Sample } from './state-samples.ts';

type AnalysisMetricNames =
  | 'analysisRunObserved'
  | 'analysisRunGone'
  | 'analysisRunReconciled'
  | 'analysisRunReconcileFailed'
  | 'analysisTemplateObserved'
  | 'analysisTemplateGone';

/** By the field of the provider; the first that is there counts. QUIRK: one is in lower case. */
const types: readonly (readonly [field: keyof Metric['provider'], type: string])[] = [
  ['prometheus', 'Prometheus'],
  ['job', 'Job'],
  ['kayenta', 'Kayenta'],
  ['web', 'Web'],
  ['datadog', 'Datadog'],
  ['wavefront', 'Wavefront'],
  ['newRelic', 'NewRelic'],
  ['cloudWatch', 'CloudWatch'],
  ['graphite', 'Graphite'],
  ['influxdb', 'Influxdb'],
  ['skywalking', 'skywalking'],
  ['plugin', 'RPCPlugin'],
];

export function createAnalysisMetrics(
  registry: Registry,
  clock: Clock,
): { readonly metrics: Pick<ControllerMetrics, AnalysisMetricNames>; stop(): void } {
  const gauge = (name: string, help: string, ...labelNames: string[]): Gauge =>
    new Gauge({ name, help, labelNames: ['namespace', 'name', ...labelNames], registers: [registry] });
  const info = gauge('analysis_run_info', 'Information about analysis run.', 'phase');
  const phase = gauge('analysis_run_phase', '[DEPRECATED - use analysis_run_info] Phase of the analysis run.', 'phase');
  const metricType = gauge('analysis_run_metric_type', 'Provider of each metric of a run.', 'metric', 'type');
  const metricPhase = gauge(
    'analysis_run_metric_phase',
    'Phase of each metric of a run.',
    'metric',
    'type',
    'dry_run',
    'phase',
  );
  const templateInfo = gauge('analysis_template_info', 'Information about analysis template.');
  const templateMetric = gauge('analysis_template_metric_info', 'Metrics of analysis templates.', 'type', 'metric');
  const runs = createStates();
  const templates = createStates();
  const reconcile = createReconcileMetrics({ registry, clock, kind: 'analysis_run' });

  function runSamples(run: AnalysisRun, at: Labels): Sample[] {
    const current = run.status?.phase || 'Pending';
    const samples: Sample[] = [{ gauge: info, labels: { ...at, phase: current }, value: 1 }];
    samples.push(...phaseSamples(phase, at, current));
    for (const metric of namedMetrics(run)) {
      const result = run.status?.metricResults?.find(({ name }) => name === metric.name);
      const labels = { ...at, metric: metric.name, type: typeOf(metric) };
      samples.push({ gauge: metricType, labels, value: 1 });
      const withDryRun = { ...labels, dry_run: String(result?.dryRun === true) };
      samples.push(...phaseSamples(metricPhase, withDryRun, result?.phase || 'Pending'));
    }
    return samples;
  }

  function templateSamples(template: AnalysisTemplate, at: Labels): Sample[] {
    const metrics = (template.spec.metrics ?? []).map((metric) => ({
      gauge: templateMetric,
      labels: { ...at, type: typeOf(metric), metric: metric.name },
      value: 1,
    }));
    return [{ gauge: templateInfo, labels: at, value: 1 }, ...metrics];
  }

  return {
    stop: reconcile.stop,
    metrics: {
      analysisRunObserved(run) {
        const { namespace = '', name = '' } = run.metadata;
        reconcile.observed(namespace, name);
        runs.replace(objectKey(namespace, name), runSamples(run, { namespace, name }));
      },
      analysisRunGone(namespace, name) {
        runs.replace(objectKey(namespace, name), []);
        reconcile.gone(namespace, name);
      },
      analysisRunReconciled: reconcile.reconciled,
      analysisRunReconcileFailed: reconcile.failed,
      analysisTemplateObserved(template) {
        const { namespace = '', name = '' } = template.metadata;
        templates.replace(objectKey(namespace, name), templateSamples(template, { namespace, name }));
      },
      analysisTemplateGone: (namespace, name) => templates.replace(objectKey(namespace, name), []),
    },
  };
}

function typeOf({ provider }: Metric): string {
  return types.find(([field]) => provider[field] !== undefined)?.[1] ?? 'Unknown Provider';
}

/** A name may hold arguments; results have it with them in place. */
function namedMetrics({ spec }: AnalysisRun): readonly Metric[] {
  const { metrics = [], args = [] } = spec;
  if (!metrics.some(({ name }) => name.includes('{{'))) return metrics;
  const values = argumentValues(args);
  const resolved = 'problem' in values ? values : resolveMetrics(metrics, values.value);
  return 'problem' in resolved ? metrics : resolved.value;
}
