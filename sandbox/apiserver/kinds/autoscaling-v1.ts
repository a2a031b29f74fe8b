// The older version of the autoscaler: one CPU target beside the replicas. Kept as autoscaling/v2, where everything has
// its place; metrics and behaviour that v1 cannot say travel in annotations on a real server and are left as they are
// here.

import { cloneJson, isObject } from '../json.ts';
import type { KindDetails } from './details.ts';
import { ensureObject, numberAt, objectAt, objectsAt, setDefault } from './fields.ts';
import { horizontalPodAutoscaler } from './policy.ts';
import type { JsonObject } from './types.ts';

export const autoscalerV1: KindDetails = {
  strategy: (base) => ({
    hasGeneration: false,
    applyDefaults: (object) => setDefault(ensureObject(object, 'spec'), 'minReplicas', 1),
    validateCreate: (object, context) =>
      horizontalPodAutoscaler.strategy?.(base).validateCreate?.(object, context) ?? [],
  }),
  toStored(object) {
    const stored = cloneJson(object);
    const spec = ensureObject(stored, 'spec');
    const target = numberAt(spec, 'targetCPUUtilizationPercentage') ?? 80;
    delete spec.targetCPUUtilizationPercentage;
    const metrics = objectsAt(spec, 'metrics').filter((metric) => !isCpu(metric));
    const resource = { name: 'cpu', target: { type: 'Utilization', averageUtilization: target } };
    spec.metrics = [...metrics, { type: 'Resource', resource }];
    stored.apiVersion = 'autoscaling/v2';
    stored.status = { currentMetrics: null, ...objectAt(stored, 'status') };
    return stored;
  },
  fromStored(stored) {
    const object = cloneJson(stored);
    const spec = ensureObject(object, 'spec');
    const cpu = objectsAt(spec, 'metrics').find(isCpu);
    const target = numberAt(cpu, 'resource', 'target', 'averageUtilization');
    delete spec.metrics;
    delete spec.behavior;
    if (target !== undefined) spec.targetCPUUtilizationPercentage = target;
    const status = ensureObject(object, 'status');
    for (const key of ['currentMetrics', 'conditions']) delete status[key];
    setDefault(status, 'currentReplicas', 0);
    return object;
  },
};

function isCpu(metric: JsonObject): boolean {
  return isObject(metric.resource) && metric.resource.name === 'cpu';
}
