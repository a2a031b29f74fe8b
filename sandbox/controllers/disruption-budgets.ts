// PodDisruptionBudgets: how many of the chosen pods may be evicted now. The controller writes
// `status.disruptionsAllowed`; the eviction subresource of the API server obeys it, lowers it by one for each eviction
// and notes the pod in `disruptedPods` until this controller has seen it go.

import type {
  Condition,
  Deployment,
  IntOrString,
  KubernetesObject,
  LabelSelector,
  Pod,
  ReplicaSet,
} from '../../controller/api/kubernetes-types.ts';
import { scaledValue } from '../../controller/lang/int-or-percent.ts';
import { matchesLabelSelector } from '../../controller/lang/label-selector.ts';
import { diffMergePatch } from '../../controller/lang/merge-patch.ts';
import { formatRfc3339 } from '../../controller/lang/rfc3339.ts';
import { controllerOf, isFinished, isReady, isTerminating } from '../machinery/pods.ts';
import { keyOf, resources } from '../machinery/resources.ts';
import { parseTime } from '../machinery/times.ts';
import { createWorkQueue } from '../machinery/work-queue.ts';
import type { Controller, ControllerContext } from './controller.ts';

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

export function createDisruptionController(context: ControllerContext): Controller {
  const { client, clock, informers } = context;
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
    // An absolute number asks for nobody's replicas.
    const expected = typeof budget.spec.minAvailable === 'number' ? chosen.length : expectedCount(chosen);
    const status = assessBudget(budget, chosen, disrupted, expected, formatRfc3339(now));
    if (Object.keys(disrupted).length > 0) queue.addAfter(key, disruptedPodTimeoutMs);
    const patch = diffMergePatch(budget.status, status);
    if (patch === undefined) return;
    const { namespace, name = '', resourceVersion } = budget.metadata;
    // With its resourceVersion: an eviction that came in between must not be forgotten.
    const body = { metadata: { resourceVersion }, status: patch };
    budgets.wrote(await client.patch(resources.podDisruptionBudgets, namespace, name, body, 'status'));
  }

  /** The sum of the replicas of all owners; a pod without a known owner counts for itself. */
  function expectedCount(chosen: readonly Pod[]): number {
    const owners = new Map<string, number>();
    let alone = 0;
    for (const pod of chosen) {
      const owner = controllerOf(pod);
      const replicaSet = owner && replicaSets.find('uid', owner.uid)[0];
      if (replicaSet === undefined) {
        alone++;
        continue;
      }
      // A Deployment's own number: in the middle of an update its ReplicaSets have more.
      const deployment = deployments.find('uid', controllerOf(replicaSet)?.uid ?? '')[0];
      owners.set((deployment ?? replicaSet).metadata.uid ?? '', (deployment ?? replicaSet).spec.replicas ?? 1);
    }
    return [...owners.values()].reduce((sum, count) => sum + count, alone);
  }

  return { name: 'disruption', start: queue.start, stop: queue.stop };
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
  const known = budget.status?.conditions?.find(({ type }) => type === 'DisruptionAllowed');
  const condition = {
    type: 'DisruptionAllowed',
    status: allowed > 0 ? 'True' : 'False',
    ...(observedGeneration !== undefined && { observedGeneration }),
    reason: allowed > 0 ? 'SufficientPods' : 'InsufficientPods',
    message: '',
  };
  const lastTransitionTime = known?.status === condition.status ? (known.lastTransitionTime ?? time) : time;
  return {
    ...(observedGeneration !== undefined && { observedGeneration }),
    disruptionsAllowed: allowed,
    currentHealthy: healthy.length,
    desiredHealthy: wanted,
    expectedPods,
    ...(Object.keys(disrupted).length > 0 && { disruptedPods: disrupted }),
    conditions: [
      ...(budget.status?.conditions ?? []).filter(({ type }) => type !== 'DisruptionAllowed'),
      { ...condition, lastTransitionTime },
    ],
  };
}
