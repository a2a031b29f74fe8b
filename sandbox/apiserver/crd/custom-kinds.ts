// The kinds that a CustomResourceDefinition serves: one a version.

import { invalid } from '../field-errors.ts';
import { equalJson, isObject, text } from '../json.ts';
import { baseStrategy, keep } from '../kinds/base-strategy.ts';
import type {
  ApiObject,
  Cause,
  JsonObject,
  JsonValue,
  KindStrategy,
  ResourceKind,
  ScaleStrategy,
  Schema,
} from '../kinds/types.ts';
import { builtinSchema } from '../schemas/builtin.ts';
import { compileSchema } from '../schemas/compile.ts';
import { decodeCustom } from '../schemas/decode-custom.ts';
import { validateStructural } from '../schemas/validate-structural.ts';
import { customTable } from '../tables/custom-table.ts';
import { scaleStrategy } from './scale-paths.ts';

/** The order in which a real server lists them. */
const customVerbs = ['delete', 'deletecollection', 'get', 'list', 'patch', 'create', 'update', 'watch'];

export function customKinds(definition: ApiObject): ResourceKind[] {
  const spec = isObject(definition.spec) ? definition.spec : {};
  const versions = Array.isArray(spec.versions) ? spec.versions.filter(isObject) : [];
  return versions
    .filter((version) => version.served === true)
    .sort(byPriority)
    .map((version) => customKind(spec, version));
}

function customKind(spec: JsonObject, version: JsonObject): ResourceKind {
  const names = isObject(spec.names) ? spec.names : {};
  const group = text(spec.group);
  const kind = text(names.kind);
  const schema = lazy(() => customSchema(version));
  const subresources = isObject(version.subresources) ? version.subresources : {};
  const namespaced = spec.scope === 'Namespaced';
  const hasStatus = isObject(subresources.status);
  const scale = isObject(subresources.scale) ? scaleStrategy(subresources.scale) : undefined;
  const served: ResourceKind = {
    group,
    version: text(version.name),
    kind,
    listKind: text(names.listKind) === '' ? `${kind}List` : text(names.listKind),
    plural: text(names.plural),
    singular: text(names.singular) === '' ? kind.toLowerCase() : text(names.singular),
    shortNames: strings(names.shortNames),
    categories: strings(names.categories),
    namespaced,
    verbs: customVerbs,
    hasStatus,
    otherSubresources: [],
    custom: true,
    schema,
    strategy: customStrategy({ group, version: text(version.name), kind, namespaced, hasStatus, scale, schema }),
    selectableFields: selectableFields(version),
    table: customTable(version),
    ...(scale === undefined ? {} : { scale }),
  };
  rawSchemas.set(served, rawSchema(version));
  return served;
}

const rawSchemas = new WeakMap<ResourceKind, JsonObject>();

/** The schema of a custom kind as its CRD has it, for /openapi/v3. */
export function rawCustomSchema(kind: ResourceKind): JsonObject | undefined {
  return rawSchemas.get(kind);
}

function rawSchema(version: JsonObject): JsonObject {
  return isObject(version.schema) && isObject(version.schema.openAPIV3Schema) ? version.schema.openAPIV3Schema : {};
}

interface CustomOptions {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly namespaced: boolean;
  readonly hasStatus: boolean;
  readonly scale: ScaleStrategy | undefined;
  readonly schema: () => Schema;
}

function customStrategy(options: CustomOptions): KindStrategy {
  const base = baseStrategy({ gvk: options, ...options });
  const validate = (object: ApiObject, old: ApiObject | undefined): Cause[] => [
    ...validateStructural(options.schema(), object, old),
    ...validateReplicas(options.scale, object),
  ];
  return {
    ...base,
    hasGeneration: true,
    allowUnconditionalUpdate: false,
    decode: (object) => decodeCustom(options.schema(), object),
    prepareForCreate(object) {
      if (options.hasStatus) delete object.status;
    },
    prepareForStatusUpdate(object, old) {
      const managedFields = object.metadata.managedFields;
      const { status } = object;
      keep(object, old, [...Object.keys(object), ...Object.keys(old)]);
      if (status === undefined) delete object.status;
      else object.status = status;
      object.metadata = { ...old.metadata };
      if (managedFields !== undefined) object.metadata.managedFields = managedFields;
    },
    validateCreate: (object, context) => [...base.validateCreate(object, context), ...validate(object, undefined)],
    validateUpdate: (object, old, context) => [...base.validateUpdate(object, old, context), ...validate(object, old)],
    validateStatusUpdate: (object, old, context) => [
      ...base.validateStatusUpdate(object, old, context),
      ...validate(object, old),
    ],
    generationChanges: (object, old) => {
      const keys = new Set([...Object.keys(object), ...Object.keys(old)]);
      const skipped = options.hasStatus ? ['metadata', 'status'] : ['metadata'];
      return [...keys].some((key) => !skipped.includes(key) && !equalJson(object[key], old[key]));
    },
  };
}

function validateReplicas(scale: ScaleStrategy | undefined, object: ApiObject): Cause[] {
  const replicas = scale?.specReplicas(object);
  if (scale === undefined || replicas === undefined || replicas >= 0) return [];
  return [invalid(`.${scale.specReplicasPath.join('.')}`, replicas, 'should be a non-negative integer')];
}

/** The version's own schema, with the types that every object has. */
function customSchema(version: JsonObject): Schema {
  const own = compileSchema(rawSchema(version), () => ({}));
  return {
    ...own,
    properties: {
      ...own.properties,
      apiVersion: { type: 'string' },
      kind: { type: 'string' },
      metadata: builtinSchema('io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta'),
    },
  };
}

function selectableFields(version: JsonObject): ResourceKind['selectableFields'] {
  const fields = Array.isArray(version.selectableFields) ? version.selectableFields.filter(isObject) : [];
  return Object.fromEntries(
    fields.map((field) => {
      const path = text(field.jsonPath).replace(/^\./, '');
      return [path, (object: ApiObject) => textAt(object, path.split('.'))];
    }),
  );
}

function textAt(object: JsonValue | undefined, path: readonly string[]): string {
  let value: JsonValue | undefined = object;
  for (const key of path) value = isObject(value) ? value[key] : undefined;
  return typeof value === 'object' || value === undefined ? '' : String(value);
}

function strings(value: JsonValue | undefined): string[] {
  return Array.isArray(value) ? value.filter((one) => typeof one === 'string') : [];
}

function lazy<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}

/** Kubernetes' order of versions: v10, v2, v1, v11beta2, v3beta1, v12alpha1, then by name. */
function byPriority(a: JsonObject, b: JsonObject): number {
  const [left, right] = [rank(text(a.name)), rank(text(b.name))];
  for (let index = 0; index < left.length; index += 1) {
    const difference = (right[index] ?? 0) - (left[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return text(a.name) < text(b.name) ? -1 : 1;
}

function rank(name: string): readonly number[] {
  const parts = /^v(\d+)(?:(alpha|beta)(\d+))?$/.exec(name);
  if (parts === null) return [0, 0, 0];
  const stage = parts[2] === undefined ? 3 : parts[2] === 'beta' ? 2 : 1;
  return [stage, Number(parts[1]), Number(parts[3] ?? 0)];
}
