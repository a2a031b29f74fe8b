// The hash of a pod template that names its ReplicaSet (spec/rollout.md §2.2): equal to the reference's for every
// field that Kubernetes knows, and frozen by test/fixtures/hash.

import type { PodTemplateSpec } from '../api/kubernetes-types.ts';
import { encodeSafely, fnv1a32 } from './fnv.ts';
import { goJson } from './go-json.ts';

/** The JSON of a template is kept for as long as the object lives: a resting rollout is hashed once. */
const jsonOfTemplate = new WeakMap<PodTemplateSpec, string>();

/** Unparsable quantities are no obstacle: they are left out, as if they were not there. */
export function podTemplateHash(template: PodTemplateSpec, collisionCount?: number): string {
  let json = jsonOfTemplate.get(template);
  if (json === undefined) {
    json = goJson('PodTemplateSpec', template);
    jsonOfTemplate.set(template, json);
  }
  return encodeSafely(fnv1a32(json, collisionCount));
}
