// Whose name requests to AWS carry: what the default chain of the SDKs finds (`chain.ts`), and from there a role to
// assume where one is asked for. What ends is kept until five minutes before its end, and asked for once, however many
// measurements want it at the same time.

import { type HttpClient, ProviderError } from '../analysis/providers/contract.ts';
import { chainCredentials, sessionName, tokenServiceMs } from './chain.ts';
import { awsClientSettings } from './client-settings.ts';
import { credentialsProblem } from './problems.ts';
import type { AwsCredentials } from './sigv4.ts';
import type { AwsTools } from './tools.ts';

export interface AwsIdentity {
  readonly region?: string;
  readonly profile?: string;
  readonly roleArn?: string;
}

const renewBeforeMs = 300_000;
const askMs = 30_000;

interface Kept {
  known?: AwsCredentials;
  /** Goes on although the one who asked first may have gone. */
  asking?: Promise<AwsCredentials>;
}

const keptBy = new WeakMap<HttpClient, Map<string, Kept>>();

/** Throws a ProviderError that names no secret where there is no region or nobody to sign as. */
export async function resolveAwsCredentials(
  identity: AwsIdentity,
  tools: AwsTools,
): Promise<{ readonly credentials: AwsCredentials; readonly region: string }> {
  const region = identity.region || (await configuredRegion(identity.profile));
  if (!region) throw new ProviderError('no AWS region: set it in the metric or in AWS_REGION');
  const entry = entryOf(tools.http, JSON.stringify([identity.profile, identity.roleArn, region]));
  const credentials = await unlessAborted(tools.signal, () => fromEntry(entry, identity, region, tools));
  tools.redact(credentials.secretAccessKey);
  if (credentials.sessionToken !== undefined) tools.redact(credentials.sessionToken);
  return { credentials, region };
}

/** Of the environment, else of the profile; empty where nobody says. */
async function configuredRegion(profile: string | undefined): Promise<string> {
  const { loadConfig } = await import('@smithy/core/config');
  const selectors = {
    environmentVariableSelector: (env: NodeJS.ProcessEnv) => env.AWS_REGION || env.AWS_DEFAULT_REGION,
    configFileSelector: (settings: Readonly<Record<string, string | undefined>>) => settings.region,
    default: '',
  };
  return loadConfig(selectors, { ignoreCache: true, ...(profile ? { profile } : {}) })();
}

function entryOf(http: HttpClient, key: string): Kept {
  const entries = keptBy.get(http) ?? new Map<string, Kept>();
  keptBy.set(http, entries);
  const entry = entries.get(key) ?? {};
  entries.set(key, entry);
  return entry;
}

async function fromEntry(entry: Kept, identity: AwsIdentity, region: string, tools: AwsTools) {
  const { known } = entry;
  const endsAt = known?.expiration?.getTime() ?? 0;
  if (known !== undefined && endsAt - renewBeforeMs > tools.clock.now()) return known;
  entry.asking ??= ask(identity, region, tools).finally(() => delete entry.asking);
  try {
    const credentials = await entry.asking;
    if (credentials.expiration !== undefined) entry.known = credentials;
    return credentials;
  } catch (error) {
    // A token service that is away for a moment ends nothing while the old ones are good.
    if (known !== undefined && endsAt > tools.clock.now()) return known;
    throw error;
  }
}

/** Goes on although the one who asked first may have gone; the deadline also holds for what the SDK asks by itself. */
async function ask(identity: AwsIdentity, region: string, tools: AwsTools): Promise<AwsCredentials> {
  const deadline = new AbortController();
  const tooLate = new ProviderError(`no AWS credentials: context deadline exceeded (${askMs / 1000} s)`);
  const timer = tools.clock.schedule(askMs, () => deadline.abort(tooLate));
  const own = { ...tools, signal: deadline.signal };
  try {
    return await unlessAborted(own.signal, () => askChain(identity, region, own));
  } catch (error) {
    throw credentialsProblem(error);
  } finally {
    timer.cancel();
  }
}

async function askChain({ profile, roleArn }: AwsIdentity, region: string, tools: AwsTools): Promise<AwsCredentials> {
  const masterCredentials = await chainCredentials(profile, region, tools);
  if (!roleArn) return masterCredentials;
  const { fromTemporaryCredentials } = await import('@aws-sdk/credential-providers');
  const settings = awsClientSettings(tools, { timeoutMs: tokenServiceMs, hasSecretBody: true });
  return fromTemporaryCredentials({
    masterCredentials,
    params: { RoleArn: roleArn, RoleSessionName: sessionName },
    clientConfig: { region, ...settings },
  })();
}

function unlessAborted<T>(signal: AbortSignal, make: () => Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void =>
      reject(signal.reason instanceof ProviderError ? signal.reason : new ProviderError('context canceled'));
    if (signal.aborted) {
      onAbort();
      return;
    }
    signal.addEventListener('abort', onAbort, { once: true });
    make()
      .then(resolve, reject)
      .finally(() => signal.removeEventListener('abort', onAbort));
  });
}
