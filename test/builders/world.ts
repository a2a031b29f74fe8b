// The smallest world that a plan can be carried out in: objects as values, one wave at a time, without a server. It knows
// what writes do to objects, and, when asked, what the ReplicaSet controller and its pods would do.

import { decodeRollout } from '../../controller/api/decode-rollout.ts';
import type { Deployment, Ingress, Pod, ReplicaSet, Service } from '../../controller/api/kubernetes-types.ts';
import type { AnalysisRun, Experiment, Rollout } from '../../controller/api/types.generated.ts';
import type { Problem } from '../../controller/kubernetes/problem.ts';
import { applyMergePatch } from '../../controller/lang/merge-patch.ts';
import { formatRfc3339 } from '../../controller/lang/rfc3339.ts';
import type { EpochMillis } from '../../controller/lang/time.ts';
import { noCalls } from '../../controller/rollout/plan/outside-calls.ts';
import { ingressNamesOf, serviceNamesOf } from '../../controller/rollout/references.ts';
import {
  type CallLedger,
  type EventRecord,
  type Known,
  type Ledger,
  type Observed,
  observedSchema,
  type Plan,
  type Write,
} from '../../controller/rollout/types.ts';

export interface World {
  readonly rollout: Rollout;
  readonly replicaSets: readonly ReplicaSet[];
  readonly services: readonly Service[];
  readonly ingresses: readonly Ingress[];
  readonly pods: readonly Pod[];
  readonly workload?: Deployment | undefined;
  /** The workload cannot be read. */
  readonly workloadProblem?: Problem | undefined;
  readonly ledger: Ledger;
  readonly settings: Observed['settings'];
  readonly analysisRuns: readonly AnalysisRun[];
  readonly experiments: readonly Experiment[];
  readonly templates: Observed['templates'];
  /** Unless told: what the status names and is not among the runs does not exist. */
  readonly liveAnalysisRuns?: Observed['liveAnalysisRuns'];
  /** Objects of others by name, met only by a live read. */
  readonly foreign: readonly ReplicaSet[];
}

export const emptyLedger: Ledger = {
  outcomes: {},
  wavesWithoutChange: 0,
  verifiedPodMetadata: {},
  evictions: {},
};

export function world(given: Partial<World> & { readonly rollout: Rollout }): World {
  return {
    replicaSets: [],
    services: [],
    ingresses: [],
    pods: [],
    analysisRuns: [],
    experiments: [],
    templates: {},
    foreign: [],
    ledger: emptyLedger,
    settings: { verifyRetryIntervalMs: 10_000 },
    ...given,
  };
}

export function observe(at: World): Observed {
  const live = [...at.foreign, ...at.replicaSets];
  return {
    schema: observedSchema,
    rollout: decodeRollout(at.rollout),
    replicaSets: at.replicaSets,
    services: knownByName(at.services, serviceNamesOf(decodeRollout(at.rollout))),
    ingresses: knownByName(at.ingresses, ['demo', ...ingressNamesOf(decodeRollout(at.rollout))]),
    liveReplicaSets: Object.fromEntries(live.map((object) => [object.metadata.name, { is: 'present', value: object }])),
    pods: { is: 'present', value: at.pods },
    workload: knownWorkload(at),
    analysisRuns: at.analysisRuns,
    liveAnalysisRuns: at.liveAnalysisRuns ?? absentRuns(at),
    templates: at.templates,
    experiments: at.experiments,
    liveExperiments: {},
    ledger: at.ledger,
    settings: at.settings,
  };
}

function knownWorkload({ workload, workloadProblem }: World): Observed['workload'] {
  if (workloadProblem) return { is: 'failed', problem: workloadProblem, since: 0 };
  return workload ? { is: 'present', value: workload } : { is: 'absent' };
}

function absentRuns({ rollout: { status }, analysisRuns }: World): Observed['liveAnalysisRuns'] {
  const named = [
    status?.canary?.currentStepAnalysisRunStatus,
    status?.canary?.currentBackgroundAnalysisRunStatus,
    status?.blueGreen?.prePromotionAnalysisRunStatus,
    status?.blueGreen?.postPromotionAnalysisRunStatus,
  ].flatMap((run) => run?.name ?? []);
  const isThere = (name: string) => analysisRuns.some(({ metadata }) => metadata.name === name);
  return Object.fromEntries(named.filter((name) => !isThere(name)).map((name) => [name, { is: 'absent' }]));
}

/** The world after the whole wave succeeded. */
export function applyPlan(before: World, plan: Plan, now: EpochMillis): World {
  return plan.writes.reduce((current, write) => applyWrite(current, write, now), before);
}

/** All events of a plan in the order in which they would be told. */
export function eventsOf(plan: Plan): EventRecord[] {
  return [...plan.writes.flatMap((write) => write.events ?? []), ...plan.events];
}

function withCalls(at: World, change: (calls: CallLedger) => CallLedger): World {
  return { ...at, ledger: { ...at.ledger, calls: change(at.ledger.calls ?? noCalls) } };
}

function applyWrite(at: World, write: Write, now: EpochMillis): World {
  switch (write.kind) {
    case 'createReplicaSet':
      return createReplicaSet(at, write, now);
    case 'scaleReplicaSet':
      return patchReplicaSet(at, write.name, {
        metadata: { annotations: write.annotations ?? {} },
        spec: { replicas: write.replicas },
      });
    case 'patchReplicaSet':
      return patchReplicaSet(at, write.name, write.patch);
    case 'adoptReplicaSet':
      return patchReplicaSet(at, write.name, { metadata: { ownerReferences: [write.owner] } });
    case 'releaseReplicaSet':
      return patchReplicaSet(at, write.name, { metadata: { ownerReferences: null } });
    case 'deleteReplicaSet':
      return { ...at, replicaSets: at.replicaSets.filter(({ metadata }) => metadata.name !== write.name) };
    case 'patchRollout':
      return { ...at, rollout: bumped(at.rollout, applyMergePatch(at.rollout, write.patch)) };
    case 'repairRollout':
      return at;
    case 'patchService':
      return { ...at, services: patchNamed(at.services, write.name, write.patch) };
    case 'createIngress': {
      const uid = `uid-${write.object.metadata.name}`;
      const created: Ingress = { ...write.object, metadata: { ...write.object.metadata, uid, resourceVersion: '1' } };
      return { ...at, ingresses: [...at.ingresses, created] };
    }
    case 'patchIngress':
      return withCalls({ ...at, ingresses: patchNamed(at.ingresses, write.name, write.patch) }, () => noCalls);
    case 'patchPodMetadata':
      return {
        ...at,
        pods: patchNamed(at.pods, write.podName, write.patch),
        ledger: {
          ...at.ledger,
          verifiedPodMetadata: { ...at.ledger.verifiedPodMetadata, [write.replicaSetUid]: write.fingerprint },
        },
      };
    case 'startCall':
      return withCalls(at, ({ inFlight, answers }) => {
        const { [write.key]: last, ...others } = answers;
        const before = last?.about === write.about ? { before: last } : {};
        const flight = { about: write.about, since: now, ...before };
        return { inFlight: { ...inFlight, [write.key]: flight }, answers: others };
      });
    case 'evictPod':
      return evict(at, write, now);
    case 'createAnalysisRun':
      return { ...at, analysisRuns: [...at.analysisRuns, write.object] };
    case 'patchAnalysisRun':
      return {
        ...at,
        analysisRuns: at.analysisRuns.map((run) =>
          run.metadata.name === write.name ? applyMergePatch(run, write.patch) : run,
        ),
      };
    case 'deleteAnalysisRun':
      return { ...at, analysisRuns: at.analysisRuns.filter(({ metadata }) => metadata.name !== write.name) };
    case 'createExperiment':
      return { ...at, experiments: [...at.experiments, write.object] };
    case 'terminateExperiment': {
      const patch = { spec: { terminate: true } };
      return { ...at, experiments: patchNamed(at.experiments, write.name, patch) };
    }
    case 'deleteExperiment':
      return { ...at, experiments: at.experiments.filter(({ metadata }) => metadata.name !== write.name) };
    case 'scaleWorkload':
      return at.workload
        ? { ...at, workload: { ...at.workload, spec: { ...at.workload.spec, replicas: write.replicas } } }
        : at;
    case 'patchStatus':
      return { ...at, rollout: { ...at.rollout, status: JSON.parse(JSON.stringify(write.status)) } };
  }
}

function createReplicaSet(at: World, write: Write & { kind: 'createReplicaSet' }, now: EpochMillis): World {
  const name = write.object.metadata.name ?? '';
  if (at.foreign.some(({ metadata }) => metadata.name === name)) {
    const problem = { class: 'exists' as const, message: `replicasets.apps "${name}" already exists` };
    const outcome = { problem, since: now, attempts: 1 };
    return { ...at, ledger: { ...at.ledger, outcomes: { ...at.ledger.outcomes, [write.key]: outcome } } };
  }
  const created: ReplicaSet = {
    ...write.object,
    metadata: {
      ...write.object.metadata,
      uid: `uid-${name}`,
      resourceVersion: '1',
      generation: 1,
      creationTimestamp: formatRfc3339(now),
    },
    status: { replicas: 0, observedGeneration: 1 },
  };
  return { ...at, replicaSets: [...at.replicaSets, created] };
}

function patchReplicaSet(at: World, name: string, patch: unknown): World {
  const replicaSets = at.replicaSets.map((replicaSet) =>
    replicaSet.metadata.name === name ? bumped(replicaSet, applyMergePatch(replicaSet, patch)) : replicaSet,
  );
  return { ...at, replicaSets };
}

function patchNamed<T extends { metadata: { name?: string } }>(
  objects: readonly T[],
  name: string,
  patch: unknown,
): T[] {
  return objects.map((object) => (object.metadata.name === name ? applyMergePatch(object, patch) : object));
}

function evict(at: World, write: Write & { kind: 'evictPod' }, now: EpochMillis): World {
  const evicted = { resourceVersion: '1', at: now };
  return {
    ...at,
    pods: at.pods.filter(({ metadata }) => metadata.name !== write.name),
    ledger: { ...at.ledger, evictions: { ...at.ledger.evictions, [write.replicaSetUid]: evicted } },
  };
}

/** The generation moves with the spec. */
function bumped<T extends { metadata: { generation?: number }; spec: unknown }>(before: T, after: T): T {
  if (JSON.stringify(before.spec) === JSON.stringify(after.spec)) return after;
  return { ...after, metadata: { ...after.metadata, generation: (before.metadata.generation ?? 0) + 1 } };
}

/** What the ReplicaSet controller and ready pods make of the wanted sizes; `available` bends single ones. */
export function withPods(at: World, available: Readonly<Record<string, number>> = {}): World {
  const replicaSets = at.replicaSets.map((replicaSet): ReplicaSet => {
    const replicas = replicaSet.spec.replicas ?? 1;
    const ready = available[replicaSet.metadata.name ?? ''] ?? replicas;
    return {
      ...replicaSet,
      status: {
        replicas,
        readyReplicas: ready,
        availableReplicas: ready,
        observedGeneration: replicaSet.metadata.generation ?? 0,
      },
    };
  });
  return { ...at, replicaSets };
}

function knownByName<T extends { metadata: { name?: string } }>(
  objects: readonly T[],
  names: readonly string[],
): Record<string, Known<T>> {
  const known: Record<string, Known<T>> = Object.fromEntries(names.map((name) => [name, { is: 'absent' }]));
  for (const object of objects) known[object.metadata.name ?? ''] = { is: 'present', value: object };
  return known;
}
