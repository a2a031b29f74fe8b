// Which metrics made a run fail, and what did they measure? For whoever asks why an update was aborted.

import type { AnalysisRun, Measurement, Metric } from '../../api/types.generated.ts';

export interface MetricFailure {
  readonly metric: string;
  /** Failed, Error or Inconclusive. */
  readonly phase: string;
  /** Of the last three measurements, the newest last: values, or what went wrong; repetitions once. */
  readonly values: readonly string[];
  /** `successCondition: result > 5`; empty without conditions. */
  readonly condition: string;
}

const shownMeasurements = 3;

/** In the order of the results; dry runs fail nothing. */
export function runFailures({ spec, status }: AnalysisRun): readonly MetricFailure[] {
  return (status?.metricResults ?? [])
    .filter(({ phase, dryRun }) => !dryRun && ['Failed', 'Error', 'Inconclusive'].includes(phase))
    .map(({ name, phase, measurements = [] }) => ({
      metric: name,
      phase,
      values: withoutRepetition(measurements.slice(-shownMeasurements).map(textOf)),
      condition: conditionOf((spec.metrics ?? []).find((metric) => metric.name === name)),
    }));
}

function textOf({ phase, value, message }: Measurement): string {
  if (phase === 'Error') return message || 'an error';
  return value || message || phase;
}

/** The same thing going wrong again is told once. */
function withoutRepetition(values: readonly string[]): string[] {
  return values.filter((value, index) => value !== values[index - 1]);
}

function conditionOf(metric: Metric | undefined): string {
  const conditions = [
    ['failureCondition', metric?.failureCondition],
    ['successCondition', metric?.successCondition],
  ].flatMap(([name, text]) => (text ? `${name}: ${text}` : []));
  return conditions.join(', ');
}
