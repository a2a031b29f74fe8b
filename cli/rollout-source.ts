// Which objects belong to the picture of one rollout or experiment, read once or followed (spec/cli.md §3.6): the
// ReplicaSets and pods of its selector, the experiments and analysis runs of the namespace. The reference reads the
// whole namespace (defect B8).

import { podTemplateHashLabel } from '../controller/api/constants.ts';
import { decodeRollout } from '../controller/api/decode-rollout.ts';
import type { KubernetesObject, LabelSelector, Pod, ReplicaSet } from '../controller/api/kubernetes-types.ts';
import type { AnalysisRun, Experiment, Rollout } from '../controller/api/types.generated.ts';
import type { Informer } from '../controller/kubernetes/informer.ts';
import { listAll } from '../controller/kubernetes/list.ts';
import { collectionPath, pods, type Resource, replicaSets } from '../controller/kubernetes/resource.ts';
import { KubeError } from '../controller/kubernetes/transport.ts';
import { type Cluster, getObject } from './cluster.ts';
import { singularNotFound } from './errors.ts';
import { follow, problemTeller } from './follow.ts';
import type { CliIo } from './io.ts';
import { analysisRuns, experiments, rollouts, selectorQuery, workloadResource } from './resources.ts';
import type { NamespaceObjects } from './view/objects.ts';
import { isOwnedBy } from './view/owners.ts';

export interface Picture<T> {
  readonly root: T;
  readonly objects: NamespaceObjects;
  /** The label selector that finds its ReplicaSets and pods. */
  readonly labelSelector: string;
}

export async function readRollout(cluster: Cluster, io: CliIo, name: string): Promise<Picture<Rollout>> {
  const root = decodeRollout(await getNamed<Rollout>(cluster, rollouts, name));
  const [ownSelector, ...analyses] = await Promise.all([selectorOf(cluster, root), ...readAnalyses(cluster, io)]);
  // The pods of an experiment need not carry the rollout's labels.
  const hasExperiment = analyses[0].some((experiment) => isOwnedBy(experiment, root.metadata.uid));
  const labelSelector = hasExperiment ? podTemplateHashLabel : ownSelector;
  return { root, labelSelector, objects: await withWorkload(cluster, io, labelSelector, analyses) };
}

export async function readExperiment(cluster: Cluster, io: CliIo, name: string): Promise<Picture<Experiment>> {
  const root = await getNamed<Experiment>(cluster, experiments, name);
  const analyses = await Promise.all(readAnalyses(cluster, io));
  const labelSelector = podTemplateHashLabel;
  return { root, labelSelector, objects: await withWorkload(cluster, io, labelSelector, analyses) };
}

export interface FollowedPicture<T> {
  current(): Picture<T>;
  /** Replaced by whoever wants to know of changes. */
  onChange: () => void;
  stop(): void;
}

/** Goes on from what was read; each kind is taken from its informer once that has the whole list. */
export function followPicture<T extends KubernetesObject>(
  cluster: Cluster,
  io: CliIo,
  resource: Resource,
  start: Picture<T>,
): FollowedPicture<T> {
  const name = start.root.metadata.name ?? '';
  const { labelSelector } = start;
  const problems = problemTeller(io);
  const onProblem = problems.tell;
  const root = follow<T>(cluster, io, resource, { onProblem, fieldSelector: `metadata.name=${name}` });
  const sets = follow<ReplicaSet>(cluster, io, replicaSets, { onProblem, labelSelector });
  const podsOfSets = follow<Pod>(cluster, io, pods, { onProblem, labelSelector });
  const experimentsHere = follow<Experiment>(cluster, io, experiments, { onProblem, optional: true });
  const runsHere = follow<AnalysisRun>(cluster, io, analysisRuns, { onProblem, optional: true });
  const informers: readonly Informer<never>[] = [root, sets, podsOfSets, experimentsHere, runsHere] as never;

  let lastRoot = start.root;
  const followed: FollowedPicture<T> = {
    current: () => ({
      labelSelector,
      root: lastRoot,
      objects: {
        replicaSets: valuesOr(sets, start.objects.replicaSets),
        pods: valuesOr(podsOfSets, start.objects.pods),
        experiments: valuesOr(experimentsHere, start.objects.experiments),
        analysisRuns: valuesOr(runsHere, start.objects.analysisRuns),
      },
    }),
    onChange: () => undefined,
    stop: () => {
      for (const { reflector } of informers) reflector.stop();
    },
  };
  root.store.subscribe((_old, current) => {
    if (current === undefined) {
      io.stderr.write(`${resource.kind.toLowerCase()}.argoproj.io ${JSON.stringify(name)} not found\n`);
    } else lastRoot = current;
  });
  for (const { store } of informers) {
    store.subscribe(() => {
      problems.forget();
      followed.onChange();
    });
  }
  return followed;
}

function valuesOr<T>({ reflector, store }: Informer<T>, before: readonly T[]): readonly T[] {
  return reflector.hasSynced ? [...store.values()] : before;
}

async function getNamed<T extends KubernetesObject>(cluster: Cluster, resource: Resource, name: string): Promise<T> {
  try {
    return await getObject<T>(cluster, resource, name);
  } catch (error) {
    throw singularNotFound(error, resource.kind.toLowerCase(), name);
  }
}

function readAnalyses(cluster: Cluster, io: CliIo) {
  return [
    listTolerantly<Experiment>(cluster, io, experiments),
    listTolerantly<AnalysisRun>(cluster, io, analysisRuns),
  ] as const;
}

async function withWorkload(
  cluster: Cluster,
  io: CliIo,
  labelSelector: string,
  [experimentsHere, runsHere]: readonly [readonly Experiment[], readonly AnalysisRun[]],
): Promise<NamespaceObjects> {
  const [sets, podsOfSets] = await Promise.all([
    listTolerantly<ReplicaSet>(cluster, io, replicaSets, labelSelector),
    listTolerantly<Pod>(cluster, io, pods, labelSelector),
  ]);
  return { replicaSets: sets, pods: podsOfSets, experiments: experimentsHere, analysisRuns: runsHere };
}

/** A kind that is not installed is empty; one that may not be read is left out of the picture with a warning. */
async function listTolerantly<T>(
  { transport, namespace }: Cluster,
  io: CliIo,
  resource: Resource,
  labelSelector?: string,
): Promise<readonly T[]> {
  try {
    return await listAll<T>(transport, collectionPath(resource, namespace), labelSelector ? { labelSelector } : {});
  } catch (error) {
    if (!(error instanceof KubeError) || (error.status !== 403 && error.status !== 404)) throw error;
    if (error.status === 403) io.stderr.write(`warning: ${error.message}\n`);
    return [];
  }
}

/** With a workload that is missing or of another kind: every ReplicaSet that a rollout may have made. */
async function selectorOf(cluster: Cluster, { spec }: Rollout): Promise<string> {
  if (spec.workloadRef) {
    const resource = workloadResource(spec.workloadRef);
    const workload = resource && (await getWorkload(cluster, resource, spec.workloadRef.name ?? ''));
    const labels = workload?.template?.metadata?.labels;
    const found = selectorQuery(workload?.spec?.selector ?? (labels && { matchLabels: labels }));
    if (found !== '') return found;
  }
  return selectorQuery(spec.selector) || podTemplateHashLabel;
}

interface Workload extends KubernetesObject {
  readonly spec?: { readonly selector?: LabelSelector };
  readonly template?: { readonly metadata?: { readonly labels?: Readonly<Record<string, string>> } };
}

async function getWorkload(cluster: Cluster, resource: Resource, name: string): Promise<Workload | undefined> {
  try {
    return await getObject<Workload>(cluster, resource, name);
  } catch (error) {
    if (error instanceof KubeError && (error.status === 403 || error.status === 404)) return undefined;
    throw error;
  }
}
