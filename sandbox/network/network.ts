// The data plane's view of the cluster: routes and endpoints as the proxy obeys them now. Changes of the objects take
// effect after the propagation delay, as they do on a real load balancer.

import type { Ingress, Service } from '../../controller/api/kubernetes-types.ts';
import type { Clock, Random } from '../../controller/lang/time.ts';
import { type Endpoint, type EndpointIndex, type EndpointSlice, endpointKey, makeEndpointIndex } from './endpoints.ts';
import {
  backendsFor,
  chooseBackend,
  findRoute,
  makeRouteTable,
  type RequestHead,
  type RouteTable,
  type WeightedBackend,
} from './routes.ts';

export interface NetworkOptions {
  readonly clock: Clock;
  readonly random: Random;
  /** From a change of an Ingress, Service or EndpointSlice to its effect. Default 0. */
  readonly propagationDelayMs?: number;
}

/** Where a request goes, or why it goes nowhere. */
export type Decision =
  | { readonly to: Endpoint; readonly namespace: string; readonly service: string; readonly source: string }
  | { readonly to: undefined; readonly status: 404 | 503; readonly why: string; readonly service: string };

interface Snapshot {
  readonly services: readonly Service[];
  readonly ingresses: readonly Ingress[];
  readonly endpointSlices: readonly EndpointSlice[];
}

export class Network {
  readonly #options: NetworkOptions;
  #table: RouteTable = makeRouteTable({ services: [], ingresses: [] });
  #endpoints: EndpointIndex = new Map();

  constructor(options: NetworkOptions) {
    this.#options = options;
  }

  /** The problems of the table in force: annotations that could not be read. */
  get problems(): readonly string[] {
    return this.#table.problems;
  }

  /** Takes the objects as they are now; in force after the propagation delay, in the order of the calls. */
  update(snapshot: Snapshot): void {
    const delayMs = this.#options.propagationDelayMs ?? 0;
    if (delayMs === 0) this.#apply(snapshot);
    else this.#options.clock.schedule(delayMs, () => this.#apply(snapshot));
  }

  decide(request: RequestHead): Decision {
    const route = findRoute(this.#table, request);
    if (route === undefined) {
      return {
        to: undefined,
        status: 404,
        service: '',
        why: `no Ingress or Service serves ${request.host}${request.path}`,
      };
    }
    const [stable] = route.backends;
    if (route.canary && stable && this.#endpointsOf(stable).length === 0) return withoutStable(stable, route.source);
    const backend = chooseBackend(backendsFor(route, request), this.#options.random.next());
    if (backend === undefined) {
      return { to: undefined, status: 503, service: '', why: `${route.source} has no target with a weight above 0` };
    }
    const { namespace, service, port } = backend;
    const endpoints = this.#endpointsOf(backend);
    const to = endpoints[Math.floor(this.#options.random.next() * endpoints.length)];
    if (to === undefined) {
      return { to, status: 503, service, why: `Service ${namespace}/${service} has no ready endpoint on port ${port}` };
    }
    return { to, namespace, service, source: route.source };
  }

  #endpointsOf({ namespace, service, port }: WeightedBackend): readonly Endpoint[] {
    return this.#endpoints.get(endpointKey(namespace, service, port)) ?? [];
  }

  #apply(snapshot: Snapshot): void {
    this.#table = makeRouteTable(snapshot);
    this.#endpoints = makeEndpointIndex(snapshot.services, snapshot.endpointSlices);
  }
}

/** ingress-nginx asks the canary only where the stable Service has an endpoint (issue 1820 of the reference). */
function withoutStable({ namespace, service, port }: WeightedBackend, source: string): Decision {
  const why = `Service ${namespace}/${service} has no ready endpoint on port ${port}, so ${source} serves nobody`;
  return { to: undefined, status: 503, service, why };
}
