// What the generic machinery of the API server (verbs, watch, patches, server-side apply) asks of a kind, and the shape
// of the schema both sides walk. Built-in kinds are listed by kinds/registry.ts; custom ones come from CRDs.

import type { Random } from '../../../controller/lang/time.ts';
import type { FieldError } from '../field-errors.ts';
import type { JsonObject, ReadonlyObject } from '../json.ts';

/**
 * A schema node: an OpenAPI v3 / structural JSON schema with its own keywords, and every `$ref` and single `allOf`
 * already resolved to the node itself (shared nodes; the graph may be cyclic). `properties.metadata` of a kind is the
 * full ObjectMeta, also for custom resources.
 */
export interface SchemaNode {
  readonly type?: string;
  readonly format?: string;
  readonly description?: string;
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly additionalProperties?: SchemaNode | boolean;
  readonly items?: SchemaNode;
  readonly required?: readonly string[];
  readonly nullable?: boolean;
  readonly default?: unknown;
  readonly enum?: readonly unknown[];
  readonly pattern?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: boolean;
  readonly exclusiveMaximum?: boolean;
  readonly multipleOf?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly uniqueItems?: boolean;
  readonly minProperties?: number;
  readonly maxProperties?: number;
  readonly oneOf?: readonly SchemaNode[];
  readonly anyOf?: readonly SchemaNode[];
  readonly allOf?: readonly SchemaNode[];
  readonly not?: SchemaNode;
  readonly 'x-kubernetes-list-type'?: 'atomic' | 'set' | 'map';
  readonly 'x-kubernetes-list-map-keys'?: readonly string[];
  readonly 'x-kubernetes-map-type'?: 'atomic' | 'granular';
  readonly 'x-kubernetes-patch-merge-key'?: string;
  /** Comma separated, e.g. `merge,retainKeys`. */
  readonly 'x-kubernetes-patch-strategy'?: string;
  readonly 'x-kubernetes-preserve-unknown-fields'?: boolean;
  readonly 'x-kubernetes-int-or-string'?: boolean;
  readonly 'x-kubernetes-embedded-resource'?: boolean;
  readonly 'x-kubernetes-validations'?: readonly ReadonlyObject[];
  readonly 'x-kubernetes-unions'?: readonly ReadonlyObject[];
  readonly 'x-kubernetes-group-version-kind'?: readonly ReadonlyObject[];
}

/** Reads of other objects, for validation and allocation. Objects are frozen. */
export interface ObjectReader {
  get(group: string, plural: string, namespace: string | undefined, name: string): ReadonlyObject | undefined;
  list(group: string, plural: string, namespace?: string): readonly ReadonlyObject[];
}

/** What a strategy may know of the request it serves. */
export interface StrategyContext {
  readonly now: number;
  readonly random: Random;
  readonly objects: ObjectReader;
  readonly user: string;
  /** Texts for `Warning: 299 - "..."` headers are pushed here. */
  readonly warnings: string[];
  readonly dryRun: boolean;
}

/**
 * The knowledge of one kind. `draft` is a private copy that is changed in place, `old` is frozen. The machinery itself
 * does uid, names, namespace, timestamps, resourceVersion, managedFields, finalizers, ObjectMeta validation and the
 * generation (see `generationCounts`).
 */
export interface KindStrategy {
  /** The versioned defaults, on every decoded object (create, update, the result of a patch). */
  applyDefaults(draft: JsonObject, ctx: StrategyContext): void;
  /** E.g. drop status, allocate a cluster IP. */
  prepareForCreate?(draft: JsonObject, ctx: StrategyContext): void;
  validateCreate?(draft: ReadonlyObject, ctx: StrategyContext): FieldError[];
  /** E.g. put the old status back (the main endpoint ignores status). */
  prepareForUpdate?(draft: JsonObject, old: ReadonlyObject, ctx: StrategyContext): void;
  validateUpdate?(draft: ReadonlyObject, old: ReadonlyObject, ctx: StrategyContext): FieldError[];
  /** Default: everything but status (and what metadata the status endpoint may write) is put back from `old`. */
  prepareForStatusUpdate?(draft: JsonObject, old: ReadonlyObject, ctx: StrategyContext): void;
  validateStatusUpdate?(draft: ReadonlyObject, old: ReadonlyObject, ctx: StrategyContext): FieldError[];
  /**
   * Whether this change of the main endpoint raises metadata.generation. Default: any difference outside metadata and
   * status. `false` for kinds that keep none (ConfigMap, Secret, Service, Event, ...): then none is set at creation either.
   */
  readonly generationCounts?: false | ((draft: ReadonlyObject, old: ReadonlyObject) => boolean);
  /** Grace period of a deletion in seconds, where the kind is deleted gracefully (pods); 0 deletes at once. */
  gracePeriodSeconds?(old: ReadonlyObject, asked: number | undefined): number;
  /** Called after a write is in storage (e.g. to serve what a CRD defines). Not called for dry runs. */
  afterWrite?(event: 'created' | 'updated' | 'deleted', object: ReadonlyObject): void;
}

/** What a decoder found. Fields are paths as the server prints them, e.g. `spec.steps[0].extra`. */
export interface Decoded {
  /** The object with unknown fields dropped (built-in kinds) or pruned (custom resources). */
  readonly object: JsonObject;
  readonly unknownFields: readonly string[];
  /** Go's text for a value of the wrong type in a built-in kind (`json: cannot unmarshal number into ...`). */
  readonly typeError?: string;
}

export interface ScalePaths {
  /** Like `.spec.replicas`. */
  readonly specReplicasPath: string;
  readonly statusReplicasPath: string;
  /** Holds a serialized selector (string) for custom resources, or a LabelSelector/map for built-in kinds. */
  readonly labelSelectorPath?: string;
}

export interface ColumnDefinition {
  readonly name: string;
  readonly type: string;
  readonly format: string;
  readonly description: string;
  readonly priority: number;
}

/** One served version of one resource. */
export interface ResourceKind {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly listKind: string;
  readonly plural: string;
  readonly singular: string;
  readonly namespaced: boolean;
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  /** As discovery lists them: create, delete, deletecollection, get, list, patch, update, watch. */
  readonly verbs: readonly string[];
  /** E.g. status, scale, eviction, log. */
  readonly subresources: readonly string[];
  /** False: comes from a CRD (no strategic merge, updates need a resourceVersion, unknown fields by pruning). */
  readonly builtIn: boolean;
  readonly schema: SchemaNode;
  readonly strategy: KindStrategy;
  readonly scale?: ScalePaths;
  /** Where objects are kept. Kinds with the same key share their objects (versions of a CRD, both Event kinds). */
  readonly storageKey?: { readonly group: string; readonly plural: string };
  /** From and to the stored form, when it differs by more than `apiVersion`. */
  readonly fromStorage?: (stored: ReadonlyObject) => ReadonlyObject;
  readonly toStorage?: (object: JsonObject) => JsonObject;
  /** PUT without resourceVersion is accepted. Default: builtIn. */
  readonly allowsUnconditionalUpdate?: boolean;
  /** PUT of an absent name creates. Default false. */
  readonly allowsCreateOnUpdate?: boolean;
  /** Go text of the type, for decoding errors of built-in kinds: `ConfigMap`. Default: kind. */
  decode(value: JsonObject): Decoded;
  /** ObjectMeta.name rule: returns the texts of what is wrong (empty: fine). Default: RFC 1123 subdomain. */
  readonly validateName?: (name: string, prefix: boolean) => readonly string[];
  /** Values by supported field label, metadata.name and metadata.namespace excepted (always supported). */
  readonly selectableFields?: (object: ReadonlyObject) => Readonly<Record<string, string>>;
  /** Labels that `selectableFields` answers; anything else is "field label not supported". */
  readonly fieldLabels?: readonly string[];
  readonly columns: readonly ColumnDefinition[];
  /** Cells of one table row, in the order of `columns`. */
  cells(object: ReadonlyObject, now: number): readonly unknown[];
}

/** All kinds served now. Custom kinds come and go with their CRDs. */
export interface KindRegistry {
  all(): readonly ResourceKind[];
  find(group: string, version: string, plural: string): ResourceKind | undefined;
  findKind(group: string, version: string, kind: string): ResourceKind | undefined;
}

/** kinds/registry.ts exports `createKindRegistry(hooks): KindRegistry`. */
export interface RegistryHooks {
  /** Storage drops every object of a resource whose CRD went. */
  dropObjects(group: string, plural: string): void;
  /** Writes an object's status on the server's own behalf (CRD conditions), without managedFields unless they are given. */
  writeStatus(kind: ResourceKind, object: JsonObject): void;
  readonly clock: { now(): number };
}
