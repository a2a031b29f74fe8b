// What would the controller do with this Rollout now, and what does it wait for? One look with somebody's own rights: the
// stores of the controller are filled by lists instead of watches, and the same plan is made of them. Nothing is written.
// What only the controller's process knows (failed writes, answers from outside) is not known here.

import { createAnalysisInformers } from '../analysis/informers.ts';
import { instanceIdLabel, podTemplateHashLabel } from '../api/constants.ts';
import type { KubernetesObject } from '../api/kubernetes-types.ts';
import type { Rollout } from '../api/types.generated.ts';
import type { Informer } from '../kubernetes/informer.ts';
import { listAll } from '../kubernetes/list.ts';
import { silentLogger } from '../kubernetes/log.ts';
import { classifyFailure } from '../kubernetes/problem.ts';
import { collectionPath, objectKey, objectPath } from '../kubernetes/resource.ts';
import { KubeError, type Transport } from '../kubernetes/transport.ts';
import { parseRfc3339 } from '../lang/rfc3339.ts';
import type { Clock, EpochMillis, Random } from '../lang/time.ts';
import { ingressSharer } from '../traffic/alb/sharing.ts';
import { type Caches, createCaches } from './caches.ts';
import { gatherAndPlan } from './gather.ts';
import { createLedgers } from './ledgers.ts';
import { plan } from './plan.ts';
import { rollouts } from './resources.ts';
import type { Known, Observed, Plan, Problem, Write } from './types.ts';
import { type Workloads, workloadResources } from './workloads.ts';

export interface LookOptions {
  readonly transport: Transport;
  readonly clock: Clock;
  readonly random: Random;
  readonly namespace: string;
  readonly name: string;
}

export interface Look {
  readonly rollout: Rollout;
  readonly plan: Plan;
  /** What the controller has still to do; without what only its process knows to be done. */
  readonly outstanding: readonly Write[];
  /** Since when nothing has changed although there is something to be done; undefined: it is being done. */
  readonly behindSince: EpochMillis | undefined;
  /** Kinds that may not be read with these rights, in the cluster's words. */
  readonly problems: readonly string[];
}

/** Rejects with the KubeError of reading the Rollout, its ReplicaSets, or of a cluster that cannot be reached. */
export async function lookAtRollout(options: LookOptions): Promise<Look> {
  const { transport, clock, namespace, name } = options;
  const { body } = await transport.request({ verb: 'GET', path: objectPath(rollouts, namespace, name) });
  const rollout = body as Rollout;
  const caches = cachesFor(rollout, options);
  const others = await neighboursOf(rollout, options);
  caches.rollouts.store.replace(
    [body, ...others].map((item) => caches.rollouts.store.decode(item)),
    '',
  );
  const { unread, changedAt } = await fill(caches, options, rollout);
  const sources = {
    ...storesOf(caches),
    workloads: workloadsOf(options),
    transport,
    clock,
    settings: { verifyRetryIntervalMs: 10_000, verifiesTargetGroups: isVerified(rollout) },
  };
  const key = objectKey(namespace, name);
  const planned = await gatherAndPlan(key, sources, createLedgers().of(key), (observed, now) =>
    plan(withUnread(observed, unread), now),
  );
  if (!planned) throw new Error(`the store has no Rollout ${key}`);
  return {
    rollout: planned.observed.rollout,
    plan: planned.plan,
    outstanding: planned.plan.writes.filter(isOutstanding),
    behindSince: behindSince(planned.observed, clock.now(), Math.max(changedAt, lastChangeOf(rollout))),
    problems: [...unread.values()].map(({ message }) => message),
  };
}

/** A controller that runs is never this long behind. */
const patienceMs = 30_000;

/** Evictions are left out: they wait for budgets. */
function behindSince(observed: Observed, now: EpochMillis, changedAt: EpochMillis): EpochMillis | undefined {
  if (now - changedAt < patienceMs) return undefined;
  const hasWork = (at: EpochMillis) =>
    plan(observed, at).writes.some((write) => isOutstanding(write) && write.kind !== 'evictPod');
  return hasWork(now) && hasWork(now - patienceMs) ? changedAt : undefined;
}

function lastChangeOf({ metadata }: KubernetesObject): EpochMillis {
  const managed = (metadata as { managedFields?: readonly { time?: string }[] }).managedFields ?? [];
  const times = [metadata.creationTimestamp, ...managed.map(({ time }) => time)];
  return Math.max(0, ...times.map((time) => parseRfc3339(time ?? '') ?? 0));
}

function cachesFor(rollout: Rollout, { transport, clock, random, namespace }: LookOptions): Caches {
  const instanceId = rollout.metadata.labels?.[instanceIdLabel] ?? '';
  const common = { transport, clock, random, log: silentLogger, instanceId, resyncMs: 0, onRestart: () => {} };
  return createCaches({ ...common, namespace }, createAnalysisInformers({ ...common, namespace: undefined }));
}

/** Those that may share an Ingress. Who may read only this one is told as if it stood alone. */
async function neighboursOf(rollout: Rollout, { transport, namespace }: LookOptions): Promise<readonly unknown[]> {
  if (!ingressSharer(rollout)) return [];
  const instanceIdOf = ({ metadata }: Rollout) => metadata.labels?.[instanceIdLabel];
  try {
    const all = (await listAll(transport, collectionPath(rollouts, namespace))) as Rollout[];
    return all.filter(
      (other) => other.metadata.uid !== rollout.metadata.uid && instanceIdOf(other) === instanceIdOf(rollout),
    );
  } catch (error) {
    if (error instanceof KubeError && error.status === 403) return [];
    throw error;
  }
}

type Kind = Exclude<keyof Caches, 'rollouts'>;

interface Filled {
  readonly unread: ReadonlyMap<Kind, Problem>;
  /** When something was last changed that the Rollout owns or may be looking at. */
  readonly changedAt: EpochMillis;
}

/** Reads every kind once. A kind that is not installed is empty; one that may not be read is told. */
async function fill(caches: Caches, { transport, namespace }: LookOptions, { metadata }: Rollout): Promise<Filled> {
  const unread = new Map<Kind, Problem>();
  let changedAt = 0;
  const kinds = (Object.keys(caches) as (keyof Caches)[]).filter((kind): kind is Kind => kind !== 'rollouts');
  await Promise.all(
    kinds.map(async (kind) => {
      const { resource, store } = caches[kind] as Informer<KubernetesObject>;
      const path = collectionPath(resource, kind === 'clusterAnalysisTemplates' ? undefined : namespace);
      const query = kind === 'replicaSets' ? { labelSelector: podTemplateHashLabel } : {};
      try {
        const items = (await listAll(transport, path, query)) as KubernetesObject[];
        for (const item of items) {
          const owners = item.metadata.ownerReferences ?? [];
          const isOthers = owners.length > 0 && !owners.some(({ uid }) => uid === metadata.uid);
          if (!isOthers) changedAt = Math.max(changedAt, lastChangeOf(item));
        }
        store.replace(
          items.map((item) => store.decode(item)),
          '',
        );
      } catch (error) {
        const isMissing = error instanceof KubeError && error.status === 404;
        const isDenied = error instanceof KubeError && error.status === 403 && kind !== 'replicaSets';
        if (isDenied) unread.set(kind, classifyFailure(error));
        else if (!isMissing) throw error;
      }
    }),
  );
  return { unread, changedAt };
}

function storesOf(caches: Caches) {
  return {
    rollouts: caches.rollouts.store,
    replicaSets: caches.replicaSets.store,
    services: caches.services.store,
    ingresses: caches.ingresses.store,
    experiments: caches.experiments.store,
    analysisRuns: caches.analysisRuns.store,
    analysisTemplates: caches.analysisTemplates.store,
    clusterAnalysisTemplates: caches.clusterAnalysisTemplates.store,
  };
}

/** Read live: nothing is followed. */
function workloadsOf({ transport, clock }: LookOptions): Workloads {
  return {
    async read(need, namespace) {
      const resource = workloadResources.find(({ kind }) => kind === need.workloadKind);
      if (!resource) return { is: 'absent' };
      try {
        const { body } = await transport.request({ verb: 'GET', path: objectPath(resource, namespace, need.name) });
        return { is: 'present', value: body as KubernetesObject };
      } catch (error) {
        const problem = classifyFailure(error);
        return problem.class === 'gone' ? { is: 'absent' } : { is: 'failed', problem, since: clock.now() };
      }
    },
    stop: () => {},
  };
}

/** What may not be read is not missing. */
function withUnread(observed: Observed, unread: ReadonlyMap<Kind, Problem>): Observed {
  const mark = <T>(kind: Kind, known: Readonly<Record<string, Known<T>>>): Readonly<Record<string, Known<T>>> => {
    const problem = unread.get(kind);
    if (!problem) return known;
    return Object.fromEntries(Object.keys(known).map((name) => [name, { is: 'failed', problem, since: 0 }]));
  };
  return {
    ...observed,
    services: mark('services', observed.services),
    ingresses: mark('ingresses', observed.ingresses),
    templates: mark('analysisTemplates', observed.templates),
  };
}

/** The flag is the controller's; the status tells that it is set, or a promotion that does not follow its switch. */
function isVerified({ status }: Rollout): boolean {
  const { currentPodHash, stableRS, blueGreen } = status ?? {};
  const isSwitched = blueGreen?.activeSelector === currentPodHash && stableRS !== currentPodHash;
  if (blueGreen && isSwitched) return blueGreen.postPromotionAnalysisRunStatus === undefined;
  return status?.canary?.weights?.verified !== undefined || status?.alb !== undefined;
}

/** Checks and questions that the controller's process has behind it. */
function isOutstanding(write: Write): boolean {
  return write.kind !== 'startCall' && write.kind !== 'patchPodMetadata';
}
