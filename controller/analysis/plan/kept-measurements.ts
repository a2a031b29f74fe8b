// Which measurements does a run keep (analysis.md §3.9)? The newest ones, as many as the rules say, and, whatever they say,
// no more than the store of the cluster takes: etcd refuses objects of 1.5 MiB.

import type { MetricResult } from '../../api/types.generated.ts';
import { jsonSize } from './json-size.ts';

/** Beyond it nobody wants to watch objects; and of what etcd takes, some is left for who manages which field. */
const most = { measurements: 1024 * 1024, object: 1408 * 1024 };
/** Together with the rest of any object that could be created these fit. */
const certainlyFits = 64 * 1024;

/** The last measurement of each metric stays in any case. `rest` is the run without its results. */
export function keepMeasurements(
  results: readonly MetricResult[],
  limitOf: (metric: string) => number,
  rest: object = {},
): readonly MetricResult[] {
  const trimmed = results.map((result) => withNewest(result, limitOf(result.name)));
  const sizes = trimmed.map(({ measurements = [] }) => measurements.map(jsonSize));
  const sums = sizes.map((each) => each.reduce((sum, size) => sum + size, 0));
  const total = sums.reduce((sum, size) => sum + size, 0);
  if (total <= certainlyFits) return trimmed;
  let tooMuch = total - Math.min(most.measurements, most.object - jsonSize([rest, trimmed.map(withoutMeasurements)]));
  const dropped = sizes.map(() => 0);
  while (tooMuch > 0) {
    const index = largest(sums, (each) => (dropped[each] ?? 0) < (sizes[each]?.length ?? 0) - 1);
    if (index === undefined) break;
    const size = sizes[index]?.[dropped[index] ?? 0] ?? 0;
    dropped[index] = (dropped[index] ?? 0) + 1;
    sums[index] = (sums[index] ?? 0) - size;
    tooMuch -= size;
  }
  return trimmed.map((result, index) => withNewest(result, (sizes[index]?.length ?? 0) - (dropped[index] ?? 0)));
}

function withoutMeasurements({ measurements: _measurements, ...result }: MetricResult): object {
  return result;
}

function withNewest(result: MetricResult, limit: number): MetricResult {
  const { measurements = [] } = result;
  return measurements.length > limit ? { ...result, measurements: measurements.slice(-limit) } : result;
}

function largest(sums: readonly number[], isCandidate: (index: number) => boolean): number | undefined {
  let found: number | undefined;
  for (const [index, sum] of sums.entries()) {
    if (isCandidate(index) && (found === undefined || sum > (sums[found] ?? 0))) found = index;
  }
  return found;
}
