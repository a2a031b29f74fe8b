// Does a pod want this node? nodeSelector, nodeAffinity, and which taints it puts up with.

import type { Pod } from '../../controller/api/kubernetes-types.ts';
import { type Node, type Taint, tolerates, tolerationsOf } from '../machinery/nodes.ts';

interface Requirement {
  readonly key: string;
  readonly operator: string;
  readonly values?: readonly string[];
}

interface NodeTerm {
  readonly matchExpressions?: readonly Requirement[];
  readonly matchFields?: readonly Requirement[];
}

interface NodeAffinity {
  readonly requiredDuringSchedulingIgnoredDuringExecution?: { readonly nodeSelectorTerms?: readonly NodeTerm[] };
  readonly preferredDuringSchedulingIgnoredDuringExecution?: readonly {
    readonly weight: number;
    readonly preference: NodeTerm;
  }[];
}

export function wantsNode(pod: Pod, node: Node): boolean {
  const labels = node.metadata.labels ?? {};
  const selector = (pod.spec.nodeSelector ?? {}) as Readonly<Record<string, string>>;
  if (Object.entries(selector).some(([key, value]) => labels[key] !== value)) return false;
  const required = affinityOf(pod).requiredDuringSchedulingIgnoredDuringExecution;
  return required === undefined || (required.nodeSelectorTerms ?? []).some((term) => matchesTerm(term, node));
}

/** The sum of the weights of the preferences that this node fulfils. */
export function preferenceFor(pod: Pod, node: Node): number {
  return (affinityOf(pod).preferredDuringSchedulingIgnoredDuringExecution ?? [])
    .filter(({ preference }) => matchesTerm(preference, node))
    .reduce((sum, { weight }) => sum + weight, 0);
}

/** Taints of these effects that the pod does not put up with. */
export function untolerated(pod: Pod, node: Node, effects: readonly string[]): readonly Taint[] {
  const taints = (node.spec?.taints ?? []).filter(({ effect }) => effects.includes(effect));
  if (taints.length === 0) return taints;
  return taints.filter((taint) => !tolerationsOf(pod).some((toleration) => tolerates(toleration, taint)));
}

function affinityOf(pod: Pod): NodeAffinity {
  return (pod.spec.affinity as { readonly nodeAffinity?: NodeAffinity } | undefined)?.nodeAffinity ?? {};
}

/** A term without any requirement matches nothing. */
function matchesTerm({ matchExpressions = [], matchFields = [] }: NodeTerm, node: Node): boolean {
  if (matchExpressions.length + matchFields.length === 0) return false;
  const { labels = {}, name = '' } = node.metadata;
  return (
    matchExpressions.every((requirement) => matches(requirement, labels[requirement.key])) &&
    matchFields.every((requirement) => requirement.key === 'metadata.name' && matches(requirement, name))
  );
}

function matches({ operator, values = [] }: Requirement, value: string | undefined): boolean {
  switch (operator) {
    case 'In':
      return value !== undefined && values.includes(value);
    case 'NotIn':
      return value === undefined || !values.includes(value);
    case 'Exists':
      return value !== undefined;
    case 'DoesNotExist':
      return value === undefined;
    case 'Gt':
      return value !== undefined && Number(value) > Number(values[0]);
    case 'Lt':
      return value !== undefined && Number(value) < Number(values[0]);
    default:
      return false;
  }
}
