// What all built-in kinds have in common: typed decoding, status that only the status subresource writes, generation
// that counts changes of everything else, metadata rules. A kind overrides what is particular to it.

import { equalJson } from '../json.ts';
import { decodeTyped } from '../schemas/decode-typed.ts';
import { validateMetadata, validateMetadataUpdate } from './metadata-rules.ts';
import type { ApiObject, Decoded, GroupVersionKind, JsonObject, KindStrategy, Schema } from './types.ts';

export interface BaseOptions {
  readonly gvk: GroupVersionKind;
  readonly namespaced: boolean;
  readonly hasStatus: boolean;
  readonly schema: () => Schema;
}

export function baseStrategy(options: BaseOptions): KindStrategy {
  const isConfiguration = (key: string): boolean => key !== 'metadata' && !(options.hasStatus && key === 'status');
  return {
    hasGeneration: options.hasStatus,
    allowUnconditionalUpdate: true,
    allowCreateOnUpdate: false,
    defaultPropagationPolicy: 'Background',
    decode: (object) => decodeBuiltin(options.schema(), object),
    applyDefaults() {},
    prepareForCreate(object) {
      if (options.hasStatus) object.status = emptyStatus(options.schema());
    },
    prepareForUpdate(object, old) {
      if (options.hasStatus) keep(object, old, ['status']);
    },
    prepareForStatusUpdate(object, old) {
      keep(object, old, [...Object.keys(object), ...Object.keys(old)].filter(isConfiguration));
      keep(object.metadata, old.metadata, ['labels', 'ownerReferences', 'finalizers', 'deletionTimestamp']);
    },
    validateCreate: (object) => validateMetadata(object, options.namespaced),
    validateUpdate: (object, old) => validateMetadataUpdate(object, old, options.namespaced),
    validateStatusUpdate: (object, old) => validateMetadataUpdate(object, old, options.namespaced),
    generationChanges: (object, old) => {
      const keys = new Set([...Object.keys(object), ...Object.keys(old)]);
      return [...keys].some(
        (key) => isConfiguration(key) && key !== 'kind' && key !== 'apiVersion' && !equalJson(object[key], old[key]),
      );
    },
  };
}

/** Takes the given fields from `old`, which is frozen, also their absence. */
export function keep(object: JsonObject, old: JsonObject, keys: Iterable<string>): void {
  for (const key of keys) {
    const value = old[key];
    if (value === undefined) delete object[key];
    else object[key] = value;
  }
}

export function decodeBuiltin(schema: Schema, object: ApiObject): Decoded {
  const { value, unknown, problem } = decodeTyped(schema, object);
  return {
    object: value as ApiObject,
    strictProblems: unknown,
    ...(problem === undefined ? {} : { failure: { message: problem, reason: 'BadRequest' } as const }),
  };
}

/** The status that a typed server writes for an object that has none yet. */
function emptyStatus(schema: Schema): JsonObject {
  const status = schema.properties?.status;
  return status === undefined ? {} : decodeTyped(status, {}).value;
}
