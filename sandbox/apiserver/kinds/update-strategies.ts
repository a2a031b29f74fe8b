// How Deployments, StatefulSets and DaemonSets may say that their pods are replaced.

import { forbidden, invalid, notSupported, required } from '../field-errors.ts';
import { text } from '../json.ts';
import { numberAt, objectAt } from './fields.ts';
import { amountOf, notMoreThanAll, notNegative, validateIntOrPercent } from './int-or-percent-rules.ts';
import type { Cause, JsonObject } from './types.ts';

export function validateDeploymentStrategy(strategy: JsonObject, field: string): Cause[] {
  const at = `${field}.rollingUpdate`;
  const update = objectAt(strategy, 'rollingUpdate');
  switch (strategy.type) {
    case 'Recreate':
      return update === undefined ? [] : [forbidden(at, "may not be specified when strategy `type` is 'Recreate'")];
    case 'RollingUpdate': {
      if (update === undefined) return [required(at, 'this should be defaulted and never be nil')];
      const { maxSurge, maxUnavailable } = update;
      const causes = validateBoth(update, at);
      if (amountOf(maxUnavailable) === 0 && amountOf(maxSurge) === 0) {
        causes.push(invalid(`${at}.maxUnavailable`, maxUnavailable, 'may not be 0 when `maxSurge` is 0'));
      }
      return [...causes, ...notMoreThanAll(maxUnavailable, `${at}.maxUnavailable`)];
    }
    default:
      return [notSupported(`${field}.type`, text(strategy.type), ['Recreate', 'RollingUpdate'])];
  }
}

export function validateDaemonSetStrategy(strategy: JsonObject, field: string): Cause[] {
  const at = `${field}.rollingUpdate`;
  const update = objectAt(strategy, 'rollingUpdate');
  if (strategy.type === 'OnDelete') return [];
  if (strategy.type !== 'RollingUpdate') return [notSupported(field, strategy, ['OnDelete', 'RollingUpdate'])];
  if (update === undefined) return [required(at)];
  const { maxSurge, maxUnavailable } = update;
  const causes = [
    ...validateBoth(update, at),
    ...notMoreThanAll(maxUnavailable, `${at}.maxUnavailable`),
    ...notMoreThanAll(maxSurge, `${at}.maxSurge`),
  ];
  const [unavailable, surge] = [amountOf(maxUnavailable) !== 0, amountOf(maxSurge) !== 0];
  if (unavailable && surge) {
    causes.push(invalid(`${at}.maxSurge`, maxSurge, 'may not be set when maxUnavailable is non-zero'));
  }
  if (!unavailable && !surge) causes.push(required(`${at}.maxUnavailable`, 'cannot be 0 when maxSurge is 0'));
  return causes;
}

export function validateStatefulSetStrategy(spec: JsonObject, field: string): Cause[] {
  const causes: Cause[] = [];
  const policy = text(spec.podManagementPolicy);
  if (policy !== 'OrderedReady' && policy !== 'Parallel') {
    causes.push(invalid(`${field}.podManagementPolicy`, policy, "must be 'OrderedReady' or 'Parallel'"));
  }
  const strategy = objectAt(spec, 'updateStrategy') ?? {};
  const update = objectAt(strategy, 'rollingUpdate');
  const at = `${field}.updateStrategy`;
  if (strategy.type === 'OnDelete') {
    if (update !== undefined) {
      causes.push(invalid(`${at}.rollingUpdate`, update, "only allowed for updateStrategy 'RollingUpdate'"));
    }
  } else if (strategy.type === 'RollingUpdate') {
    causes.push(...notNegative(numberAt(update, 'partition') ?? 0, `${at}.rollingUpdate.partition`));
  } else {
    causes.push(invalid(at, strategy, "must be 'RollingUpdate' or 'OnDelete'"));
  }
  return causes;
}

function validateBoth({ maxUnavailable, maxSurge }: JsonObject, field: string): Cause[] {
  return [
    ...validateIntOrPercent(maxUnavailable, `${field}.maxUnavailable`),
    ...validateIntOrPercent(maxSurge, `${field}.maxSurge`),
  ];
}
