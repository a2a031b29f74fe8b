// In which form an answer goes out: the object itself, a Table for kubectl, or metadata only; and what the built-in
// kinds leave out in lists (spec/sandbox.md §2).

import type { Call } from './call.ts';
import { apiVersionOf } from './call.ts';
import type { ApiObject, JsonObject, ResourceKind } from './kinds/types.ts';
import { badRequest, notAcceptable } from './refusals.ts';

export type Form =
  | { readonly as: 'object' }
  | { readonly as: 'Table'; readonly version: string; readonly include: 'None' | 'Metadata' | 'Object' }
  | { readonly as: 'PartialObjectMetadata'; readonly version: string };

const accepted = ['application/json', 'application/yaml', 'application/vnd.kubernetes.protobuf'];

const served = ['application/json', 'application/yaml', '*/*', 'application/*'];

/** The first media range of Accept that can be served. */
export function readForm(call: Call): Form {
  if (call.accept === '') return { as: 'object' };
  for (const range of call.accept.split(',')) {
    const [type, ...pairs] = range.split(';').map((part) => part.trim());
    if (!served.includes(type ?? '')) continue;
    const parameters = new Map(pairs.map((pair) => pair.split('=') as [string, string]));
    const as = parameters.get('as');
    if (as === undefined) return { as: 'object' };
    const version = parameters.get('v') ?? '';
    if (parameters.get('g') !== 'meta.k8s.io' || (version !== 'v1' && version !== 'v1beta1')) continue;
    if (as === 'Table') return { as: 'Table', version, include: readInclude(call) };
    if (as === 'PartialObjectMetadata' || as === 'PartialObjectMetadataList') {
      return { as: 'PartialObjectMetadata', version };
    }
  }
  throw notAcceptable(accepted);
}

/** Whether what is answered goes out as YAML. */
export function wantsYaml(accept: string): boolean {
  const types = accept.split(',').map((range) => range.split(';')[0]?.trim() ?? '');
  return types.find((type) => served.includes(type)) === 'application/yaml';
}

function readInclude(call: Call): 'None' | 'Metadata' | 'Object' {
  const include = call.query.get('includeObject');
  if (include === '') return 'Metadata';
  if (include === 'None' || include === 'Metadata' || include === 'Object') return include;
  throw badRequest(`unrecognized includeObject value: ${JSON.stringify(include)}`);
}

export interface ListMeta {
  readonly resourceVersion?: string;
  readonly continue?: string;
  readonly remainingItemCount?: number;
}

export function presentOne(kind: ResourceKind, form: Form, object: ApiObject, now: number): unknown {
  switch (form.as) {
    case 'object':
      return object;
    case 'PartialObjectMetadata':
      return partial(object, form.version);
    case 'Table':
      return table(kind, form, [object], { resourceVersion: String(object.metadata.resourceVersion ?? '') }, now, true);
  }
}

/** Watch frames: only the first one names the columns. */
export function presentFrame(kind: ResourceKind, form: Form, object: ApiObject, now: number, first: boolean): unknown {
  if (form.as !== 'Table') return presentOne(kind, form, object, now);
  return table(kind, form, [object], { resourceVersion: String(object.metadata.resourceVersion ?? '') }, now, first);
}

export function presentList(
  kind: ResourceKind,
  form: Form,
  objects: readonly ApiObject[],
  metadata: ListMeta,
  now: number,
): unknown {
  switch (form.as) {
    case 'object':
      return {
        kind: kind.listKind,
        apiVersion: apiVersionOf(kind),
        metadata,
        items: kind.custom ? objects : objects.map(withoutType),
      };
    case 'PartialObjectMetadata':
      return {
        kind: 'PartialObjectMetadataList',
        apiVersion: `meta.k8s.io/${form.version}`,
        metadata,
        items: objects.map((object) => partial(object, form.version)),
      };
    case 'Table':
      return table(kind, form, objects, metadata, now, true);
  }
}

const itemForms = new WeakMap<ApiObject, ApiObject>();

/** Items of a list of a built-in kind carry neither kind nor apiVersion. */
function withoutType(object: ApiObject): ApiObject {
  let item = itemForms.get(object);
  if (item === undefined) {
    const { kind: _kind, apiVersion: _apiVersion, ...rest } = object;
    item = Object.freeze(rest) as ApiObject;
    itemForms.set(object, item);
  }
  return item;
}

function partial(object: ApiObject, version: string): JsonObject {
  return { kind: 'PartialObjectMetadata', apiVersion: `meta.k8s.io/${version}`, metadata: object.metadata };
}

function table(
  kind: ResourceKind,
  form: Form & { as: 'Table' },
  objects: readonly ApiObject[],
  metadata: ListMeta,
  now: number,
  withColumns: boolean,
): unknown {
  const rows = objects.map((object) => {
    const conditions = kind.table.conditions?.(object);
    return {
      cells: kind.table.cells(object, now),
      ...(conditions === undefined ? {} : { conditions }),
      ...(form.include === 'None'
        ? { object: null }
        : { object: form.include === 'Object' ? object : partial(object, form.version) }),
    };
  });
  return {
    kind: 'Table',
    apiVersion: `meta.k8s.io/${form.version}`,
    metadata,
    columnDefinitions: withColumns ? kind.table.columns : null,
    rows,
  };
}
