// Whose name AWS requests carry: the default chain (environment, web identity of the pod, profile, container, instance),
// and from there a role to assume where one is asked for. What lasts is kept until five minutes before its end.

import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { parseRfc3339 } from '../../../lang/rfc3339.ts';
import { type HttpAnswer, type HttpClient, ProviderError, type ProviderTools } from '../contract.ts';
import { member, parseJson } from '../wire/json.ts';
import { type AwsCredentials, signSigv4 } from './sigv4.ts';

export interface AwsIdentity {
  readonly region?: string;
  readonly profile?: string;
  readonly roleArn?: string;
}

interface Lasting extends AwsCredentials {
  readonly expiresAt?: number;
}

const requestMs = 5000;
const renewBeforeMs = 300_000;
const kept = new WeakMap<HttpClient, Map<string, Lasting>>();

export async function resolveAwsCredentials(
  identity: AwsIdentity,
  tools: ProviderTools,
): Promise<{ readonly credentials: AwsCredentials; readonly region: string }> {
  const profile = await readProfile(identity.profile, tools);
  const { AWS_REGION, AWS_DEFAULT_REGION } = tools.environment;
  const region = identity.region || AWS_REGION || AWS_DEFAULT_REGION || profile.region;
  if (!region) throw new ProviderError('no AWS region: set it in the metric or in AWS_REGION');
  const cache = kept.get(tools.http) ?? new Map<string, Lasting>();
  kept.set(tools.http, cache);
  const key = JSON.stringify([identity.profile, identity.roleArn, region]);
  const known = cache.get(key);
  if (known !== undefined && (known.expiresAt ?? 0) - renewBeforeMs > tools.clock.now()) {
    return { credentials: known, region };
  }
  const own = await chain(identity.profile !== undefined, profile, region, tools);
  const credentials = identity.roleArn ? await assumeRole(own, identity.roleArn, region, tools) : own;
  tools.redact(credentials.secretAccessKey);
  if (credentials.sessionToken !== undefined) tools.redact(credentials.sessionToken);
  if (credentials.expiresAt !== undefined) cache.set(key, credentials);
  return { credentials, region };
}

/** A profile that is named goes before the environment, as in the SDKs. */
async function chain(isNamed: boolean, profile: Profile, region: string, tools: ProviderTools): Promise<Lasting> {
  const env = tools.environment;
  if (isNamed && profile.aws_access_key_id) return fromProfile(profile);
  if (env.AWS_ACCESS_KEY_ID && env.AWS_SECRET_ACCESS_KEY) {
    return make(env.AWS_ACCESS_KEY_ID, env.AWS_SECRET_ACCESS_KEY, env.AWS_SESSION_TOKEN);
  }
  if (env.AWS_WEB_IDENTITY_TOKEN_FILE && env.AWS_ROLE_ARN) return webIdentity(region, tools);
  if (profile.aws_access_key_id) return fromProfile(profile);
  const relative = env.AWS_CONTAINER_CREDENTIALS_RELATIVE_URI;
  const container = env.AWS_CONTAINER_CREDENTIALS_FULL_URI ?? (relative && `http://169.254.170.2${relative}`);
  if (container) return fromContainer(container, tools);
  return fromInstance(tools);
}

function make(accessKeyId: string, secretAccessKey: string, sessionToken: string | undefined): Lasting {
  return { accessKeyId, secretAccessKey, ...(sessionToken ? { sessionToken } : {}) };
}

function fromProfile({
  aws_access_key_id: id = '',
  aws_secret_access_key: secret = '',
  aws_session_token,
}: Profile): Lasting {
  return make(id, secret, aws_session_token);
}

async function webIdentity(region: string, tools: ProviderTools): Promise<Lasting> {
  const { AWS_WEB_IDENTITY_TOKEN_FILE: file = '', AWS_ROLE_ARN: role = '', AWS_ROLE_SESSION_NAME } = tools.environment;
  const form = new URLSearchParams({
    Action: 'AssumeRoleWithWebIdentity',
    Version: '2011-06-15',
    RoleArn: role,
    RoleSessionName: AWS_ROLE_SESSION_NAME || 'slipway',
    WebIdentityToken: await readFile(file, 'utf8').catch(() => {
      throw new ProviderError('the web identity token of AWS cannot be read');
    }),
  });
  const answer = await tools.http.send(stsRequest(region, form, tools), tools.signal);
  return fromSts(answer, 'AssumeRoleWithWebIdentity');
}

async function assumeRole(
  credentials: AwsCredentials,
  role: string,
  region: string,
  tools: ProviderTools,
): Promise<Lasting> {
  const form = new URLSearchParams({
    Action: 'AssumeRole',
    Version: '2011-06-15',
    RoleArn: role,
    RoleSessionName: 'slipway',
  });
  const scope = { service: 'sts', region, credentials, now: tools.clock.now() };
  const answer = await tools.http.send(signSigv4(stsRequest(region, form, tools), scope), tools.signal);
  return fromSts(answer, 'AssumeRole');
}

function stsRequest(region: string, form: URLSearchParams, { environment }: ProviderTools) {
  const url =
    environment.AWS_ENDPOINT_URL_STS ?? environment.AWS_ENDPOINT_URL ?? `https://sts.${region}.amazonaws.com/`;
  const headers = { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' };
  return { method: 'POST', url, headers, body: form.toString(), timeoutMs: requestMs };
}

function fromSts(answer: HttpAnswer, action: string): Lasting {
  if (answer.status !== 200) throw new ProviderError(`${action}: AWS answered with code ${answer.status}`);
  const parsed = parseJson(answer.body);
  if ('problem' in parsed) throw new ProviderError(`${action}: the answer is not JSON`);
  return fromJson(member(parsed.value, `${action}Response`, `${action}Result`, 'Credentials'), action);
}

async function fromContainer(url: string, tools: ProviderTools): Promise<Lasting> {
  const { AWS_CONTAINER_AUTHORIZATION_TOKEN: token, AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: file } = tools.environment;
  const authorization = file === undefined ? token : (await readFile(file, 'utf8')).trim();
  return getCredentials(url, authorization === undefined ? {} : { authorization }, tools);
}

const instance = 'http://169.254.169.254/latest';

async function fromInstance(tools: ProviderTools): Promise<Lasting> {
  if (tools.environment.AWS_EC2_METADATA_DISABLED === 'true') throw new ProviderError('no AWS credentials were found');
  const get = (method: string, path: string, headers: Readonly<Record<string, string>>): Promise<HttpAnswer> =>
    tools.http.send({ method, url: instance + path, headers, timeoutMs: 1000 }, tools.signal).catch(() => {
      throw new ProviderError('no AWS credentials were found');
    });
  const token = await get('PUT', '/api/token', { 'x-aws-ec2-metadata-token-ttl-seconds': '21600' });
  const headers = { 'x-aws-ec2-metadata-token': token.body.trim() };
  const folder = '/meta-data/iam/security-credentials/';
  const role = await get('GET', folder, headers);
  if (role.status !== 200) throw new ProviderError('no AWS credentials were found');
  return getCredentials(instance + folder + encodeURIComponent(role.body.trim().split('\n')[0] ?? ''), headers, tools);
}

async function getCredentials(
  url: string,
  headers: Readonly<Record<string, string>>,
  tools: ProviderTools,
): Promise<Lasting> {
  const answer = await tools.http.send({ method: 'GET', url, headers, timeoutMs: requestMs }, tools.signal);
  const parsed = parseJson(answer.body);
  if (answer.status !== 200 || 'problem' in parsed) throw new ProviderError('no AWS credentials were found');
  return fromJson(parsed.value, 'credentials');
}

/** The two spellings that AWS has for the same thing. */
function fromJson(json: unknown, what: string): Lasting {
  const text = (...names: string[]): string | undefined => {
    const found = names.map((name) => member(json, name)).find((value) => typeof value === 'string');
    return typeof found === 'string' ? found : undefined;
  };
  const [id, secret] = [text('AccessKeyId'), text('SecretAccessKey')];
  if (!id || !secret) throw new ProviderError(`${what}: the answer holds no AWS credentials`);
  const expiration = member(json, 'Expiration');
  const expiresAt = typeof expiration === 'number' ? expiration * 1000 : parseRfc3339(text('Expiration') ?? '');
  return { ...make(id, secret, text('SessionToken', 'Token')), ...(expiresAt === undefined ? {} : { expiresAt }) };
}

type Profile = Readonly<Record<string, string>>;

/** The sections of `~/.aws/credentials` and `~/.aws/config`; a file that is not there is empty. */
async function readProfile(named: string | undefined, { environment }: ProviderTools): Promise<Profile> {
  const name = named || environment.AWS_PROFILE || 'default';
  const folder = join(environment.HOME ?? homedir(), '.aws');
  const config = await readSection(environment.AWS_CONFIG_FILE ?? join(folder, 'config'), [name, `profile ${name}`]);
  const shared = await readSection(environment.AWS_SHARED_CREDENTIALS_FILE ?? join(folder, 'credentials'), [name]);
  return { ...config, ...shared };
}

async function readSection(file: string, names: readonly string[]): Promise<Profile> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '';
    throw new ProviderError(`a file of AWS settings cannot be read (${error.code ?? 'unknown cause'})`);
  });
  const entries: [string, string][] = [];
  let isWanted = false;
  for (const line of text.split('\n').map((line) => line.trim())) {
    const [, section] = /^\[\s*(.+?)\s*\]$/.exec(line) ?? [];
    if (section !== undefined) isWanted = names.includes(section);
    const [, key, value] = /^([^#;=\s]+)\s*=\s*(.*)$/.exec(line) ?? [];
    if (isWanted && key !== undefined) entries.push([key.toLowerCase(), value ?? '']);
  }
  return Object.fromEntries(entries);
}
