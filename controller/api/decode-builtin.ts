// Which built-in object does a JSON value mean, as far as it is read here? The API server has checked these kinds, so the
// answer is nearly always the very same object; whatever does not fit is left out.

import { decodeObjectOf } from './decode-fields.ts';
import type { Ingress, ReplicaSet, Service } from './kubernetes-types.ts';

export function decodeReplicaSet(json: unknown): ReplicaSet {
  return decodeObjectOf('ReplicaSet', json);
}

export function decodeService(json: unknown): Service {
  return decodeObjectOf('Service', json);
}

export function decodeIngress(json: unknown): Ingress {
  return decodeObjectOf('Ingress', json);
}
