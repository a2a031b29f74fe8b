// Who the controller is to AWS, in the order of the SDK for Go: a profile that is named, the environment, the web
// identity of the pod (IRSA), the default profile, the container (ECS, EKS Pod Identity), the instance.

import { readFile } from 'node:fs/promises';
import { ProviderError } from '../analysis/providers/contract.ts';
import { fromContainer, fromInstance } from './metadata.ts';
import { type Profile, readProfile } from './profile.ts';
import type { LastingCredentials } from './sigv4.ts';
import { assumeRole, assumeRoleWithWebIdentity } from './sts.ts';
import type { AwsTools } from './tools.ts';

/** Profiles may name each other as their source: no longer than this. */
const mostSources = 5;

export async function chainCredentials(
  named: string | undefined,
  region: string,
  tools: AwsTools,
): Promise<LastingCredentials> {
  const { environment } = tools;
  if (!named) {
    const own = fromEnvironment(environment);
    if (own !== undefined) return own;
    const { AWS_WEB_IDENTITY_TOKEN_FILE: file, AWS_ROLE_ARN: role, AWS_ROLE_SESSION_NAME: session } = environment;
    if (file && role) {
      return assumeRoleWithWebIdentity({ role, region, token: await readToken(file), ...sessionNamed(session) }, tools);
    }
  }
  return fromProfile(await readProfile(named, environment), region, tools, mostSources);
}

function fromEnvironment(environment: AwsTools['environment']): LastingCredentials | undefined {
  const id = environment.AWS_ACCESS_KEY_ID || environment.AWS_ACCESS_KEY;
  const secret = environment.AWS_SECRET_ACCESS_KEY || environment.AWS_SECRET_KEY;
  return id && secret ? make(id, secret, environment.AWS_SESSION_TOKEN) : undefined;
}

async function fromProfile(
  profile: Profile,
  region: string,
  tools: AwsTools,
  sourcesLeft: number,
): Promise<LastingCredentials> {
  const { role_arn: role, source_profile: source, web_identity_token_file: file, role_session_name } = profile;
  if (file && role) {
    return assumeRoleWithWebIdentity(
      { role, region, token: await readToken(file), ...sessionNamed(role_session_name) },
      tools,
    );
  }
  const credentials = source
    ? await fromSource(source, profile, region, tools, sourcesLeft)
    : await fromOwnKeys(profile, tools);
  if (!role) return credentials;
  const { external_id: externalId } = profile;
  const asked = {
    role,
    credentials,
    region,
    ...sessionNamed(role_session_name),
    ...(externalId ? { externalId } : {}),
  };
  return assumeRole(asked, tools);
}

async function fromSource(
  source: string,
  profile: Profile,
  region: string,
  tools: AwsTools,
  sourcesLeft: number,
): Promise<LastingCredentials> {
  if (sourcesLeft === 0) throw new ProviderError('the profiles of AWS name each other as their source');
  const next = await readProfile(source, tools.environment);
  // A profile that is its own source stands for its own keys.
  const isSelf = next.source_profile === source || (next.role_arn === profile.role_arn && !next.source_profile);
  return isSelf ? fromOwnKeys(next, tools) : fromProfile(next, region, tools, sourcesLeft - 1);
}

async function fromOwnKeys(profile: Profile, tools: AwsTools): Promise<LastingCredentials> {
  const { aws_access_key_id: id, aws_secret_access_key: secret, aws_session_token: token } = profile;
  if (id && secret) return make(id, secret, token);
  const from = profile.credential_source;
  if (from === 'Environment') return fromEnvironment(tools.environment) ?? nobody();
  if (from !== 'Ec2InstanceMetadata') {
    const container = await fromContainer(tools);
    if (container !== undefined) return container;
    if (from === 'EcsContainer') return nobody();
  }
  return fromInstance(tools);
}

async function readToken(file: string): Promise<string> {
  return readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new ProviderError(`the web identity token of AWS cannot be read (${error.code ?? 'unknown cause'})`);
  });
}

function make(accessKeyId: string, secretAccessKey: string, sessionToken: string | undefined): LastingCredentials {
  return { accessKeyId, secretAccessKey, ...(sessionToken ? { sessionToken } : {}) };
}

function sessionNamed(sessionName: string | undefined): { readonly sessionName?: string } {
  return sessionName ? { sessionName } : {};
}

function nobody(): never {
  throw new ProviderError('no AWS credentials were found');
}
