// RBAC: the rules of all roles that bindings give to a user, and whether one of them allows what is asked. Read from the
// storage at each question, so that a change counts at once. QUIRK: `system:masters` may everything, whatever the rules.

import { isObject, text } from '../json.ts';
import { objectAt, objectsAt, textAt, textsAt } from '../kinds/fields.ts';
import type { ApiObject, JsonObject } from '../kinds/types.ts';
import type { Storage } from '../storage.ts';
import { storageKey } from '../storage.ts';
import type { ApiUser } from '../types.ts';
import {
  type Access,
  type Decision,
  everyRule,
  type PathAttributes,
  type PolicyRule,
  type ResourceAttributes,
} from './access.ts';

export const rbacGroup = 'rbac.authorization.k8s.io';

export function rbacAccess(storage: Storage): Access {
  return {
    mayUse: (user, asked) => decide(storage, user, asked.namespace, (rule) => allowsResource(rule, asked)),
    mayVisit: (user, asked) => decide(storage, user, '', (rule) => allowsPath(rule, asked)),
    rulesOf(user, namespace) {
      if (isMaster(user)) return { rules: everyRule, problems: [] };
      const grants = [...grantsOf(storage, user, namespace)];
      return {
        rules: grants.flatMap(({ rules }) => rules ?? []),
        problems: grants.flatMap((grant) => (grant.rules === undefined ? [missingRole(grant)] : [])),
      };
    },
  };
}

function decide(storage: Storage, user: ApiUser, namespace: string, allows: (rule: PolicyRule) => boolean): Decision {
  if (isMaster(user)) return { allowed: true, reason: '' };
  const problems: string[] = [];
  for (const grant of grantsOf(storage, user, namespace)) {
    if (grant.rules === undefined) problems.push(missingRole(grant));
    else if (grant.rules.some(allows)) return { allowed: true, reason: `RBAC: allowed by ${describe(grant)}` };
  }
  const [first, ...others] = problems;
  if (first === undefined) return { allowed: false, reason: '' };
  return { allowed: false, reason: `RBAC: ${others.length === 0 ? first : `[${problems.join(', ')}]`}` };
}

function isMaster({ groups }: ApiUser): boolean {
  return groups.includes('system:masters');
}

interface Grant {
  readonly binding: ApiObject;
  readonly subject: JsonObject;
  readonly role: { readonly kind: string; readonly name: string };
  /** undefined: there is no such role. */
  readonly rules: readonly PolicyRule[] | undefined;
}

/** Of the cluster first, then of the namespace. */
function* grantsOf(storage: Storage, user: ApiUser, namespace: string): Generator<Grant> {
  const bindings = storage.list(`${rbacGroup}/clusterrolebindings`);
  if (namespace !== '') bindings.push(...storage.list(`${rbacGroup}/rolebindings`, namespace));
  for (const binding of bindings) {
    const home = text(binding.metadata.namespace);
    const subject = objectsAt(binding, 'subjects').find((one) => isSubject(one, user, home));
    if (subject === undefined) continue;
    const role = { kind: textAt(binding, 'roleRef', 'kind'), name: textAt(binding, 'roleRef', 'name') };
    const object =
      role.kind === 'ClusterRole'
        ? storage.get(`${rbacGroup}/clusterroles`, role.name)
        : storage.get(`${rbacGroup}/roles`, storageKey(home, role.name));
    yield { binding, subject, role, rules: object === undefined ? undefined : rulesIn(object) };
  }
}

function isSubject(subject: JsonObject, user: ApiUser, home: string): boolean {
  const name = text(subject.name);
  if (subject.kind === 'User') return name === user.name;
  if (subject.kind === 'Group') return user.groups.includes(name);
  const namespace = text(subject.namespace) || home;
  return subject.kind === 'ServiceAccount' && user.name === `system:serviceaccount:${namespace}:${name}`;
}

/** The rules of a Role or ClusterRole. */
export function rulesIn(object: ApiObject): PolicyRule[] {
  return objectsAt(object, 'rules').map(readRule);
}

function readRule(rule: JsonObject): PolicyRule {
  return {
    verbs: textsAt(rule, 'verbs'),
    ...listed(rule, 'apiGroups'),
    ...listed(rule, 'resources'),
    ...listed(rule, 'resourceNames'),
    ...listed(rule, 'nonResourceURLs'),
  };
}

function listed(rule: JsonObject, key: keyof PolicyRule): Partial<PolicyRule> {
  const values = textsAt(rule, key);
  return values.length === 0 ? {} : { [key]: values };
}

export function allowsResource(rule: PolicyRule, asked: ResourceAttributes): boolean {
  const { verbs, apiGroups = [], resources = [], resourceNames = [] } = rule;
  const resource = asked.subresource === '' ? asked.resource : `${asked.resource}/${asked.subresource}`;
  return (
    has(verbs, asked.verb) &&
    has(apiGroups, asked.group) &&
    (has(resources, resource) || (asked.subresource !== '' && resources.includes(`*/${asked.subresource}`))) &&
    (resourceNames.length === 0 || resourceNames.includes(asked.name))
  );
}

function allowsPath(rule: PolicyRule, asked: PathAttributes): boolean {
  return (
    has(rule.verbs, asked.verb) &&
    (rule.nonResourceURLs ?? []).some((url) =>
      url.endsWith('*') ? asked.path.startsWith(url.slice(0, -1)) : url === asked.path,
    )
  );
}

function has(values: readonly string[], value: string): boolean {
  return values.includes('*') || values.includes(value);
}

function missingRole({ role }: Grant): string {
  return `${role.kind.toLowerCase()}.${rbacGroup} ${JSON.stringify(role.name)} not found`;
}

function describe({ binding, subject, role }: Grant): string {
  const namespace = text(binding.metadata.namespace);
  const name = text(binding.metadata.name);
  const what = namespace === '' ? `ClusterRoleBinding ${quote(name)}` : `RoleBinding ${quote(`${name}/${namespace}`)}`;
  const whom =
    subject.kind === 'ServiceAccount'
      ? quote(`${text(subject.name)}/${text(subject.namespace) || namespace}`)
      : quote(text(subject.name));
  return `${what} of ${role.kind} ${quote(role.name)} to ${text(subject.kind)} ${whom}`;
}

const quote = (value: string): string => JSON.stringify(value);

/** The labels by which a ClusterRole collects others; undefined when it does not. */
export function aggregationOf(role: ApiObject): readonly JsonObject[] | undefined {
  const rule = objectAt(role, 'aggregationRule');
  return isObject(rule) ? objectsAt(rule, 'clusterRoleSelectors') : undefined;
}
