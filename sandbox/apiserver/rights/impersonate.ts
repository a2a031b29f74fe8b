// `Impersonate-User`, `-Group`, `-Uid` and `-Extra-…` (kubectl --as): who the request counts as, if whoever sends it may
// impersonate each of them.

import { forbidden, Refusal } from '../refusals.ts';
import type { ApiUser } from '../types.ts';
import { type Access, anonymous, type ResourceAttributes, userNamed } from './access.ts';

type Headers = Readonly<Record<string, string | undefined>>;

const extraPrefix = 'impersonate-extra-';

/** Header names in lower case; several groups are joined with `, `. */
export function effectiveUser(user: ApiUser, headers: Headers, access: Access): ApiUser {
  const name = headers['impersonate-user'] ?? '';
  const groups = split(headers['impersonate-group']);
  const uid = headers['impersonate-uid'] ?? '';
  const extra: Record<string, string[]> = {};
  for (const key of Object.keys(headers)) {
    if (key.startsWith(extraPrefix)) extra[decodeURIComponent(key.slice(extraPrefix.length))] = split(headers[key]);
  }
  if (name === '') {
    if (groups.length === 0 && uid === '' && Object.keys(extra).length === 0) return user;
    throw new Refusal(
      500,
      'InternalError',
      'Internal Server Error: requested groups, uid or extra without impersonating a user',
    );
  }
  const [, namespace, account] = /^system:serviceaccount:([^:]+):([^:]+)$/.exec(name) ?? [];
  if (account === undefined) check(user, access, { resource: 'users', name });
  else check(user, access, { resource: 'serviceaccounts', name: account, namespace: namespace ?? '' });
  for (const group of groups) check(user, access, { resource: 'groups', name: group });
  if (uid !== '') check(user, access, { group: 'authentication.k8s.io', resource: 'uids', name: uid });
  for (const [key, values] of Object.entries(extra)) {
    for (const value of values) {
      check(user, access, { group: 'authentication.k8s.io', resource: 'userextras', subresource: key, name: value });
    }
  }
  return {
    name,
    groups: groupsOf(name, groups),
    ...(uid === '' ? {} : { uid }),
    ...(Object.keys(extra).length === 0 ? {} : { extra }),
  };
}

function check(
  user: ApiUser,
  access: Access,
  asked: Partial<ResourceAttributes> & { resource: string; name: string },
): void {
  const attributes: ResourceAttributes = { verb: 'impersonate', group: '', subresource: '', namespace: '', ...asked };
  const { allowed, reason } = access.mayUse(user, attributes);
  if (!allowed) throw refusedUse(user, attributes, reason);
}

/** Groups that were named replace those that a name brings; everybody but the anonymous is authenticated. */
function groupsOf(name: string, named: readonly string[]): readonly string[] {
  if (name === anonymous.name) return named.length === 0 ? anonymous.groups : named;
  const groups = named.length === 0 ? userNamed(name).groups : named;
  return groups.includes('system:authenticated') ? groups : [...groups, 'system:authenticated'];
}

function split(header: string | undefined): string[] {
  return header === undefined || header === '' ? [] : header.split(', ');
}

/** `User "x" cannot get resource "pods" in API group "" in the namespace "n"`, and why. */
export function refusedUse(user: ApiUser, asked: ResourceAttributes, reason: string): Refusal {
  const { verb, group, namespace, name } = asked;
  const resource = asked.subresource === '' ? asked.resource : `${asked.resource}/${asked.subresource}`;
  const where = namespace === '' ? 'at the cluster scope' : `in the namespace ${JSON.stringify(namespace)}`;
  const what = `cannot ${verb} resource ${JSON.stringify(resource)} in API group ${JSON.stringify(group)} ${where}`;
  const why = `User ${JSON.stringify(user.name)} ${what}${reason === '' ? '' : `: ${reason}`}`;
  return forbidden({ group, plural: asked.resource, kind: '' }, name, why);
}
