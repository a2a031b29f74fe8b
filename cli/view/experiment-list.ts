// The table of `list experiments` (spec/cli.md §7.2).

import type { Experiment } from '../../controller/api/types.generated.ts';
import { formatAge, parseGoDuration } from '../../controller/lang/go-duration.ts';
import { parseRfc3339 } from '../../controller/lang/rfc3339.ts';
import { ageText } from './age.ts';
import { formatList, type ListColumn } from './table.ts';

export interface ExperimentListOptions {
  readonly namespaces: boolean;
}

const columns: readonly ListColumn[] = [
  { title: 'NAME', minWidth: 10 },
  { title: 'STATUS', minWidth: 6 },
  { title: 'DURATION', minWidth: 8 },
  { title: 'REMAINING', minWidth: 9 },
  { title: 'AGE', minWidth: 3 },
];

const namespaceColumn: ListColumn = { title: 'NAMESPACE', minWidth: 9 };
const completedPhases = ['Successful', 'Failed', 'Error', 'Inconclusive'];

/** The printed values but those that time alone changes. */
export function experimentListCells(experiment: Experiment, { namespaces }: ExperimentListOptions): string[] {
  return [
    ...(namespaces ? [experiment.metadata.namespace ?? ''] : []),
    experiment.metadata.name ?? '',
    experiment.status?.phase ?? '',
    durationText(experiment),
  ];
}

export function formatExperimentList(
  experiments: readonly Experiment[],
  now: number,
  { namespaces }: ExperimentListOptions,
  header = true,
): string {
  const shown = namespaces ? [namespaceColumn, ...columns] : columns;
  const titles = header ? [shown.map(({ title }) => title)] : [];
  const rows = experiments.map((experiment) => [
    ...experimentListCells(experiment, { namespaces }),
    remainingText(experiment, now),
    ageText(experiment.metadata.creationTimestamp, now),
  ]);
  return formatList(shown, [...titles, ...rows]);
}

function durationText(experiment: Experiment): string {
  const duration = durationMs(experiment);
  return duration === undefined ? '-' : formatAge(duration);
}

function remainingText(experiment: Experiment, now: number): string {
  const duration = durationMs(experiment);
  const availableAt = parseRfc3339(experiment.status?.availableAt ?? '');
  if (duration === undefined || availableAt === undefined) return '-';
  if (completedPhases.includes(experiment.status?.phase ?? '')) return '-';
  const remaining = availableAt + duration - now;
  return remaining > 0 ? formatAge(remaining) : '-';
}

function durationMs(experiment: Experiment): number | undefined {
  const text = experiment.spec.duration;
  return text ? parseGoDuration(text) : undefined;
}
