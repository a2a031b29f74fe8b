// What of a JSON value fits a type of the contract (rollout.md §1.1)? Field by field: what does not fit is left out, the
// rest and every unknown field stay. The very same value comes back when all of it fits, which is the normal case.

import { podStructs } from '../lang/go-structs-pod.ts';
import { parseRfc3339 } from '../lang/rfc3339.ts';
import { maxInt32 } from './constants.ts';
import { rolloutFields } from './field-types.generated.ts';

/** Where a value stands decides what becomes of items that do not fit, of missing fields and of empty ones. */
export type Place =
  /** Items keep their place with the zero value; empty optional texts, lists and maps are absent (traffic.md §1.2). */
  | 'spec'
  /** Items that do not fit are left out. */
  | 'status'
  /** Of pods: items keep their place; nothing is added and what is empty stays, as the hash tells them apart. */
  | 'template';

interface Type {
  /** Undefined: does not fit. */
  readonly fit: (value: unknown, place: Place) => unknown;
  readonly zero: (place: Place) => unknown;
  /** Texts, lists and maps: empty means absent. Not so pointers, objects and numbers. */
  readonly hasEmpty: boolean;
}

interface Field {
  readonly name: string;
  readonly type: Type;
  readonly presence: 'optional' | 'required' | 'always';
}

type Fields = Readonly<Record<string, unknown>>;

/** The built-in kinds, just as deep as they are read; the server has checked them already. */
const builtinFields = {
  ObjectMeta: `
    name?:string namespace?:string uid?:string resourceVersion?:string generation?:int64 creationTimestamp?:string
    deletionTimestamp?:string labels?:map[string]string annotations?:map[string]string
    ownerReferences?:[]OwnerReference finalizers?:[]string`,
  OwnerReference: 'apiVersion:string kind:string name:string uid:string controller?:bool',
  ReplicaSet: 'spec:ReplicaSetSpec status?:ReplicaSetStatus',
  ReplicaSetSpec: 'replicas?:int32 minReadySeconds?:int32 selector:LabelSelector template:PodTemplateSpec',
  ReplicaSetStatus: `
    replicas?:int32 fullyLabeledReplicas?:int32 readyReplicas?:int32 availableReplicas?:int32
    observedGeneration?:int64 conditions?:[]ReplicaSetCondition`,
  ReplicaSetCondition: 'type:string status:string reason?:string message?:string',
  Service: 'spec:ServiceSpec',
  ServiceSpec: 'selector?:map[string]string',
  Ingress: 'spec:IngressSpec',
  IngressSpec: 'ingressClassName?:string defaultBackend?:IngressBackend rules?:[]IngressRule',
  IngressRule: 'host?:string http?:IngressPaths',
  IngressPaths: 'paths:[]IngressPath',
  IngressPath: 'path?:string pathType?:string backend:IngressBackend',
  IngressBackend: 'service?:IngressService',
  IngressService: 'name:string port?:IngressPort',
  IngressPort: 'name?:string number?:int32',
} satisfies Readonly<Record<string, string>>;

/** `!`: read everywhere without asking, so it is always there. */
const podFields = {
  PodTemplateSpec: 'metadata?:ObjectMeta spec!:PodSpec',
  PodSpec: podStructs.PodSpec.replace(' containers:', ' containers!:'),
};

const structs: Readonly<Record<string, string>> = { ...podStructs, ...podFields, ...rolloutFields, ...builtinFields };

/** Rollout, ReplicaSet, Service, Ingress: whatever has metadata. */
export function decodeObjectOf<T>(struct: string, json: unknown): T {
  const object = typeNamed(struct).fit(isFields(json) ? json : {}, 'spec') as T & { readonly metadata?: unknown };
  const metadata = typeNamed('ObjectMeta').fit(object.metadata, 'status') ?? {};
  return metadata === object.metadata ? object : { ...object, metadata };
}

const types = new Map<string, Type>();

function typeNamed(text: string): Type {
  let type = types.get(text);
  if (!type) {
    type = makeType(text);
    types.set(text, type);
  }
  return type;
}

function makeType(text: string): Type {
  if (text.startsWith('*')) return { ...typeNamed(text.slice(1)), zero: () => undefined, hasEmpty: false };
  if (text.startsWith('[]')) return listOf(text.slice(2));
  if (text.startsWith('map[string]')) return mapOf(text.slice('map[string]'.length));
  return scalars[text] ?? structOf(text);
}

const int32: Type = scalar((value) => Number.isInteger(value) && Math.abs(value as number) <= maxInt32, 0);
const string: Type = { ...scalar((value) => typeof value === 'string', ''), hasEmpty: true };
const anything: Type = scalar(() => true, undefined);

const scalars: Readonly<Record<string, Type>> = {
  string,
  bool: scalar((value) => typeof value === 'boolean', false),
  int32,
  int64: scalar((value) => Number.isSafeInteger(value), 0),
  IntOrString: scalar((value) => typeof value === 'string' || int32.fit(value, 'spec') !== undefined, 0),
  // A required time that cannot be read was long ago, as with the reference: so a pause that was begun then stays one.
  Time: scalar((value) => typeof value === 'string' && parseRfc3339(value) !== undefined, '1970-01-01T00:00:00Z'),
  object: scalar(isFields, undefined),
  any: anything,
  // Read where they are used (readable-quantities.ts), or only handed on.
  Quantity: anything,
  bytes: anything,
  FieldsV1: anything,
};

function scalar(fits: (value: unknown) => boolean, zero: unknown): Type {
  return { fit: (value) => (fits(value) ? value : undefined), zero: () => zero, hasEmpty: false };
}

function listOf(itemType: string): Type {
  return {
    hasEmpty: true,
    zero: () => [],
    fit(value, place) {
      if (!Array.isArray(value)) return undefined;
      const type = typeNamed(itemType);
      let changed = false;
      const items: unknown[] = [];
      for (const item of value) {
        const fitted = type.fit(item, place) ?? (place === 'status' ? undefined : type.zero(place));
        if (fitted !== item) changed = true;
        if (fitted !== undefined) items.push(fitted);
      }
      return changed ? items : value;
    },
  };
}

function mapOf(valueType: string): Type {
  return {
    hasEmpty: true,
    zero: () => ({}),
    fit(value, place) {
      if (!isFields(value)) return undefined;
      const type = typeNamed(valueType);
      let changed = false;
      const entries: [string, unknown][] = [];
      for (const key of Object.keys(value)) {
        // Go makes the zero value of a null in a map; the hash of the steps does so, too.
        const fitted = value[key] === null ? (type.zero(place) ?? null) : type.fit(value[key], place);
        if (fitted !== value[key]) changed = true;
        if (fitted !== undefined) entries.push([key, fitted]);
      }
      return changed ? Object.fromEntries(entries) : value;
    },
  };
}

/** The large ones: who keeps the objects of earlier answers hands over the very same spec with each new status. */
const remembered: ReadonlySet<string> = new Set(['RolloutSpec', 'ReplicaSetSpec']);

function structOf(name: string): Type {
  const type = makeStruct(name);
  if (!remembered.has(name)) return type;
  const fitted = new WeakMap<Fields, unknown>();
  const fit = (value: unknown, place: Place): unknown => {
    if (!isFields(value)) return undefined;
    if (!fitted.has(value)) fitted.set(value, type.fit(value, place));
    return fitted.get(value);
  };
  return { ...type, fit };
}

function makeStruct(name: string): Type {
  let fields: readonly Field[] | undefined;
  const fit = (value: unknown, outer: Place): unknown => {
    if (!isFields(value)) return undefined;
    fields ??= fieldsOf(name);
    const place = placeWithin(name, outer);
    let changed: Record<string, unknown> | undefined;
    for (const field of fields) {
      const old = value[field.name];
      if (old === undefined && field.presence === 'optional') continue;
      const fitted = fitField(field, old, placeOfField(name, field.name, place));
      if (fitted === old) continue;
      changed ??= { ...value };
      if (fitted === undefined) delete changed[field.name];
      else changed[field.name] = fitted;
    }
    return changed ?? value;
  };
  return { fit, zero: (place) => fit({}, place), hasEmpty: false };
}

function fitField({ type, presence }: Field, old: unknown, place: Place): unknown {
  const fitted = old === undefined || old === null ? undefined : type.fit(old, place);
  if (fitted === undefined) {
    const isAdded = presence === 'always' || (presence === 'required' && place !== 'template');
    return isAdded ? type.zero(place) : undefined;
  }
  return place === 'spec' && presence === 'optional' && type.hasEmpty && isEmpty(fitted) ? undefined : fitted;
}

function placeWithin(struct: string, outer: Place): Place {
  return struct === 'PodTemplateSpec' ? 'template' : outer;
}

function placeOfField(struct: string, field: string, place: Place): Place {
  return field === 'status' && (struct === 'Rollout' || struct === 'ReplicaSet') ? 'status' : place;
}

function fieldsOf(struct: string): readonly Field[] {
  const text = structs[struct];
  if (text === undefined) throw new Error(`no such type: ${struct}`);
  return text
    .trim()
    .split(/\s+/)
    .map((field) => {
      const [, name = '', mark = '', type = ''] = /^([^?!:]+)([?!]*):(.+)$/.exec(field) ?? [];
      const presence = mark === '!' ? 'always' : mark === '' ? 'required' : 'optional';
      return { name, type: typeNamed(type), presence };
    });
}

function isEmpty(value: unknown): boolean {
  return (
    value === '' || (Array.isArray(value) ? value.length === 0 : isFields(value) && Object.keys(value).length === 0)
  );
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
