// What EndpointSlices and Endpoints of a Service hold: a pure function of the Service and its pods.

import type { Pod, Service, ServicePort } from '../../controller/api/kubernetes-types.ts';
import { isFinished, isReady, isTerminating, nodeNameOf, podIpOf } from '../machinery/pods.ts';
import { portsOf } from '../machinery/ports.ts';

export interface EndpointPort {
  readonly name: string;
  readonly port: number;
  readonly protocol: string;
}

export interface Endpoint {
  readonly addresses: readonly string[];
  readonly conditions: { readonly ready: boolean; readonly serving: boolean; readonly terminating: boolean };
  /** Of a pod that names this Service as its subdomain: it has a name of its own in DNS. */
  readonly hostname?: string;
  readonly nodeName?: string;
  readonly zone?: string;
  readonly targetRef: TargetRef;
}

/** Where a node stands; undefined where its labels do not say. */
export type ZoneOf = (nodeName: string) => string | undefined;

export interface TargetRef {
  readonly kind: 'Pod';
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
}

export interface EndpointSliceContent {
  readonly addressType: 'IPv4';
  readonly endpoints: readonly Endpoint[];
  readonly ports: readonly EndpointPort[];
}

interface EndpointAddress {
  readonly ip: string;
  readonly hostname?: string;
  readonly nodeName?: string;
  readonly targetRef: TargetRef;
}

export interface Subset {
  readonly addresses?: readonly EndpointAddress[];
  readonly notReadyAddresses?: readonly EndpointAddress[];
  readonly ports?: readonly (Omit<EndpointPort, 'name'> & { readonly name?: string })[];
}

/** Upstream's default of --max-endpoints-per-slice. */
const endpointsPerSlice = 100;

/** One slice per set of ports (named ports may differ from pod to pod), at least one. `pods` in the wanted order. */
export function makeSlices(service: Service, pods: readonly Pod[], zoneOf: ZoneOf): EndpointSliceContent[] {
  const slices: EndpointSliceContent[] = [];
  for (const { ports, members } of groupByPorts(service, pods)) {
    for (let start = 0; start < members.length; start += endpointsPerSlice) {
      const endpoints = members
        .slice(start, start + endpointsPerSlice)
        .map((pod) => makeEndpoint(service, pod, zoneOf));
      slices.push({ addressType: 'IPv4', endpoints, ports });
    }
  }
  return slices.length > 0 ? slices : [{ addressType: 'IPv4', endpoints: [], ports: [] }];
}

export function makeSubsets(service: Service, pods: readonly Pod[]): Subset[] {
  return groupByPorts(
    service,
    pods.filter((pod) => publishesAll(service) || !isTerminating(pod)),
  ).map(({ ports, members }) => {
    const counts = (pod: Pod): boolean => publishesAll(service) || isReady(pod);
    const ready = makeAddresses(service, members.filter(counts));
    const notReady = makeAddresses(
      service,
      members.filter((pod) => !counts(pod)),
    );
    return {
      ...(ready.length > 0 && { addresses: ready }),
      ...(notReady.length > 0 && { notReadyAddresses: notReady }),
      ...(ports.length > 0 && { ports: ports.map(({ name, ...port }) => (name === '' ? port : { name, ...port })) }),
    };
  });
}

function groupByPorts(service: Service, pods: readonly Pod[]): { ports: readonly EndpointPort[]; members: Pod[] }[] {
  const groups = new Map<string, { ports: readonly EndpointPort[]; members: Pod[] }>();
  for (const pod of pods) {
    if (podIpOf(pod) === '' || isFinished(pod)) continue;
    const ports = (service.spec.ports ?? []).flatMap((port) => resolvePort(port, pod) ?? []);
    const key = JSON.stringify(ports);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { ports, members: [pod] });
    else group.members.push(pod);
  }
  return [...groups.values()];
}

/** Undefined when the pod has no port of that name. */
function resolvePort(port: ServicePort, pod: Pod): EndpointPort | undefined {
  const name = port.name ?? '';
  const protocol = port.protocol ?? 'TCP';
  const target = port.targetPort ?? port.port;
  if (typeof target === 'number') return { name, port: target, protocol };
  for (const container of pod.spec.containers) {
    const found = portsOf(container).find((candidate) => candidate.name === target);
    if (found !== undefined) return { name, port: found.containerPort, protocol };
  }
  return undefined;
}

/** Whether the Service counts its pods as ready whatever they are. */
function publishesAll(service: Service): boolean {
  return (service.spec as { publishNotReadyAddresses?: boolean }).publishNotReadyAddresses === true;
}

function makeEndpoint(service: Service, pod: Pod, zoneOf: ZoneOf): Endpoint {
  const terminating = isTerminating(pod);
  const serving = isReady(pod);
  const nodeName = nodeNameOf(pod);
  const zone = zoneOf(nodeName);
  return {
    addresses: [podIpOf(pod)],
    conditions: { ready: publishesAll(service) || (serving && !terminating), serving, terminating },
    ...hostnameOf(service, pod),
    ...(nodeName !== '' && { nodeName }),
    ...(zone !== undefined && { zone }),
    targetRef: makeTargetRef(pod),
  };
}

/** Sorted by address, as upstream's. */
function makeAddresses(service: Service, pods: readonly Pod[]): EndpointAddress[] {
  return pods.map((pod) => makeAddress(service, pod)).sort((a, b) => (a.ip < b.ip ? -1 : 1));
}

function hostnameOf({ metadata }: Service, { spec }: Pod): { readonly hostname?: string } {
  const { hostname, subdomain } = spec as { readonly hostname?: string; readonly subdomain?: string };
  return hostname === undefined || subdomain === undefined || subdomain !== metadata.name ? {} : { hostname };
}

function makeAddress(service: Service, pod: Pod): EndpointAddress {
  return {
    ip: podIpOf(pod),
    ...hostnameOf(service, pod),
    ...(nodeNameOf(pod) !== '' && { nodeName: nodeNameOf(pod) }),
    targetRef: makeTargetRef(pod),
  };
}

function makeTargetRef(pod: Pod): TargetRef {
  const { namespace = '', name = '', uid = '' } = pod.metadata;
  return { kind: 'Pod', namespace, name, uid };
}
