// Who may do what: the question that every request, every review and every impersonation asks (spec/sandbox.md §3, auth).
// Without RBAC everybody who is known may do everything, and the anonymous user may only ask for health.

import type { ApiUser } from '../types.ts';

/** `*` matches everything; of resources also `*` + `/subresource`, of paths a `*` at the end. */
export interface PolicyRule {
  readonly verbs: readonly string[];
  readonly apiGroups?: readonly string[];
  readonly resources?: readonly string[];
  readonly resourceNames?: readonly string[];
  readonly nonResourceURLs?: readonly string[];
}

export interface ResourceAttributes {
  readonly verb: string;
  readonly group: string;
  /** The plural alone. */
  readonly resource: string;
  readonly subresource: string;
  /** Empty: of the cluster, or of all namespaces. */
  readonly namespace: string;
  readonly name: string;
}

export interface PathAttributes {
  readonly verb: string;
  readonly path: string;
}

/** `reason` is what reviews tell and refusals end with; often empty. */
export interface Decision {
  readonly allowed: boolean;
  readonly reason: string;
}

export interface RuleSet {
  readonly rules: readonly PolicyRule[];
  /** Roles that bindings name and nobody made. */
  readonly problems: readonly string[];
}

export interface Access {
  mayUse(user: ApiUser, asked: ResourceAttributes): Decision;
  mayVisit(user: ApiUser, asked: PathAttributes): Decision;
  /** Everything that the user may do in a namespace. */
  rulesOf(user: ApiUser, namespace: string): RuleSet;
}

export const administrator: ApiUser = {
  name: 'admin',
  uid: 'admin',
  groups: ['system:masters', 'system:authenticated'],
};

export const anonymous: ApiUser = { name: 'system:anonymous', groups: ['system:unauthenticated'] };

const openPaths = new Set(['/healthz', '/livez', '/readyz', '/version']);

export const everyRule: readonly PolicyRule[] = [
  { verbs: ['*'], apiGroups: ['*'], resources: ['*'] },
  { verbs: ['*'], nonResourceURLs: ['*'] },
];

export const openAccess: Access = {
  mayUse: (user) => ({ allowed: isKnown(user), reason: '' }),
  mayVisit: (user, { path }) => ({ allowed: isKnown(user) || openPaths.has(path), reason: '' }),
  rulesOf: (user) => ({ rules: isKnown(user) ? everyRule : [], problems: [] }),
};

function isKnown(user: ApiUser): boolean {
  return user.name !== anonymous.name;
}

/** A name as the transport of this process gives it, with the groups that a server's authentication would find. */
export function userNamed(name: string): ApiUser {
  const [, namespace] = /^system:serviceaccount:([^:]+):[^:]+$/.exec(name) ?? [];
  if (namespace !== undefined) return { name, groups: [...serviceAccountGroups(namespace), 'system:authenticated'] };
  const own = name.startsWith('system:node:') ? ['system:nodes'] : [];
  return { name, groups: [...own, 'system:authenticated'] };
}

export function serviceAccountGroups(namespace: string): string[] {
  return ['system:serviceaccounts', `system:serviceaccounts:${namespace}`];
}
