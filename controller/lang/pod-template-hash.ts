// The hash of a pod template that names its ReplicaSet (spec/rollout.md §2.2): equal to the reference's for every
// field that Kubernetes knows, and frozen by test/fixtures/hash.

import type { PodTemplateSpec } from '../api/kubernetes-types.ts';
import { encodeSafely, fnv1a32 } from './fnv.ts';
import { goJson } from './go-json.ts';

/** By collision count, for as long as the template lives: a resting rollout is hashed once. */
const hashesOfTemplate = new WeakMap<PodTemplateSpec, Map<number | undefined, string>>();

/** Unparsable quantities are no obstacle: they are left out, as if they were not there. */
export function podTemplateHash(template: PodTemplateSpec, collisionCount?: number): string {
  let hashes = hashesOfTemplate.get(template);
  if (hashes === undefined) {
    hashes = new Map();
    hashesOfTemplate.set(template, hashes);
  }
  let hash = hashes.get(collisionCount);
  if (hash === undefined) {
    hash = encodeSafely(fnv1a32(goJson('PodTemplateSpec', template), collisionCount));
    hashes.set(collisionCount, hash);
  }
  return hash;
}
