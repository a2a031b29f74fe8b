// What hangs below a rollout or an experiment, as rows of five cells (spec/cli.md §5.2): revisions, then ReplicaSets,
// experiments and analysis runs, then pods and jobs.

import type { Pod, ReplicaSet } from '../../controller/api/kubernetes-types.ts';
import type { AnalysisRun, Experiment, Rollout } from '../../controller/api/types.generated.ts';
import { ageText } from './age.ts';
import { colourCode, type Paint, paintIcon, paintTag } from './colour.ts';
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
  return revisions
    .sort((a, b) => b - a)
    .map((revision) => {
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
    });
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
  { now, paint }: TreeOptions,
): TreeNode {
  const name = tags.reduce((text, tag) => paintTag(paint, text, tag), replicaSet.metadata.name ?? '');
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
      .map((pod) => podNode(pod, { now, paint })),
  };
}

function podNode(pod: Pod, { now, paint }: TreeOptions): TreeNode {
  const { status, ready, containers, restarts } = summarizePod(pod);
  return {
    row: [
      `${kindIcon.pod} ${pod.metadata.name ?? ''}`,
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
  object: { readonly metadata: { readonly name?: string; readonly creationTimestamp?: string } },
  phase: string,
  info: string,
  { now, paint }: TreeOptions,
): TreeRow {
  const code = phase === 'Pending' || phase === 'Running' ? colourCode.brightBlue : colourCode.none;
  return [
    `${icon} ${paint(object.metadata.name ?? '', code)}`,
    kind,
    `${paintIcon(paint, iconOfAnalysis(phase))} ${phase}`,
    ageText(object.metadata.creationTimestamp, now),
    info,
  ];
}
