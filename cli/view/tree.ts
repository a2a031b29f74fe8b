// What hangs below a rollout or an experiment, as rows of five cells (spec/cli.md §5.2): revisions, then ReplicaSets,
// experiments and analysis runs, then pods and jobs.

import type { KubernetesObject, Pod, ReplicaSet } from '../../controller/api/kubernetes-types.ts';
import type { AnalysisRun, Experiment, Rollout } from '../../controller/api/types.generated.ts';
import { ageText } from './age.ts';
import { colourCode, type Paint, paintIcon, paintTag } from './colour.ts';
import { cutInMiddle } from './cut.ts';
import { analysisIcons, iconOfAnalysis, iconOfPod, iconOfReplicaSet, kindIcon } from './icons.ts';
import type { NamespaceObjects } from './objects.ts';
import { inAnalysisRunOrder, inExperimentOrder, inPodOrder, inReplicaSetOrder, ownedBy, revisionOf } from './owners.ts';
import { summarizePod } from './pod-status.ts';
import { type ReplicaSetTag, scaleDownDelay, statusOfReplicaSet, tagsOfReplicaSet } from './replica-set.ts';

/** NAME KIND STATUS AGE INFO */
export type TreeRow = readonly [name: string, kind: string, status: string, age: string, info: string];

export interface TreeNode {
  /** Cells without the tree's lines. */
  readonly row: TreeRow;
  readonly children: readonly TreeNode[];
}

export interface TreeOptions {
  readonly now: number;
  readonly paint: Paint;
  /** Names longer than this are cut in the middle, for narrow terminals. */
  readonly longestName?: number;
  /** How many revisions are shown: the newest, and the stable one always. */
  readonly revisionLimit?: number;
}

export const treeHeader: TreeRow = ['NAME', 'KIND', 'STATUS', 'AGE', 'INFO'];

/** The rows below a node, with the lines that connect them. */
export function drawBranches(nodes: readonly TreeNode[], indent = ''): TreeRow[] {
  return nodes.flatMap(({ row: [name, ...cells], children }, i) => {
    const isLast = i === nodes.length - 1;
    const own: TreeRow = [`${indent}${isLast ? '└──' : '├──'}${name}`, ...cells];
    return [own, ...drawBranches(children, `${indent}${isLast ? '   ' : '│  '}`)];
  });
}

/** Newest revision first. */
export function revisionNodes(rollout: Rollout, objects: NamespaceObjects, options: TreeOptions): TreeNode[] {
  const replicaSets = ownedBy(objects.replicaSets, rollout).sort(inReplicaSetOrder);
  const experiments = ownedBy(objects.experiments, rollout).sort(inExperimentOrder);
  const analysisRuns = ownedBy(objects.analysisRuns, rollout).sort(inAnalysisRunOrder);
  const revisions = [...new Set([...replicaSets, ...experiments, ...analysisRuns].map(revisionOf))];
  const stable = replicaSets.find((set) => tagsOfReplicaSet(rollout, set).includes('stable'));
  const shown = revisions
    .sort((a, b) => b - a)
    .filter((revision, i) => i < (options.revisionLimit ?? Number.POSITIVE_INFINITY) || isRevisionOf(stable, revision));
  const hiddenCount = revisions.length - shown.length;
  const hidden: TreeNode = { row: [`… ${hiddenCount} older revisions`, '', ' ', '', ''], children: [] };
  return [
    ...shown.map((revision): TreeNode => {
      const isOfRevision = (object: ReplicaSet | Experiment | AnalysisRun) => revisionOf(object) === revision;
      return {
        row: [`${kindIcon.revision} revision:${revision}`, '', ' ', '', ''],
        children: [
          ...replicaSets
            .filter(isOfRevision)
            .map((set) => replicaSetNode(set, tagsOfReplicaSet(rollout, set), objects, options)),
          ...experiments.filter(isOfRevision).map((experiment) => experimentNode(experiment, objects, options)),
          ...analysisRuns.filter(isOfRevision).map((run) => analysisRunNode(run, options)),
        ],
      };
    }),
    ...(hiddenCount > 0 ? [hidden] : []),
  ];
}

function isRevisionOf(replicaSet: ReplicaSet | undefined, revision: number): boolean {
  return replicaSet !== undefined && revisionOf(replicaSet) === revision;
}

export function experimentNode(experiment: Experiment, objects: NamespaceObjects, options: TreeOptions): TreeNode {
  return {
    row: phaseRow(kindIcon.experiment, 'Experiment', experiment, experiment.status?.phase ?? '', '', options),
    children: [
      ...ownedBy(objects.replicaSets, experiment)
        .sort(inReplicaSetOrder)
        .map((replicaSet) => replicaSetNode(replicaSet, [], objects, options)),
      ...ownedBy(objects.analysisRuns, experiment)
        .sort(inAnalysisRunOrder)
        .map((run) => analysisRunNode(run, options)),
    ],
  };
}

function replicaSetNode(
  replicaSet: ReplicaSet,
  tags: readonly ReplicaSetTag[],
  objects: NamespaceObjects,
  options: TreeOptions,
): TreeNode {
  const { now, paint } = options;
  const name = tags.reduce((text, tag) => paintTag(paint, text, tag), shownName(replicaSet, options));
  const status = statusOfReplicaSet(replicaSet);
  const delay = scaleDownDelay(replicaSet, now);
  const info = [
    ...tags.map((tag) => paintTag(paint, tag, tag)),
    ...(delay === undefined ? [] : [`delay:${delay}`]),
  ].join(',');
  return {
    row: [
      `${kindIcon.replicaSet} ${name}`,
      'ReplicaSet',
      `${paintIcon(paint, iconOfReplicaSet(status))} ${status}`,
      ageText(replicaSet.metadata.creationTimestamp, now),
      info,
    ],
    children: ownedBy(objects.pods, replicaSet)
      .sort(inPodOrder)
      .map((pod) => podNode(pod, options)),
  };
}

function podNode(pod: Pod, options: TreeOptions): TreeNode {
  const { now, paint } = options;
  const { status, ready, containers, restarts } = summarizePod(pod);
  return {
    row: [
      `${kindIcon.pod} ${shownName(pod, options)}`,
      'Pod',
      `${paintIcon(paint, iconOfPod(status))} ${status}`,
      ageText(pod.metadata.creationTimestamp, now),
      `ready:${ready}/${containers}${restarts > 0 ? `,restarts:${restarts}` : ''}`,
    ],
    children: [],
  };
}

function analysisRunNode(run: AnalysisRun, options: TreeOptions): TreeNode {
  const results = run.status?.metricResults ?? [];
  const measurements = results.flatMap((result) => result.measurements ?? []);
  return {
    row: phaseRow(kindIcon.analysisRun, 'AnalysisRun', run, run.status?.phase ?? '', countsText(run, options), options),
    children: measurements.flatMap(({ metadata, phase, startedAt }) => {
      const name = metadata?.['job-name'];
      if (name === undefined) return [];
      const job = { metadata: { name, ...(startedAt ? { creationTimestamp: startedAt } : {}) } };
      return [{ row: phaseRow(kindIcon.job, 'Job', job, phase, '', options), children: [] }];
    }),
  };
}

/** QUIRK: dry-run metrics are counted too. */
function countsText(run: AnalysisRun, { paint }: TreeOptions): string {
  const sums = { successful: 0, failed: 0, inconclusive: 0, error: 0 };
  for (const result of run.status?.metricResults ?? []) {
    sums.successful += result.successful ?? 0;
    sums.failed += result.failed ?? 0;
    sums.inconclusive += result.inconclusive ?? 0;
    sums.error += result.error ?? 0;
  }
  const counts: readonly (readonly [icon: string, count: number])[] = [
    [analysisIcons.Successful, sums.successful],
    [analysisIcons.Failed, sums.failed],
    [analysisIcons.Inconclusive, sums.inconclusive],
    [analysisIcons.Error, sums.error],
  ];
  return counts
    .filter(([, count]) => count > 0)
    .map(([icon, count]) => `${paintIcon(paint, icon)} ${count}`)
    .join(',');
}

function phaseRow(
  icon: string,
  kind: string,
  object: KubernetesObject,
  phase: string,
  info: string,
  options: TreeOptions,
): TreeRow {
  const { now, paint } = options;
  const code = phase === 'Pending' || phase === 'Running' ? colourCode.brightBlue : colourCode.none;
  return [
    `${icon} ${paint(shownName(object, options), code)}`,
    kind,
    `${paintIcon(paint, iconOfAnalysis(phase))} ${phase}`,
    ageText(object.metadata.creationTimestamp, now),
    info,
  ];
}

function shownName({ metadata: { name = '' } }: KubernetesObject, { longestName }: TreeOptions): string {
  return longestName === undefined ? name : cutInMiddle(name, longestName);
}
