// The headers and certificates of a chosen user, from the library's authenticators (exec, OIDC, cloud, token file),
// asked again when a file has changed, when they are older than ten seconds, or after a refusal.

import { X509Certificate } from 'node:crypto';
import { statSync } from 'node:fs';
import type { Agent } from 'node:http';
import type { RequestOptions } from 'node:https';
import type { Cluster, KubeConfig, User } from '@kubernetes/client-node';
import { type ClusterAccess, type Credentials, CredentialsError } from './cluster-access.ts';

/** Exec plugins and token files have their own caches behind this one. */
const freshMs = 10_000;

/** What the flags and files say, before any credential is fetched. */
export interface ChosenCluster {
  readonly context: string;
  readonly namespace: string | undefined;
  readonly cluster: Cluster;
  readonly user: User;
  readonly impersonate: { readonly user?: string; readonly groups: readonly string[]; readonly uid?: string };
  /** For messages. */
  readonly source: string;
}

export function createKubeconfigCredentials(
  choose: () => ChosenCluster,
  makeConfig: () => KubeConfig,
): Pick<ClusterAccess, 'credentials' | 'refresh'> {
  let chosen = choose();
  let config = configOf(chosen, makeConfig());
  let stamp = stampOf(chosen);
  let current: { readonly credentials: Promise<Credentials>; readonly at: number } | undefined;

  /** Reads the files anew and asks every authenticator again. */
  const reload = (): void => {
    chosen = choose();
    config = configOf(chosen, makeConfig());
    stamp = stampOf(chosen);
    current = undefined;
  };
  return {
    credentials() {
      const now = performance.now();
      if (current !== undefined && now - current.at < freshMs) return current.credentials;
      if (stampOf(chosen) !== stamp) reload();
      const credentials = fetchCredentials(config, chosen);
      current = { credentials, at: now };
      // A failure is told to those who wait for it, and asked for anew by the next.
      credentials.catch(() => {
        if (current?.credentials === credentials) current = undefined;
      });
      return credentials;
    },
    async refresh() {
      const isFixed = chosen.user.token !== undefined && chosen.user.exec === undefined;
      reload();
      return !isFixed || chosen.source !== '--server';
    },
  };
}

function configOf(chosen: ChosenCluster, config: KubeConfig): KubeConfig {
  config.loadFromClusterAndUser(chosen.cluster, chosen.user);
  return config;
}

async function fetchCredentials(config: KubeConfig, chosen: ChosenCluster): Promise<Credentials> {
  const options: RequestOptions & { headers: Record<string, string> } = { headers: {} };
  try {
    await config.applyToHTTPSOptions(options);
  } catch (error) {
    throw new CredentialsError(`the credentials of ${describe(chosen)} cannot be had: ${oneLine(error)}`);
  }
  const { ca, cert, key, servername, rejectUnauthorized, auth, agent } = options;
  if (cert !== undefined) checkCertificate(cert as string | Buffer, chosen);
  const headers: Record<string, string | readonly string[]> = {};
  for (const [name, value] of Object.entries(options.headers)) headers[name.toLowerCase()] = value.trim();
  if (typeof auth === 'string') headers.authorization = `Basic ${Buffer.from(auth).toString('base64')}`;
  const { user, groups, uid } = chosen.impersonate;
  if (user !== undefined) headers['impersonate-user'] = user;
  if (groups.length > 0) headers['impersonate-group'] = groups;
  if (uid !== undefined) headers['impersonate-uid'] = uid;
  return {
    headers,
    tls: {
      ...(ca === undefined ? {} : { ca: ca as string | Buffer }),
      ...(cert === undefined ? {} : { cert: cert as string | Buffer }),
      ...(key === undefined ? {} : { key: key as string | Buffer }),
      ...(servername === undefined ? {} : { servername }),
      ...(rejectUnauthorized === undefined ? {} : { rejectUnauthorized }),
    },
    // Ours keeps connections alive; only a proxy needs the library's.
    ...(chosen.cluster.proxyUrl === undefined ? {} : { agent: agent as Agent }),
  };
}

/** An expired certificate is refused by the server in the middle of the handshake, with words that help nobody. */
function checkCertificate(cert: string | Buffer, chosen: ChosenCluster): void {
  let certificate: X509Certificate;
  try {
    certificate = new X509Certificate(cert);
  } catch (error) {
    throw new CredentialsError(`the client certificate of ${describe(chosen)} is unreadable: ${oneLine(error)}`);
  }
  const { validToDate } = certificate;
  if (validToDate.getTime() >= Date.now()) return;
  throw new CredentialsError(`the client certificate of ${describe(chosen)} expired on ${validToDate.toISOString()}`);
}

function describe(chosen: ChosenCluster): string {
  return `user "${chosen.user.name}" in ${chosen.source}`;
}

/** When the files behind the credentials were last changed. */
function stampOf({ cluster, user }: ChosenCluster): string {
  const provider = user.authProvider as { config?: { tokenFile?: string } } | undefined;
  const files = [cluster.caFile, user.certFile, user.keyFile, provider?.config?.tokenFile];
  return files
    .map((file) => (file === undefined ? '' : (statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0)))
    .join();
}

function oneLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).trim().replace(/\s*\n\s*/g, ' ');
}
