// What exists from the start, as on a fresh cluster: the namespaces (spec/sandbox.md, "Being a server on somebody's
// machine"). They are written through the front door, so that they look like any other.

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
    const response = handle({
      method: 'POST',
      path: '/api/v1/namespaces',
      headers: { 'user-agent': 'kube-apiserver' },
      body: { apiVersion: 'v1', kind: 'Namespace', metadata: { name } },
    });
    if (response.status !== 201 && response.status !== 409) {
      throw new Error(`cannot create the namespace ${name}: ${JSON.stringify(response.body)}`);
    }
  }
}
