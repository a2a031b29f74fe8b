// What should the canary Ingress beside a stable one look like (traffic.md §3.2), and which patch brings an existing one
// there without touching what others wrote on it (§3.3)?

import { apiVersion } from '../../api/constants.ts';
import type { Ingress, IngressBackend } from '../../api/kubernetes-types.ts';
import { diffMergePatch } from '../../lang/merge-patch.ts';
import { canaryIngressName, defaultPrefix, type NginxSettings } from './settings.ts';

/** SLIPWAY: which annotations are ours and could vanish from the Rollout; a JSON list of keys. */
export const managedAnnotationsKey = 'rollouts.argoproj.io/slipway-managed-annotations';
const classKey = 'kubernetes.io/ingress.class';
/** Always ours, so they need no note. */
const basicKeys = ['canary', 'canary-weight', 'canary-weight-total'].map((name) => `${defaultPrefix}/${name}`);

/** Undefined: no path of the stable Ingress leads to the stable Service. */
export function makeCanaryIngress(stable: Ingress, settings: NginxSettings, weight: number): Ingress | undefined {
  const rules = canaryRules(stable, settings);
  if (rules.length === 0) return undefined;
  const { tls, ingressClassName } = stable.spec;
  const annotations = desiredAnnotations(stable, settings, weight);
  const noted = Object.keys(annotations).filter((key) => !basicKeys.includes(key));
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'Ingress',
    metadata: {
      name: canaryIngressName(settings.rolloutName, stable.metadata.name ?? ''),
      namespace: settings.namespace,
      annotations: {
        ...annotations,
        ...(noted.length > 0 ? { [managedAnnotationsKey]: JSON.stringify(noted.toSorted()) } : {}),
      },
      ownerReferences: [
        {
          apiVersion,
          kind: 'Rollout',
          name: settings.rolloutName,
          uid: settings.rolloutUid,
          controller: true,
          blockOwnerDeletion: true,
        },
      ],
    },
    spec: { ...(ingressClassName === undefined ? {} : { ingressClassName }), ...(tls ? { tls } : {}), rules },
  };
}

/** Undefined: the Ingress is as desired. Annotations and labels of others stay (issue 1070). */
export function canaryIngressPatch(existing: Ingress, desired: Ingress): unknown {
  const before = existing.metadata.annotations ?? {};
  const after = desired.metadata.annotations ?? {};
  const changed: Record<string, string | null> = {};
  for (const [key, value] of Object.entries(after)) if (before[key] !== value) changed[key] = value;
  for (const key of ourKeys(before)) if (before[key] !== undefined && after[key] === undefined) changed[key] = null;
  const spec = diffMergePatch(existing.spec, desired.spec);
  if (Object.keys(changed).length === 0 && spec === undefined) return undefined;
  const { uid } = existing.metadata;
  return {
    metadata: { ...(uid ? { uid } : {}), ...(Object.keys(changed).length > 0 ? { annotations: changed } : {}) },
    ...(spec === undefined ? {} : { spec }),
  };
}

/** SLIPWAY: only the paths of this application: others on the host belong to other Rollouts (issue 3541). */
function canaryRules(stable: Ingress, { stableService, canaryService }: NginxSettings) {
  return (stable.spec.rules ?? []).flatMap((rule) => {
    const paths = (rule.http?.paths ?? []).filter(({ backend }) => backend.service?.name === stableService);
    if (paths.length === 0) return [];
    const renamed = paths.map((path) => ({ ...path, backend: withService(path.backend, canaryService) }));
    return [{ ...rule, http: { ...rule.http, paths: renamed } }];
  });
}

function withService(backend: IngressBackend, name: string): IngressBackend {
  return { ...backend, service: { ...backend.service, name } };
}

function desiredAnnotations(stable: Ingress, settings: NginxSettings, weight: number): Record<string, string> {
  const { prefix, annotations, weightTotal } = settings;
  const ingressClass = stable.metadata.annotations?.[classKey];
  return {
    ...(ingressClass === undefined ? {} : { [classKey]: ingressClass }),
    ...annotations,
    [`${prefix}/canary`]: 'true',
    [`${prefix}/canary-weight`]: String(weight),
    ...(weightTotal === undefined ? {} : { [`${prefix}/canary-weight-total`]: String(weightTotal) }),
  };
}

function ourKeys(annotations: Readonly<Record<string, string>>): string[] {
  return [...basicKeys, managedAnnotationsKey, ...notedKeys(annotations[managedAnnotationsKey])];
}

/** A note that somebody has spoilt is no note. */
function notedKeys(text: string | undefined): string[] {
  try {
    const keys: unknown = JSON.parse(text ?? '[]');
    return Array.isArray(keys) ? keys.filter((key) => typeof key === 'string') : [];
  } catch {
    return [];
  }
}
