// The schemas of the built-in kinds. builtin.json holds the definitions as a real API server publishes them (made by
// scripts/builtin-schemas.ts), unrecorded.ts those of a few kinds more; each is compiled when it is first asked for.

import type { JsonObject, Schema } from '../kinds/types.ts';
import raw from './builtin.json' with { type: 'json' };
import { compileSchema } from './compile.ts';
import { unrecordedDefinitions } from './unrecorded.ts';

const recorded = raw as unknown as Readonly<Record<string, JsonObject>>;
const definitions: Readonly<Record<string, JsonObject>> = { ...recorded, ...unrecordedDefinitions };
const compiled = new Map<string, Schema>();

/** Definitions that the published schema leaves open, as Go reads them. */
const special: Readonly<Record<string, Schema>> = {
  'io.k8s.apimachinery.pkg.api.resource.Quantity': { type: 'string', format: 'quantity' },
  'io.k8s.apimachinery.pkg.util.intstr.IntOrString': { format: 'int-or-string', intOrString: true },
  'io.k8s.apimachinery.pkg.apis.meta.v1.FieldsV1': { type: 'object', preserveUnknownFields: true, mapType: 'atomic' },
  'io.k8s.apimachinery.pkg.runtime.RawExtension': { type: 'object', preserveUnknownFields: true },
};

/** The compiled schema of a definition such as `io.k8s.api.core.v1.Pod`. */
export function builtinSchema(definition: string): Schema {
  const known = compiled.get(definition);
  if (known !== undefined) return known;
  const source = definitions[definition];
  if (source === undefined) throw new Error(`no schema of the name ${definition}`);
  const node: Schema = { definition };
  compiled.set(definition, node);
  const particular = special[definition];
  if (particular !== undefined) Object.assign(node, particular);
  else if (Object.keys(source).length === 0) Object.assign(node, { preserveUnknownFields: true });
  else compileSchema(source, builtinSchema, node);
  return node;
}

/** The definition as published, for /openapi/v3. */
export function builtinDefinition(definition: string): JsonObject | undefined {
  return definitions[definition];
}

export function hasBuiltinDefinition(definition: string): boolean {
  return Object.hasOwn(definitions, definition);
}
