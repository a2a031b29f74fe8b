// How an object of a kind is made small before it is kept: managed fields and the last-applied annotation go, and
// whatever else the kind does not need (spec/kubernetes.md §2, "decode hook"). What is left stays as it came.

import type { KubernetesObject } from '../api/kubernetes-types.ts';
import { objectKey } from './resource.ts';
import type { Decode } from './store.ts';

const lastApplied = 'kubectl.kubernetes.io/last-applied-configuration';

/** Drops `metadata.managedFields` and the last-applied annotation, then lets `trim` drop more. */
export function decodeObject<T extends KubernetesObject>(
  type: { readonly apiVersion: string; readonly kind: string },
  trim: (object: T) => T = (object) => object,
): Decode<T> {
  return (json) => {
    const raw = requireObject(json);
    const { managedFields: _managedFields, annotations, ...rest } = raw.metadata as Record<string, unknown>;
    const metadata = annotations === undefined ? rest : { ...rest, annotations: withoutLastApplied(annotations) };
    // Items of a list carry neither apiVersion nor kind.
    const object = trim({ ...type, ...raw, metadata } as unknown as T);
    const { namespace, name, uid, resourceVersion } = object.metadata;
    return {
      key: objectKey(namespace, name ?? ''),
      uid: uid ?? '',
      resourceVersion: resourceVersion ?? '',
      object,
    };
  };
}

function withoutLastApplied(annotations: unknown): unknown {
  if (typeof annotations !== 'object' || annotations === null || !(lastApplied in annotations)) return annotations;
  const { [lastApplied]: _dropped, ...rest } = annotations as Record<string, unknown>;
  return rest;
}

function requireObject(json: unknown): KubernetesObject {
  const metadata = (json as { metadata?: unknown } | null | undefined)?.metadata;
  if (typeof metadata !== 'object' || metadata === null || typeof (metadata as { name?: unknown }).name !== 'string') {
    throw new Error('an object without metadata.name came from the API server');
  }
  return json as KubernetesObject;
}
