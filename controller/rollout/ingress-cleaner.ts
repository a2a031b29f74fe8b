// The queue of Ingresses that Rollouts noted keys on or control: every change of one, and Ingresses that a Rollout stopped
// to name (traffic.md §2.6, §3.3). What is given back is decided in traffic/<name>/clean-up.ts, and never on a stale cache
// alone.

import type { Ingress } from '../api/kubernetes-types.ts';
import { ingresses, objectKey, splitKey } from '../kubernetes/resource.ts';
import type { Store } from '../kubernetes/store.ts';
import type { Outcome } from '../kubernetes/workers.ts';
import { rolloutsOf } from '../traffic/alb/bookkeeping.ts';
import { cleanUpPatch } from '../traffic/alb/clean-up.ts';
import { canaryPrefixOf, withoutWeightPatch } from '../traffic/nginx/clean-up.ts';
import { type Cleaner, type CleanerDeps, createCleaner, retryOf } from './cleaner.ts';
import { ingressClassOf, ingressNamesOf, owningRollout } from './references.ts';

interface IngressCleanerDeps extends CleanerDeps {
  readonly ingresses: Store<Ingress>;
  readonly classes: readonly string[];
}

export function createIngressCleaner(deps: IngressCleanerDeps): Cleaner {
  async function process(key: string): Promise<Outcome> {
    const ingress = deps.ingresses.get(key);
    const prefix = ingress && canaryPrefixOf(ingress);
    const owner = ingress && owningRollout(ingress);
    if (prefix !== undefined && owner) return removeCanary(key, ingress, prefix, owner);
    return giveBack(key, ingress);
  }

  /** The canary Ingress of a Rollout that is gone goes by garbage collection. */
  async function removeCanary(
    key: string,
    ingress: Ingress,
    prefix: string,
    owner: { readonly key: string; readonly uid: string },
  ): Promise<Outcome> {
    const rollout = deps.rollouts.get(owner.key);
    const { namespace = '', name } = splitKey(key);
    if (rollout?.metadata.uid !== owner.uid || ingress.metadata.deletionTimestamp) return undefined;
    const isReferred = await refers(namespace, splitKey(owner.key).name, name);
    if (isReferred) return isReferred === 'unknown' ? { kind: 'backOff' } : undefined;
    const target = { resource: ingresses, namespace, name };
    const deleted = await deps.writer.delete(target, { uid: ingress.metadata.uid ?? '' });
    if (deleted.ok) deps.log.info({ ingress: key, rollout: owner.key }, 'Canary Ingress deleted');
    if (deleted.ok || deleted.problem.class === 'gone') return undefined;
    if (deleted.problem.class !== 'denied') return retryOf(deleted.problem);
    const patch = withoutWeightPatch(ingress, prefix);
    if (patch === undefined) return undefined;
    deps.log.warn({ ingress: key, rollout: owner.key }, 'Canary Ingress may not be deleted: its weight is set to 0');
    const emptied = await deps.writer.patch(target, patch);
    return emptied.ok ? undefined : retryOf(emptied.problem);
  }

  async function giveBack(key: string, ingress: Ingress | undefined): Promise<Outcome> {
    // An empty class in the list stands for Ingresses without one.
    if (!ingress || !deps.classes.includes(ingressClassOf(ingress))) return undefined;
    const { namespace = '', name } = splitKey(key);
    const noted = Object.keys(rolloutsOf(ingress.metadata.annotations ?? {}) ?? {});
    const gone: string[] = [];
    let rest: Outcome;
    for (const rollout of noted) {
      const isReferred = await refers(namespace, rollout, name);
      if (isReferred === 'unknown') rest = { kind: 'backOff' };
      else if (!isReferred) gone.push(rollout);
    }
    const patch = cleanUpPatch(ingress, gone);
    if (patch === undefined) return rest;
    const result = await deps.writer.patch({ resource: ingresses, namespace, name }, patch);
    if (!result.ok) return retryOf(result.problem) ?? rest;
    deps.log.info({ ingress: key, rollouts: gone }, 'Ingress cleaned');
    return rest;
  }

  async function refers(namespace: string, rollout: string, ingress: string): Promise<boolean | 'unknown'> {
    const cached = deps.rollouts.get(objectKey(namespace, rollout));
    if (cached && ingressNamesOf(cached).includes(ingress)) return true;
    const live = await deps.readRollout(namespace, rollout);
    if (live === 'unknown') return live;
    return (
      live !== undefined && live.metadata.deletionTimestamp === undefined && ingressNamesOf(live).includes(ingress)
    );
  }

  return createCleaner('Ingresses', deps, process);
}
