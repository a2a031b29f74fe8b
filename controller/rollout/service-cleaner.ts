// A Service that a Rollout pointed and no longer names (or whose Rollout is gone) loses what was injected
// (rollout.md §2.5, "Service cleaner").

import { managedByAnnotation, podTemplateHashLabel } from '../api/constants.ts';
import type { Service } from '../api/kubernetes-types.ts';

export type CleanerVerdict =
  | { readonly kind: 'leave' }
  /** A Rollout refers to the Service: it is woken. */
  | { readonly kind: 'wake'; readonly rollouts: readonly string[] }
  | { readonly kind: 'clean'; readonly patch: unknown };

/** The Rollout that the Service says manages it; undefined when it carries no hash selector or no such annotation. */
export function claimedManager(service: Service): string | undefined {
  if (!hasHashSelector(service)) return undefined;
  return service.metadata.annotations?.[managedByAnnotation];
}

export function hasHashSelector(service: Service): boolean {
  return service.spec.selector?.[podTemplateHashLabel] !== undefined;
}

/** Those name the hash of their own pods, and no Rollout points them. */
function isOfExperiment({ metadata }: Service): boolean {
  return metadata.ownerReferences?.some(({ kind, controller }) => kind === 'Experiment' && controller) ?? false;
}

export function judgeService(
  service: Service,
  known: {
    /** Names of the Rollouts of the namespace that refer to the Service, by a live list where none is cached. */
    readonly referencing: readonly string[];
    /** Whether the Rollout of the annotation exists and refers to the Service, by a live read. */
    readonly managerRefers: boolean;
  },
): CleanerVerdict {
  if (!hasHashSelector(service) || isOfExperiment(service)) return { kind: 'leave' };
  const manager = service.metadata.annotations?.[managedByAnnotation];
  if (manager !== undefined && known.managerRefers) return { kind: 'wake', rollouts: [manager] };
  if (manager === undefined && known.referencing.length > 0) return { kind: 'wake', rollouts: known.referencing };
  // BUG-2: the selector key goes, with or without the annotation.
  return {
    kind: 'clean',
    patch: {
      ...(manager === undefined ? {} : { metadata: { annotations: { [managedByAnnotation]: null } } }),
      spec: { selector: { [podTemplateHashLabel]: null } },
    },
  };
}
