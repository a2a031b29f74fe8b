// One request that names a resource, understood: kind, name, options and who asks. Everything below the dispatcher works
// on a Call.

import { formatRfc3339 } from '../../controller/lang/rfc3339.ts';
import type { Clock, Random } from '../../controller/lang/time.ts';
import { deepFreeze, isObject, text } from './json.ts';
import type { ApiObject, FieldValidation, KindContext, KindRegistry, ResourceKind } from './kinds/types.ts';
import { invalidNamed, notFound } from './refusals.ts';
import type { Query, ResourcePath } from './request-path.ts';
import type { Access } from './rights/access.ts';
import type { TokenAuthority } from './rights/tokens.ts';
import { type Storage, storageKey } from './storage.ts';
import type { Ticker } from './ticker.ts';
import type { ApiRequest, ApiUser } from './types.ts';

/** What all verbs work with. */
export interface Machinery {
  readonly storage: Storage;
  readonly registry: KindRegistry;
  readonly clock: Clock;
  readonly random: Random;
  /** When watches that want bookmarks get one. */
  readonly bookmarks: Ticker;
  readonly access: Access;
  readonly tokens: TokenAuthority;
  readonly guardOwnerReferences: boolean;
  readonly creationNotices: Readonly<Record<string, string>>;
  certificateAuthority(): string | undefined;
}

export interface Call {
  readonly machinery: Machinery;
  readonly request: ApiRequest;
  readonly kind: ResourceKind;
  readonly path: ResourcePath;
  readonly namespace: string | undefined;
  readonly query: Query;
  readonly user: ApiUser;
  readonly contentType: string;
  readonly accept: string;
  /** Who writes, for managedFields. */
  readonly manager: string;
  readonly dryRun: boolean;
  readonly fieldValidation: FieldValidation;
  /** Texts of `Warning: 299` headers. */
  readonly warnings: string[];
  readonly context: KindContext;
}

export function resourceOf(kind: ResourceKind): string {
  const { group, plural } = kind.storedAs ?? kind;
  return `${group}/${plural}`;
}

export function apiVersionOf(kind: { readonly group: string; readonly version: string }): string {
  return kind.group === '' ? kind.version : `${kind.group}/${kind.version}`;
}

export function nameOf(object: ApiObject): string {
  return text(object.metadata.name);
}

export function namespaceOf(object: ApiObject): string | undefined {
  const namespace = object.metadata.namespace;
  return typeof namespace === 'string' && namespace !== '' ? namespace : undefined;
}

export function keyOf(object: ApiObject): string {
  return storageKey(namespaceOf(object), nameOf(object));
}

export function contextOf(machinery: Machinery, user: ApiUser): KindContext {
  return {
    now: machinery.clock.now(),
    random: machinery.random,
    user,
    access: machinery.access,
    tokens: machinery.tokens,
    certificateAuthority: machinery.certificateAuthority(),
    list: (group, plural) => machinery.storage.list(`${group}/${plural}`),
    read: (group, plural, namespace, name) => machinery.storage.get(`${group}/${plural}`, storageKey(namespace, name)),
  };
}

/** The stored object in the version that was asked for. Frozen, shared. */
export function readServed(call: Call, name: string): ApiObject | undefined {
  const stored = call.machinery.storage.get(resourceOf(call.kind), storageKey(call.namespace, name));
  return stored === undefined ? undefined : served(call.kind, stored);
}

export function readOrRefuse(call: Call, name: string): ApiObject {
  const object = readServed(call, name);
  if (object === undefined) throw notFound(call.kind, name);
  return object;
}

const servedForms = new WeakMap<ResourceKind, WeakMap<ApiObject, ApiObject>>();

/** A stored object as this kind shows it. */
export function served(kind: ResourceKind, stored: ApiObject): ApiObject {
  const apiVersion = apiVersionOf(kind);
  if (kind.fromStored === undefined && stored.apiVersion === apiVersion && stored.kind === kind.kind) return stored;
  let forms = servedForms.get(kind);
  if (forms === undefined) {
    forms = new WeakMap();
    servedForms.set(kind, forms);
  }
  let form = forms.get(stored);
  if (form === undefined) {
    form = deepFreeze({ ...(kind.fromStored?.(stored) ?? stored), kind: kind.kind, apiVersion });
    forms.set(stored, form);
  }
  return form;
}

let lastSecond = Number.NaN;
let lastTimestamp = '';

/** RFC 3339 in whole seconds, as metadata carries times. The last answer is remembered: most are asked many times. */
export function timestamp(now: number): string {
  const second = Math.floor(now / 1000);
  if (second !== lastSecond) {
    lastSecond = second;
    lastTimestamp = formatRfc3339(now);
  }
  return lastTimestamp;
}

export function readDryRun(query: Query, optionsKind: string): boolean {
  const value = query.get('dryRun');
  if (value === '') return false;
  if (value === 'All') return true;
  throw invalidNamed(`${optionsKind}.meta.k8s.io`, 'meta.k8s.io', optionsKind, '', [
    {
      reason: 'FieldValueNotSupported',
      message: `Unsupported value: ${JSON.stringify(value)}: supported values: "All"`,
      field: 'dryRun',
    },
  ]);
}

export function readFieldValidation(query: Query, optionsKind: string): FieldValidation {
  const value = query.get('fieldValidation');
  if (value === '') return 'Warn';
  if (value === 'Strict' || value === 'Warn' || value === 'Ignore') return value;
  throw invalidNamed(`${optionsKind}.meta.k8s.io`, 'meta.k8s.io', optionsKind, '', [
    {
      reason: 'FieldValueNotSupported',
      message: `Unsupported value: ${JSON.stringify(value)}: supported values: "Ignore", "Strict", "Warn"`,
      field: 'fieldValidation',
    },
  ]);
}

/** Labels of an object, whatever stands there. */
export function labelsOf(object: ApiObject): Readonly<Record<string, unknown>> | undefined {
  const labels = object.metadata.labels;
  return isObject(labels) ? labels : undefined;
}
