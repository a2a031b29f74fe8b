// Who may: everybody who is known. Nobody else may more than ask for health (spec/sandbox.md §3, auth; RBAC rules are
// stored but not evaluated).

import { forbidden, Refusal } from './refusals.ts';
import type { Query, ResourcePath } from './request-path.ts';
import type { ApiUser } from './types.ts';

export const administrator: ApiUser = {
  name: 'admin',
  uid: 'admin',
  groups: ['system:masters', 'system:authenticated'],
};

export const anonymous: ApiUser = { name: 'system:anonymous', groups: ['system:unauthenticated'] };

export function authorize(user: ApiUser, method: string, path: ResourcePath, query: Query): void {
  if (user.name !== anonymous.name) return;
  const resource = path.subresource === undefined ? path.plural : `${path.plural}/${path.subresource}`;
  const where =
    path.namespace === undefined ? 'at the cluster scope' : `in the namespace ${JSON.stringify(path.namespace)}`;
  const why = `User ${JSON.stringify(user.name)} cannot ${verb(method, path, query)} resource ${JSON.stringify(resource)} in API group ${JSON.stringify(path.group)} ${where}`;
  throw forbidden({ group: path.group, plural: path.plural, kind: '' }, path.name ?? '', why);
}

function verb(method: string, path: ResourcePath, query: Query): string {
  if (method === 'GET') return query.flag('watch') ? 'watch' : path.name === undefined ? 'list' : 'get';
  if (method === 'DELETE') return path.name === undefined ? 'deletecollection' : 'delete';
  return ({ POST: 'create', PUT: 'update', PATCH: 'patch' } as Record<string, string>)[method] ?? method.toLowerCase();
}

const open = new Set(['/healthz', '/livez', '/readyz', '/version']);

export function authorizePath(user: ApiUser, method: string, path: string): void {
  if (user.name !== anonymous.name || open.has(path)) return;
  const action = method === 'GET' ? 'get' : method.toLowerCase();
  const why = `User ${JSON.stringify(user.name)} cannot ${action} path ${JSON.stringify(path)}`;
  throw new Refusal(403, 'Forbidden', `forbidden: ${why}`, {});
}
