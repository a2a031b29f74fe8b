// Kubernetes' rules for the ids in a security context, of a container or of a pod. `privileged` is allowed here: the
// reference takes it out before it checks (rollout.md §1.3 row 7).

import { type FieldErrors, invalid } from './field-error.ts';
import { type Fields, numberAt } from './fields.ts';

/** Users and groups of a security context: ids are not negative int32. */
export function* validateUsers(context: Fields, path: string): FieldErrors {
  for (const field of ['runAsUser', 'runAsGroup', 'fsGroup']) {
    const id = numberAt(context, field);
    if (id !== undefined && (id < 0 || id > 2147483647)) {
      yield invalid(`${path}.${field}`, id, 'must be between 0 and 2147483647, inclusive');
    }
  }
}
