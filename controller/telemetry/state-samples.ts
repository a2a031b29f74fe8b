// The series that tell what state objects are in (operations.md §9.1): they follow each object as it changes, and nothing
// is kept of what no longer exists.

import type { Gauge } from 'prom-client';

/** Of AnalysisRuns, Experiments and metrics. BUG of the reference: Experiments have no series `Failed`. */
const phases = ['Pending', 'Error', 'Failed', 'Successful', 'Running', 'Inconclusive'] as const;

export type Labels = Readonly<Record<string, string>>;

export interface Sample {
  readonly gauge: Gauge;
  readonly labels: Labels;
  readonly value: number;
}

export function phaseSamples(gauge: Gauge, labels: Labels, current: string): Sample[] {
  return phases.map((phase) => ({ gauge, labels: { ...labels, phase }, value: phase === current ? 1 : 0 }));
}

/** The samples of each object, as they were set last: those that it has no more are removed. */
export function createStates(): { replace(key: string, samples: readonly Sample[]): void } {
  const known = new Map<string, readonly Sample[]>();
  return {
    replace(key, samples) {
      const before = known.get(key) ?? [];
      const isSame =
        before.length === samples.length && samples.every((sample, index) => isEqual(sample, before[index]));
      if (isSame) return;
      for (const { gauge, labels } of before) gauge.remove({ ...labels });
      for (const { gauge, labels, value } of samples) gauge.set({ ...labels }, value);
      if (samples.length > 0) known.set(key, samples);
      else known.delete(key);
    },
  };
}

function isEqual(a: Sample, b: Sample | undefined): boolean {
  if (a.gauge !== b?.gauge || a.value !== b.value) return false;
  return Object.entries(a.labels).every(([name, value]) => b.labels[name] === value);
}
