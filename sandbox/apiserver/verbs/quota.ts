// The admission plugin ResourceQuota: a creation or an update that would use more than a quota of its namespace leaves is
// refused with 403 in the words of kube-apiserver, and one that fits is booked in the quota's status at once
// (spec/sandbox.md §3, admission). Recounting what has gone is the controller's work.

import type { KubernetesObject, Pod } from '../../../controller/api/kubernetes-types.ts';
import { compareQuantities, formatQuantity, parseQuantity, type Quantity } from '../../../controller/lang/quantity.ts';
import {
  type Amounts,
  addUsage,
  count,
  isInScope,
  type ResourceQuota,
  type Usage,
  unnamedResources,
  usageGrowth,
  usageOf,
} from '../../machinery/quota-usage.ts';
import { type Call, nameOf, resourceOf } from '../call.ts';
import { cloneJson } from '../json.ts';
import type { ApiObject } from '../kinds/types.ts';
import { forbidden } from '../refusals.ts';
import { storageKey } from '../storage.ts';

const quotas = '/resourcequotas';
const growsByUpdate = new Set(['/pods', '/services', '/persistentvolumeclaims']);

/** `old` is what an update replaces: only what grows is counted. */
export function admitByQuota(call: Call, draft: ApiObject, old?: ApiObject): void {
  const { kind, machinery } = call;
  if (!kind.namespaced || (old !== undefined && !growsByUpdate.has(resourceOf(kind)))) return;
  const namespace = draft.metadata.namespace as string;
  const stored = machinery.storage.list(quotas, namespace);
  if (stored.length === 0) return;
  const pod = kind.group === '' && kind.plural === 'pods' ? (draft as unknown as Pod) : undefined;
  const now = usageIn(call, draft);
  const requested = old === undefined ? now : usageGrowth(now, usageIn(call, old));
  const booked: (() => void)[] = [];
  for (const object of stored) {
    const quota = object as unknown as ResourceQuota;
    if (pod !== undefined && !isInScope(quota, pod)) continue;
    const hard = quota.spec?.hard ?? {};
    const own = new Map([...requested].filter(([name]) => hard[name] !== undefined));
    if (pod !== undefined && old === undefined) checkNamed(call, draft, pod, quota, hard);
    if (own.size === 0) continue;
    checkFits(call, draft, quota, own);
    booked.push(() => book(call, object, quota, own));
  }
  if (!call.dryRun) for (const run of booked) run();
}

function usageIn({ kind }: Call, object: ApiObject): Usage {
  return usageOf(kind.group, kind.plural, object as unknown as KubernetesObject);
}

function checkNamed(call: Call, draft: ApiObject, pod: Pod, quota: ResourceQuota, hard: Amounts): void {
  const missing = unnamedResources(pod, hard);
  if (missing.size === 0) return;
  const texts = [...missing].map(([resource, containers]) => `${resource} for: ${containers.join(',')}`);
  throw refuse(call, draft, `failed quota: ${quota.metadata.name}: must specify ${texts.join('; ')}`);
}

function checkFits(call: Call, draft: ApiObject, quota: ResourceQuota, own: Usage): void {
  const { hard = {}, used = {} } = quota.status ?? {};
  const unknown = [...own.keys()].filter((name) => hard[name] === undefined || used[name] === undefined).sort();
  const name = quota.metadata.name;
  if (unknown.length > 0) {
    throw refuse(call, draft, `status unknown for quota: ${name}, resources: ${unknown.join(',')}`);
  }
  const exceeded = [...own.keys()].sort().filter((resource) => {
    const total = new Map<string, Quantity>([[resource, quantityOf(used[resource])]]);
    addUsage(total, new Map([[resource, own.get(resource)!]]));
    return compareQuantities(total.get(resource)!, quantityOf(hard[resource])) > 0;
  });
  if (exceeded.length === 0) return;
  const show = (of: (resource: string) => Quantity): string =>
    exceeded.map((resource) => `${resource}=${formatQuantity(of(resource))}`).join(',');
  const texts = [
    `requested: ${show((resource) => own.get(resource)!)}`,
    `used: ${show((resource) => quantityOf(used[resource]))}`,
    `limited: ${show((resource) => quantityOf(hard[resource]))}`,
  ];
  throw refuse(call, draft, `exceeded quota: ${name}, ${texts.join(', ')}`);
}

function book(call: Call, stored: ApiObject, quota: ResourceQuota, own: Usage): void {
  const used: Record<string, string | number> = { ...quota.status?.used };
  for (const [resource, amount] of own) {
    const known = quantityOf(used[resource]);
    used[resource] = formatQuantity({ nanos: known.nanos + amount.nanos, format: amount.format });
  }
  const draft = cloneJson(stored);
  draft.status = { hard: cloneJson({ ...quota.status?.hard }), used };
  call.machinery.storage.put(quotas, storageKey(quota.metadata.namespace, quota.metadata.name ?? ''), draft);
}

function quantityOf(amount: string | number | undefined): Quantity {
  return parseQuantity(amount) ?? count(0);
}

function refuse(call: Call, draft: ApiObject, why: string): Error {
  return forbidden(call.kind, nameOf(draft), why);
}
