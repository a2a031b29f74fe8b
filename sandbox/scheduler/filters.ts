// May a pod stand on a node, and if not, why? Upstream's filters in upstream's order and words; the first that refuses
// gives the reason. Pure: a decision is a function of the pod and of the table of nodes.

import type { LabelSelector, Pod } from '../../controller/api/kubernetes-types.ts';
import { matchesLabelSelector } from '../../controller/lang/label-selector.ts';
import { parseQuantity } from '../../controller/lang/quantity.ts';
import { tolerates, tolerationsOf, unschedulableTaint } from '../machinery/nodes.ts';
import { portsOf } from '../machinery/ports.ts';
import { untolerated, wantsNode } from './node-affinity.ts';
import { type NodeState, type NodeTable, requestsOf } from './nodes.ts';
import { meansPod, type Namespaces, type PodTerm, podAffinityOf } from './pod-affinity.ts';

export interface Refusal {
  readonly reasons: readonly string[];
  /** `pods`: it could end when pods go or come; `node`: only when the node itself changes. */
  readonly by: 'node' | 'pods';
  /** Whether upstream would look for pods to push out (and here find none). */
  readonly preemptable: boolean;
}

export interface World {
  readonly table: NodeTable;
  readonly nodes: readonly NodeState[];
  readonly namespaces: Namespaces;
}

/** What stands against this node; undefined: nothing. */
export function refusalOf(pod: Pod, state: NodeState, world: World): Refusal | undefined {
  const { node } = state;
  if (node.spec?.unschedulable === true && !tolerationsOf(pod).some((one) => tolerates(one, unschedulableTaint))) {
    return byNode('node(s) were unschedulable');
  }
  if (untolerated(pod, node, ['NoSchedule', 'NoExecute']).length > 0) return byNode('node(s) had untolerated taint(s)');
  if (!wantsNode(pod, node)) return byNode("node(s) didn't match Pod's node affinity/selector");
  if (!hasFreePorts(pod, state)) return byPods(["node(s) didn't have free ports for the requested pod ports"]);
  const lacking = lackingResources(pod, state);
  if (lacking !== undefined) return lacking;
  return refusedBySpread(pod, state, world) ?? refusedByPods(pod, state, world);
}

function byNode(reason: string): Refusal {
  return { reasons: [reason], by: 'node', preemptable: false };
}

function byPods(reasons: readonly string[], preemptable = true): Refusal {
  return { reasons, by: 'pods', preemptable };
}

function hasFreePorts(pod: Pod, { pods }: NodeState): boolean {
  const wanted = hostPortsOf(pod);
  if (wanted.length === 0) return true;
  for (const other of pods.values()) if (hostPortsOf(other).some((port) => wanted.includes(port))) return false;
  return true;
}

function hostPortsOf(pod: Pod): string[] {
  return pod.spec.containers.flatMap((container) =>
    (portsOf(container) as readonly { readonly hostPort?: number; readonly protocol?: string }[]).flatMap(
      ({ hostPort, protocol = 'TCP' }) => (hostPort === undefined ? [] : [`${hostPort}/${protocol}`]),
    ),
  );
}

/** What does not fit even on the empty node cannot be had by pushing others out. */
function lackingResources(pod: Pod, { node, pods, requested }: NodeState): Refusal | undefined {
  const allocatable = node.status?.allocatable ?? {};
  const reasons: string[] = [];
  let preemptable = true;
  if (pods.size + 1 > Number(allocatable.pods ?? Number.POSITIVE_INFINITY)) reasons.push('Too many pods');
  for (const [name, amount] of requestsOf(pod)) {
    const whole = parseQuantity(allocatable[name])?.nanos ?? 0n;
    if (amount === 0n || (requested.get(name) ?? 0n) + amount <= whole) continue;
    reasons.push(`Insufficient ${name}`);
    if (amount > whole) preemptable = false;
  }
  return reasons.length === 0 ? undefined : byPods(reasons, preemptable);
}

export interface SpreadConstraint {
  readonly maxSkew: number;
  readonly topologyKey: string;
  readonly whenUnsatisfiable: string;
  readonly labelSelector?: LabelSelector;
}

export function spreadConstraintsOf(pod: Pod, whenUnsatisfiable: string): readonly SpreadConstraint[] {
  const all = (pod.spec.topologySpreadConstraints ?? []) as readonly SpreadConstraint[];
  return all.filter((constraint) => constraint.whenUnsatisfiable === whenUnsatisfiable);
}

function refusedBySpread(pod: Pod, { node }: NodeState, world: World): Refusal | undefined {
  for (const constraint of spreadConstraintsOf(pod, 'DoNotSchedule')) {
    const reason = "node(s) didn't match pod topology spread constraints";
    const domain = node.metadata.labels?.[constraint.topologyKey];
    if (domain === undefined) return byNode(`${reason} (missing required label)`);
    const counts = countsByDomain(pod, constraint, world);
    const own = matchesLabelSelector(constraint.labelSelector, pod.metadata.labels) ? 1 : 0;
    if ((counts.get(domain) ?? 0) + own - Math.min(...counts.values()) > constraint.maxSkew) return byPods([reason]);
  }
  return undefined;
}

/** How many of the meant pods stand in each domain of the nodes that the pod may stand on. */
export function countsByDomain(pod: Pod, constraint: SpreadConstraint, { nodes }: World): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { node, pods } of nodes) {
    const domain = node.metadata.labels?.[constraint.topologyKey];
    if (domain === undefined || !wantsNode(pod, node)) continue;
    let count = counts.get(domain) ?? 0;
    for (const other of pods.values()) {
      const isMeant =
        other.metadata.namespace === pod.metadata.namespace &&
        other.metadata.deletionTimestamp === undefined &&
        matchesLabelSelector(constraint.labelSelector, other.metadata.labels);
      if (isMeant) count++;
    }
    counts.set(domain, count);
  }
  return counts;
}

function refusedByPods(pod: Pod, state: NodeState, world: World): Refusal | undefined {
  const { attractedBy, repelledBy } = podAffinityOf(pod);
  if (!attractedBy.every((term) => isAttracted(term, pod, state, world))) {
    return { reasons: ["node(s) didn't match pod affinity rules"], by: 'pods', preemptable: false };
  }
  if (repelledBy.some((term) => placedInDomain(term, pod, state, world) !== undefined)) {
    return byPods(["node(s) didn't match pod anti-affinity rules"]);
  }
  const labels = state.node.metadata.labels ?? {};
  for (const { pod: other, node } of world.table.repelling) {
    const hit = podAffinityOf(other).repelledBy.some((term) => {
      const domain = world.table.labelsOf(node)[term.topologyKey];
      return (
        domain !== undefined && domain === labels[term.topologyKey] && meansPod(term, other, pod, world.namespaces)
      );
    });
    if (hit) return byPods(["node(s) didn't satisfy existing pods anti-affinity rules"]);
  }
  return undefined;
}

/** The first of a group that wants to stand together may stand anywhere. */
function isAttracted(term: PodTerm, pod: Pod, state: NodeState, world: World): boolean {
  if (state.node.metadata.labels?.[term.topologyKey] === undefined) return false;
  if (placedInDomain(term, pod, state, world) !== undefined) return true;
  if (!meansPod(term, pod, pod, world.namespaces)) return false;
  const isMeant = (other: Pod): boolean => meansPod(term, pod, other, world.namespaces);
  return !world.nodes.some(({ pods }) => [...pods.values()].some(isMeant));
}

/** A pod that the term means in the same domain as the node. */
function placedInDomain(term: PodTerm, pod: Pod, state: NodeState, world: World): Pod | undefined {
  const domain = state.node.metadata.labels?.[term.topologyKey];
  if (domain === undefined) return undefined;
  for (const { node, pods } of world.nodes) {
    if (node.metadata.labels?.[term.topologyKey] !== domain) continue;
    for (const other of pods.values()) if (meansPod(term, pod, other, world.namespaces)) return other;
  }
  return undefined;
}

/** In upstream's words: how many nodes refused, and for which reasons. */
export function failureMessage(pod: Pod, refusals: readonly Refusal[]): string {
  const total = refusals.length;
  if (total === 0) return 'no nodes available to schedule pods';
  const why = counted(refusals.flatMap(({ reasons }) => reasons));
  const available = `0/${total} nodes are available: `;
  if (pod.spec.preemptionPolicy === 'Never') {
    return `${available}${why}. preemption: not eligible due to preemptionPolicy=Never.`;
  }
  const helps = counted(
    refusals.map(({ preemptable }) =>
      preemptable ? 'No preemption victims found for incoming pod' : 'Preemption is not helpful for scheduling',
    ),
  );
  return `${available}${why}. preemption: ${available}${helps}.`;
}

function counted(texts: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const text of texts) counts.set(text, (counts.get(text) ?? 0) + 1);
  return [...counts]
    .map(([text, count]) => `${count} ${text}`)
    .sort()
    .join(', ');
}
