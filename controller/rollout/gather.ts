// What is known when a Rollout is planned: the stores, and live reads where the plan asked for them (design law 3).
// Gather → plan → needs → gather, until there is no new need; the same need twice is a bug. A read that failed is a
// value too.

import { templatesOf } from '../analysis/plan/compose.ts';
import { templateKey } from '../analysis/plan/known-templates.ts';
import { analysisRuns } from '../analysis/resources.ts';
import { workloadGenerationAnnotation } from '../api/constants.ts';
import type { Ingress, KubernetesObject, Pod, ReplicaSet, Service } from '../api/kubernetes-types.ts';
import type { AnalysisRun, AnalysisTemplate, Experiment, Rollout } from '../api/types.generated.ts';
import { experiments } from '../experiment/resources.ts';
import { classifyFailure } from '../kubernetes/problem.ts';
import { collectionPath, objectKey, objectPath, pods, replicaSets } from '../kubernetes/resource.ts';
import type { Store } from '../kubernetes/store.ts';
import type { Transport } from '../kubernetes/transport.ts';
import { formatLabelSelector } from '../lang/label-selector.ts';
import type { Clock, EpochMillis } from '../lang/time.ts';
import { type IngressSharer, ingressSharer } from '../traffic/alb/sharing.ts';
import { planFused } from './fuse-status.ts';
import { paceStatus, withHeldStatus } from './hold-status.ts';
import { referencedAnalyses } from './plan/invalid-analyses.ts';
import { ingressNamesOf, orphansOf, serviceNamesOf } from './references.ts';
import {
  type Known,
  type Ledger,
  type Need,
  type Observed,
  observedSchema,
  type Plan,
  type Settings,
} from './types.ts';
import { type Workloads, workloadResources } from './workloads.ts';

export interface Sources {
  readonly rollouts: Store<Rollout>;
  readonly replicaSets: Store<ReplicaSet>;
  readonly services: Store<Service>;
  readonly ingresses: Store<Ingress>;
  readonly analysisRuns: Store<AnalysisRun>;
  readonly experiments: Store<Experiment>;
  readonly analysisTemplates: Store<AnalysisTemplate>;
  readonly clusterAnalysisTemplates: Store<AnalysisTemplate>;
  readonly workloads: Workloads;
  readonly transport: Transport;
  readonly clock: Clock;
  readonly settings: Settings;
}

export type PlanFunction = (observed: Observed, now: EpochMillis) => Plan;

export interface Planned {
  readonly observed: Observed;
  readonly now: EpochMillis;
  readonly plan: Plan;
}

/** A server that asks to wait holds up neither an abort nor the other Rollouts (design law 3): the read has failed then. */
const readDeadlineMs = 30_000;
/** More rounds than kinds of needs are a planner that never has enough. */
const maximumRounds = 8;

/** Undefined: the Rollout is gone. */
export async function gatherAndPlan(
  key: string,
  sources: Sources,
  ledger: Ledger,
  plan: PlanFunction,
): Promise<Planned | undefined> {
  const asked = new Set<string>();
  let reads: LiveReads = {
    liveReplicaSets: {},
    pods: unread,
    workload: unread,
    services: [],
    ingresses: [],
    liveAnalysisRuns: {},
    liveExperiments: {},
    templates: {},
  };
  for (let round = 0; round < maximumRounds; round += 1) {
    const observed = gather(key, sources, ledger, reads);
    if (!observed) return undefined;
    const now = sources.clock.now();
    const fused = planFused(plan, observed, now);
    const { needs } = fused.plan;
    if (needs.length === 0) return { now, ...paceStatus(fused, observed, now) };
    for (const need of needs) {
      const text = JSON.stringify(need);
      if (asked.has(text)) throw new Error(`the plan of ${key} needs ${text} although it was read`);
      asked.add(text);
      reads = await answer(need, observed, sources, reads);
    }
  }
  throw new Error(`the plan of ${key} still has needs after ${maximumRounds} rounds`);
}

interface LiveReads {
  readonly liveReplicaSets: Readonly<Record<string, Known<ReplicaSet>>>;
  readonly pods: Known<readonly Pod[]>;
  readonly workload: Known<KubernetesObject>;
  readonly liveAnalysisRuns: Readonly<Record<string, Known<AnalysisRun>>>;
  readonly liveExperiments: Readonly<Record<string, Known<Experiment>>>;
  readonly templates: Readonly<Record<string, Known<AnalysisTemplate>>>;
  /** Names beyond those that the spec mentions. */
  readonly services: readonly string[];
  readonly ingresses: readonly string[];
}

const unread = { is: 'unread' } as const;

function gather(key: string, sources: Sources, ledger: Ledger, reads: LiveReads): Observed | undefined {
  const stored = sources.rollouts.get(key);
  if (!stored) return undefined;
  const rollout = withHeldStatus(stored, ledger.heldStatus);
  const { namespace, uid } = rollout.metadata;
  return {
    schema: observedSchema,
    rollout,
    replicaSets: [
      ...sources.replicaSets.byIndex('owner', uid ?? ''),
      ...sources.replicaSets.byIndex('owner', orphansOf(namespace)),
    ],
    services: fromStore(sources.services, namespace, [...serviceNamesOf(rollout), ...reads.services]),
    ingresses: fromStore(sources.ingresses, namespace, [...ingressNamesOf(rollout), ...reads.ingresses]),
    sharers: sharersOf(rollout, sources.rollouts),
    liveReplicaSets: reads.liveReplicaSets,
    pods: reads.pods,
    workload: reads.workload,
    analysisRuns: sources.analysisRuns.byIndex('owner', uid ?? ''),
    liveAnalysisRuns: reads.liveAnalysisRuns,
    templates: { ...templatesNamed(rollout, sources), ...reads.templates },
    experiments: sources.experiments.byIndex('owner', uid ?? ''),
    liveExperiments: reads.liveExperiments,
    ledger,
    settings: sources.settings,
  };
}

function fromStore<T>(
  store: Store<T>,
  namespace: string | undefined,
  names: readonly string[],
): Record<string, Known<T>> {
  const known: Record<string, Known<T>> = {};
  for (const name of names) {
    const value = store.get(objectKey(namespace, name));
    known[name] = value === undefined ? { is: 'absent' } : { is: 'present', value };
  }
  return known;
}

/** The others that name one of its Ingresses. One that is being deleted writes nothing more. */
function sharersOf(rollout: Rollout, rollouts: Store<Rollout>): IngressSharer[] {
  const { namespace, uid } = rollout.metadata;
  const names = ingressSharer(rollout)?.ingresses ?? [];
  const found = new Set(names.flatMap((name) => rollouts.byIndex('ingress', objectKey(namespace, name))));
  const others = [...found].filter(({ metadata }) => metadata.uid !== uid && metadata.deletionTimestamp === undefined);
  return others.flatMap((other) => ingressSharer(other) ?? []);
}

/** The templates that a Rollout's analyses are made of, those among them that others name too. */
function templatesNamed(rollout: Rollout, sources: Sources): Record<string, Known<AnalysisTemplate>> {
  const found: Record<string, Known<AnalysisTemplate>> = {};
  for (const { analysis } of referencedAnalyses(rollout)) {
    templatesOf(analysis.templates ?? [], (name, isCluster) => {
      const known = knownTemplate(sources, rollout.metadata.namespace, name, isCluster);
      found[templateKey(name, isCluster)] = known;
      return known.is === 'present' ? known.value : null;
    });
  }
  return found;
}

function knownTemplate(
  sources: Sources,
  namespace: string | undefined,
  name: string,
  isCluster: boolean,
): Known<AnalysisTemplate> {
  const store = isCluster ? sources.clusterAnalysisTemplates : sources.analysisTemplates;
  const value = store.get(isCluster ? name : objectKey(namespace, name));
  return value === undefined ? { is: 'absent' } : { is: 'present', value };
}

async function answer(need: Need, observed: Observed, sources: Sources, reads: LiveReads): Promise<LiveReads> {
  const namespace = observed.rollout.metadata.namespace ?? '';
  switch (need.kind) {
    case 'service':
      return { ...reads, services: [...reads.services, need.name] };
    case 'ingress':
      return { ...reads, ingresses: [...reads.ingresses, need.name] };
    case 'replicaSet': {
      const known = await readLive<ReplicaSet>(sources, objectPath(replicaSets, namespace, need.name));
      return { ...reads, liveReplicaSets: { ...reads.liveReplicaSets, [need.name]: known } };
    }
    case 'analysisRun': {
      const known = await readLive<AnalysisRun>(sources, objectPath(analysisRuns, namespace, need.name));
      return { ...reads, liveAnalysisRuns: { ...reads.liveAnalysisRuns, [need.name]: known } };
    }
    case 'experiment': {
      const known = await readLive<Experiment>(sources, objectPath(experiments, namespace, need.name));
      return { ...reads, liveExperiments: { ...reads.liveExperiments, [need.name]: known } };
    }
    case 'analysisTemplate': {
      const known = knownTemplate(sources, namespace, need.name, need.isCluster);
      return { ...reads, templates: { ...reads.templates, [templateKey(need.name, need.isCluster)]: known } };
    }
    case 'pods': {
      const { selector } = observed.rollout.spec;
      const labelSelector = formatLabelSelector(selector ?? {});
      const list = await readLive<{ items: readonly Pod[] }>(sources, collectionPath(pods, namespace), labelSelector);
      return { ...reads, pods: list.is === 'present' ? { is: 'present', value: list.value.items } : list };
    }
    case 'workload':
      return { ...reads, workload: await readWorkload(observed.rollout, need, sources) };
    default:
      return assertNever(need);
  }
}

/** Read live where a newer one was seen before: two processes would write over each other's generation without end. */
async function readWorkload(
  { metadata }: Rollout,
  need: Extract<Need, { kind: 'workload' }>,
  sources: Sources,
): Promise<Known<KubernetesObject>> {
  const { namespace = '' } = metadata;
  const known = await sources.workloads.read(need, namespace);
  const seen = Number(metadata.annotations?.[workloadGenerationAnnotation] ?? 0);
  const resource = workloadResources.find(({ kind }) => kind === need.workloadKind);
  if (!resource || known.is !== 'present' || (known.value.metadata.generation ?? 0) >= seen) return known;
  return readLive<KubernetesObject>(sources, objectPath(resource, namespace, need.name));
}

async function readLive<T>(sources: Sources, path: string, labelSelector?: string): Promise<Known<T>> {
  try {
    const query = labelSelector === undefined ? {} : { query: { labelSelector } };
    const request = { verb: 'GET', path, ...query, deadlineMs: readDeadlineMs } as const;
    const { body } = await sources.transport.request(request);
    return { is: 'present', value: body as T };
  } catch (error) {
    const problem = classifyFailure(error);
    return problem.class === 'gone' ? { is: 'absent' } : { is: 'failed', problem, since: sources.clock.now() };
  }
}

function assertNever(need: never): never {
  throw new Error(`no such need: ${JSON.stringify(need)}`);
}
