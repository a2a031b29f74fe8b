// Reviews answer a question and are not kept: who am I, may I, is this token good. In the sandbox every known user is
// an administrator.

import { formatRfc3339 } from '../../../controller/lang/rfc3339.ts';
import { text } from '../json.ts';
import type { KindDetails } from './details.ts';
import { textAt } from './fields.ts';
import type { ApiObject, JsonObject, KindContext } from './types.ts';

export const selfSubjectReview: KindDetails = reviewed((_object, context) => ({
  userInfo: {
    username: context.user.name,
    ...(context.user.uid === undefined ? {} : { uid: context.user.uid }),
    groups: [...context.user.groups],
  },
}));

/** The sandbox gives its token to nobody but its own user, who has no need to ask about others. */
export const tokenReview: KindDetails = reviewed(() => ({ user: {}, error: '[invalid bearer token]' }));

export const accessReview: KindDetails = reviewed(() => ({ allowed: true }));

export const rulesReview: KindDetails = reviewed(() => ({
  resourceRules: [{ verbs: ['*'], apiGroups: ['*'], resources: ['*'] }],
  nonResourceRules: [{ verbs: ['*'], nonResourceURLs: ['*'] }],
  incomplete: false,
}));

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
