// The token service of AWS: credentials of a role for somebody's, or for the token of a pod's service account.

import { type HttpAnswer, type HttpRequest, ProviderError } from '../analysis/providers/contract.ts';
import { parseJson } from '../analysis/providers/wire/json.ts';
import { awsEndpoint } from './endpoint.ts';
import { credentialsOf } from './metadata.ts';
import { type AwsCredentials, type LastingCredentials, signSigv4 } from './sigv4.ts';
import type { AwsTools } from './tools.ts';

interface Role {
  readonly role: string;
  readonly region: string;
  /** What the role's user is called in AWS' logs. */
  readonly sessionName?: string;
}

const requestMs = 5000;

export async function assumeRole(
  asked: Role & { readonly credentials: AwsCredentials; readonly externalId?: string },
  tools: AwsTools,
): Promise<LastingCredentials> {
  const { region, credentials, externalId } = asked;
  const request = stsRequest('AssumeRole', asked, externalId ? { ExternalId: externalId } : {}, tools);
  const scope = { service: 'sts', region, credentials, now: tools.clock.now() };
  return fromSts(await tools.http.send(signSigv4(request, scope), tools.signal), 'AssumeRole');
}

export async function assumeRoleWithWebIdentity(
  asked: Role & { readonly token: string },
  tools: AwsTools,
): Promise<LastingCredentials> {
  tools.redact(asked.token.trim());
  const request = stsRequest('AssumeRoleWithWebIdentity', asked, { WebIdentityToken: asked.token.trim() }, tools);
  return fromSts(await tools.http.send(request, tools.signal), 'AssumeRoleWithWebIdentity');
}

function stsRequest(
  action: string,
  { role, region, sessionName }: Role,
  more: Readonly<Record<string, string>>,
  { environment }: AwsTools,
): HttpRequest {
  const form = new URLSearchParams({
    Action: action,
    Version: '2011-06-15',
    RoleArn: role,
    RoleSessionName: sessionName ?? 'slipway',
    ...more,
  });
  return {
    method: 'POST',
    url: awsEndpoint('sts', 'STS', region, environment),
    headers: { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' },
    body: form.toString(),
    hasSecretBody: true,
    timeoutMs: requestMs,
  };
}

function fromSts({ status, body }: HttpAnswer, action: string): LastingCredentials {
  if (status !== 200) {
    // The kind of error is one of a list; the rest of the text may hold anything.
    const [, code] = /"Code":\s*"([A-Za-z.]{1,60})"|<Code>([A-Za-z.]{1,60})<\/Code>/.exec(body)?.filter(Boolean) ?? [];
    throw new ProviderError(`${action}: AWS answered with code ${status}${code === undefined ? '' : ` (${code})`}`);
  }
  // Asked for JSON, the service may still answer in XML, its first language (VPC endpoints, look-alikes).
  const json = parseJson(body);
  const answer = 'value' in json ? find(json.value, 'Credentials') : fromXml(body);
  return credentialsOf(answer, action);
}

function find(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null) return undefined;
  for (const [key, inner] of Object.entries(value)) {
    const found = key === name ? inner : find(inner, name);
    if (found !== undefined) return found;
  }
  return undefined;
}

function fromXml(body: string): Readonly<Record<string, string>> {
  const tags = body.matchAll(/<(AccessKeyId|SecretAccessKey|SessionToken|Expiration)>([^<]*)</g);
  return Object.fromEntries([...tags].map(([, name = '', text = '']) => [name, text.trim()]));
}
