// Nobody grants what they do not have: a Role's rules must be held by whoever writes it (or the verb `escalate`), a
// bound role's rules by whoever binds it (or the verb `bind`).

import { text } from '../json.ts';
import { textAt } from '../kinds/fields.ts';
import type { ApiObject, KindContext } from '../kinds/types.ts';
import { forbidden } from '../refusals.ts';
import { everyRule, type PolicyRule, type ResourceAttributes } from './access.ts';
import { allowsResource, rbacGroup, rulesIn } from './rbac.ts';

type Writer = Pick<KindContext, 'user' | 'access' | 'read'>;

/** Throws 403. */
export function mayGrant(role: ApiObject, plural: 'roles' | 'clusterroles', context: Writer): void {
  check(rulesIn(role), role, plural, 'escalate', text(role.metadata.name), context);
}

/** Throws 403. */
export function mayBind(binding: ApiObject, plural: 'rolebindings' | 'clusterrolebindings', context: Writer): void {
  const [kind, name] = [textAt(binding, 'roleRef', 'kind'), textAt(binding, 'roleRef', 'name')];
  const rolePlural = kind === 'ClusterRole' ? 'clusterroles' : 'roles';
  const home = rolePlural === 'roles' ? text(binding.metadata.namespace) : '';
  const role = context.read(rbacGroup, rolePlural, home, name);
  // A role that is not there yet may have any rules.
  check(role === undefined ? everyRule : rulesIn(role), binding, plural, 'bind', name, context, rolePlural);
}

function check(
  rules: readonly PolicyRule[],
  object: ApiObject,
  plural: string,
  verb: 'escalate' | 'bind',
  roleName: string,
  { user, access }: Writer,
  rolePlural = plural,
): void {
  const namespace = text(object.metadata.namespace);
  const held = access.rulesOf(user, namespace).rules;
  const missing = rules.filter((rule) => !parts(rule).every((part) => held.some((own) => covers(own, part))));
  if (missing.length === 0) return;
  const asked: ResourceAttributes = {
    verb,
    group: rbacGroup,
    resource: rolePlural,
    subresource: '',
    namespace,
    name: roleName,
  };
  if (access.mayUse(user, asked).allowed) return;
  const groups = user.groups.map((group) => JSON.stringify(group)).join(' ');
  const list = missing.map(format).join('\n');
  const why = `user ${JSON.stringify(user.name)} (groups=[${groups}]) is attempting to grant RBAC permissions not currently held:\n${list}`;
  throw forbidden({ group: rbacGroup, plural, kind: '' }, text(object.metadata.name), why);
}

/** A rule as the single rights that it is made of. */
function parts({
  verbs,
  apiGroups = [],
  resources = [],
  resourceNames,
  nonResourceURLs = [],
}: PolicyRule): PolicyRule[] {
  const names = resourceNames === undefined ? [{}] : resourceNames.map((name) => ({ resourceNames: [name] }));
  return verbs.flatMap((verb) => [
    ...apiGroups.flatMap((group) =>
      resources.flatMap((resource) =>
        names.map((name) => ({ verbs: [verb], apiGroups: [group], resources: [resource], ...name })),
      ),
    ),
    ...nonResourceURLs.map((url) => ({ verbs: [verb], nonResourceURLs: [url] })),
  ]);
}

function covers(own: PolicyRule, part: PolicyRule): boolean {
  const [verb = ''] = part.verbs;
  const [url] = part.nonResourceURLs ?? [];
  if (url !== undefined) {
    const holds = own.verbs.includes('*') || own.verbs.includes(verb);
    return (
      holds &&
      (own.nonResourceURLs ?? []).some((one) => one === url || (one.endsWith('*') && url.startsWith(one.slice(0, -1))))
    );
  }
  const [resource = '', subresource = ''] = (part.resources?.[0] ?? '').split('/');
  const [name] = part.resourceNames ?? [];
  if (name === undefined && own.resourceNames !== undefined) return false;
  return allowsResource(own, {
    verb,
    group: part.apiGroups?.[0] ?? '',
    resource,
    subresource,
    namespace: '',
    name: name ?? '',
  });
}

/** As Go prints a PolicyRule. */
function format(rule: PolicyRule): string {
  const list = (values: readonly string[]): string => `[${values.map((value) => JSON.stringify(value)).join(' ')}]`;
  const fields: readonly (readonly [string, readonly string[] | undefined])[] = [
    ['APIGroups', rule.apiGroups],
    ['Resources', rule.resources],
    ['ResourceNames', rule.resourceNames],
    ['NonResourceURLs', rule.nonResourceURLs],
    ['Verbs', rule.verbs],
  ];
  const present = fields.flatMap(([name, values]) =>
    values === undefined ? [] : [`${name}:${list(values).replaceAll('" "', '", "')}`],
  );
  return `{${present.join(', ')}}`;
}
