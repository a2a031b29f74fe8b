// The queue of Services that the cleaner looks at: every change of a Service, and Services that a Rollout stopped to
// name. What is to be done is decided in service-cleaner.ts; nothing is taken from a Service on a stale cache alone.

import type { Service } from '../api/kubernetes-types.ts';
import { objectKey, services, splitKey } from '../kubernetes/resource.ts';
import type { Store } from '../kubernetes/store.ts';
import type { Outcome } from '../kubernetes/workers.ts';
import { type Cleaner, type CleanerDeps, createCleaner, retryOf } from './cleaner.ts';
import { serviceNamesOf } from './references.ts';
import { claimedManager, hasHashSelector, judgeService } from './service-cleaner.ts';

interface ServiceCleanerDeps extends CleanerDeps {
  readonly services: Store<Service>;
  readonly wake: (key: string) => void;
}

export function createServiceCleaner(deps: ServiceCleanerDeps): Cleaner {
  async function process(key: string): Promise<Outcome> {
    const service = deps.services.get(key);
    if (!service || !hasHashSelector(service)) return undefined;
    const { namespace, name } = splitKey(key);
    const manager = claimedManager(service);
    const referencing = deps.rollouts.byIndex('service', key).map(({ metadata }) => metadata.name ?? '');
    // A Rollout that is cached and names the Service was woken by the change itself: nothing to ask.
    if (manager === undefined ? referencing.length > 0 : referencing.includes(manager)) return undefined;
    const managerRefers = manager !== undefined && (await refersLive(namespace ?? '', manager, name));
    const live = manager === undefined ? await referencingLive(namespace ?? '', name) : referencing;
    if (managerRefers === 'unknown' || live === 'unknown') return { kind: 'backOff' };
    const verdict = judgeService(service, { referencing: live, managerRefers });
    if (verdict.kind === 'wake') for (const rollout of verdict.rollouts) deps.wake(objectKey(namespace, rollout));
    if (verdict.kind !== 'clean') return undefined;
    const { resourceVersion } = service.metadata;
    const result = await deps.writer.patch(
      { resource: services, namespace, name },
      verdict.patch,
      resourceVersion === undefined ? {} : { resourceVersion },
    );
    if (!result.ok) return retryOf(result.problem);
    deps.log.info({ service: key }, 'Service cleaned');
    return undefined;
  }

  /** Whether the Rollout exists and names the Service. */
  async function refersLive(namespace: string, rollout: string, service: string): Promise<boolean | 'unknown'> {
    const live = await deps.readRollout(namespace, rollout);
    if (live === 'unknown') return live;
    return (
      live !== undefined && live.metadata.deletionTimestamp === undefined && serviceNamesOf(live).includes(service)
    );
  }

  /** A Rollout that is not cached may be another controller's, by its instance id: its Service is none of ours. */
  async function referencingLive(namespace: string, service: string): Promise<readonly string[] | 'unknown'> {
    const live = await deps.listRollouts(namespace);
    if (live === 'unknown') return live;
    return live
      .filter((rollout) => serviceNamesOf(rollout).includes(service))
      .map(({ metadata }) => metadata.name ?? '');
  }

  return createCleaner('Services', deps, process);
}
