// Whether the Services and Ingresses that a Rollout names fit it (rollout.md §1.3, traffic.md §1.2). Runs once the spec
// itself is valid. What was not read or could not be read is no problem of the Rollout and is passed over.

import { managedByAnnotation, podTemplateHashLabel } from '../constants.ts';
import type { Ingress, Service } from '../kubernetes-types.ts';
import type { AlbTrafficRouting, NginxTrafficRouting, Rollout } from '../types.generated.ts';
import { type FieldError, type FieldErrors, invalid } from './field-error.ts';

/** What is known of an object: a `Known<T>` of the planner fits. */
export type Looked<T> =
  | { readonly is: 'present'; readonly value: T }
  | { readonly is: 'absent' }
  | { readonly is: 'unread' }
  | { readonly is: 'failed' };

/** By name, in the Rollout's namespace. */
export interface References {
  readonly services: Readonly<Record<string, Looked<Service>>>;
  readonly ingresses: Readonly<Record<string, Looked<Ingress>>>;
}

const at = 'spec.strategy';

/** Empty when every object that is known fits. `ofAnalyses` were found elsewhere; they stand before the Ingresses'. */
export function validateReferences(
  rollout: Rollout,
  references: References,
  ofAnalyses: readonly FieldError[] = [],
): readonly FieldError[] {
  return [...validateServices(rollout, references), ...ofAnalyses, ...validateIngresses(rollout, references)];
}

/** The Services that a Rollout names, with their paths, in the order in which they are looked at. */
export function namedServices({ spec }: Rollout): readonly (readonly [path: string, name: string])[] {
  const { blueGreen, canary } = spec.strategy ?? {};
  const named: readonly (readonly [string, string | undefined])[] = [
    ['blueGreen.activeService', blueGreen?.activeService],
    ['blueGreen.previewService', blueGreen?.previewService],
    ['canary.stableService', canary?.stableService],
    ['canary.canaryService', canary?.canaryService],
    ['canary.pingPong.pingService', canary?.pingPong?.pingService],
    ['canary.pingPong.pongService', canary?.pingPong?.pongService],
  ];
  return named.flatMap(([field, name]) => (name ? [[`${at}.${field}`, name] as const] : []));
}

function* validateServices(rollout: Rollout, references: References): FieldErrors {
  for (const [path, name] of namedServices(rollout)) {
    const looked = references.services[name];
    if (looked?.is === 'absent') yield invalid(path, name, `service "${name}" not found`);
    else if (looked?.is === 'present') yield* validateService(rollout, looked.value, name, path);
  }
}

function* validateService(rollout: Rollout, service: Service, name: string, path: string): FieldErrors {
  const labels = rollout.spec.template?.metadata?.labels;
  for (const key of Object.keys(service.spec.selector ?? {}).sort()) {
    if (key === podTemplateHashLabel || service.spec.selector?.[key] === labels?.[key]) continue;
    yield invalid(path, name, `Service "${name}" has unmatch label "${key}" in rollout`);
  }
  const owner = service.metadata.annotations?.[managedByAnnotation];
  if (owner !== undefined && owner !== rollout.metadata.name) {
    yield invalid(path, name, `Service "${name}" is managed by another Rollout`);
  }
}

/** BUG upstream: with both routers only the Ingresses of ALB are looked at. SLIPWAY: those of both. */
function* validateIngresses(rollout: Rollout, references: References): FieldErrors {
  const canary = rollout.spec.strategy?.canary;
  const { alb, nginx } = canary?.trafficRouting ?? {};
  const stable = canary?.stableService ?? '';
  const path = `${at}.canary.trafficRouting`;
  if (alb) yield* validateRoutes(albNames(alb), alb.rootService || stable, `${path}.alb`, references);
  if (nginx) yield* validateRoutes(nginxNames(nginx), stable, `${path}.nginx`, references);
}

/** The two fields of which exactly one names Ingresses. */
interface IngressNames {
  readonly fields: readonly [string, string];
  /** The fields as the reference's sentence has them. */
  readonly labels: string;
  readonly one: string;
  readonly several: readonly string[];
}

function albNames(alb: AlbTrafficRouting): IngressNames {
  const labels = 'Ingress or Ingresses';
  return { fields: ['ingress', 'ingresses'], labels, one: alb.ingress ?? '', several: alb.ingresses ?? [] };
}

function nginxNames(nginx: NginxTrafficRouting): IngressNames {
  const [one, several] = [nginx.stableIngress ?? '', nginx.stableIngresses ?? []];
  return { fields: ['stableIngress', 'stableIngresses'], labels: 'StableIngress or StableIngresses', one, several };
}

function* validateRoutes(names: IngressNames, service: string, path: string, references: References): FieldErrors {
  const hasSeveral = names.several.length > 0;
  if (hasSeveral === (names.one !== '')) {
    const which = hasSeveral ? 'Both are configured.' : 'Neither are configured.';
    yield invalid(`${path}.${names.fields[0]}`, names.one, `Either ${names.labels} must be configured. ${which}`);
    return;
  }
  const field = `${path}.${names.fields[hasSeveral ? 1 : 0]}`;
  for (const name of hasSeveral ? names.several : [names.one]) {
    const looked = references.ingresses[name];
    if (looked?.is === 'absent') yield invalid(field, name, `ingress.networking.k8s.io "${name}" not found`);
    else if (looked?.is === 'present' && !routesTo(looked.value, service)) {
      yield invalid(field, name, `ingress \`${name}\` has no rules using service ${service} backend`);
    }
  }
}

/** Some path of some rule has the Service as its backend; the default backend does not count. */
export function routesTo(ingress: Ingress, service: string): boolean {
  const paths = (ingress.spec.rules ?? []).flatMap((rule) => rule.http?.paths ?? []);
  return paths.some((path) => path.backend.service?.name === service);
}
