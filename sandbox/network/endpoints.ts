// Which pods stand behind a Service's port? EndpointSlices say it; only ready endpoints get new requests.

import type { KubernetesObject, Service } from '../../controller/api/kubernetes-types.ts';

export interface EndpointSlice extends KubernetesObject {
  readonly endpoints?: readonly {
    readonly addresses: readonly string[];
    readonly conditions?: { readonly ready?: boolean; readonly serving?: boolean; readonly terminating?: boolean };
    readonly targetRef?: { readonly kind?: string; readonly name?: string };
  }[];
  readonly ports?: readonly { readonly name?: string; readonly port?: number }[];
}

export interface Endpoint {
  readonly podIP: string;
  readonly port: number;
  readonly podName: string | undefined;
}

/** Ready endpoints by `<namespace>/<service>:<port number>` and `…:<port name>`. */
export type EndpointIndex = ReadonlyMap<string, readonly Endpoint[]>;

export function endpointKey(namespace: string, service: string, port: number | string): string {
  return `${namespace}/${service}:${port}`;
}

export function makeEndpointIndex(services: readonly Service[], slices: readonly EndpointSlice[]): EndpointIndex {
  const slicesOf = new Map<string, EndpointSlice[]>();
  for (const slice of slices) {
    const owner = `${slice.metadata.namespace}/${slice.metadata.labels?.['kubernetes.io/service-name'] ?? ''}`;
    slicesOf.set(owner, [...(slicesOf.get(owner) ?? []), slice]);
  }
  const index = new Map<string, readonly Endpoint[]>();
  for (const service of services) {
    const namespace = service.metadata.namespace ?? 'default';
    const name = service.metadata.name ?? '';
    for (const port of service.spec.ports ?? []) {
      const endpoints = (slicesOf.get(`${namespace}/${name}`) ?? []).flatMap((slice) =>
        readyOn(slice, port.name ?? ''),
      );
      index.set(endpointKey(namespace, name, port.port), endpoints);
      if (port.name !== undefined && port.name !== '') index.set(endpointKey(namespace, name, port.name), endpoints);
    }
  }
  return index;
}

function readyOn(slice: EndpointSlice, portName: string): Endpoint[] {
  const port = slice.ports?.find((candidate) => (candidate.name ?? '') === portName)?.port;
  if (port === undefined) return [];
  return (slice.endpoints ?? [])
    .filter((endpoint) => endpoint.conditions?.ready !== false)
    .flatMap((endpoint) => endpoint.addresses.map((podIP) => ({ podIP, port, podName: endpoint.targetRef?.name })));
}
