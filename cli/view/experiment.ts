// What `get experiment` prints: header block and tree (spec/cli.md §§5.1, 5.2).

import type { Experiment } from '../../controller/api/types.generated.ts';
import { paintIcon } from './colour.ts';
import { formatHeader, imageHeaderLines } from './header.ts';
import { iconOfAnalysis } from './icons.ts';
import { imagesOfExperiment } from './images.ts';
import type { NamespaceObjects } from './objects.ts';
import { formatTree } from './table.ts';
import { drawBranches, experimentNode, type TreeOptions, treeHeader } from './tree.ts';

export function drawExperiment(experiment: Experiment, objects: NamespaceObjects, options: TreeOptions): string {
  const phase = experiment.status?.phase ?? '';
  const message = experiment.status?.message ?? '';
  const header = formatHeader([
    ['Name:', experiment.metadata.name ?? ''],
    ['Namespace:', experiment.metadata.namespace ?? ''],
    ['Status:', `${paintIcon(options.paint, iconOfAnalysis(phase))} ${phase}`],
    ...(message === '' ? [] : [['Message:', message] as const]),
    ...imageHeaderLines(imagesOfExperiment(experiment, objects), options.paint),
  ]);
  const { row, children } = experimentNode(experiment, objects, options);
  return `${header}\n${formatTree([treeHeader, row, ...drawBranches(children)])}`;
}
