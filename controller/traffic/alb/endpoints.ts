// Which targets should a target group have (traffic.md §2.10, points 1-3)? From the TargetGroupBindings of a namespace, the
// ports of a Service and its ready endpoints, whether they are told by EndpointSlices or by the older Endpoints.

import type { KubernetesObject, ServicePort } from '../../api/kubernetes-types.ts';
import type { TargetQuestion } from './target-facts.ts';

/** Of AWS' load balancer controller: pods of a Service become targets of a group. */
export interface TargetGroupBinding extends KubernetesObject {
  readonly spec?: {
    readonly targetGroupARN?: string;
    readonly targetType?: string;
    readonly ipAddressType?: string;
    readonly serviceRef?: { readonly name?: string; readonly port?: number | string };
  };
}

interface PortOfEndpoints {
  readonly name?: string | null;
  readonly port?: number | null;
}

interface TargetReference {
  readonly kind?: string;
  readonly name?: string;
}

export interface EndpointSlice extends KubernetesObject {
  readonly addressType?: string;
  readonly endpoints?: readonly {
    readonly addresses?: readonly string[];
    readonly conditions?: { readonly ready?: boolean | null };
    readonly targetRef?: TargetReference;
  }[];
  readonly ports?: readonly PortOfEndpoints[] | null;
}

export interface Endpoints extends KubernetesObject {
  readonly subsets?: readonly {
    readonly addresses?: readonly { readonly ip: string; readonly targetRef?: TargetReference }[];
    readonly ports?: readonly PortOfEndpoints[];
  }[];
}

/** Addresses that share their ports. */
export interface ReadyAddresses {
  readonly family: 'IPv4' | 'IPv6';
  readonly addresses: readonly string[];
  readonly ports: readonly PortOfEndpoints[];
}

/** `ready` is true unless it is said to be false, as for kube-proxy. */
export function readyOfSlices(slices: readonly EndpointSlice[], podPrefix: string): ReadyAddresses[] {
  return slices.flatMap(({ addressType, endpoints, ports }) => {
    if (addressType === 'FQDN') return [];
    const ready = (endpoints ?? []).filter(
      ({ conditions, targetRef }) => conditions?.ready !== false && isOf(targetRef, podPrefix),
    );
    const family = addressType === 'IPv6' ? 'IPv6' : 'IPv4';
    return { family, addresses: ready.flatMap(({ addresses }) => addresses ?? []), ports: ports ?? [] };
  });
}

export function readyOfEndpoints({ subsets }: Endpoints, podPrefix: string): ReadyAddresses[] {
  return (subsets ?? []).flatMap(({ addresses, ports }) => {
    const own = (addresses ?? []).filter(({ targetRef }) => isOf(targetRef, podPrefix));
    const of = (family: ReadyAddresses['family'], isOfFamily: (ip: string) => boolean): ReadyAddresses => ({
      family,
      addresses: own.flatMap(({ ip }) => (isOfFamily(ip) ? ip : [])),
      ports: ports ?? [],
    });
    return [of('IPv4', (ip) => !ip.includes(':')), of('IPv6', (ip) => ip.includes(':'))];
  });
}

/** Addresses that somebody wrote down by hand are anybody's. */
function isOf(target: TargetReference | undefined, podPrefix: string): boolean {
  return target?.kind !== 'Pod' || (target.name ?? '').startsWith(podPrefix);
}

/** A group and what it should have. */
export interface WantedTargets {
  readonly arn: string;
  /** `address:port`, or why nobody can say. */
  readonly targets: ReadonlySet<string> | { readonly why: string };
}

/** Bindings of the Service by address. Those of nodes (`instance`) have no targets that are pods. */
export function boundToIps(
  bindings: readonly TargetGroupBinding[],
  { service, ports }: TargetQuestion,
): { readonly arn: string; readonly family: ReadyAddresses['family']; readonly port: ServicePort }[] {
  return bindings.flatMap(({ spec }) => {
    const { serviceRef, targetGroupARN: arn, targetType, ipAddressType } = spec ?? {};
    const port = ports.find(
      ({ port, name }) => serviceRef?.port === (typeof serviceRef?.port === 'number' ? port : name),
    );
    if (serviceRef?.name !== service || !port || !arn || targetType !== 'ip') return [];
    return { arn, port, family: ipAddressType === 'ipv6' ? 'IPv6' : 'IPv4' };
  });
}

/**
 * The number of a named port is that of the endpoints, which name it as the Service does (SLIPWAY, BUG: not as the
 * container does). It may differ from pod to pod.
 */
export function wantedTargets(
  { arn, family, port }: ReturnType<typeof boundToIps>[number],
  ready: readonly ReadyAddresses[],
): WantedTargets {
  const ofFamily = ready.filter((of) => of.family === family && of.addresses.length > 0);
  const { targetPort = port.port } = port;
  const numberIn = ({ ports }: ReadyAddresses) =>
    typeof targetPort === 'number' ? targetPort : ports.find(({ name }) => (name ?? '') === (port.name ?? ''))?.port;
  const targets = ofFamily.flatMap((of) => {
    const number = numberIn(of) ?? undefined;
    return number === undefined ? [] : of.addresses.map((address) => `${address.toLowerCase()}:${number}`);
  });
  const isUnknown = ofFamily.length > 0 && targets.length === 0;
  return { arn, targets: isUnknown ? { why: `target port "${targetPort}" is not known` } : new Set(targets) };
}
