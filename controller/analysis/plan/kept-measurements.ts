// Which measurements does a run keep (analysis.md §3.9)? The newest ones, as many as the rules say, and, whatever they say,
// no more than the store of the cluster takes: etcd refuses objects of 1.5 MiB.

import type { Measurement, MetricResult } from '../../api/types.generated.ts';

/** Leaves a third for the spec and for who manages which field. */
const mostBytes = 1024 * 1024;

/** The last measurement of each metric stays in any case. */
export function keepMeasurements(
  results: readonly MetricResult[],
  limitOf: (metric: string) => number,
): readonly MetricResult[] {
  const trimmed = results.map((result) => withNewest(result, limitOf(result.name)));
  const sizes = trimmed.map(({ measurements = [] }) => measurements.map(byteCount));
  const sums = sizes.map((each) => each.reduce((sum, size) => sum + size, 0));
  let tooMuch = sums.reduce((sum, size) => sum + size, 0) - mostBytes;
  if (tooMuch <= 0) return trimmed;
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

/** In UTF-8, which the store counts. */
function byteCount(measurement: Measurement): number {
  const text = JSON.stringify(measurement);
  let count = text.length;
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (code > 0x7f) count += code > 0x7ff && (code < 0xd800 || code > 0xdfff) ? 2 : 1;
  }
  return count;
}
