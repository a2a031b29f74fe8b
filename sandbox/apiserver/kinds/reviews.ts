// Reviews answer a question and are not kept: who am I, may I, may she, is this token good. The answers come from
// whoever decides about requests as well (rights/access.ts).

import { formatRfc3339 } from '../../../controller/lang/rfc3339.ts';
import { invalid, required } from '../field-errors.ts';
import { text } from '../json.ts';
import { badRequest, invalid as refuseInvalid } from '../refusals.ts';
import type { Decision, PolicyRule } from '../rights/access.ts';
import { defaultAudience } from '../rights/tokens.ts';
import type { ApiUser } from '../types.ts';
import type { KindDetails } from './details.ts';
import { objectAt, textAt, textsAt } from './fields.ts';
import type { ApiObject, Cause, JsonObject, KindContext } from './types.ts';

export const selfSubjectReview: KindDetails = reviewed((_object, context) => ({ userInfo: userInfo(context.user) }));

export const tokenReview: KindDetails = reviewed((object, context) => {
  const asked = textsAt(object, 'spec', 'audiences');
  const audiences = asked.length === 0 ? [defaultAudience] : asked;
  for (const audience of audiences) {
    const user = context.tokens.authenticate(textAt(object, 'spec', 'token'), audience);
    if (user !== undefined) return { authenticated: true, user: userInfo(user), audiences: [audience] };
  }
  return { user: {}, error: '[invalid bearer token]' };
});

export const selfSubjectAccessReview: KindDetails = reviewed((object, context) =>
  accessStatus(object, context, context.user),
);

/** About somebody else. */
export const subjectAccessReview: KindDetails = reviewed((object, context) => {
  const causes = subjectProblems(object);
  if (causes.length > 0) throw refuseInvalid(subjectOf(object), '', causes);
  return accessStatus(object, context, subject(object));
});

export const localSubjectAccessReview: KindDetails = reviewed((object, context) => {
  const causes = subjectProblems(object);
  const namespace = text(object.metadata.namespace);
  if (textAt(object, 'spec', 'resourceAttributes', 'namespace') !== namespace) {
    const given = textAt(object, 'spec', 'resourceAttributes', 'namespace');
    causes.push(invalid('spec.resourceAttributes.namespace', given, 'must match metadata.namespace'));
  }
  if (causes.length > 0) throw refuseInvalid(subjectOf(object), '', causes);
  return accessStatus(object, context, subject(object));
});

export const rulesReview: KindDetails = reviewed((object, context) => {
  const namespace = textAt(object, 'spec', 'namespace');
  if (namespace === '') throw badRequest('no namespace on request');
  const { rules, problems } = context.access.rulesOf(context.user, namespace);
  return {
    resourceRules: rules.filter(({ resources }) => resources !== undefined).map(plain),
    nonResourceRules: rules.filter(({ nonResourceURLs }) => nonResourceURLs !== undefined).map(plain),
    incomplete: problems.length > 0,
    ...(problems.length === 0 ? {} : { evaluationError: problems.join(', ') }),
  };
});

function accessStatus(object: ApiObject, context: KindContext, user: ApiUser): JsonObject {
  const causes = attributeProblems(object);
  if (causes.length > 0) throw refuseInvalid(subjectOf(object), '', causes);
  const { allowed, reason } = decide(object, context, user);
  return { allowed, ...(reason === '' ? {} : { reason }) };
}

function decide(object: ApiObject, { access }: KindContext, user: ApiUser): Decision {
  const path = objectAt(object, 'spec', 'nonResourceAttributes');
  if (path !== undefined) return access.mayVisit(user, { verb: text(path.verb), path: text(path.path) });
  const asked = objectAt(object, 'spec', 'resourceAttributes') ?? {};
  return access.mayUse(user, {
    verb: text(asked.verb),
    group: text(asked.group),
    resource: text(asked.resource),
    subresource: text(asked.subresource),
    namespace: text(asked.namespace),
    name: text(asked.name),
  });
}

function attributeProblems(object: ApiObject): Cause[] {
  const resource = objectAt(object, 'spec', 'resourceAttributes');
  const path = objectAt(object, 'spec', 'nonResourceAttributes');
  if (resource !== undefined && path !== undefined) {
    return [invalid('spec.nonResourceAttributes', path, 'cannot be specified in combination with resourceAttributes')];
  }
  if (resource !== undefined || path !== undefined) return [];
  const detail = 'exactly one of nonResourceAttributes or resourceAttributes must be specified';
  return [invalid('spec.resourceAttributes', null, detail)];
}

function subjectProblems(object: ApiObject): Cause[] {
  if (textAt(object, 'spec', 'user') !== '' || textsAt(object, 'spec', 'groups').length > 0) return [];
  return [required('spec.user', 'at least one of user or group must be specified')];
}

function subject(object: ApiObject): ApiUser {
  return { name: textAt(object, 'spec', 'user'), groups: textsAt(object, 'spec', 'groups') };
}

function subjectOf(object: ApiObject): { group: string; kind: string; plural: string } {
  return { group: 'authorization.k8s.io', kind: text(object.kind), plural: '' };
}

function userInfo({ name, uid, groups, extra }: ApiUser): JsonObject {
  return {
    username: name,
    ...(uid === undefined ? {} : { uid }),
    groups: [...groups],
    ...(extra === undefined
      ? {}
      : { extra: Object.fromEntries(Object.entries(extra).map(([key, values]) => [key, [...values]])) }),
  };
}

/** In the order in which Go has the fields. */
function plain(rule: PolicyRule): JsonObject {
  const { verbs, apiGroups, resources, resourceNames, nonResourceURLs } = rule;
  const lists = { verbs, apiGroups, resources, resourceNames, nonResourceURLs };
  const present = Object.entries(lists).filter(([, values]) => values !== undefined);
  return Object.fromEntries(present.map(([key, values]) => [key, [...(values ?? [])]]));
}

function reviewed(status: (object: ApiObject, context: KindContext) => JsonObject): KindDetails {
  return {
    strategy: () => ({
      review(object, context) {
        const answer: ApiObject = { ...object, status: status(object, context) };
        if (textAt(object, 'kind') === 'SelfSubjectReview') {
          answer.metadata = { ...object.metadata, creationTimestamp: formatRfc3339(context.now) };
        }
        if (text(answer.metadata.name) === '') delete answer.metadata.name;
        return answer;
      },
    }),
  };
}
