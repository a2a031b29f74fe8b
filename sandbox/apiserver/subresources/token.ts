// POST serviceaccounts/NAME/token (kubectl create token): a token that expires, in kube-apiserver's words.

import { formatRfc3339 } from '../../../controller/lang/rfc3339.ts';
import { readAnyObject } from '../body.ts';
import { type Call, nameOf, readOrRefuse, timestamp } from '../call.ts';
import { invalid } from '../field-errors.ts';
import { text } from '../json.ts';
import { numberAt, objectAt, textsAt } from '../kinds/fields.ts';
import type { Cause } from '../kinds/types.ts';
import { invalidNamed } from '../refusals.ts';
import { defaultAudience } from '../rights/tokens.ts';
import type { ApiResponse } from '../types.ts';
import { answer } from '../verbs/list.ts';

const group = 'authentication.k8s.io';
const defaultSeconds = 3600;

export function requestToken(call: Call, name: string): ApiResponse {
  const body = readAnyObject(call, 'TokenRequest');
  const account = readOrRefuse(call, name);
  const named = textsAt(body, 'spec', 'audiences');
  const audiences = named.length === 0 ? [defaultAudience] : named;
  const seconds = numberAt(body, 'spec', 'expirationSeconds') || defaultSeconds;
  const causes = lifetimeProblems(seconds);
  if (causes.length > 0) throw invalidNamed(`TokenRequest.${group}`, group, 'TokenRequest', name, causes);
  const { token, expiresAt } = call.context.tokens.issue(account, { audiences, expirationSeconds: seconds });
  const boundObjectRef = objectAt(body, 'spec', 'boundObjectRef') ?? null;
  const tokenRequest = {
    kind: 'TokenRequest',
    apiVersion: `${group}/v1`,
    metadata: {
      name: nameOf(account),
      namespace: text(account.metadata.namespace),
      creationTimestamp: timestamp(call.context.now),
    },
    spec: { audiences, expirationSeconds: seconds, boundObjectRef },
    status: { token: call.dryRun ? '' : token, expirationTimestamp: formatRfc3339(expiresAt) },
  };
  return answer(tokenRequest, 201);
}

function lifetimeProblems(seconds: number): Cause[] {
  const field = 'spec.expirationSeconds';
  if (seconds < 600) return [invalid(field, seconds, 'may not specify a duration less than 10 minutes')];
  if (seconds > 2 ** 32) return [invalid(field, seconds, 'may not specify a duration larger than 2^32 seconds')];
  return [];
}
