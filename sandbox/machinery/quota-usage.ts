// What does an object use of a ResourceQuota? Shared by the admission of the API server, which refuses what would be
// too much, and by the controller, which counts what is there. Amounts are quantities; names are those of `spec.hard`.

import type { Container, KubernetesObject, Pod } from '../../controller/api/kubernetes-types.ts';
import { formatQuantity, parseQuantity, type Quantity } from '../../controller/lang/quantity.ts';
import { isFinished } from './pods.ts';

export interface ResourceQuota extends KubernetesObject {
  readonly spec?: {
    readonly hard?: Amounts;
    readonly scopes?: readonly string[];
    readonly scopeSelector?: { readonly matchExpressions?: readonly ScopeRequirement[] };
  };
  readonly status?: { readonly hard?: Amounts; readonly used?: Amounts };
}

interface ScopeRequirement {
  readonly scopeName: string;
  readonly operator: string;
  readonly values?: readonly string[];
}

/** Quantities as the API has them, by resource name. */
export type Amounts = Readonly<Record<string, string | number>>;
export type Usage = ReadonlyMap<string, Quantity>;

/** Kinds of the core group that may also be limited by their bare name. */
const countedByName = new Set(['configmaps', 'persistentvolumeclaims', 'resourcequotas', 'secrets', 'services']);
const computeNames = ['cpu', 'memory', 'ephemeral-storage'];
const one = 10n ** 9n;

/** `count/<plural>.<group>`, and the older bare names. */
export function countNames(group: string, plural: string): readonly string[] {
  const name = `count/${group === '' ? plural : `${plural}.${group}`}`;
  return group === '' && countedByName.has(plural) ? [name, plural] : [name];
}

/** What one object of any kind uses. */
export function usageOf(group: string, plural: string, object: KubernetesObject): Usage {
  if (group === '' && plural === 'pods') return podUsage(object as Pod);
  const counted: [string, Quantity][] = countNames(group, plural).map((name) => [name, count(1)]);
  if (group === '' && plural === 'services') return new Map([...counted, ...serviceUsage(object)]);
  if (group === '' && plural === 'persistentvolumeclaims') return new Map([...counted, ...claimUsage(object)]);
  return new Map(counted);
}

function serviceUsage(service: KubernetesObject): [string, Quantity][] {
  const {
    type,
    ports = [],
    allocateLoadBalancerNodePorts,
  } = ((service as { readonly spec?: object }).spec ?? {}) as {
    readonly type?: string;
    readonly ports?: readonly unknown[];
    readonly allocateLoadBalancerNodePorts?: boolean;
  };
  const isBalanced = type === 'LoadBalancer';
  const hasNodePorts = type === 'NodePort' || (isBalanced && allocateLoadBalancerNodePorts !== false);
  return [
    ['services.nodeports', count(hasNodePorts ? ports.length : 0)],
    ['services.loadbalancers', count(isBalanced ? 1 : 0)],
  ];
}

function claimUsage(claim: KubernetesObject): [string, Quantity][] {
  const { storageClassName, resources } = ((claim as { readonly spec?: object }).spec ?? {}) as {
    readonly storageClassName?: string;
    readonly resources?: { readonly requests?: Amounts };
  };
  const storage = parseQuantity(resources?.requests?.storage) ?? count(0);
  const used: [string, Quantity][] = [['requests.storage', storage]];
  if (storageClassName === undefined || storageClassName === '') return used;
  const prefix = `${storageClassName}.storageclass.storage.k8s.io`;
  return [...used, [`${prefix}/requests.storage`, storage], [`${prefix}/persistentvolumeclaims`, count(1)]];
}

/** What `now` uses more than `before` did; what got less is left out. */
export function usageGrowth(now: Usage, before: Usage): Usage {
  const grown = [...now].map(([name, amount]): [string, Quantity] => {
    const nanos = amount.nanos - (before.get(name)?.nanos ?? 0n);
    return [name, { nanos, format: amount.format }];
  });
  return new Map(grown.filter(([, { nanos }]) => nanos > 0n));
}

/** A finished pod counts as an object, and uses nothing else. */
export function podUsage(pod: Pod): Usage {
  const usage = new Map<string, Quantity>([['count/pods', count(1)]]);
  if (isFinished(pod)) return usage;
  usage.set('pods', count(1));
  for (const kind of ['requests', 'limits'] as const) {
    for (const name of computeNames) {
      const total = totalOf(pod, kind, name);
      if (total === undefined) continue;
      usage.set(`${kind}.${name}`, total);
      if (kind === 'requests') usage.set(name, total);
    }
  }
  return usage;
}

export function count(value: number): Quantity {
  return { nanos: BigInt(value) * one, format: 'DecimalSI' };
}

export function addUsage(total: Map<string, Quantity>, more: Usage): void {
  for (const [name, amount] of more) {
    const known = total.get(name);
    total.set(name, known === undefined ? amount : { nanos: known.nanos + amount.nanos, format: known.format });
  }
}

/** Only the names that `hard` limits; what is not used is 0. */
export function maskUsage(hard: Amounts, usage: Usage): Record<string, string> {
  const used: Record<string, string> = {};
  for (const name of Object.keys(hard).sort()) {
    const format = parseQuantity(hard[name])?.format ?? 'DecimalSI';
    const amount = usage.get(name);
    used[name] = amount === undefined ? '0' : formatQuantity(amount.nanos === 0n ? { nanos: 0n, format } : amount);
  }
  return used;
}

/** Compute resources that a quota limits must be named by every container: those that are not, by resource. */
export function unnamedResources(pod: Pod, hard: Amounts): ReadonlyMap<string, readonly string[]> {
  const missing = new Map<string, string[]>();
  for (const name of Object.keys(hard).sort()) {
    const [, kind = 'requests', resource = ''] = /^(?:(requests|limits)\.)?(cpu|memory)$/.exec(name) ?? [];
    if (resource === '') continue;
    for (const container of pod.spec.containers) {
      if (amountOf(container, kind, resource) === undefined)
        missing.set(name, [...(missing.get(name) ?? []), container.name]);
    }
  }
  return missing;
}

/** Whether a quota concerns this pod at all. */
export function isInScope(quota: ResourceQuota, pod: Pod): boolean {
  const named = (quota.spec?.scopes ?? []).map((scopeName) => ({ scopeName, operator: 'Exists' }));
  const all: readonly ScopeRequirement[] = [...named, ...(quota.spec?.scopeSelector?.matchExpressions ?? [])];
  return all.every((requirement) => matchesScope(requirement, pod));
}

function matchesScope({ scopeName, operator, values = [] }: ScopeRequirement, pod: Pod): boolean {
  const terminating = ((pod.spec.activeDeadlineSeconds as number | undefined) ?? -1) >= 0;
  const bestEffort = (pod.status as { readonly qosClass?: string } | undefined)?.qosClass === 'BestEffort';
  if (scopeName === 'Terminating') return terminating;
  if (scopeName === 'NotTerminating') return !terminating;
  if (scopeName === 'BestEffort') return bestEffort;
  if (scopeName === 'NotBestEffort') return !bestEffort;
  if (scopeName !== 'PriorityClass') return false;
  const priorityClass = (pod.spec.priorityClassName as string | undefined) ?? '';
  if (operator === 'In') return values.includes(priorityClass);
  if (operator === 'NotIn') return !values.includes(priorityClass);
  return (operator === 'Exists') === (priorityClass !== '');
}

/** The containers' sum, or what one of the init containers needs where that is more. */
function totalOf(pod: Pod, kind: string, resource: string): Quantity | undefined {
  let sum: Quantity | undefined;
  for (const container of pod.spec.containers) {
    const amount = amountOf(container, kind, resource);
    if (amount !== undefined) sum = { nanos: (sum?.nanos ?? 0n) + amount.nanos, format: (sum ?? amount).format };
  }
  for (const container of pod.spec.initContainers ?? []) {
    const amount = amountOf(container, kind, resource);
    if (amount !== undefined && amount.nanos > (sum?.nanos ?? -1n)) sum = amount;
  }
  return sum;
}

function amountOf(container: Container, kind: string, resource: string): Quantity | undefined {
  const limits = container.resources as Readonly<Record<string, Amounts | undefined>> | undefined;
  return parseQuantity(limits?.[kind]?.[resource]);
}
