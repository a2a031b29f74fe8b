// Which of the nodes that would do is the best one? Upstream's weights: untolerated soft taints count three, wishes of
// nodes and pods and an even spread two, the emptier node one; equal ones are taken by name.

import type { Pod } from '../../controller/api/kubernetes-types.ts';
import { controllerOf } from '../machinery/pods.ts';
import { countsByDomain, spreadConstraintsOf, type World } from './filters.ts';
import { preferenceFor, untolerated } from './node-affinity.ts';
import type { NodeState } from './nodes.ts';
import { meansPod, podAffinityOf } from './pod-affinity.ts';

export function bestNode(pod: Pod, candidates: readonly NodeState[], world: World): NodeState | undefined {
  if (candidates.length <= 1) return candidates[0];
  const total = candidates.map(() => 0);
  const weigh = (weight: number, values: readonly number[]): void => {
    for (const [index, value] of normalized(values).entries()) total[index] = (total[index] ?? 0) + weight * value;
  };
  const owner = controllerOf(pod)?.uid ?? '';
  weigh(
    3,
    candidates.map(({ node }) => -untolerated(pod, node, ['PreferNoSchedule']).length),
  );
  weigh(
    2,
    candidates.map(({ node }) => preferenceFor(pod, node)),
  );
  weigh(
    2,
    candidates.map((state) => wishesOf(pod, state, world)),
  );
  weigh(
    2,
    candidates.map(({ siblings }) => -(siblings.get(owner) ?? 0)),
  );
  for (const constraint of spreadConstraintsOf(pod, 'ScheduleAnyway')) {
    const counts = countsByDomain(pod, constraint, world);
    weigh(
      2,
      candidates.map(({ node }) => -(counts.get(node.metadata.labels?.[constraint.topologyKey] ?? '') ?? 0)),
    );
  }
  weigh(
    1,
    candidates.map(({ pods }) => -pods.size),
  );
  const best = Math.max(...total);
  return candidates[total.indexOf(best)];
}

/** To 0 for the least and 100 for the greatest; all equal: 0. */
function normalized(values: readonly number[]): number[] {
  const least = Math.min(...values);
  const range = Math.max(...values) - least;
  return values.map((value) => (range === 0 ? 0 : (100 * (value - least)) / range));
}

/** The weights of the pods in the node's domains that the pod would like to stand by (or, negative, apart from). */
function wishesOf(pod: Pod, { node }: NodeState, { nodes, namespaces }: World): number {
  let sum = 0;
  for (const { weight, podAffinityTerm } of podAffinityOf(pod).preferred) {
    const domain = node.metadata.labels?.[podAffinityTerm.topologyKey];
    if (domain === undefined) continue;
    for (const other of nodes) {
      if (other.node.metadata.labels?.[podAffinityTerm.topologyKey] !== domain) continue;
      for (const placed of other.pods.values()) {
        if (meansPod(podAffinityTerm, pod, placed, namespaces)) sum += weight;
      }
    }
  }
  return sum;
}
