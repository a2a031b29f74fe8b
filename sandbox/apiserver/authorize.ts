// May this request be answered: the attributes of a request as kube-apiserver reads them, put to whoever decides
// (rights/access.ts).

import type { Call } from './call.ts';
import { Refusal } from './refusals.ts';
import type { Query, ResourcePath } from './request-path.ts';
import type { Access, ResourceAttributes } from './rights/access.ts';
import { refusedUse } from './rights/impersonate.ts';
import { parseFieldSelector } from './selectors.ts';
import type { ApiUser } from './types.ts';

export function authorize(access: Access, user: ApiUser, method: string, path: ResourcePath, query: Query): void {
  demand(access, user, attributesOf(method, path, query));
}

/** Refuses with the words of kube-apiserver. */
export function demand(access: Access, user: ApiUser, asked: ResourceAttributes): void {
  const { allowed, reason } = access.mayUse(user, asked);
  if (!allowed) throw refusedUse(user, asked, reason);
}

function attributesOf(method: string, path: ResourcePath, query: Query): ResourceAttributes {
  const verb = verbOf(method, path, query);
  // QUIRK: a namespace is in itself, so that a Role may speak of its own namespace.
  const isNamespace = path.group === '' && path.plural === 'namespaces';
  return {
    verb,
    group: path.group,
    resource: path.plural,
    subresource: path.subresource ?? '',
    namespace: (isNamespace ? path.name : path.namespace) ?? '',
    name: path.name ?? nameInSelector(verb, query),
  };
}

/** A PUT or an apply of what is not there is a creation as well. */
export function authorizeCreation({ machinery, user, path }: Call): void {
  const { group, plural: resource, namespace = '', name = '' } = path;
  demand(machinery.access, user, { verb: 'create', group, resource, subresource: '', namespace, name });
}

/** A list or watch of `metadata.name=x` is about x. */
function nameInSelector(verb: string, query: Query): string {
  const selector = query.get('fieldSelector');
  if (selector === '' || !['list', 'watch', 'deletecollection'].includes(verb)) return '';
  const terms = parseFieldSelector(selector);
  return terms.find(({ field, equal }) => field === 'metadata.name' && equal)?.value ?? '';
}

function verbOf(method: string, path: ResourcePath, query: Query): string {
  if (method === 'GET') return query.flag('watch') ? 'watch' : path.name === undefined ? 'list' : 'get';
  if (method === 'DELETE') return path.name === undefined ? 'deletecollection' : 'delete';
  return ({ POST: 'create', PUT: 'update', PATCH: 'patch' } as Record<string, string>)[method] ?? method.toLowerCase();
}

export function authorizePath(access: Access, user: ApiUser, method: string, path: string): void {
  const verb = method === 'GET' ? 'get' : method.toLowerCase();
  const { allowed, reason } = access.mayVisit(user, { verb, path });
  if (allowed) return;
  const why = `User ${JSON.stringify(user.name)} cannot ${verb} path ${JSON.stringify(path)}${reason === '' ? '' : `: ${reason}`}`;
  throw new Refusal(403, 'Forbidden', `forbidden: ${why}`, {});
}
