// Which metrics do the rules of dry-run and retention speak of (analysis.md §3.8, §3.9)? Unanchored RE2 patterns.

import type { DryRun, MeasurementRetention, Metric } from '../../api/types.generated.ts';
import { ExpressionError } from '../../lang/expression.ts';
import { compileRegExp } from '../../lang/re2.ts';

export interface MetricRules {
  readonly dryRun: ReadonlySet<string>;
  /** Measurements that are kept, where a rule says how many. */
  readonly retention: ReadonlyMap<string, number>;
}

const defaultRetention = 10;

export function metricRules(
  metrics: readonly Metric[],
  dryRun: readonly DryRun[] = [],
  retention: readonly MeasurementRetention[] = [],
): { readonly value: MetricRules } | { readonly problem: string } {
  const dry = new Set<string>();
  const limits = new Map<string, number>();
  for (const [index, { metricName }] of dryRun.entries()) {
    const matched = matches(metricName, metrics);
    if (matched.length === 0) return { problem: `dryRun[${index}]: Rule didn't match any metric name(s)` };
    for (const name of matched) dry.add(name);
  }
  for (const [index, { metricName, limit }] of retention.entries()) {
    const matched = matches(metricName, metrics);
    if (matched.length === 0)
      return { problem: `measurementRetention[${index}]: Rule didn't match any metric name(s)` };
    for (const name of matched) limits.set(name, limit);
  }
  return { value: { dryRun: dry, retention: limits } };
}

export function keptMeasurements(rules: MetricRules, metric: string): number {
  const limit = rules.retention.get(metric) ?? 0;
  return limit > 0 ? limit : defaultRetention;
}

/** QUIRK: what is no pattern matches nothing, `*` for example. */
function matches(pattern: string, metrics: readonly Metric[]): string[] {
  try {
    const compiled = compileRegExp(pattern);
    return metrics.map(({ name }) => name).filter((name) => compiled.test(name));
  } catch (error) {
    if (error instanceof ExpressionError) return [];
    throw error;
  }
}
