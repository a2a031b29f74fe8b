// Who the controller is to AWS, found by the SDK's providers, but in the order of the SDK for Go, which users of the
// reference know: a profile that is named, the environment, the web identity of the pod (IRSA), the default profile (keys,
// roles, single sign-on, a process), the container (ECS, EKS Pod Identity), the instance.

import { ProviderError } from '../analysis/providers/contract.ts';
import { awsClientSettings } from './client-settings.ts';
import type { AwsCredentials } from './sigv4.ts';
import type { AwsTools } from './tools.ts';

/** What a role's user is called in AWS' logs, where nobody names it. */
export const sessionName = 'slipway';
export const tokenServiceMs = 5000;
const containerMs = 5000;
const instanceMs = 1000;

/** The SDK would write its warnings to the console. */
const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

export async function chainCredentials(
  named: string | undefined,
  region: string,
  tools: AwsTools,
): Promise<AwsCredentials> {
  const { env } = process;
  const own = named ? undefined : fromEnvironment(env);
  if (own !== undefined) return own;
  const sdk = await import('@aws-sdk/credential-providers');
  const settings = awsClientSettings(tools, { timeoutMs: tokenServiceMs, hasSecretBody: true });
  const init = { logger: silent, clientConfig: settings, parentClientConfig: { region, ...settings } };
  if (!named && env.AWS_WEB_IDENTITY_TOKEN_FILE && env.AWS_ROLE_ARN) {
    return sdk.fromTokenFile({ ...init, roleSessionName: env.AWS_ROLE_SESSION_NAME || sessionName })();
  }
  const profile = named ? { profile: named } : {};
  const ofProfile = await sdk
    .fromIni({ ...init, ...profile, ignoreCache: true })()
    .catch(undefinedWhereNothingIsSet);
  if (ofProfile !== undefined) return ofProfile;
  if (env.AWS_CONTAINER_CREDENTIALS_RELATIVE_URI || env.AWS_CONTAINER_CREDENTIALS_FULL_URI) {
    return sdk.fromHttp({ logger: silent, timeout: containerMs, maxRetries: 0 })();
  }
  if (env.AWS_EC2_METADATA_DISABLED === 'true') return nobody();
  // Most often there is no such service: nothing was configured that could be wrong.
  return sdk.fromInstanceMetadata({ logger: silent, timeout: instanceMs, maxRetries: 0 })().catch(nobody);
}

/** With the second spellings, which the SDK for JavaScript does not know. */
function fromEnvironment(env: NodeJS.ProcessEnv): AwsCredentials | undefined {
  const accessKeyId = env.AWS_ACCESS_KEY_ID || env.AWS_ACCESS_KEY;
  const secretAccessKey = env.AWS_SECRET_ACCESS_KEY || env.AWS_SECRET_KEY;
  const sessionToken = env.AWS_SESSION_TOKEN;
  if (!accessKeyId || !secretAccessKey) return undefined;
  return { accessKeyId, secretAccessKey, ...(sessionToken ? { sessionToken } : {}) };
}

function undefinedWhereNothingIsSet(error: Error): undefined {
  if (!error.message.startsWith('Could not resolve credentials using profile')) throw error;
}

function nobody(): never {
  throw new ProviderError('no AWS credentials were found');
}
