// ResourceQuotas: `status.hard` follows the spec, `status.used` is counted anew when something has gone, finished or
// shrunk. What comes or grows is booked by the API server's admission before it is there.

import type { KubernetesObject, Pod } from '../../controller/api/kubernetes-types.ts';
import { diffMergePatch } from '../../controller/lang/merge-patch.ts';
import { formatQuantity, parseQuantity, type Quantity } from '../../controller/lang/quantity.ts';
import { isFinished } from '../machinery/pods.ts';
import {
  type Amounts,
  addUsage,
  count,
  isInScope,
  maskUsage,
  podUsage,
  type ResourceQuota,
  usageGrowth,
  usageOf,
} from '../machinery/quota-usage.ts';
import { keyOf, type ResourceName, resources } from '../machinery/resources.ts';
import { createWorkQueue } from '../machinery/work-queue.ts';
import type { Controller, ControllerContext } from './controller.ts';
import type { ServedResources } from './served-resources.ts';

export function createResourceQuotaController(context: ControllerContext, served: ServedResources): Controller {
  const { client, clock, informers } = context;
  const quotas = informers.of<ResourceQuota>(resources.resourceQuotas);
  const pods = informers.of<Pod>(resources.pods);
  quotas.index('namespace', (quota) => [quota.metadata.namespace ?? '']);
  pods.index('namespace', (pod) => [pod.metadata.namespace ?? '']);
  const queue = createWorkQueue({ name: 'resourcequota', clock, process: sync, report: context.report });
  quotas.onChange((now) => now !== undefined && queue.add(keyOf(now)));
  pods.onChange((now, before) => {
    const freed = now === undefined || (before !== undefined && isFinished(now) && !isFinished(before));
    if (freed) enqueueAll((now ?? before)!);
  });
  served.onObjectGone(enqueueAll);
  served.onChange((resource, now, before) => {
    if (now === undefined || before === undefined || !canShrink(resource)) return;
    const usage = (object: KubernetesObject) => usageOf(resource.group, resource.plural, object);
    if (usageGrowth(usage(before), usage(now)).size > 0) enqueueAll(now);
  });

  function enqueueAll(of: KubernetesObject): void {
    for (const quota of quotas.find('namespace', of.metadata.namespace ?? '')) queue.add(keyOf(quota));
  }

  async function sync(key: string): Promise<void> {
    const known = quotas.get(key);
    if (known === undefined || known.metadata.deletionTimestamp !== undefined) return;
    const { namespace, name = '' } = known.metadata;
    // The newest one: admission books in it without being asked.
    const quota = await client.get<ResourceQuota>(resources.resourceQuotas, namespace, name);
    if (quota === undefined) return;
    const hard = canonical(quota.spec?.hard ?? {});
    const status = { hard, used: maskUsage(hard, countUsed(quota, hard)) };
    const patch = diffMergePatch(quota.status, status);
    if (patch === undefined) return;
    const body = { metadata: { resourceVersion: quota.metadata.resourceVersion }, status: patch };
    quotas.wrote(await client.patch<ResourceQuota>(resources.resourceQuotas, namespace, name, body, 'status'));
  }

  function countUsed(quota: ResourceQuota, hard: Amounts): ReadonlyMap<string, Quantity> {
    const { namespace = '' } = quota.metadata;
    const used = new Map<string, Quantity>();
    for (const pod of pods.find('namespace', namespace)) if (isInScope(quota, pod)) addUsage(used, podUsage(pod));
    for (const resource of served.deletable()) {
      if (!resource.namespaced || (resource.group === '' && resource.plural === 'pods')) continue;
      for (const object of objectsIn(resource, namespace)) {
        addUsage(used, usageOf(resource.group, resource.plural, object));
      }
    }
    return new Map([...used].filter(([name]) => hard[name] !== undefined));
  }

  function objectsIn(resource: ResourceName, namespace: string): KubernetesObject[] {
    const all = [...(served.informer(resource)?.all() ?? [])];
    return all.filter(({ metadata }) => metadata.namespace === namespace);
  }

  return { name: 'resourcequota', start: queue.start, stop: queue.stop };
}

function canShrink({ group, plural }: ResourceName): boolean {
  return group === '' && (plural === 'services' || plural === 'persistentvolumeclaims');
}

function canonical(hard: Amounts): Record<string, string> {
  const found: Record<string, string> = {};
  for (const [name, amount] of Object.entries(hard)) found[name] = formatQuantity(parseQuantity(amount) ?? count(0));
  return found;
}
