// Credentials that the place where the controller runs gives it: the agent beside a container (ECS, EKS Pod Identity),
// or the metadata service of the instance (IMDSv2, and where that is not known, version 1).

import { readFile } from 'node:fs/promises';
import { type HttpAnswer, ProviderError } from '../analysis/providers/contract.ts';
import { member, parseJson } from '../analysis/providers/wire/json.ts';
import { parseRfc3339 } from '../lang/rfc3339.ts';
import type { LastingCredentials } from './sigv4.ts';
import type { AwsTools } from './tools.ts';

const containerMs = 5000;
const instanceMs = 1000;
const notFound = 'no AWS credentials were found';
/** The agents of ECS and of EKS; a plain http address elsewhere could be anybody's. */
const agentHosts = /^(localhost|127(\.\d+){3}|\[::1\]|169\.254\.170\.2|169\.254\.170\.23|\[fd00:ec2::23\])$/;

/** Undefined where no agent is named. */
export async function fromContainer(tools: AwsTools): Promise<LastingCredentials | undefined> {
  const { environment } = tools;
  const relative = environment.AWS_CONTAINER_CREDENTIALS_RELATIVE_URI;
  const address = relative ? `http://169.254.170.2${relative}` : environment.AWS_CONTAINER_CREDENTIALS_FULL_URI;
  if (!address) return undefined;
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (url === undefined || (url.protocol !== 'https:' && !agentHosts.test(url.hostname))) {
    throw new ProviderError('AWS_CONTAINER_CREDENTIALS_FULL_URI names no host that AWS credentials may be asked of');
  }
  const authorization = await agentToken(environment);
  if (authorization !== undefined) tools.redact(authorization);
  const headers = authorization === undefined ? {} : { authorization };
  const request = { method: 'GET', url: address, headers, timeoutMs: containerMs };
  return fromAnswer(await tools.http.send(request, tools.signal));
}

/** The file goes first: it is renewed in place. */
async function agentToken(environment: AwsTools['environment']): Promise<string | undefined> {
  const file = environment.AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE;
  if (!file) return environment.AWS_CONTAINER_AUTHORIZATION_TOKEN || undefined;
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new ProviderError(`the token for AWS credentials cannot be read (${error.code ?? 'unknown cause'})`);
  });
  return text.trim();
}

export async function fromInstance(tools: AwsTools): Promise<LastingCredentials> {
  const { environment } = tools;
  if (environment.AWS_EC2_METADATA_DISABLED === 'true') throw new ProviderError(notFound);
  const isIpv6 = environment.AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE === 'IPv6';
  const host = isIpv6 ? 'http://[fd00:ec2::254]' : 'http://169.254.169.254';
  const base = `${(environment.AWS_EC2_METADATA_SERVICE_ENDPOINT || host).replace(/\/+$/, '')}/latest`;
  const ask = (method: string, path: string, headers: Readonly<Record<string, string>>): Promise<HttpAnswer> =>
    tools.http.send({ method, url: base + path, headers, timeoutMs: instanceMs }, tools.signal).catch(() => {
      throw new ProviderError(notFound);
    });
  const session = await ask('PUT', '/api/token', { 'x-aws-ec2-metadata-token-ttl-seconds': '21600' });
  const headers = sessionHeaders(session, environment);
  const folder = '/meta-data/iam/security-credentials/';
  const role = await ask('GET', folder, headers);
  if (role.status !== 200) throw new ProviderError(notFound);
  const name = role.body.trim().split('\n')[0] ?? '';
  return fromAnswer(await ask('GET', folder + encodeURIComponent(name), headers));
}

function sessionHeaders({ status, body }: HttpAnswer, environment: AwsTools['environment']): Record<string, string> {
  if (status === 200) return { 'x-aws-ec2-metadata-token': body.trim() };
  const isOld = [403, 404, 405].includes(status) && environment.AWS_EC2_METADATA_V1_DISABLED !== 'true';
  if (isOld) return {};
  throw new ProviderError(notFound);
}

function fromAnswer({ status, body }: HttpAnswer): LastingCredentials {
  const parsed = parseJson(body);
  if (status !== 200 || 'problem' in parsed) throw new ProviderError(notFound);
  return credentialsOf(parsed.value, 'credentials');
}

/** The two spellings that AWS has for the same thing; `what` names who answered. */
export function credentialsOf(json: unknown, what: string): LastingCredentials {
  const text = (...names: string[]): string | undefined => {
    const found = names.map((name) => member(json, name)).find((value) => typeof value === 'string');
    return typeof found === 'string' ? found : undefined;
  };
  const [id, secret, token] = [text('AccessKeyId'), text('SecretAccessKey'), text('SessionToken', 'Token')];
  if (!id || !secret) throw new ProviderError(`${what}: the answer holds no AWS credentials`);
  const expiration = member(json, 'Expiration');
  const expiresAt = typeof expiration === 'number' ? expiration * 1000 : parseRfc3339(text('Expiration') ?? '');
  return {
    accessKeyId: id,
    secretAccessKey: secret,
    ...(token ? { sessionToken: token } : {}),
    ...(expiresAt === undefined ? {} : { expiresAt }),
  };
}
