// What the generic machinery (verbs, patches, storage) must know of a kind, and what a kind must be told. The machinery
// knows no kind by name; everything particular is behind these shapes (spec/sandbox.md §3).

import type { EpochMillis, Random } from '../../../controller/lang/time.ts';
import type { Access } from '../rights/access.ts';
import type { TokenAuthority } from '../rights/tokens.ts';
import type { ApiUser } from '../types.ts';

export type JsonValue = null | boolean | number | string | JsonValue[] | JsonObject;
export interface JsonObject {
  [key: string]: JsonValue;
}

/** Metadata as the server works on it. Everything else of metadata survives as plain JSON. */
export interface MutableMeta extends JsonObject {}

/** An object in the hands of the server: a fresh copy that strategies may change in place. */
export interface ApiObject extends JsonObject {
  metadata: MutableMeta;
}

/** One entry of `details.causes` of a 422; `message` is also what the status text lists after `field: `. */
export interface Cause {
  /** FieldValueRequired, FieldValueInvalid, FieldValueNotSupported, FieldValueForbidden, FieldValueDuplicate, FieldValueTypeInvalid, FieldValueTooLong, FieldValueTooMany */
  readonly reason: string;
  readonly message: string;
  readonly field: string;
}

export interface GroupVersionKind {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
}

/** What a strategy may look at besides the object: time, chance, who asks, and the rest of the cluster. */
export interface KindContext {
  readonly now: EpochMillis;
  readonly random: Random;
  readonly user: ApiUser;
  /** What users may do, and whom tokens stand for: for reviews and the kinds that grant rights. */
  readonly access: Access;
  readonly tokens: TokenAuthority;
  /** PEM; undefined without TLS. */
  readonly certificateAuthority: string | undefined;
  /** Stored objects of a resource, all namespaces; for allocation and admission. Not to be changed. */
  list(group: string, plural: string): Iterable<ApiObject>;
  read(group: string, plural: string, namespace: string, name: string): ApiObject | undefined;
}

export type FieldValidation = 'Strict' | 'Warn' | 'Ignore';

/** A body that cannot become an object of the kind: 400 BadRequest, or 422 with causes. */
export interface DecodeFailure {
  readonly message: string;
  readonly reason: 'BadRequest' | 'Invalid';
}

export interface Decoded {
  readonly object: ApiObject;
  /** Unknown and duplicate fields as `unknown field "spec.foo"`; the caller refuses (Strict), warns or ignores. */
  readonly strictProblems: readonly string[];
  readonly failure?: DecodeFailure;
}

export interface KindStrategy {
  /**
   * Turns plain JSON into what a typed server would hold: types checked, unknown fields dropped and reported, values
   * normalised (quantities, base64, times). Runs on every body and on every result of a patch. May change `object`.
   */
  decode(object: ApiObject): Decoded;
  /** Defaults which belong to decoding: tracked in managedFields as the writer's own. Runs after `decode`, in place. */
  applyDefaults(object: ApiObject): void;
  /** Admission and PrepareForCreate, in place, not tracked in managedFields: allocation, status reset, generation. */
  prepareForCreate(object: ApiObject, context: KindContext): void;
  /** In place: what a write of the main resource must not change is taken from `old` (status, allocated values). */
  prepareForUpdate(object: ApiObject, old: ApiObject, context: KindContext): void;
  /** In place: only status may differ from `old` (metadata but managedFields is taken from `old`). */
  prepareForStatusUpdate(object: ApiObject, old: ApiObject, context: KindContext): void;
  validateCreate(object: ApiObject, context: KindContext): readonly Cause[];
  validateUpdate(object: ApiObject, old: ApiObject, context: KindContext): readonly Cause[];
  validateStatusUpdate(object: ApiObject, old: ApiObject, context: KindContext): readonly Cause[];
  /** Whether the difference of two versions counts as a new generation (metadata.generation + 1). */
  generationChanges(object: ApiObject, old: ApiObject): boolean;
  /** Whether objects of this kind carry metadata.generation at all (1 from creation on). */
  readonly hasGeneration: boolean;
  /** Warning texts for a create or update (`Warning` headers), often none. */
  warnings?(object: ApiObject, old: ApiObject | undefined): readonly string[];
  /** Refuses an update without resourceVersion (custom resources do; most built-ins do not). */
  readonly allowUnconditionalUpdate: boolean;
  /** PUT and apply may create (leases, endpoints, ...). */
  readonly allowCreateOnUpdate: boolean;
  /** What creation and reading show of a virtual resource (reviews): if present nothing is stored. */
  review?(object: ApiObject, context: KindContext): ApiObject;
  /** Seconds of graceful deletion that the object starts with (pods); absent or 0: deleted at once. */
  gracefulDeletionSeconds?(object: ApiObject, requested: number | undefined): number;
  /**
   * What the first DELETE of a live object stores and answers instead of the generic way: CRDs and namespaces stay,
   * marked, until a controller has cleaned up.
   */
  markForDeletion?(old: ApiObject, context: KindContext): ApiObject;
  readonly defaultPropagationPolicy: 'Background' | 'Orphan';
}

/** The scale subresource, whatever paths it has. */
export interface ScaleStrategy {
  /** Absent: the replicas are not set (custom resource without spec.replicas: 500). */
  specReplicas(object: ApiObject): number | undefined;
  statusReplicas(object: ApiObject): number;
  /** Selector as a string, '' if there is none. */
  selector(object: ApiObject): string;
  setSpecReplicas(object: ApiObject, replicas: number): void;
  /** The field of the replicas, as managedFields spell it: ['spec', 'replicas']. */
  readonly specReplicasPath: readonly string[];
}

export interface ResourceKind extends GroupVersionKind {
  readonly listKind: string;
  readonly plural: string;
  readonly singular: string;
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  readonly namespaced: boolean;
  /** As discovery lists them: create delete deletecollection get list patch update watch. */
  readonly verbs: readonly string[];
  readonly hasStatus: boolean;
  readonly scale?: ScaleStrategy;
  /** 'pods/eviction', 'pods/log', ... by their last part; what they do is the machinery's business. */
  readonly otherSubresources: readonly string[];
  /** Custom resources: no strategic merge (415), unknown fields pruned by schema, other error texts. */
  readonly custom: boolean;
  /** The root schema, loaded at its first use. */
  schema(): Schema;
  readonly strategy: KindStrategy;
  /** Field labels besides metadata.name and metadata.namespace that fieldSelector may name. */
  readonly selectableFields: Readonly<Record<string, (object: ApiObject) => string>>;
  readonly table: TableStrategy;
  /** A warning that comes with every answer. */
  readonly deprecation?: string;
  /** Which group/version objects are stored under (events.k8s.io Event is stored as core Event). */
  readonly storedAs?: { readonly group: string; readonly plural: string };
  /** To and from the stored form where that differs from the served one. Absent: the same object. */
  toStored?(object: ApiObject): ApiObject;
  fromStored?(object: ApiObject): ApiObject;
}

export interface TableColumn {
  readonly name: string;
  readonly type: string;
  readonly format: string;
  readonly description: string;
  readonly priority: number;
}

export interface TableStrategy {
  readonly columns: readonly TableColumn[];
  /** The cells of one row, in the order of the columns. */
  cells(object: ApiObject, now: EpochMillis): JsonValue[];
  /** `conditions` of a row: finished pods and jobs are Completed. */
  conditions?(object: ApiObject): JsonObject[] | undefined;
}

/** A node of a schema; references are resolved, so that the graph may have cycles. */
export interface Schema {
  readonly type?: 'object' | 'array' | 'string' | 'integer' | 'number' | 'boolean';
  readonly format?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: Schema | boolean;
  readonly items?: Schema;
  readonly required?: readonly string[];
  readonly default?: JsonValue;
  readonly enum?: readonly JsonValue[];
  readonly nullable?: boolean;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: boolean;
  readonly exclusiveMaximum?: boolean;
  readonly multipleOf?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly pattern?: string;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly uniqueItems?: boolean;
  readonly minProperties?: number;
  readonly maxProperties?: number;
  readonly allOf?: readonly Schema[];
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly not?: Schema;
  /** x-kubernetes-list-type */
  readonly listType?: 'atomic' | 'set' | 'map';
  /** x-kubernetes-list-map-keys */
  readonly listMapKeys?: readonly string[];
  /** x-kubernetes-map-type; structs of built-in kinds may be atomic too */
  readonly mapType?: 'atomic' | 'granular';
  /** x-kubernetes-patch-strategy, e.g. merge, retainKeys, merge,retainKeys */
  readonly patchStrategy?: readonly string[];
  readonly patchMergeKey?: string;
  readonly intOrString?: boolean;
  readonly preserveUnknownFields?: boolean;
  readonly embeddedResource?: boolean;
  /** x-kubernetes-validations */
  readonly validations?: readonly {
    readonly rule: string;
    readonly message?: string;
    readonly reason?: string;
    readonly fieldPath?: string;
  }[];
  /** Name of the definition in components.schemas, for built-ins. */
  readonly definition?: string;
  /** Built-ins: scalar properties that are pointers in Go. A zero of any other scalar is the same as its absence. */
  readonly pointers?: readonly string[];
}

/** All kinds that the server serves at this moment. CRDs come and go. */
export interface KindRegistry {
  /** Served kinds, in the order of discovery. */
  all(): readonly ResourceKind[];
  byResource(group: string, version: string, plural: string): ResourceKind | undefined;
  byKind(group: string, version: string, kind: string): ResourceKind | undefined;
  hasGroup(group: string): boolean;
  /** All versions of a group, preferred first. */
  versions(group: string): readonly string[];
  /** To be told of every stored version of a CustomResourceDefinition (and of its end: undefined). */
  setCustomResourceDefinition(name: string, definition: ApiObject | undefined): void;
  /** Grows with every change of what is served (for ETags and hashes). */
  readonly generation: number;
}
