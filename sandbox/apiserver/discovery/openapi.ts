// The OpenAPI v3 documents: an index, and one document for each group and version with its paths and all schemas that
// they reach. What kubectl needs of it is in spec/sandbox.md §2: patch operations with `fieldValidation` and `dryRun`,
// and the schemas for `explain`.

import { createHash } from 'node:crypto';
import { rawCustomSchema } from '../crd/custom-kinds.ts';
import { isObject } from '../json.ts';
import type { JsonObject, JsonValue, KindRegistry, ResourceKind } from '../kinds/types.ts';
import { builtinDefinition } from '../schemas/builtin.ts';
import { withProse } from './prose.ts';

export interface OpenApi {
  /** `/openapi/v3` */
  index(): JsonObject;
  /** By its path in the index: `api/v1`, `apis/apps/v1`. */
  document(path: string): JsonObject | undefined;
}

interface Made {
  readonly kinds: readonly ResourceKind[];
  readonly document: JsonObject;
  readonly hash: string;
}

/** Documents are made when they are first asked for, and again when what is served has changed. */
export function createOpenApi(registry: KindRegistry): OpenApi {
  let generation = -1;
  const made = new Map<string, Made>();
  const kindsAt = (path: string): ResourceKind[] => registry.all().filter((kind) => documentPath(kind) === path);

  function find(path: string): Made | undefined {
    if (generation !== registry.generation) {
      generation = registry.generation;
      for (const [known, { kinds }] of made) if (!isSame(kinds, kindsAt(known))) made.delete(known);
    }
    const known = made.get(path);
    if (known !== undefined) return known;
    const kinds = kindsAt(path);
    if (kinds.length === 0) return undefined;
    const document = makeDocument(kinds);
    const hash = createHash('sha512').update(JSON.stringify(document)).digest('hex').toUpperCase();
    const fresh = { kinds, document, hash };
    made.set(path, fresh);
    return fresh;
  }

  return {
    index() {
      const paths: JsonObject = {};
      for (const path of [...new Set(registry.all().map(documentPath))].sort()) {
        const found = find(path);
        if (found !== undefined) paths[path] = { serverRelativeURL: `/openapi/v3/${path}?hash=${found.hash}` };
      }
      return { paths };
    },
    document: (path) => find(path)?.document,
  };
}

function isSame(some: readonly ResourceKind[], others: readonly ResourceKind[]): boolean {
  return some.length === others.length && some.every((kind, index) => kind === others[index]);
}

function documentPath(kind: ResourceKind): string {
  return kind.group === '' ? `api/${kind.version}` : `apis/${kind.group}/${kind.version}`;
}

function makeDocument(kinds: readonly ResourceKind[]): JsonObject {
  const schemas: JsonObject = {};
  const paths: JsonObject = {};
  for (const kind of kinds) {
    addSchemas(kind, schemas);
    addPaths(kind, paths);
  }
  return {
    openapi: '3.0.0',
    info: { title: 'Kubernetes', version: 'v1.36.2' },
    paths,
    components: { schemas },
  };
}

const objectMeta = 'io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta';
const listMeta = 'io.k8s.apimachinery.pkg.apis.meta.v1.ListMeta';

function addSchemas(kind: ResourceKind, schemas: JsonObject): void {
  if (!kind.custom) {
    const { definition } = kind.schema();
    if (definition === undefined) return;
    addDefinition(definition, schemas);
    addDefinition(`${definition}List`, schemas);
    return;
  }
  const raw = rawCustomSchema(kind) ?? {};
  const properties = isObject(raw.properties) ? raw.properties : {};
  const name = schemaName(kind);
  schemas[name] = {
    ...raw,
    properties: {
      ...properties,
      apiVersion: { type: 'string' },
      kind: { type: 'string' },
      metadata: { allOf: [{ $ref: reference(objectMeta) }] },
    },
    ...groupVersionKind(kind, kind.kind),
  };
  schemas[`${name}List`] = {
    type: 'object',
    required: ['items'],
    properties: {
      apiVersion: { type: 'string' },
      kind: { type: 'string' },
      metadata: { allOf: [{ $ref: reference(listMeta) }] },
      items: { type: 'array', items: { allOf: [{ $ref: reference(name) }] } },
    },
    ...groupVersionKind(kind, kind.listKind),
  };
  addDefinition(objectMeta, schemas);
  addDefinition(listMeta, schemas);
}

function groupVersionKind(kind: ResourceKind, name: string): JsonObject {
  return { 'x-kubernetes-group-version-kind': [{ group: kind.group, kind: name, version: kind.version }] };
}

/** `com.example.v1.Widget` */
function schemaName(kind: ResourceKind): string {
  return [...kind.group.split('.').reverse(), kind.version, kind.kind].join('.');
}

function reference(definition: string): string {
  return `#/components/schemas/${definition}`;
}

/** A built-in definition and all that it refers to. */
function addDefinition(definition: string, schemas: JsonObject): void {
  if (schemas[definition] !== undefined) return;
  const raw = builtinDefinition(definition);
  if (raw === undefined) return;
  const { 'x-pointers': _ours, ...published } = raw;
  schemas[definition] = withProse(definition, published);
  addReferences(published, schemas);
}

function addReferences(value: JsonValue, schemas: JsonObject): void {
  if (Array.isArray(value)) {
    for (const item of value) addReferences(item, schemas);
    return;
  }
  if (!isObject(value)) return;
  for (const [key, member] of Object.entries(value)) {
    if (key === '$ref' && typeof member === 'string') addDefinition(member.slice(reference('').length), schemas);
    else addReferences(member, schemas);
  }
}

const methods: Readonly<
  Record<string, { readonly method: string; readonly onName: boolean; readonly action: string }>
> = {
  list: { method: 'get', onName: false, action: 'list' },
  create: { method: 'post', onName: false, action: 'post' },
  deletecollection: { method: 'delete', onName: false, action: 'deletecollection' },
  get: { method: 'get', onName: true, action: 'get' },
  update: { method: 'put', onName: true, action: 'put' },
  delete: { method: 'delete', onName: true, action: 'delete' },
  patch: { method: 'patch', onName: true, action: 'patch' },
};

function addPaths(kind: ResourceKind, paths: JsonObject): void {
  const root = `/${documentPath(kind)}`;
  const base = kind.namespaced ? `${root}/namespaces/{namespace}/${kind.plural}` : `${root}/${kind.plural}`;
  for (const verb of kind.verbs) {
    const found = methods[verb];
    if (found !== undefined)
      addOperation(paths, found.onName ? `${base}/{name}` : base, found.method, found.action, kind);
  }
  if (kind.namespaced && kind.verbs.includes('list'))
    addOperation(paths, `${root}/${kind.plural}`, 'get', 'list', kind);
  const subs = [...(kind.hasStatus ? ['status'] : []), ...(kind.scale === undefined ? [] : ['scale'])];
  for (const sub of subs) {
    for (const method of ['get', 'put', 'patch']) addOperation(paths, `${base}/{name}/${sub}`, method, method, kind);
  }
}

function addOperation(paths: JsonObject, path: string, method: string, action: string, kind: ResourceKind): void {
  const item = isObject(paths[path]) ? paths[path] : {};
  paths[path] = item;
  item[method] = {
    parameters: parameters[method] ?? [],
    responses: { '200': { description: 'OK' } },
    'x-kubernetes-action': action,
    'x-kubernetes-group-version-kind': { group: kind.group, kind: kind.kind, version: kind.version },
  };
}

const parameters: Readonly<Record<string, JsonValue>> = {
  post: query('dryRun', 'fieldManager', 'fieldValidation'),
  put: query('dryRun', 'fieldManager', 'fieldValidation'),
  patch: [...query('dryRun', 'fieldManager', 'fieldValidation'), parameter('force', 'boolean')],
  delete: [...query('dryRun', 'propagationPolicy'), parameter('gracePeriodSeconds', 'integer')],
};

function query(...names: readonly string[]): JsonObject[] {
  return names.map((name) => parameter(name, 'string'));
}

function parameter(name: string, type: string): JsonObject {
  return { name, in: 'query', schema: { type, uniqueItems: true } };
}
