// PodDisruptionBudgets: how many of the chosen pods may be evicted now. The controller writes
// `status.disruptionsAllowed`; the eviction subresource of the API server obeys it, lowers it by one for each eviction
// and notes the pod in `disruptedPods` until this controller has seen it go. Shares are taken of what the owners ask for:
// a Deployment, a ReplicaSet (so each of a Rollout's counts for itself, as upstream), or any kind with a scale.

import type {
  Condition,
  Deployment,
  IntOrString,
  KubernetesObject,
  LabelSelector,
  OwnerReference,
  Pod,
  ReplicaSet,
} from '../../controller/api/kubernetes-types.ts';
import { scaledValue } from '../../controller/lang/int-or-percent.ts';
import { formatLabelSelector, matchesLabelSelector } from '../../controller/lang/label-selector.ts';
import { diffMergePatch } from '../../controller/lang/merge-patch.ts';
import { formatRfc3339 } from '../../controller/lang/rfc3339.ts';
import { statusOf } from '../machinery/client.ts';
import { controllerOf, isFinished, isReady, isTerminating } from '../machinery/pods.ts';
import { keyOf, objectPath, resources } from '../machinery/resources.ts';
import { parseTime } from '../machinery/times.ts';
import { createWorkQueue } from '../machinery/work-queue.ts';
import type { Controller, ControllerContext } from './controller.ts';
import type { ServedResources } from './served-resources.ts';

export interface PodDisruptionBudget extends KubernetesObject {
  readonly spec: {
    readonly minAvailable?: IntOrString;
    readonly maxUnavailable?: IntOrString;
    readonly selector?: LabelSelector;
  };
  readonly status?: BudgetStatus;
}

export interface BudgetStatus {
  readonly observedGeneration?: number;
  readonly disruptionsAllowed: number;
  readonly currentHealthy: number;
  readonly desiredHealthy: number;
  readonly expectedPods: number;
  readonly disruptedPods?: Readonly<Record<string, string>>;
  readonly conditions?: readonly (Condition & { readonly observedGeneration?: number })[];
}

/** An eviction that was allowed but whose pod is still there after this long is forgotten (upstream: 2 minutes). */
const disruptedPodTimeoutMs = 120_000;

export function createDisruptionController(context: ControllerContext, served: ServedResources): Controller {
  const { client, clock, informers } = context;
  const events = context.recorder('controllermanager');
  const budgets = informers.of<PodDisruptionBudget>(resources.podDisruptionBudgets);
  const pods = informers.of<Pod>(resources.pods);
  const replicaSets = informers.of<ReplicaSet>(resources.replicaSets);
  budgets.index('namespace', (budget) => [budget.metadata.namespace ?? '']);
  pods.index('namespace', (pod) => [pod.metadata.namespace ?? '']);
  replicaSets.index('uid', (item) => [item.metadata.uid ?? '']);
  const deployments = informers.of<Deployment>(resources.deployments);
  deployments.index('uid', (item) => [item.metadata.uid ?? '']);

  const queue = createWorkQueue({ name: 'disruption', clock, process: sync, report: context.report });
  budgets.onChange((now) => now !== undefined && queue.add(keyOf(now)));
  pods.onChange((now, before) => {
    for (const pod of [now, before]) {
      if (pod === undefined) continue;
      for (const budget of budgets.find('namespace', pod.metadata.namespace ?? '')) {
        if (matchesLabelSelector(budget.spec.selector, pod.metadata.labels)) queue.add(keyOf(budget));
      }
    }
  });
  // The expected count of a percentage comes from the owners' replicas.
  for (const owners of [replicaSets, deployments]) {
    owners.onChange((now: ReplicaSet | Deployment | undefined, before: ReplicaSet | Deployment | undefined) => {
      if (now?.spec.replicas === before?.spec.replicas) return;
      const { namespace = '' } = (now ?? before)?.metadata ?? {};
      for (const budget of budgets.find('namespace', namespace)) queue.add(keyOf(budget));
    });
  }

  async function sync(key: string): Promise<void> {
    const budget = budgets.get(key);
    if (budget === undefined || budget.metadata.deletionTimestamp !== undefined) return;
    const chosen = pods
      .find('namespace', budget.metadata.namespace ?? '')
      .filter((pod) => matchesLabelSelector(budget.spec.selector, pod.metadata.labels));
    const now = clock.now();
    const disrupted = stillDisrupted(budget, chosen, now);
    if (chosen.length === 0) events.event(about(budget), 'Normal', 'NoPods', 'No matching pods found');
    // An absolute number asks for nobody's replicas.
    const expected = typeof budget.spec.minAvailable === 'number' ? chosen.length : await expectedCount(budget, chosen);
    const status =
      typeof expected === 'number'
        ? assessBudget(budget, chosen, disrupted, expected, formatRfc3339(now))
        : failedStatus(budget, expected.problem, formatRfc3339(now));
    if (Object.keys(disrupted).length > 0) queue.addAfter(key, disruptedPodTimeoutMs);
    const patch = diffMergePatch(budget.status, status);
    if (patch === undefined) return;
    const { namespace, name = '', resourceVersion } = budget.metadata;
    // With its resourceVersion: an eviction that came in between must not be forgotten.
    const body = { metadata: { resourceVersion }, status: patch };
    budgets.wrote(await client.patch(resources.podDisruptionBudgets, namespace, name, body, 'status'));
  }

  /** The sum of the replicas of all owners. Pods without an owner are not counted, and told of. */
  async function expectedCount(budget: PodDisruptionBudget, chosen: readonly Pod[]): Promise<number | Failed> {
    const owners = new Map<string, number>();
    const references = chosen.map((pod) => controllerOf(pod)).filter((owner) => owner !== undefined);
    if (references.length < chosen.length) {
      const selector = formatLabelSelector(budget.spec.selector);
      events.event(about(budget), 'Warning', 'UnmanagedPods', unmanagedMessage(selector));
    }
    for (const owner of references) {
      if (owners.has(owner.uid)) continue;
      const scale = ownScale(owner) ?? (await scaleOf(owner, budget.metadata.namespace));
      if ('problem' in scale) {
        const message = `Failed to calculate the number of expected pods: ${scale.problem}`;
        events.event(about(budget), 'Warning', 'CalculateExpectedPodCountFailed', message);
        return scale;
      }
      owners.set(scale.uid, scale.replicas);
    }
    return [...owners.values()].reduce((sum, count) => sum + count, 0);
  }

  function ownScale(owner: OwnerReference): Scaled | undefined {
    const replicaSet = replicaSets.find('uid', owner.uid)[0];
    if (replicaSet === undefined) return undefined;
    // A Deployment's own number: in the middle of an update its ReplicaSets have more.
    const counted = deployments.find('uid', controllerOf(replicaSet)?.uid ?? '')[0] ?? replicaSet;
    return { uid: counted.metadata.uid ?? '', replicas: counted.spec.replicas ?? 1 };
  }

  /** Of an owner of any other kind. One that is gone asks for nothing. */
  async function scaleOf(owner: OwnerReference, namespace: string | undefined): Promise<Scaled | Failed> {
    const resource = served.find(owner.apiVersion, owner.kind);
    const nothing = { uid: owner.uid, replicas: 0 };
    if (resource === undefined) return { problem: `no matches for kind "${owner.kind}" in "${owner.apiVersion}"` };
    try {
      const scale = (await client.read(objectPath(resource, namespace, owner.name, 'scale'))) as ScaleObject;
      return scale.metadata.uid === owner.uid ? { uid: owner.uid, replicas: scale.spec?.replicas ?? 0 } : nothing;
    } catch (problem) {
      if (statusOf(problem) !== 404) throw problem;
      if ((await client.get(resource, namespace, owner.name)) === undefined) return nothing;
      const name = resource.group === '' ? resource.plural : `${resource.plural}.${resource.group}`;
      return { problem: `${name} does not implement the scale subresource` };
    }
  }

  return { name: 'disruption', start: queue.start, stop: queue.stop };
}

interface Scaled {
  readonly uid: string;
  readonly replicas: number;
}

interface Failed {
  readonly problem: string;
}

type ScaleObject = KubernetesObject & { readonly spec?: { readonly replicas?: number } };

function about(budget: PodDisruptionBudget): KubernetesObject {
  return { apiVersion: 'policy/v1', kind: 'PodDisruptionBudget', metadata: budget.metadata };
}

function unmanagedMessage(selector: string): string {
  return `Pods selected by this PodDisruptionBudget (selector: ${selector}) were found to be unmanaged. As a result, the status of the PDB cannot be calculated correctly, which may result in undefined behavior. To account for these pods please set ".spec.minAvailable" field of the PDB to an integer value.`;
}

/** Nothing is known of the expected pods: nothing may be evicted. */
function failedStatus(budget: PodDisruptionBudget, message: string, time: string): BudgetStatus {
  const before = budget.status ?? { currentHealthy: 0, desiredHealthy: 0, expectedPods: 0, disruptionsAllowed: 0 };
  return { ...before, disruptionsAllowed: 0, conditions: withCondition(budget, 'False', 'SyncFailed', message, time) };
}

function withCondition(
  budget: PodDisruptionBudget,
  status: 'True' | 'False',
  reason: string,
  message: string,
  time: string,
): NonNullable<BudgetStatus['conditions']> {
  const observedGeneration = budget.metadata.generation;
  const known = budget.status?.conditions?.find(({ type }) => type === 'DisruptionAllowed');
  return [
    ...(budget.status?.conditions ?? []).filter(({ type }) => type !== 'DisruptionAllowed'),
    {
      type: 'DisruptionAllowed',
      status,
      ...(observedGeneration !== undefined && { observedGeneration }),
      lastTransitionTime: known?.status === status ? (known.lastTransitionTime ?? time) : time,
      reason,
      message,
    },
  ];
}

/** Pods that were allowed to be evicted and are not seen to go yet. */
function stillDisrupted(budget: PodDisruptionBudget, pods: readonly Pod[], now: number): Record<string, string> {
  const still: Record<string, string> = {};
  for (const [name, time] of Object.entries(budget.status?.disruptedPods ?? {})) {
    const pod = pods.find((candidate) => candidate.metadata.name === name);
    if (pod === undefined || isTerminating(pod)) continue;
    if ((parseTime(time) ?? 0) + disruptedPodTimeoutMs > now) still[name] = time;
  }
  return still;
}

/** The status that a budget has with these pods. */
export function assessBudget(
  budget: PodDisruptionBudget,
  pods: readonly Pod[],
  disrupted: Readonly<Record<string, string>>,
  expectedPods: number,
  time: string,
): BudgetStatus {
  const living = pods.filter((pod) => !isFinished(pod));
  const healthy = living.filter(
    (pod) => isReady(pod) && !isTerminating(pod) && disrupted[pod.metadata.name ?? ''] === undefined,
  );
  const { minAvailable, maxUnavailable } = budget.spec;
  const wanted =
    maxUnavailable !== undefined
      ? Math.max(0, expectedPods - (scaledValue(maxUnavailable, expectedPods, 'up') ?? 0))
      : (scaledValue(minAvailable ?? 1, expectedPods, 'up') ?? 0);
  const allowed = expectedPods === 0 ? 0 : Math.max(0, healthy.length - wanted);
  const observedGeneration = budget.metadata.generation;
  return {
    ...(observedGeneration !== undefined && { observedGeneration }),
    disruptionsAllowed: allowed,
    currentHealthy: healthy.length,
    desiredHealthy: wanted,
    expectedPods,
    ...(Object.keys(disrupted).length > 0 && { disruptedPods: disrupted }),
    conditions: withCondition(
      budget,
      allowed > 0 ? 'True' : 'False',
      allowed > 0 ? 'SufficientPods' : 'InsufficientPods',
      '',
      time,
    ),
  };
}
