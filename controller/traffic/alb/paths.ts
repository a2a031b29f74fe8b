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

/** Adds the paths of a managed route to the rules that serve the application, and orders managed paths first. */
export function withManagedPath(rules: Rules, route: string, rootService: string, managed: readonly string[]): Rules {
  return rules?.map((rule) => {
    const paths = rule.http?.paths;
    if (!paths) return rule;
    const served = paths.filter((path) => serviceOf(path.backend) === rootService);
    const exists = paths.some((path) => serviceOf(path.backend) === route);
    const added = exists ? [] : distinct(served.map((path) => managedPath(path, route)));
    return withPaths(rule, inManagedOrder([...added, ...paths], managed));
  });
}

export function withoutManagedPaths(rules: Rules, routes: readonly string[]): Rules {
  return rules?.map((rule) => {
    const paths = rule.http?.paths;
    if (!paths?.some((path) => routes.includes(serviceOf(path.backend)))) return rule;
    return withPaths(
      rule,
      paths.filter((path) => !routes.includes(serviceOf(path.backend))),
    );
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

/** Managed routes first, in the order of managedRoutes; all others keep theirs. */
function inManagedOrder(paths: readonly Path[], managed: readonly string[]): Path[] {
  const rank = (path: Path) => {
    const at = managed.indexOf(serviceOf(path.backend));
    return at < 0 ? managed.length : at;
  };
  return paths.toSorted((a, b) => rank(a) - rank(b));
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
