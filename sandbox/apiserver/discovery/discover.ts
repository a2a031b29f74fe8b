// What is asked for besides resources: discovery, the version, OpenAPI, health. Start reading here.

import { text } from '../json.ts';
import type { JsonObject, KindRegistry } from '../kinds/types.ts';
import { plainText } from '../non-resource.ts';
import { Query } from '../request-path.ts';
import type { ApiRequest, ApiResponse } from '../types.ts';
import { createOpenApi, type OpenApi } from './openapi.ts';
import { makeOpenApiV2, openApiV2Accept, openApiV2ContentType } from './openapi-v2.ts';
import { aggregatedList, groupDocument, groupList, groupsOf, resourceList } from './resource-lists.ts';

/** Answers GETs; undefined: there is no such page. */
export function createDiscovery(registry: KindRegistry): (request: ApiRequest) => ApiResponse | undefined {
  const openApi = createOpenApi(registry);
  return (request) => {
    if (request.method !== 'GET' && request.method !== 'HEAD') return undefined;
    const parts = request.path.split('/').filter((part) => part !== '');
    switch (parts[0]) {
      case undefined:
        return json({ paths: rootPaths(registry) });
      case 'api':
        return answerCore(registry, request, parts);
      case 'apis':
        return answerGroups(registry, request, parts);
      case 'version':
        return parts.length === 1 ? json(version) : undefined;
      case 'openapi':
        return parts[1] === 'v2' ? answerOpenApiV2(registry, request) : answerOpenApi(openApi, parts);
      case 'healthz':
      case 'livez':
      case 'readyz':
        return answerHealth(request, parts);
      default:
        return undefined;
    }
  };
}

const version: JsonObject = {
  major: '1',
  minor: '36',
  emulationMajor: '1',
  emulationMinor: '36',
  minCompatibilityMajor: '1',
  minCompatibilityMinor: '35',
  gitVersion: 'v1.36.2',
  gitCommit: '$Format:%H$',
  gitTreeState: '',
  buildDate: '1970-01-01T00:00:00Z',
  goVersion: 'go1.26.8',
  compiler: 'gc',
  platform: 'linux/amd64',
};

function json(body: JsonObject, contentType = 'application/json'): ApiResponse {
  return { status: 200, headers: { 'content-type': contentType }, body };
}

function answerCore(registry: KindRegistry, request: ApiRequest, parts: readonly string[]): ApiResponse | undefined {
  if (parts.length === 1) {
    const aggregated = answerAggregated(registry, request, true);
    if (aggregated !== undefined) return aggregated;
    const address = text(request.headers?.host) || '127.0.0.1';
    return json({
      kind: 'APIVersions',
      versions: [...registry.versions('')],
      serverAddressByClientCIDRs: [{ clientCIDR: '0.0.0.0/0', serverAddress: address }],
    });
  }
  const list = parts.length === 2 ? resourceList(registry, '', parts[1] ?? '') : undefined;
  return list === undefined ? undefined : json(list);
}

function answerGroups(registry: KindRegistry, request: ApiRequest, parts: readonly string[]): ApiResponse | undefined {
  const [, group = '', groupVersion = ''] = parts;
  switch (parts.length) {
    case 1:
      return answerAggregated(registry, request, false) ?? json(groupList(registry));
    case 2: {
      if (!registry.hasGroup(group)) return undefined;
      return json({ kind: 'APIGroup', apiVersion: 'v1', ...groupDocument(registry, group) });
    }
    case 3: {
      const list = resourceList(registry, group, groupVersion);
      return list === undefined ? undefined : json(list);
    }
    default:
      return undefined;
  }
}

/** All in one document, where the client takes that: the answer repeats the parameters of the media type. */
function answerAggregated(registry: KindRegistry, request: ApiRequest, core: boolean): ApiResponse | undefined {
  for (const range of text(request.headers?.accept).split(',')) {
    const [type, ...parameters] = range.split(';').map((part) => part.trim());
    if (type !== 'application/json') continue;
    const values = new Map(parameters.map((one) => one.split('=') as [string, string]));
    if (values.size === 0 || values.has('q')) return undefined;
    const discoveryVersion = values.get('v');
    const isDiscovery = values.get('g') === 'apidiscovery.k8s.io' && values.get('as') === 'APIGroupDiscoveryList';
    if (!isDiscovery || (discoveryVersion !== 'v2' && discoveryVersion !== 'v2beta1')) continue;
    return json(
      aggregatedList(registry, core, `apidiscovery.k8s.io/${discoveryVersion}`),
      `application/json;g=apidiscovery.k8s.io;v=${discoveryVersion};as=APIGroupDiscoveryList`,
    );
  }
  return undefined;
}

function answerOpenApi(openApi: OpenApi, parts: readonly string[]): ApiResponse | undefined {
  if (parts[1] !== 'v3') return undefined;
  if (parts.length === 2) {
    return plainText(200, JSON.stringify(openApi.index()));
  }
  const document = openApi.document(parts.slice(2).join('/'));
  return document === undefined ? undefined : json(document);
}

/** What a real server checks and this one has; `?verbose` lists them, the last part of the path asks for one. */
const checks = ['ping', 'log', 'informer-sync', 'poststarthook/crd-informer-synced', 'shutdown'];

function answerHealth(request: ApiRequest, [page, ...rest]: readonly string[]): ApiResponse | undefined {
  const own = page === 'readyz' ? checks : checks.filter((check) => check !== 'informer-sync' && check !== 'shutdown');
  const asked = rest.join('/');
  if (asked !== '') return own.includes(asked) ? plainText(200, 'ok') : undefined;
  if (!new Query(request.query).has('verbose')) return plainText(200, 'ok');
  return plainText(200, `${own.map((check) => `[+]${check} ok\n`).join('')}${page} check passed\n`);
}

/** Nobody reads the JSON form any more; kubectl takes protobuf alone. */
function answerOpenApiV2(registry: KindRegistry, request: ApiRequest): ApiResponse | undefined {
  if (!text(request.headers?.accept).includes(openApiV2Accept)) return undefined;
  return { status: 200, headers: { 'content-type': openApiV2ContentType }, body: makeOpenApiV2(registry) };
}

function rootPaths(registry: KindRegistry): string[] {
  const groups = groupsOf(registry).flatMap((group) => [
    `/apis/${group}`,
    ...registry.versions(group).map((one) => `/apis/${group}/${one}`),
  ]);
  return ['/api', '/api/v1', '/apis', ...groups, '/healthz', '/livez', '/openapi/v3', '/readyz', '/version'].sort();
}
