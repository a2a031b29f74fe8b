// Whose name requests to AWS carry: what the default chain of the SDKs finds (`chain.ts`), and from there a role to
// assume where one is asked for. What ends is kept until five minutes before its end, and asked for once, however many
// measurements want it at the same time.

import { type HttpClient, ProviderError } from '../analysis/providers/contract.ts';
import { chainCredentials } from './chain.ts';
import { readProfile } from './profile.ts';
import type { AwsCredentials, LastingCredentials } from './sigv4.ts';
import { assumeRole } from './sts.ts';
import type { AwsTools } from './tools.ts';

export interface AwsIdentity {
  readonly region?: string;
  readonly profile?: string;
  readonly roleArn?: string;
}

const renewBeforeMs = 300_000;

interface Kept {
  known?: LastingCredentials;
  /** Goes on although the one who asked first may have gone. */
  asking?: Promise<LastingCredentials>;
}

const keptBy = new WeakMap<HttpClient, Map<string, Kept>>();

/** Throws a ProviderError that names no secret where there is no region or nobody to sign as. */
export async function resolveAwsCredentials(
  identity: AwsIdentity,
  tools: AwsTools,
): Promise<{ readonly credentials: AwsCredentials; readonly region: string }> {
  const profile = await readProfile(identity.profile, tools.environment);
  const { AWS_REGION, AWS_DEFAULT_REGION } = tools.environment;
  const region = identity.region || AWS_REGION || AWS_DEFAULT_REGION || profile.region;
  if (!region) throw new ProviderError('no AWS region: set it in the metric or in AWS_REGION');
  const entry = entryOf(tools.http, JSON.stringify([identity.profile, identity.roleArn, region]));
  const credentials = await unlessAborted(tools.signal, () => fromEntry(entry, identity, region, tools));
  tools.redact(credentials.secretAccessKey);
  if (credentials.sessionToken !== undefined) tools.redact(credentials.sessionToken);
  return { credentials, region };
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
  const endsAt = known?.expiresAt ?? 0;
  if (known !== undefined && endsAt - renewBeforeMs > tools.clock.now()) return known;
  entry.asking ??= ask(identity, region, tools).finally(() => delete entry.asking);
  try {
    const credentials = await entry.asking;
    if (credentials.expiresAt !== undefined) entry.known = credentials;
    return credentials;
  } catch (error) {
    // A token service that is away for a moment ends nothing while the old ones are good.
    if (known !== undefined && endsAt > tools.clock.now()) return known;
    throw error;
  }
}

async function ask(identity: AwsIdentity, region: string, tools: AwsTools): Promise<LastingCredentials> {
  const own = { ...tools, signal: new AbortController().signal };
  const credentials = await chainCredentials(identity.profile, region, own);
  if (!identity.roleArn) return credentials;
  return assumeRole({ role: identity.roleArn, credentials, region }, own);
}

function unlessAborted<T>(signal: AbortSignal, make: () => Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(new ProviderError('context canceled'));
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
