// The indexes of an Indexed Job: which pod has which, which have succeeded or failed for good, which come next.

import type { Pod } from '../../controller/api/kubernetes-types.ts';
import { failureCountKey, indexKey, isIndexed, type Job } from './job-types.ts';

export function indexOf(pod: Pod): number | undefined {
  const value = Number(pod.metadata.annotations?.[indexKey] ?? Number.NaN);
  return Number.isInteger(value) && value >= 0 ? value : undefined;
}

/** `0,2-4` → 0, 2, 3, 4. */
export function parseIndexes(text: string | undefined): Set<number> {
  const indexes = new Set<number>();
  for (const part of (text ?? '').split(',')) {
    const [first = '', last = first] = part.split('-');
    if (first === '') continue;
    for (let index = Number(first); index <= Number(last); index++) indexes.add(index);
  }
  return indexes;
}

/** 0, 2, 3, 4 → `0,2-4`. */
export function formatIndexes(indexes: Iterable<number>): string {
  const sorted = [...indexes].sort((a, b) => a - b);
  const parts: string[] = [];
  for (let start = 0; start < sorted.length; ) {
    let end = start;
    while (sorted[end + 1] === (sorted[end] ?? 0) + 1) end++;
    const [first, last] = [sorted[start], sorted[end]];
    // Upstream writes a pair as 1,2.
    parts.push(first === last ? `${first}` : end === start + 1 ? `${first},${last}` : `${first}-${last}`);
    start = end + 1;
  }
  return parts.join(',');
}

/** How often pods of this index have failed before the one that comes next. */
export function failuresOf(index: number, pods: readonly Pod[]): number {
  const counts = pods
    .filter((pod) => pod.status?.phase === 'Failed' && indexOf(pod) === index)
    .map((pod) => Number(pod.metadata.annotations?.[failureCountKey] ?? 0) + 1);
  return Math.max(0, ...counts);
}

/** The first `count` indexes that nobody has done, does, or has given up. */
export function nextIndexes(job: Job, count: number, taken: ReadonlySet<number>): number[] {
  const next: number[] = [];
  if (!isIndexed(job)) return next;
  for (let index = 0; index < (job.spec.completions ?? 0) && next.length < count; index++) {
    if (!taken.has(index)) next.push(index);
  }
  return next;
}
