// From a request to the verb that answers it: what the path names, who may, which options hold.

import { authorize } from './authorize.ts';
import { type Call, contextOf, type Machinery, readDryRun, readFieldValidation } from './call.ts';
import type { ResourceKind } from './kinds/types.ts';
import { methodNotAllowed, noSuchResource } from './refusals.ts';
import { Query, type ResourcePath } from './request-path.ts';
import { evictPod } from './subresources/eviction.ts';
import { readLog } from './subresources/log.ts';
import { bindPod, finalizeNamespace, refuseProcess } from './subresources/pod.ts';
import { getScale, patchScale, updateScale } from './subresources/scale.ts';
import { requestToken } from './subresources/token.ts';
import type { ApiRequest, ApiResponse, ApiUser, PodLogs } from './types.ts';
import { createObject } from './verbs/create.ts';
import { deleteCollection, deleteObject } from './verbs/delete.ts';
import { getOne, listObjects } from './verbs/list.ts';
import { patchObject } from './verbs/patch.ts';
import { updateObject } from './verbs/update.ts';
import { watchObjects } from './verbs/watch.ts';

export interface Serving {
  readonly machinery: Machinery;
  readonly openWatches: Set<() => void>;
  readonly podLogs: PodLogs | undefined;
}

const optionsKinds: Readonly<Record<string, string>> = {
  POST: 'CreateOptions',
  PUT: 'UpdateOptions',
  PATCH: 'PatchOptions',
  DELETE: 'DeleteOptions',
};

/** undefined: nothing is served at this group and version (a plain 404). */
export function dispatch(
  serving: Serving,
  request: ApiRequest,
  path: ResourcePath,
  user: ApiUser,
): ApiResponse | Promise<ApiResponse> | undefined {
  const { registry } = serving.machinery;
  const query = new Query(request.query);
  authorize(serving.machinery.access, user, request.method, path, query);
  if (!registry.versions(path.group).includes(path.version)) return undefined;
  const kind = registry.byResource(path.group, path.version, path.plural);
  if (kind === undefined) {
    // A CRD's group answers like a missing page, as kube-apiserver's extension server does.
    if (registry.all().some((other) => other.group === path.group && other.custom)) return undefined;
    throw noSuchResource();
  }
  if (path.namespace !== undefined && !kind.namespaced) throw noSuchResource();
  const call = understand(serving.machinery, request, path, kind, query, user);
  if (kind.deprecation !== undefined) call.warnings.push(kind.deprecation);
  const answered = path.subresource === undefined ? onResource(serving, call) : onSubresource(serving, call);
  if (answered instanceof Promise) return answered.then((response) => withWarnings(response, call.warnings));
  return withWarnings(answered, call.warnings);
}

function understand(
  machinery: Machinery,
  request: ApiRequest,
  path: ResourcePath,
  kind: ResourceKind,
  query: Query,
  user: ApiUser,
): Call {
  const headers = request.headers ?? {};
  const optionsKind = optionsKinds[request.method] ?? 'ListOptions';
  const isWrite = request.method !== 'GET';
  return {
    machinery,
    request,
    kind,
    path,
    namespace: path.namespace,
    query,
    user,
    contentType: (headers['content-type'] ?? '').split(';')[0]!.trim(),
    accept: headers.accept ?? '',
    manager: query.get('fieldManager') || (headers['user-agent'] ?? '').split('/')[0] || 'unknown',
    dryRun: isWrite && readDryRun(query, optionsKind),
    fieldValidation: isWrite ? readFieldValidation(query, optionsKind) : 'Warn',
    warnings: [],
    context: contextOf(machinery, user),
  };
}

function onResource(serving: Serving, call: Call): ApiResponse {
  const { name } = call.path;
  const verb = verbOf(call.request.method, name, call.query);
  if (verb === undefined) throw methodNotAllowed();
  if (!call.kind.verbs.includes(verb)) throw methodNotAllowed();
  // Writes into "all namespaces" have no path.
  if (call.kind.namespaced && call.namespace === undefined && verb !== 'list' && verb !== 'watch')
    throw methodNotAllowed();
  switch (verb) {
    case 'get':
      return getOne(call, name!);
    case 'list':
      return listObjects(call);
    case 'watch':
      return watchObjects(call, name, serving.openWatches);
    case 'create':
      return createObject(call);
    case 'update':
      return updateObject(call, name!, 'main');
    case 'patch':
      return patchObject(call, name!, 'main');
    case 'delete':
      return deleteObject(call, name!);
    case 'deletecollection':
      return deleteCollection(call);
  }
}

type Verb = 'get' | 'list' | 'watch' | 'create' | 'update' | 'patch' | 'delete' | 'deletecollection';

export function verbOf(method: string, name: string | undefined, query: Query): Verb | undefined {
  const onName = name !== undefined;
  switch (method) {
    case 'GET':
      return query.flag('watch') ? 'watch' : onName ? 'get' : 'list';
    case 'POST':
      return onName ? undefined : 'create';
    case 'PUT':
      return onName ? 'update' : undefined;
    case 'PATCH':
      return onName ? 'patch' : undefined;
    case 'DELETE':
      return onName ? 'delete' : 'deletecollection';
    default:
      return undefined;
  }
}

function onSubresource(serving: Serving, call: Call): ApiResponse | Promise<ApiResponse> {
  const { kind } = call;
  const { method } = call.request;
  const name = call.path.name!;
  const asked = `${method} ${call.path.subresource}`;
  if (kind.hasStatus) {
    if (asked === 'GET status') return getOne(call, name);
    if (asked === 'PUT status') return updateObject(call, name, 'status');
    if (asked === 'PATCH status') return patchObject(call, name, 'status');
  }
  if (kind.scale !== undefined) {
    if (asked === 'GET scale') return getScale(call, name);
    if (asked === 'PUT scale') return updateScale(call, name);
    if (asked === 'PATCH scale') return patchScale(call, name);
  }
  if (kind.group === '' && kind.plural === 'pods') {
    if (asked === 'POST eviction') return evictPod(call, name);
    if (asked === 'POST binding') return bindPod(call, name);
    if (asked === 'GET log') return readLog(call, name, serving.podLogs);
    const refusal = refuseProcess(call, name);
    if (refusal !== undefined) throw refusal;
  }
  if (kind.group === '' && kind.plural === 'serviceaccounts' && asked === 'POST token') return requestToken(call, name);
  if (kind.group === '' && kind.plural === 'namespaces' && asked === 'PUT finalize')
    return finalizeNamespace(call, name);
  throw noSuchResource();
}

/** `Warning: 299 - "text"`, one for each different text. */
function withWarnings(response: ApiResponse, warnings: readonly string[]): ApiResponse {
  if (warnings.length === 0) return response;
  const texts = [...new Set(warnings)].map((text) => `299 - ${JSON.stringify(text)}`);
  return { ...response, headers: { ...response.headers, warning: texts.join(', ') } };
}
