// Tokens of service accounts: issued on request (they expire) or kept in a Secret (they live as long as it does). Both
// are JSON web tokens and die with their service account; a snapshot of the storage keeps them good.

import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Clock, Random } from '../../../controller/lang/time.ts';
import { randomUuid } from '../../random.ts';
import { isObject, text } from '../json.ts';
import { numberAt, textAt, textsAt } from '../kinds/fields.ts';
import type { ApiObject } from '../kinds/types.ts';
import { type Storage, storageKey } from '../storage.ts';
import type { ApiUser } from '../types.ts';
import { serviceAccountGroups } from './access.ts';

export const defaultAudience = 'https://kubernetes.default.svc.cluster.local';

export interface TokenRequest {
  readonly audiences: readonly string[];
  readonly expirationSeconds: number;
}

export interface TokenAuthority {
  issue(account: ApiObject, request: TokenRequest): { readonly token: string; readonly expiresAt: number };
  /** For a Secret of type kubernetes.io/service-account-token. */
  issueFor(account: ApiObject, secretName: string): string;
  /** undefined: no good token (any more). */
  authenticate(token: string, audience?: string): ApiUser | undefined;
}

export const tokenSecretType = 'kubernetes.io/service-account-token';
export const accountAnnotation = 'kubernetes.io/service-account.name';

export function createTokens(options: { storage: Storage; clock: Clock; random: Random }): TokenAuthority {
  const { storage, clock, random } = options;
  const signature = (content: string): string =>
    createHmac('sha256', signingKey(storage, random)).update(content).digest('base64url');
  const sign = (payload: object): string => {
    const content = `${encode({ alg: 'HS256', typ: 'JWT' })}.${encode(payload)}`;
    return `${content}.${signature(content)}`;
  };

  return {
    issue(account, { audiences, expirationSeconds }) {
      const now = Math.floor(clock.now() / 1000);
      const exp = now + expirationSeconds;
      const { name, namespace, uid } = account.metadata;
      const payload = {
        aud: audiences,
        exp,
        iat: now,
        iss: defaultAudience,
        jti: randomUuid(random),
        'kubernetes.io': { namespace, serviceaccount: { name, uid } },
        nbf: now,
        sub: subjectOf(account),
      };
      return { token: sign(payload), expiresAt: exp * 1000 };
    },
    issueFor(account, secretName) {
      const { name, namespace, uid } = account.metadata;
      return sign({
        iss: 'kubernetes/serviceaccount',
        'kubernetes.io/serviceaccount/namespace': namespace,
        'kubernetes.io/serviceaccount/secret.name': secretName,
        'kubernetes.io/serviceaccount/service-account.name': name,
        'kubernetes.io/serviceaccount/service-account.uid': uid,
        sub: subjectOf(account),
      });
    },
    authenticate(token, audience = defaultAudience) {
      const payload = payloadOf(token);
      if (payload === undefined) return undefined;
      const secretName = textAt(payload, 'kubernetes.io/serviceaccount/secret.name');
      if (secretName !== '') return fromSecret(storage, payload, token, secretName);
      const content = token.slice(0, token.lastIndexOf('.'));
      if (!isSame(signature(content), token.slice(content.length + 1))) return undefined;
      if ((numberAt(payload, 'exp') ?? 0) * 1000 <= clock.now()) return undefined;
      if (!textsAt(payload, 'aud').includes(audience)) return undefined;
      const [namespace, uid] = [
        textAt(payload, 'kubernetes.io', 'namespace'),
        textAt(payload, 'kubernetes.io', 'serviceaccount', 'uid'),
      ];
      const name = textAt(payload, 'kubernetes.io', 'serviceaccount', 'name');
      const user = accountUser(storage, namespace, name, uid);
      const credential = `JTI=${textAt(payload, 'jti')}`;
      return user && { ...user, extra: { 'authentication.kubernetes.io/credential-id': [credential] } };
    },
  };
}

/**
 * Kept beside the objects, where no kind serves it, so that it outlives the process with them. Made at the first use: a
 * cluster that asks for no token draws no number for it.
 */
function signingKey(storage: Storage, random: Random): string {
  const [resource, name] = ['sandbox/signing-keys', 'tokens'];
  const kept = storage.get(resource, name);
  if (kept !== undefined) return text(kept.key);
  const key = randomUuid(random) + randomUuid(random);
  storage.put(resource, name, { metadata: { name }, key });
  return key;
}

/** What a Secret holds is its own proof: it outlives the process that issued it. */
function fromSecret(storage: Storage, payload: unknown, token: string, secretName: string): ApiUser | undefined {
  const claim = (name: string): string => textAt(payload, `kubernetes.io/serviceaccount/${name}`);
  const namespace = claim('namespace');
  const secret = storage.get('/secrets', storageKey(namespace, secretName));
  if (secret === undefined || secret.type !== tokenSecretType) return undefined;
  const kept = Buffer.from(textAt(secret, 'data', 'token'), 'base64').toString();
  if (!isSame(kept, token)) return undefined;
  return accountUser(storage, namespace, claim('service-account.name'), claim('service-account.uid'));
}

function accountUser(storage: Storage, namespace: string, name: string, uid: string): ApiUser | undefined {
  const account = storage.get('/serviceaccounts', storageKey(namespace, name));
  if (account === undefined || account.metadata.uid !== uid) return undefined;
  return { name: subjectOf(account), uid, groups: [...serviceAccountGroups(namespace), 'system:authenticated'] };
}

function subjectOf({ metadata }: ApiObject): string {
  return `system:serviceaccount:${text(metadata.namespace)}:${text(metadata.name)}`;
}

function payloadOf(token: string): unknown {
  const part = token.split('.')[1];
  if (part === undefined) return undefined;
  try {
    const payload: unknown = JSON.parse(Buffer.from(part, 'base64url').toString('utf8'));
    return isObject(payload) ? payload : undefined;
  } catch (problem) {
    if (problem instanceof SyntaxError) return undefined;
    throw problem;
  }
}

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

function isSame(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}
