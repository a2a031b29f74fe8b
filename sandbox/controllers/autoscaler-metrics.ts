// Where an autoscaler's numbers come from. There is no metrics server here: what a pod is asked stands for all of it.
//
//   any metric NAME       the annotation `metrics.sandbox.slipway.dev/NAME` of a pod (a quantity) goes before all else
//   Pods, Object,         a name with `request` or `rps` in it: requests per second (of the pod; of the described or
//   External              selected Service, by label `service`; of all pods of the target without one)
//   Resource and ContainerResource:
//   cpu                   10 millicores for each request per second
//   memory                64Mi, whatever happens
//
// Values are in thousandths, as the real controller reckons.

import type { LabelSelector, Pod } from '../../controller/api/kubernetes-types.ts';
import { parseQuantity } from '../../controller/lang/quantity.ts';
import type { LoadMeter } from '../machinery/load-meter.ts';
import { podUsage } from '../machinery/quota-usage.ts';

export interface MetricIdentifier {
  readonly name: string;
  readonly selector?: LabelSelector;
}

export interface MetricTarget {
  readonly type: 'Utilization' | 'Value' | 'AverageValue';
  readonly averageUtilization?: number;
  readonly averageValue?: string | number;
  readonly value?: string | number;
}

export interface MetricSpec {
  readonly type: string;
  readonly pods?: { readonly metric: MetricIdentifier; readonly target: MetricTarget };
  readonly external?: { readonly metric: MetricIdentifier; readonly target: MetricTarget };
  readonly object?: {
    readonly metric: MetricIdentifier;
    readonly target: MetricTarget;
    readonly describedObject: { readonly apiVersion?: string; readonly kind: string; readonly name: string };
  };
  readonly resource?: { readonly name: string; readonly target: MetricTarget };
  readonly containerResource?: { readonly name: string; readonly container: string; readonly target: MetricTarget };
}

export interface MetricsSource {
  readonly meter: LoadMeter;
  /** Names of the ready pods of a Service. */
  readyPods(namespace: string, service: string): readonly string[];
  /** Services whose endpoints a pod is. */
  servicesOf(pod: Pod): readonly string[];
}

const annotationPrefix = 'metrics.sandbox.slipway.dev/';
const cpuMilliPerRequest = 10;
const memoryMilli = 64 * 1024 * 1024 * 1000;

/** Thousandths; undefined when nothing is known of this metric. */
export function podMetric(source: MetricsSource, pod: Pod, name: string): number | undefined {
  const annotated = milli(pod.metadata.annotations?.[`${annotationPrefix}${name}`]);
  if (annotated !== undefined) return annotated;
  return isRequestRate(name) ? podRequests(source, pod) * 1000 : undefined;
}

export function resourceMetric(source: MetricsSource, pod: Pod, name: string): number | undefined {
  const annotated = milli(pod.metadata.annotations?.[`${annotationPrefix}${name}`]);
  if (annotated !== undefined) return annotated;
  if (name === 'cpu') return podRequests(source, pod) * cpuMilliPerRequest;
  return name === 'memory' ? memoryMilli : undefined;
}

/** Of a pod, or of one of its containers. */
export function resourceRequest(pod: Pod, name: string, container?: string): number | undefined {
  if (container !== undefined) {
    const resources = pod.spec.containers.find((one) => one.name === container)?.resources as Requests | undefined;
    return milli(resources?.requests?.[name]);
  }
  const request = podUsage(pod).get(name);
  return request === undefined ? undefined : Number(request.nanos / 1_000_000n);
}

interface Requests {
  readonly requests?: Readonly<Record<string, string | number>>;
}

export function serviceMetric(
  source: MetricsSource,
  namespace: string,
  service: string | undefined,
  name: string,
  pods: readonly Pod[],
): number | undefined {
  const annotated = pods.map((pod) => milli(pod.metadata.annotations?.[`${annotationPrefix}${name}`]));
  if (annotated.some((value) => value !== undefined)) return annotated.reduce<number>((sum, v) => sum + (v ?? 0), 0);
  if (!isRequestRate(name)) return undefined;
  if (service === undefined) return pods.reduce((sum, pod) => sum + podRequests(source, pod), 0) * 1000;
  const ready = source.readyPods(namespace, service);
  const measured = ready.reduce((sum, pod) => sum + source.meter.rate(namespace, pod), 0);
  return (measured + source.meter.offered(namespace, service)) * 1000;
}

function podRequests(source: MetricsSource, pod: Pod): number {
  const { namespace = '', name = '' } = pod.metadata;
  const offered = source.servicesOf(pod).reduce((sum, service) => {
    const ready = source.readyPods(namespace, service);
    return ready.includes(name) ? sum + source.meter.offered(namespace, service) / ready.length : sum;
  }, 0);
  return source.meter.rate(namespace, name) + offered;
}

function isRequestRate(name: string): boolean {
  return /request|rps/i.test(name);
}

export function milli(amount: string | number | undefined): number | undefined {
  const quantity = parseQuantity(amount);
  return quantity === undefined ? undefined : Number(quantity.nanos / 1_000_000n);
}
