// What exists from the start, as on a fresh cluster: the namespaces (spec/sandbox.md, "Being a server on somebody's
// machine"), and with RBAC the built-in roles. All written through the front door, so that they look like any other.

import { builtInRights } from './rights/built-in-roles.ts';
import { rbacGroup } from './rights/rbac.ts';
import type { ApiRequest, ApiResponse } from './types.ts';

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
