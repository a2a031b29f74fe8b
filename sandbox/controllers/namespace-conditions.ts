// What a namespace that goes says of what is still in it, in upstream's words.

import type { Condition, KubernetesObject } from '../../controller/api/kubernetes-types.ts';
import type { ResourceName } from '../machinery/resources.ts';

export interface Remaining {
  readonly resource: ResourceName;
  readonly kept: readonly KubernetesObject[];
}

export function deletionConditions(
  before: readonly Condition[],
  left: readonly Remaining[],
  time: string,
): Condition[] {
  const resources = left.map(
    ({ resource: { plural, group }, kept }) => `${plural}.${group} has ${kept.length} resource instances`,
  );
  const finalizers = new Map<string, number>();
  for (const { metadata } of left.flatMap(({ kept }) => kept)) {
    for (const name of metadata.finalizers ?? []) finalizers.set(name, (finalizers.get(name) ?? 0) + 1);
  }
  const held = [...finalizers].map(([name, count]) => `${name} in ${count} resource instances`);
  const rows: readonly (readonly [type: string, status: string, reason: string, message: string])[] = [
    ['NamespaceDeletionDiscoveryFailure', 'False', 'ResourcesDiscovered', 'All resources successfully discovered'],
    [
      'NamespaceDeletionGroupVersionParsingFailure',
      'False',
      'ParsedGroupVersions',
      'All legacy kube types successfully parsed',
    ],
    [
      'NamespaceDeletionContentFailure',
      'False',
      'ContentDeleted',
      'All content successfully deleted, may be waiting on finalization',
    ],
    resources.length > 0
      ? ['NamespaceContentRemaining', 'True', 'SomeResourcesRemain', `Some resources are remaining: ${list(resources)}`]
      : ['NamespaceContentRemaining', 'False', 'ContentRemoved', 'All content successfully removed'],
    held.length > 0
      ? [
          'NamespaceFinalizersRemaining',
          'True',
          'SomeFinalizersRemain',
          `Some content in the namespace has finalizers remaining: ${list(held)}`,
        ]
      : [
          'NamespaceFinalizersRemaining',
          'False',
          'ContentHasNoFinalizers',
          'All content-preserving finalizers finished',
        ],
  ];
  return rows.map(([type, status, reason, message]) => {
    const known = before.find((condition) => condition.type === type);
    const lastTransitionTime = known?.status === status ? (known.lastTransitionTime ?? time) : time;
    return { type, status, lastTransitionTime, reason, message };
  });
}

function list(texts: readonly string[]): string {
  return [...texts].sort().join(', ');
}
