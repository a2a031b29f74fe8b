// From AnalysisRuns to what the screen and the page say of them: what was measured last, by which condition it was
// judged, and what was asked. Pure.

import { withKnownArguments } from '../../controller/api/known-arguments.ts';
import type { KubernetesObject } from '../../controller/api/kubernetes-types.ts';
import type {
  AnalysisRun,
  Experiment,
  Measurement,
  Metric,
  MetricResult,
  Rollout,
} from '../../controller/api/types.generated.ts';

export interface AnalysisView {
  readonly name: string;
  /** Background, Step, PrePromotion, PostPromotion, Experiment. */
  readonly type: string;
  /** Empty before the first measurement. */
  readonly phase: string;
  readonly metrics: readonly MetricView[];
}

export interface MetricView {
  readonly name: string;
  /** `Waiting` before the first measurement. */
  readonly phase: string;
  /** How many measurements ended so; errors are measurements that gave no value. */
  readonly counts: {
    readonly passed: number;
    readonly failed: number;
    readonly doubtful: number;
    readonly error: number;
  };
  /** Measured last; of a metric that failed: with the measurement that failed last. */
  readonly value: string;
  /** `successCondition result[0] >= 0.95`, or both conditions. */
  readonly condition: string;
  /** Empty for a provider without one. */
  readonly query: string;
  /** Why it gave no value. */
  readonly error: string;
}

const hashLabel = 'rollouts-pod-template-hash';
const shownRuns = 3;

/** Those of the present update or, after it, of the last one, and of its experiments; the newest first. */
export function makeAnalysisViews(
  rollout: Rollout,
  runs: readonly AnalysisRun[],
  experiments: readonly Experiment[] = [],
): AnalysisView[] {
  const ofUpdate = runs.filter((run) => isOfUpdate(rollout, run));
  const ofExperiments = experiments
    .filter((experiment) => isOfUpdate(rollout, experiment))
    .flatMap((experiment) => runs.filter((run) => isOwnedBy(run, experiment)));
  return [...ofUpdate, ...ofExperiments]
    .toSorted((a, b) => createdAt(b).localeCompare(createdAt(a)))
    .slice(0, shownRuns)
    .map((run) => ({
      name: run.metadata.name ?? '',
      type: run.metadata.labels?.['rollout-type'] ?? 'Experiment',
      phase: run.status?.phase ?? '',
      metrics: run.spec.metrics.map((metric) => metricView(run, metric)),
    }));
}

/** Made for the version that the Rollout has now. */
function isOfUpdate(rollout: Rollout, object: KubernetesObject): boolean {
  const hash = rollout.status?.currentPodHash ?? '';
  return hash !== '' && object.metadata.labels?.[hashLabel] === hash && isOwnedBy(object, rollout);
}

export function isOwnedBy({ metadata }: KubernetesObject, owner: KubernetesObject): boolean {
  return metadata.ownerReferences?.some(({ uid }) => uid === owner.metadata.uid) ?? false;
}

function createdAt({ metadata }: AnalysisRun): string {
  return metadata.creationTimestamp ?? '';
}

function metricView(run: AnalysisRun, metric: Metric): MetricView {
  const withArguments = (text: string | undefined) => withKnownArguments(text ?? '', run.spec.args);
  const name = withArguments(metric.name);
  const result = run.status?.metricResults?.find((one) => one.name === name);
  const measurement = toldMeasurement(result);
  return {
    name,
    phase: result?.phase ?? 'Waiting',
    counts: {
      passed: result?.successful ?? 0,
      failed: result?.failed ?? 0,
      doubtful: result?.inconclusive ?? 0,
      error: result?.error ?? 0,
    },
    value: measurement?.value ?? '',
    condition: (['successCondition', 'failureCondition'] as const)
      .filter((field) => metric[field])
      .map((field) => `${field} ${withArguments(metric[field])}`)
      .join(', '),
    query: result?.metadata?.ResolvedPrometheusQuery?.replaceAll(/\s+/g, ' ').trim() ?? '',
    error: measurement?.phase === 'Error' ? (measurement.message ?? '') : '',
  };
}

function toldMeasurement(result: MetricResult | undefined): Measurement | undefined {
  const { measurements = [], phase } = result ?? {};
  return measurements.findLast((one) => one.phase === phase) ?? measurements.at(-1);
}

/** `✔ 3 ✖ 2`; empty without measurements. */
export function countsText({ passed, failed, doubtful, error }: MetricView['counts']): string {
  const marked = [
    ['✔', passed],
    ['✖', failed],
    ['?', doubtful],
    ['⚠', error],
  ] as const;
  return marked
    .filter(([, count]) => count > 0)
    .map(([mark, count]) => `${mark} ${count}`)
    .join(' ');
}

/** Whether the metric is why its run did not pass. */
export function isBad({ phase }: MetricView): boolean {
  return phase === 'Failed' || phase === 'Error' || phase === 'Inconclusive';
}
