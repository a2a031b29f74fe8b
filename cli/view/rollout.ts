// What `get rollout` prints: header block and tree (spec/cli.md §§5.1, 5.2). Pure: objects and `now` in, text out.

import { decodeRollout } from '../../controller/api/decode-rollout.ts';
import { shownPhaseOf } from '../../controller/api/phase.ts';
import type { Rollout } from '../../controller/api/types.generated.ts';
import { ageText } from './age.ts';
import { paintIcon } from './colour.ts';
import { formatHeader, type HeaderLine, imageHeaderLines } from './header.ts';
import { iconOfRollout, kindIcon } from './icons.ts';
import { imagesOfRollout } from './images.ts';
import type { NamespaceObjects } from './objects.ts';
import { formatTree } from './table.ts';
import { drawBranches, revisionNodes, type TreeOptions, type TreeRow, treeHeader } from './tree.ts';
import { actualWeight, setWeight, stepText } from './weights.ts';

/** `json`: as it came from the API server. */
export function drawRollout(json: Rollout, objects: NamespaceObjects, options: TreeOptions): string {
  const rollout = decodeRollout(json);
  return `${drawHeader(rollout, objects, options)}\n${drawTree(rollout, objects, options)}`;
}

function drawHeader(rollout: Rollout, objects: NamespaceObjects, { paint }: TreeOptions): string {
  const { phase, message } = shownPhaseOf(rollout);
  const status = rollout.status ?? {};
  return formatHeader([
    ['Name:', rollout.metadata.name ?? ''],
    ['Namespace:', rollout.metadata.namespace ?? ''],
    ['Status:', `${paintIcon(paint, iconOfRollout(phase))} ${phase}`],
    ...(message === '' ? [] : [['Message:', message] as const]),
    ['Strategy:', strategyText(rollout)],
    ...weightLines(rollout, objects),
    ...imageHeaderLines(imagesOfRollout(rollout, objects), paint),
    'Replicas:',
    ['  Desired:', `${rollout.spec.replicas ?? 1}`],
    ['  Current:', `${status.replicas ?? 0}`],
    ['  Updated:', `${status.updatedReplicas ?? 0}`],
    ['  Ready:', `${status.readyReplicas ?? 0}`],
    ['  Available:', `${status.availableReplicas ?? 0}`],
  ]);
}

function strategyText(rollout: Rollout): string {
  if (rollout.spec.strategy?.canary) return 'Canary';
  return rollout.spec.strategy?.blueGreen ? 'BlueGreen' : '';
}

function weightLines(rollout: Rollout, { replicaSets }: NamespaceObjects): HeaderLine[] {
  if (!rollout.spec.strategy?.canary) return [];
  return [
    ['  Step:', stepText(rollout)],
    ['  SetWeight:', `${setWeight(rollout)}`],
    ['  ActualWeight:', `${actualWeight(rollout, replicaSets)}`],
  ];
}

function drawTree(rollout: Rollout, objects: NamespaceObjects, options: TreeOptions): string {
  const { phase } = shownPhaseOf(rollout);
  const root: TreeRow = [
    `${kindIcon.rollout} ${rollout.metadata.name ?? ''}`,
    'Rollout',
    `${paintIcon(options.paint, iconOfRollout(phase))} ${phase}`,
    ageText(rollout.metadata.creationTimestamp, options.now),
    '',
  ];
  return formatTree([treeHeader, root, ...drawBranches(revisionNodes(rollout, objects, options))]);
}
