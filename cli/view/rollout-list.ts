// The table of `list rollouts` (spec/cli.md §7.1).

import { decodeRollout } from '../../controller/api/decode-rollout.ts';
import { shownPhaseOf } from '../../controller/api/phase.ts';
import type { Rollout } from '../../controller/api/types.generated.ts';
import { formatRfc3339 } from '../../controller/lang/rfc3339.ts';
import { formatList, type ListColumn } from './table.ts';
import { setWeight, stepText } from './weights.ts';

export interface RolloutListOptions {
  readonly namespaces: boolean;
  readonly timestamps: boolean;
}

type Column = ListColumn & { readonly value: (rollout: Rollout) => string };

const columns: readonly Column[] = [
  { title: 'NAME', minWidth: 10, value: (rollout) => rollout.metadata.name ?? '' },
  { title: 'STRATEGY', minWidth: 9, value: strategyText },
  { title: 'STATUS', minWidth: 12, value: (rollout) => shownPhaseOf(rollout).phase },
  { title: 'STEP', minWidth: 4, value: (rollout) => stepText(rollout) || '-' },
  {
    title: 'SET-WEIGHT',
    minWidth: 10,
    value: (rollout) => (rollout.spec.strategy?.canary ? `${setWeight(rollout)}` : '-'),
  },
  {
    title: 'READY',
    minWidth: 5,
    value: ({ status }) => `${status?.readyReplicas ?? 0}/${status?.replicas ?? 0}`,
  },
  { title: 'DESIRED', minWidth: 7, value: ({ spec }) => `${spec.replicas ?? 1}` },
  { title: 'UP-TO-DATE', minWidth: 10, value: ({ status }) => `${status?.updatedReplicas ?? 0}` },
  { title: 'AVAILABLE', minWidth: 9, value: ({ status }) => `${status?.availableReplicas ?? 0}` },
];

const namespaceColumn: Column = {
  title: 'NAMESPACE',
  minWidth: 9,
  value: (rollout) => rollout.metadata.namespace ?? '',
};

const timestampColumn: ListColumn = { title: 'TIMESTAMP', minWidth: 20 };

/** The printed values of a rollout but the time: a watch prints a new row when one of them changed. */
export function rolloutListCells(json: Rollout, options: RolloutListOptions): string[] {
  const rollout = decodeRollout(json);
  return (options.namespaces ? [namespaceColumn, ...columns] : columns).map((column) => column.value(rollout));
}

/** `rows` as from rolloutListCells; `header` false for the later rows of a watch. */
export function formatRolloutList(
  rows: readonly (readonly string[])[],
  now: number,
  options: RolloutListOptions,
  header = true,
): string {
  const timestamp = options.timestamps ? [formatRfc3339(now)] : [];
  const shown: ListColumn[] = [
    ...(options.timestamps ? [timestampColumn] : []),
    ...(options.namespaces ? [namespaceColumn] : []),
    ...columns,
  ];
  const titles = header ? [shown.map((column) => column.title)] : [];
  return formatList(shown, [...titles, ...rows.map((cells) => [...timestamp, ...cells])]);
}

function strategyText({ spec }: Rollout): string {
  if (spec.strategy?.canary) return 'Canary';
  return spec.strategy?.blueGreen ? 'BlueGreen' : 'unknown';
}
