// What exists from the start, as on a fresh cluster: the namespaces (spec/sandbox.md, "Being a server on somebody's
// machine"), the PriorityClasses of the system, the built-in roles where they are wanted, and the Service `kubernetes`
// once there is a port. All written through the front door, so that they look like any other.

import { systemClasses } from './kinds/priority-class.ts';
import { builtInRights } from './rights/built-in-roles.ts';
import { rbacGroup } from './rights/rbac.ts';
import type { ApiRequest, ApiResponse, ApiServer } from './types.ts';

export const standardNamespaces = [
  'default',
  'kube-system',
  'kube-public',
  'kube-node-lease',
  'argo-rollouts',
] as const;

export function bootstrap(handle: (request: ApiRequest) => ApiResponse, namespaces: readonly string[]): void {
  for (const name of namespaces) {
    make(handle, '/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
  }
  const apiVersion = 'scheduling.k8s.io/v1';
  for (const [name, value] of Object.entries(systemClasses)) {
    const body = { apiVersion, kind: 'PriorityClass', metadata: { name }, value };
    make(handle, `/apis/${apiVersion}/priorityclasses`, body);
  }
}

interface NamedBody {
  readonly metadata: { readonly name: string; readonly labels: object };
  readonly [field: string]: unknown;
}

/** The API server's own Service, as pods would reach it. Its port is another one after a restart. */
export async function publishOwnService(server: Pick<ApiServer, 'handle'>, port: number): Promise<void> {
  const name = 'kubernetes';
  const labels = { component: 'apiserver', provider: 'kubernetes' };
  const ports = [{ name: 'https', port: 443, protocol: 'TCP', targetPort: port }];
  await put(server, '/api/v1/namespaces/default/services', {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, labels },
    spec: { clusterIP: '10.96.0.1', ports, sessionAffinity: 'None', type: 'ClusterIP' },
  });
  const address = '127.0.0.1';
  await put(server, '/api/v1/namespaces/default/endpoints', {
    apiVersion: 'v1',
    kind: 'Endpoints',
    metadata: { name, labels: { 'endpointslice.kubernetes.io/skip-mirror': 'true' } },
    subsets: [{ addresses: [{ ip: address }], ports: [{ name: 'https', port, protocol: 'TCP' }] }],
  });
  await put(server, '/apis/discovery.k8s.io/v1/namespaces/default/endpointslices', {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name, labels: { 'kubernetes.io/service-name': name } },
    addressType: 'IPv4',
    endpoints: [{ addresses: [address], conditions: { ready: true } }],
    ports: [{ name: 'https', port, protocol: 'TCP' }],
  });
}

async function put(server: Pick<ApiServer, 'handle'>, collection: string, body: NamedBody): Promise<void> {
  const headers = { 'user-agent': 'kube-apiserver' };
  const created = await server.handle({ method: 'POST', path: collection, headers, body });
  if (created.status !== 409) return;
  const path = `${collection}/${body.metadata.name}`;
  const contentType = 'application/merge-patch+json';
  await server.handle({ method: 'PATCH', path, headers: { ...headers, 'content-type': contentType }, body });
}

export function bootstrapRights(handle: (request: ApiRequest) => ApiResponse): void {
  for (const { plural, body } of builtInRights) make(handle, `/apis/${rbacGroup}/v1/${plural}`, body);
}

/** What a restored snapshot has already stays as it is. */
function make(handle: (request: ApiRequest) => ApiResponse, path: string, body: object): void {
  const response = handle({ method: 'POST', path, headers: { 'user-agent': 'kube-apiserver' }, body });
  if (response.status === 201 || response.status === 409) return;
  throw new Error(`cannot create an object at ${path}: ${JSON.stringify(response.body)}`);
}
