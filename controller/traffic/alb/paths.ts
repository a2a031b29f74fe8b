// The paths of an Ingress: which of them are the application's, and those that managed routes add (traffic.md §2.2,
// §2.12). Rules without http and backends that are no service are passed over.

import type { Ingress, IngressBackend } from '../../api/kubernetes-types.ts';

type Rules = Ingress['spec']['rules'];
type Rule = NonNullable<Rules>[number];
type Path = NonNullable<Rule['http']>['paths'][number];

const annotationPort = 'use-annotation';

export function hasBackend(rules: Rules, service: string): boolean {
  return pathsTo(rules, service).length > 0;
}

/** False: the load balancer would not look at the action annotation, and all traffic stays with the Service. */
export function hasUseAnnotationPort(ingress: Ingress, service: string): boolean {
  return pathsTo(ingress.spec.rules, service).every((path) => path.backend.service?.port?.name === annotationPort);
}

export interface ManagedOrder {
  /** The names of `managedRoutes`. */
  readonly managed: readonly string[];
  /** Whether another Rollout has made a route of this name. */
  isForeignRoute(route: string): boolean;
}

/** Adds the paths of a managed route to the rules that serve the application, and orders managed paths first. */
export function withManagedPath(rules: Rules, route: string, rootService: string, order: ManagedOrder): Rules {
  return rules?.map((rule) => {
    const paths = rule.http?.paths;
    if (!paths) return rule;
    const served = paths.filter((path) => serviceOf(path.backend) === rootService);
    const exists = paths.some((path) => isOfRoute(path, route));
    const added = exists ? [] : distinct(served.map((path) => managedPath(path, route)));
    return withPaths(rule, inManagedOrder([...added, ...paths], order));
  });
}

export function withoutManagedPaths(rules: Rules, routes: readonly string[]): Rules {
  return rules?.map((rule) => {
    const paths = rule.http?.paths;
    const rest = paths?.filter((path) => !routes.some((route) => isOfRoute(path, route)));
    return paths && rest && rest.length < paths.length ? withPaths(rule, rest) : rule;
  });
}

/** SLIPWAY: a route applies where the application is served, not to every path of the host. */
function managedPath(served: Path, route: string): Path {
  const isWholeHost = served.path === undefined || served.path === '/' || served.path === '/*';
  return {
    path: isWholeHost ? '/*' : (served.path ?? ''),
    pathType: isWholeHost ? 'ImplementationSpecific' : (served.pathType ?? 'ImplementationSpecific'),
    backend: { service: { name: route, port: { name: annotationPort } } },
  };
}

/** SLIPWAY: a path of the user's to a Service of the route's name, which has a port of its own, is no managed path. */
function isOfRoute({ backend }: Path, route: string): boolean {
  return serviceOf(backend) === route && backend.service?.port?.name === annotationPort;
}

/**
 * Managed routes first, in the order of managedRoutes; all others keep theirs. SLIPWAY: routes of other Rollouts may stand
 * among them, as two that both put their own first would never end.
 */
function inManagedOrder(paths: readonly Path[], { managed, isForeignRoute }: ManagedOrder): readonly Path[] {
  const rank = (path: Path) => {
    const at = managed.findIndex((route) => isOfRoute(path, route));
    if (at >= 0) return at;
    return isForeignRoute(serviceOf(path.backend)) ? -1 : managed.length;
  };
  const ranks = paths.map(rank).filter((of) => of >= 0);
  const isOrdered = ranks.every((of, at) => at === 0 || of >= (ranks[at - 1] ?? 0));
  return isOrdered ? paths : paths.toSorted((a, b) => rank(a) - rank(b));
}

function distinct(paths: readonly Path[]): Path[] {
  const seen = new Set<string>();
  return paths.filter((path) => {
    const text = JSON.stringify(path);
    if (seen.has(text)) return false;
    seen.add(text);
    return true;
  });
}

function withPaths(rule: Rule, paths: readonly Path[]): Rule {
  return { ...rule, http: { ...rule.http, paths } };
}

function pathsTo(rules: Rules, service: string): Path[] {
  return (rules ?? []).flatMap((rule) => rule.http?.paths.filter((path) => serviceOf(path.backend) === service) ?? []);
}

function serviceOf(backend: IngressBackend): string {
  return backend.service?.name ?? '';
}
