// How many replicas does one metric ask for? Upstream's replica calculator: the ratio of what is measured to what is
// aimed at, nothing within the tolerance, pods that are not ready yet counted as idle when it would scale up.

import type { Pod } from '../../controller/api/kubernetes-types.ts';
import { formatLabelSelector } from '../../controller/lang/label-selector.ts';
import { formatQuantity } from '../../controller/lang/quantity.ts';
import { isActive, isReady } from '../machinery/pods.ts';
import {
  type MetricSpec,
  type MetricsSource,
  milli,
  podMetric,
  resourceMetric,
  resourceRequest,
  serviceMetric,
} from './autoscaler-metrics.ts';

export interface Situation {
  readonly source: MetricsSource;
  readonly namespace: string;
  /** Of the scale's spec and of its status. */
  readonly specReplicas: number;
  readonly statusReplicas: number;
  /** What the scale's selector chooses. */
  readonly pods: readonly Pod[];
  /** 0.1 unless the behaviour says otherwise, for both directions. */
  readonly tolerance: { readonly up: number; readonly down: number };
}

export type Proposal =
  | { readonly replicas: number; readonly metric: string; readonly current: object }
  | {
      readonly reason: string;
      readonly problem: string;
      /** Which value could not be had: what the pass as a whole says before the problem. */
      readonly value: string;
    };

export function propose(spec: MetricSpec, situation: Situation): Proposal {
  if (spec.resource !== undefined) return proposeByResource(spec.resource, situation);
  if (spec.containerResource !== undefined) return proposeByResource(spec.containerResource, situation);
  if (spec.pods !== undefined) return proposeByPods(spec.pods, situation);
  if (spec.external !== undefined) return proposeByExternal(spec.external, situation);
  if (spec.object !== undefined) return proposeByObject(spec.object, situation);
  const problem = `unknown metric source type ${JSON.stringify(spec.type)}`;
  return { reason: 'InvalidMetricSourceType', problem, value: 'metric' };
}

function proposeByPods(spec: NonNullable<MetricSpec['pods']>, situation: Situation): Proposal {
  const { name } = spec.metric;
  const target = milli(spec.target.averageValue) ?? 0;
  const metrics = measure(situation, (pod) => podMetric(situation.source, pod, name), isRunning);
  if (metrics.values.length === 0) {
    const why = `unable to get metric ${name}: no metrics returned from custom metrics API`;
    return { reason: 'FailedGetPodsMetric', problem: why, value: 'pods metric' };
  }
  const average = mean(metrics.values);
  return {
    replicas: scaleBy(metrics, target, situation),
    metric: `pods metric ${name}`,
    current: { type: 'Pods', pods: { metric: spec.metric, current: { averageValue: quantity(average) } } },
  };
}

/** With a container, its requests count alone; what its pod needs is taken for its own. */
function proposeByResource(
  spec: NonNullable<MetricSpec['resource'] | MetricSpec['containerResource']>,
  situation: Situation,
): Proposal {
  const { name, target } = spec;
  const container = 'container' in spec ? spec.container : undefined;
  const [type, of] = container === undefined ? ['Resource', 'resource'] : ['ContainerResource', 'container resource'];
  const metrics = measure(situation, (pod) => resourceMetric(situation.source, pod, name), isReady);
  const failed = (why: string): Proposal => ({
    reason: `FailedGet${type}Metric`,
    problem: `failed to get ${name} ${target.type === 'Utilization' ? 'utilization' : 'usage'}: ${why}`,
    value: `${name} ${container === undefined ? 'resource' : 'container'} metric`,
  });
  if (metrics.values.length === 0) return failed('did not receive metrics for targeted pods (pods might be unready)');
  const average = mean(metrics.values);
  const current = (values: object): object => {
    const identified = container === undefined ? { name } : { name, container };
    const key = container === undefined ? 'resource' : 'containerResource';
    return { type, [key]: { ...identified, current: { ...values, averageValue: quantity(average) } } };
  };
  if (target.type !== 'Utilization') {
    const replicas = scaleBy(metrics, milli(target.averageValue) ?? 0, situation);
    return { replicas, metric: `${name} ${of}`, current: current({}) };
  }
  const active = situation.pods.filter(isActive);
  const requests = active.map((pod) => resourceRequest(pod, name, container));
  const without = active[requests.indexOf(undefined)];
  if (without !== undefined) {
    const which = container ?? without.spec.containers[0]?.name;
    return failed(`missing request for ${name} in container ${which} of Pod ${without.metadata.name}`);
  }
  const request = mean(requests.map((value) => value ?? 0));
  const aim = ((target.averageUtilization ?? 0) * request) / 100;
  return {
    replicas: scaleBy(metrics, aim, situation),
    metric: `${name} ${of} utilization (percentage of request)`,
    current: current({ averageUtilization: Math.floor((average * 100) / request) }),
  };
}

function proposeByExternal(spec: NonNullable<MetricSpec['external']>, situation: Situation): Proposal {
  const { metric, target } = spec;
  const service = metric.selector?.matchLabels?.service;
  const total = serviceMetric(situation.source, situation.namespace, service, metric.name, situation.pods);
  const id = `${situation.namespace}/${metric.name}/${formatLabelSelector(metric.selector)}`;
  if (total === undefined) {
    const why = `unable to get external metric ${id}: no metrics returned from external metrics API`;
    return { reason: 'FailedGetExternalMetric', problem: why, value: `${metric.name} external metric` };
  }
  return proposeByTotal(total, target, situation, `external metric ${metric.name}`, (current) => ({
    type: 'External',
    external: { metric, current },
  }));
}

function proposeByObject(spec: NonNullable<MetricSpec['object']>, situation: Situation): Proposal {
  const { metric, target, describedObject } = spec;
  const service = describedObject.kind === 'Service' ? describedObject.name : undefined;
  const total = serviceMetric(situation.source, situation.namespace, service, metric.name, situation.pods);
  if (total === undefined) {
    const why = `unable to get metric ${metric.name}: ${describedObject.kind} on ${situation.namespace} ${describedObject.name}`;
    return { reason: 'FailedGetObjectMetric', problem: why, value: 'object metric' };
  }
  return proposeByTotal(total, target, situation, `${describedObject.kind} metric ${metric.name}`, (current) => ({
    type: 'Object',
    object: { metric, describedObject, current },
  }));
}

/** A number for the whole: `AverageValue` divides it among the replicas, `Value` compares it as it is. */
function proposeByTotal(
  total: number,
  target: { readonly averageValue?: string | number; readonly value?: string | number },
  situation: Situation,
  metric: string,
  status: (current: object) => object,
): Proposal {
  const { statusReplicas, specReplicas } = situation;
  const each = milli(target.averageValue);
  if (each !== undefined) {
    const ratio = total / (each * statusReplicas);
    const replicas = isTolerated(ratio, situation) ? statusReplicas : Math.ceil(total / each);
    return { replicas, metric, current: status({ averageValue: quantity(Math.ceil(total / statusReplicas)) }) };
  }
  const ratio = total / (milli(target.value) ?? 1);
  const ready = situation.pods.filter((pod) => isActive(pod) && isReady(pod)).length;
  const replicas = isTolerated(ratio, situation) ? specReplicas : Math.ceil(ratio * ready);
  return { replicas, metric, current: status({ value: quantity(total) }) };
}

interface Measured {
  /** Of the pods that count. */
  readonly values: readonly number[];
  readonly unreadyCount: number;
}

function measure({ pods }: Situation, of: (pod: Pod) => number | undefined, counts: (pod: Pod) => boolean): Measured {
  const active = pods.filter(isActive);
  const values = active.filter(counts).map(of);
  return {
    values: values.filter((value) => value !== undefined),
    unreadyCount: active.filter((pod) => !counts(pod)).length,
  };
}

function scaleBy({ values, unreadyCount }: Measured, target: number, situation: Situation): number {
  const ratio = mean(values) / target;
  const { specReplicas } = situation;
  if (unreadyCount === 0 || ratio <= 1) {
    return isTolerated(ratio, situation) ? specReplicas : Math.ceil(ratio * values.length);
  }
  // Pods that have just been asked for will take their share: they count as idle, and never turn the direction.
  const all = values.length + unreadyCount;
  const careful = (mean(values) * values.length) / all / target;
  if (isTolerated(careful, situation) || careful < 1) return specReplicas;
  const replicas = Math.ceil(careful * all);
  return Math.max(replicas, specReplicas);
}

function isTolerated(ratio: number, { tolerance }: Situation): boolean {
  return ratio >= 1 - tolerance.down && ratio <= 1 + tolerance.up;
}

function isRunning(pod: Pod): boolean {
  return pod.status?.phase === 'Running';
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Thousandths as a quantity. */
function quantity(value: number): string {
  return formatQuantity({ nanos: BigInt(Math.floor(value)) * 1_000_000n, format: 'DecimalSI' });
}
