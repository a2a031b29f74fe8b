// Where does a request go? Services, Ingresses (with the action annotations that an AWS load balancer controller obeys,
// and the canary Ingresses of ingress-nginx) and `<service>.<namespace>.localhost` names become one table; `findRoute`,
// `backendsFor` and `chooseBackend` answer from it.
// Pure: the proxy and the in-memory network of the virtual clock share it.

import type { Ingress, IngressBackend, Service } from '../../controller/api/kubernetes-types.ts';
import { albBackends, albConditions } from './alb-annotations.ts';
import { canaryBackends, isCanaryIngress, isNginxIngress, makeCanary, type NginxCanary } from './nginx-canaries.ts';

/** A share of a route's requests: `weight` is relative to the sum of the route's weights. */
export interface WeightedBackend {
  readonly namespace: string;
  readonly service: string;
  /** Service port by number or name. */
  readonly port: number | string;
  readonly weight: number;
}

export interface HeaderCondition {
  /** Lower case. */
  readonly name: string;
  /** Any of them matches; `*` and `?` are wildcards, as ALB has them. */
  readonly values: readonly string[];
}

export interface Route {
  /** `Ingress <namespace>/<name>` or `Service <namespace>/<name>`: for metrics and messages. */
  readonly source: string;
  readonly host: string | undefined;
  readonly path: PathMatch;
  readonly headers: readonly HeaderCondition[];
  readonly backends: readonly WeightedBackend[];
  /** ingress-nginx: who takes some of the requests from the first backend. */
  readonly canary?: NginxCanary;
}

type PathMatch =
  | { readonly kind: 'exact'; readonly path: string }
  | { readonly kind: 'prefix'; readonly path: string }
  | { readonly kind: 'pattern'; readonly path: string; readonly pattern: RegExp };

export interface RequestHead {
  readonly host: string;
  /** Without the query. */
  readonly path: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
}

export interface NetworkObjects {
  readonly services: readonly Service[];
  readonly ingresses: readonly Ingress[];
}

export interface RouteTable {
  readonly services: ReadonlyMap<string, Service>;
  /** In the order in which they are tried. */
  readonly routes: readonly Route[];
  /** What could not be understood, for the log: one line each. */
  readonly problems: readonly string[];
}

const useAnnotation = 'use-annotation';

/** Routes of older Ingresses come first; within one, rules and paths keep their order, as ALB's listener rules do. */
export function makeRouteTable(objects: NetworkObjects): RouteTable {
  const problems: string[] = [];
  const services = new Map(objects.services.map((service) => [keyOf(service), service]));
  const ingresses = objects.ingresses.toSorted(
    (a, b) =>
      (a.metadata.creationTimestamp ?? '').localeCompare(b.metadata.creationTimestamp ?? '') ||
      keyOf(a).localeCompare(keyOf(b)),
  );
  const mains = ingresses.filter((ingress) => !isCanaryIngress(ingress));
  let routes = mains.flatMap((ingress) => routesOfIngress(ingress, problems));
  for (const ingress of ingresses.filter(isCanaryIngress)) routes = withCanary(routes, ingress, problems);
  return { services, routes, problems };
}

/** The route that serves a request; `undefined` where nothing matches (a load balancer answers 404). */
export function findRoute(table: RouteTable, request: RequestHead): Route | undefined {
  const host = request.host.replace(/:\d+$/, '').toLowerCase();
  return serviceRoute(table, host) ?? table.routes.find((route) => matches(route, host, request));
}

/** What serves this request, by weight. */
export function backendsFor(route: Route, request: RequestHead): readonly WeightedBackend[] {
  const [stable] = route.backends;
  return route.canary && stable ? canaryBackends(route.canary, stable, request) : route.backends;
}

/** `chance` in [0, 1) picks by weight. With no weight above 0 nothing is chosen (ALB answers 503). */
export function chooseBackend(backends: readonly WeightedBackend[], chance: number): WeightedBackend | undefined {
  const total = backends.reduce((sum, backend) => sum + Math.max(0, backend.weight), 0);
  if (total === 0) return undefined;
  let rest = chance * total;
  for (const backend of backends) {
    rest -= Math.max(0, backend.weight);
    if (rest < 0) return backend;
  }
  return backends.findLast((backend) => backend.weight > 0);
}

function serviceRoute(table: RouteTable, host: string): Route | undefined {
  const name = /^([a-z0-9-]+)\.([a-z0-9-]+)\.localhost$/.exec(host);
  if (name === null) return undefined;
  const [, service = '', namespace = ''] = name;
  const port = table.services.get(`${namespace}/${service}`)?.spec.ports?.[0]?.port;
  if (port === undefined) return undefined;
  return {
    source: `Service ${namespace}/${service}`,
    host,
    path: { kind: 'prefix', path: '/' },
    headers: [],
    backends: [{ namespace, service, port, weight: 1 }],
  };
}

function matches(route: Route, host: string, request: RequestHead): boolean {
  if (route.host !== undefined && !hostMatches(route.host, host)) return false;
  return pathMatches(route.path, request.path) && route.headers.every((condition) => headerMatches(condition, request));
}

function hostMatches(wanted: string, host: string): boolean {
  if (!wanted.startsWith('*.')) return wanted.toLowerCase() === host;
  const [, ...rest] = host.split('.');
  return rest.join('.') === wanted.slice(2).toLowerCase();
}

function pathMatches(match: PathMatch, path: string): boolean {
  switch (match.kind) {
    case 'exact':
      return path === match.path;
    case 'prefix': {
      const prefix = match.path.replace(/\/+$/, '');
      return path === prefix || path.startsWith(`${prefix}/`);
    }
    case 'pattern':
      return match.pattern.test(path);
  }
}

function headerMatches(condition: HeaderCondition, request: RequestHead): boolean {
  const value = request.headers[condition.name];
  const values = value === undefined ? [] : Array.isArray(value) ? value : [value as string];
  return values.some((one) => condition.values.some((wanted) => wildcard(wanted).test(one)));
}

/** A canary belongs to the route of the same host and path; the first one of a route counts. */
function withCanary(routes: readonly Route[], ingress: Ingress, problems: string[]): Route[] {
  const wanted = routesOfIngress(ingress, problems);
  for (const { source, host, path } of wanted) {
    if (!routes.some((route) => isSamePlace(route, host, path))) {
      problems.push(`${source}: no Ingress serves ${host ?? '*'}${path.path}; a canary alone takes no requests`);
    }
  }
  return routes.map((route) => {
    const canary = route.canary ? undefined : wanted.find(({ host, path }) => isSamePlace(route, host, path));
    const backend = canary?.backends[0];
    return canary && backend ? { ...route, canary: makeCanary(ingress, canary.source, backend, problems) } : route;
  });
}

function isSamePlace(route: Route, host: string | undefined, path: PathMatch): boolean {
  return route.host === host && route.path.kind === path.kind && route.path.path === path.path;
}

function routesOfIngress(ingress: Ingress, problems: string[]): Route[] {
  const source = `Ingress ${keyOf(ingress)}`;
  const rules = ingress.spec.rules ?? [];
  const routes = rules.flatMap((rule) =>
    (rule.http?.paths ?? []).flatMap((path): Route[] => {
      const name = path.backend.service?.name;
      if (name === undefined) return [];
      return [
        {
          source,
          host: rule.host,
          path: pathMatchOf(path.path ?? '/', path.pathType),
          headers: albConditions(ingress, name, problems),
          backends: backendsOf(ingress, path.backend, problems),
        },
      ];
    }),
  );
  // nginx takes the longest path, ALB the first.
  const ordered = isNginxIngress(ingress) ? routes.toSorted(bySpecificity) : routes;
  const fallback = ingress.spec.defaultBackend;
  if (fallback?.service === undefined) return ordered;
  return [
    ...ordered,
    {
      source,
      host: undefined,
      path: { kind: 'prefix', path: '/' },
      headers: [],
      backends: backendsOf(ingress, fallback, problems),
    },
  ];
}

function bySpecificity({ path: a }: Route, { path: b }: Route): number {
  return Number(b.kind === 'exact') - Number(a.kind === 'exact') || b.path.length - a.path.length;
}

function pathMatchOf(path: string, pathType: string | undefined): PathMatch {
  if (pathType === 'Exact') return { kind: 'exact', path };
  if (pathType === 'Prefix') return { kind: 'prefix', path };
  if (/[*?]/.test(path)) return { kind: 'pattern', path, pattern: wildcard(path) };
  return path === '/' ? { kind: 'prefix', path } : { kind: 'exact', path };
}

function backendsOf(ingress: Ingress, backend: IngressBackend, problems: string[]): WeightedBackend[] {
  const namespace = ingress.metadata.namespace ?? 'default';
  const name = backend.service?.name ?? '';
  const port = backend.service?.port?.number ?? backend.service?.port?.name ?? 80;
  if (port === useAnnotation) return albBackends(ingress, name, problems);
  return [{ namespace, service: name, port, weight: 1 }];
}

function wildcard(text: string): RegExp {
  const source = text
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replace(/\*/g, '.*')
    .replace(/\?/g, '.');
  return new RegExp(`^${source}$`);
}

function keyOf(object: Service | Ingress): string {
  return `${object.metadata.namespace ?? 'default'}/${object.metadata.name ?? ''}`;
}
