// What is wrong with a list of metrics (analysis.md §1.3)? The first problem in this order, in the words that users see.

import type { Metric } from '../../api/types.generated.ts';
import { parseGoDuration } from '../../lang/go-duration.ts';
import { intOf } from './int-or-string.ts';

export function metricsProblem(metrics: readonly Metric[]): string | undefined {
  if (metrics.length === 0) return 'no metrics specified';
  const names = new Set<string>();
  for (const [index, metric] of metrics.entries()) {
    if (names.has(metric.name)) return `metrics[${index}]: duplicate name '${metric.name}'`;
    names.add(metric.name);
    const problem = limitsProblem(metric) ?? timesProblem(metric) ?? providerProblem(metric);
    if (problem !== undefined) return `metrics[${index}]: ${problem}`;
  }
  return undefined;
}

function limitsProblem(metric: Metric): string | undefined {
  const count = intOf(metric.count);
  const failures = intOf(metric.failureLimit);
  const successes = intOf(metric.consecutiveSuccessLimit);
  const inconclusive = intOf(metric.inconclusiveLimit);
  if (successes < 0) return 'consecutiveSuccessLimit must be >= 0';
  if (failures < -1) return 'failureLimit must be >= 0, or -1 to be disabled';
  if (successes === 0 && failures === -1) return 'failureLimit and consecutiveSuccessLimit cannot both be disabled';
  if (inconclusive < 0) return 'inconclusiveLimit must be >= 0';
  if (metric.consecutiveErrorLimit !== undefined && intOf(metric.consecutiveErrorLimit) < 0) {
    return 'consecutiveErrorLimit must be >= 0';
  }
  if (count > 0 && failures >= 0 && count < failures + successes) {
    const sum = `failureLimit + consecutiveSuccessLimit (${failures} + ${successes})`;
    return `count (${count}) must be >= ${sum} if both >= 0`;
  }
  if (count > 0 && failures === -1 && count < successes) return 'count must be >= consecutiveSuccessLimit';
  if (count > 0 && count < inconclusive) return 'count must be >= inconclusiveLimit';
  return undefined;
}

function timesProblem(metric: Metric): string | undefined {
  if (intOf(metric.count) > 1 && !metric.interval) return 'interval must be specified when count > 1';
  const interval = durationProblem(metric.interval);
  if (interval !== undefined) return `invalid interval string: ${interval}`;
  const delay = durationProblem(metric.initialDelay);
  return delay === undefined ? undefined : `invalid startDelay string: ${delay}`; // QUIRK: the word
}

/** As Go's ParseDuration says it. */
export function durationProblem(text: string | undefined): string | undefined {
  if (!text || parseGoDuration(text) !== undefined) return undefined;
  const quoted = JSON.stringify(text);
  if (/^[+-]?(\d+\.?\d*|\.\d+)$/.test(text)) return `time: missing unit in duration ${quoted}`;
  const [, unit] =
    /^[+-]?(?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))*(?:\d+\.?\d*|\.\d+)([^\d.]+)/.exec(text) ?? [];
  if (unit !== undefined && !/^(ns|us|µs|μs|ms|s|m|h)$/.test(unit)) {
    return `time: unknown unit ${JSON.stringify(unit)} in duration ${quoted}`;
  }
  return `time: invalid duration ${quoted}`;
}

function providerProblem({ provider }: Metric): string | undefined {
  const { plugin, ...others } = provider ?? {};
  const count = Object.values(others).filter((value) => value !== undefined && value !== null).length;
  const all = count + Object.keys(plugin ?? {}).length;
  if (all === 0) return 'no provider specified';
  return all > 1 ? 'multiple providers specified' : undefined;
}
