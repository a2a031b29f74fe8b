// ResourceQuotas: which resources they may name, and which scopes go with them. Counting is verbs/quota.ts.

import { compareQuantities, parseQuantity } from '../../../controller/lang/quantity.ts';
import { invalid } from '../field-errors.ts';
import { equalJson, text } from '../json.ts';
import type { KindDetails } from './details.ts';
import { objectAt, textsAt } from './fields.ts';
import { qualified } from './name-rules.ts';
import type { ApiObject, Cause, JsonObject } from './types.ts';

export const resourceQuota: KindDetails = {
  strategy: (base) => ({
    hasGeneration: false,
    validateCreate: (object, context) => [...base.validateCreate(object, context), ...validateQuota(object)],
    validateUpdate(object, old, context) {
      const causes = [...base.validateUpdate(object, old, context), ...validateQuota(object)];
      const [scopes, before] = [textsAt(object, 'spec', 'scopes'), textsAt(old, 'spec', 'scopes')];
      if (!equalJson(scopes, before)) causes.push(invalid('spec.scopes', scopes, 'field is immutable'));
      return causes;
    },
  }),
};

const counted = [
  'pods',
  'services',
  'replicationcontrollers',
  'resourcequotas',
  'secrets',
  'configmaps',
  'persistentvolumeclaims',
  'services.nodeports',
  'services.loadbalancers',
];
const measured = ['cpu', 'memory', 'ephemeral-storage', 'storage'];
const known = new Set([
  ...counted,
  ...measured.slice(0, 3),
  ...measured.map((name) => `requests.${name}`),
  ...measured.slice(0, 3).map((name) => `limits.${name}`),
]);
const scopes: Readonly<Record<string, (resource: string) => boolean>> = {
  BestEffort: (resource) => resource === 'pods',
  NotBestEffort: ofPods,
  Terminating: ofPods,
  NotTerminating: ofPods,
  PriorityClass: ofPods,
  CrossNamespacePodAffinity: ofPods,
};

function ofPods(resource: string): boolean {
  return /^(pods|((requests|limits)\.)?(cpu|memory|ephemeral-storage))$/.test(resource);
}

function validateQuota(object: ApiObject): Cause[] {
  const hard = objectAt(object, 'spec', 'hard') ?? {};
  return [
    ...Object.entries(hard).flatMap(([name, amount]) => validateAmount(name, amount, `spec.hard[${name}]`)),
    ...validateScopes(textsAt(object, 'spec', 'scopes'), hard),
  ];
}

function validateAmount(name: string, amount: unknown, field: string): Cause[] {
  const causes = qualified(name).map((problem) => invalid(field, name, problem));
  if (causes.length === 0 && !name.includes('/') && !known.has(name) && !name.includes('hugepages-')) {
    causes.push(invalid(field, name, 'must be a standard resource type or fully qualified'));
    causes.push(invalid(field, name, 'must be a standard resource for quotas'));
  }
  const quantity = parseQuantity(amount as string | number | undefined);
  if (quantity === undefined) return causes;
  if (compareQuantities(quantity, zero) < 0) {
    causes.push(invalid(field, amount, 'must be greater than or equal to 0'));
  }
  if ((counted.includes(name) || name.startsWith('count/')) && quantity.nanos % 1_000_000_000n !== 0n) {
    causes.push(invalid(field, amount, 'must be an integer'));
  }
  return causes;
}

const zero = parseQuantity('0')!;

function validateScopes(written: readonly string[], hard: JsonObject): Cause[] {
  const field = 'spec.scopes';
  const causes: Cause[] = [];
  for (const scope of written) {
    const takes = scopes[scope];
    if (takes === undefined) causes.push(invalid(field, written, 'unsupported scope'));
    for (const name of Object.keys(hard)
      .filter((one) => known.has(one))
      .sort()) {
      if (takes?.(text(name)) !== true) causes.push(invalid(field, written, 'unsupported scope applied to resource'));
    }
  }
  for (const pair of [
    ['BestEffort', 'NotBestEffort'],
    ['Terminating', 'NotTerminating'],
  ]) {
    if (pair.every((scope) => written.includes(scope))) causes.push(invalid(field, written, 'conflicting scopes'));
  }
  return causes;
}
