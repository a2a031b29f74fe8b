// What is free when two objects are compared (goldens/README, "To compare"): versions, generations, the order of
// conditions, timestamps within two seconds, and what the reference rewrites without being asked.

import { ownAnnotations } from './differences.ts';
import type { Fields } from './trace.ts';

const toleranceMs = 2_000;
/** Annotations. */
const free = ['kubectl.kubernetes.io/last-applied-configuration', ...Object.keys(ownAnnotations)];

/** Times as the traces write them: `<T+5s>`, seconds since the start. */
export function relativeTime(value: string, startMs: number): string | undefined {
  if (!/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}/.test(value)) return undefined;
  const seconds = Math.floor((Date.parse(value) - startMs) / 1000);
  return `<T${seconds < 0 ? '-' : '+'}${Math.abs(seconds)}s>`;
}

/** Replaces every time by a relative one, everywhere. */
export function withRelativeTimes(value: unknown, startMs: number): unknown {
  if (typeof value === 'string') return relativeTime(value, startMs) ?? value;
  if (Array.isArray(value)) return value.map((item) => withRelativeTimes(item, startMs));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, withRelativeTimes(inner, startMs)]));
}

const uid = /<uid-\d+>|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g;

/** Jobs of runs are named by the run's uid. */
export function withoutUids(text: string): string {
  return text.replace(uid, '<uid>');
}

/** Uids and the dates of builds inside texts. */
function withoutIdentity(value: unknown): unknown {
  if (typeof value === 'string') return withoutUids(value).replace(/"buildDate":"[^"]*"/, '"buildDate":""');
  if (Array.isArray(value)) return value.map(withoutIdentity);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, withoutIdentity(inner)]));
}

/** An object without what is free. */
export function normaliseObject(object: Fields): Fields {
  const { metadata, spec, status, apiVersion: _apiVersion, ...rest } = object as Record<string, unknown>;
  const isRollout = object.kind === 'Rollout';
  const countsWrites = isRollout || object.kind === 'AnalysisRun' || object.kind === 'Experiment';
  return prune({
    ...rest,
    metadata: withoutIdentity(normaliseMetadata(metadata as Fields, countsWrites)),
    spec: withoutIdentity(normaliseSpec(spec as Fields | undefined, isRollout)),
    // The recording's cluster ran no Deployment controller, and what became of its Jobs was not recorded.
    status:
      object.kind === 'Deployment' || object.kind === 'Job'
        ? {}
        : withoutIdentity(normaliseStatus(status as Fields | undefined)),
  }) as Fields;
}

function normaliseStatus(status: Fields | undefined): Fields {
  if (!status) return {};
  const { observedGeneration: _observed, terminatingReplicas: _terminating, ...rest } = status;
  // Metrics that are first measured together come in any order (analysis.md §1.5).
  const results = status.metricResults as readonly Fields[] | undefined;
  const conditions = status.conditions as readonly Fields[] | undefined;
  return {
    ...rest,
    ...(results ? { metricResults: Object.fromEntries(results.map((entry) => [String(entry.name), entry])) } : {}),
    ...(conditions ? { conditions: Object.fromEntries(conditions.map((entry) => [String(entry.type), entry])) } : {}),
  };
}

function normaliseMetadata(metadata: Fields, isRollout: boolean): Fields {
  const {
    uid: _uid,
    resourceVersion: _rv,
    managedFields: _fields,
    ownerReferences,
    annotations,
    generation,
    ...rest
  } = metadata as Record<string, unknown>;
  const kept = Object.fromEntries(Object.entries((annotations ?? {}) as Fields).filter(([key]) => !free.includes(key)));
  const owners = (ownerReferences as readonly Fields[] | undefined)?.map(({ uid: _ownerUid, ...owner }) => owner);
  return {
    ...rest,
    annotations: kept,
    ...(isRollout ? {} : { generation }),
    ...(owners ? { ownerReferences: owners } : {}),
  };
}

function normaliseSpec(spec: Fields | undefined, isRollout: boolean): Fields {
  const { clusterIP: _ip, clusterIPs: _ips, ...rest } = (spec ?? {}) as Record<string, unknown>;
  // BUG-22: the reference rewrites the stored template; `resources: {}` is what is left of it.
  return isRollout ? { ...rest, template: withoutEmptyResources(rest.template) } : rest;
}

function withoutEmptyResources(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutEmptyResources);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value)
    .filter(
      ([key, inner]) => !(key === 'resources' && isEmptyMap(inner)) && !(key === 'creationTimestamp' && inner === null),
    )
    .map(([key, inner]) => [key, withoutEmptyResources(inner)] as const);
  return Object.fromEntries(entries);
}

function isEmptyMap(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && Object.keys(value).length === 0;
}

/** Empty maps, nulls and absent fields are one. */
function prune(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(prune);
  if (typeof value !== 'object' || value === null) return value;
  const kept = Object.entries(value)
    .map(([key, inner]) => [key, prune(inner)] as const)
    .filter(([, inner]) => inner !== undefined && inner !== null && !isEmptyMap(inner));
  return Object.fromEntries(kept);
}

/** Paths at which two values differ: `path: want … got …`. */
export function differencesOf(want: unknown, got: unknown, path = ''): string[] {
  if (isClose(want, got, path)) return [];
  if (isMap(want) && isMap(got)) {
    const keys = [...new Set([...Object.keys(want), ...Object.keys(got)])].toSorted();
    return keys.flatMap((key) => differencesOf(want[key], got[key], path === '' ? key : `${path}.${key}`));
  }
  if (Array.isArray(want) && Array.isArray(got) && want.length === got.length) {
    return want.flatMap((item, index) => differencesOf(item, got[index], `${path}[${index}]`));
  }
  return [`${path}: want ${show(want)} got ${show(got)}`];
}

function isClose(want: unknown, got: unknown, path: string): boolean {
  if (want === got) return true;
  if (typeof want === 'number' && typeof got === 'number' && path.endsWith('totalManualPauseDurationSeconds')) {
    return Math.abs(want - got) <= 1;
  }
  // A pause of less than a second may count as none: absent, 0 and 1 are close.
  if (path.endsWith('totalManualPauseDurationSeconds')) return Math.abs(Number(want ?? 0) - Number(got ?? 0)) <= 1;
  if (typeof want !== 'string' || typeof got !== 'string') return false;
  const wantSeconds = secondsOf(want);
  const gotSeconds = secondsOf(got);
  if (wantSeconds === undefined || gotSeconds === undefined) return false;
  return Math.abs(wantSeconds - gotSeconds) * 1000 <= toleranceMs;
}

function secondsOf(text: string): number | undefined {
  const found = /^<T([+-])(\d+)s>$/.exec(text);
  return found ? Number(`${found[1]}${found[2]}`) : undefined;
}

function isMap(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function show(value: unknown): string {
  return value === undefined ? 'nothing' : JSON.stringify(value);
}
