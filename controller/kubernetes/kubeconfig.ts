// Which cluster, and as whom: kubectl's rules for --kubeconfig, KUBECONFIG, ~/.kube/config and a pod's own service
// account, with the flags that override them. Everything that can be wrong is one clear line (a CredentialsError).

import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import type { Cluster, KubeConfig, User } from '@kubernetes/client-node';
import { type ClusterAccess, CredentialsError } from './cluster-access.ts';
import { type ChosenCluster, createKubeconfigCredentials } from './kubeconfig-credentials.ts';
import { type KubeconfigFile, mergeFiles, readKubeconfig } from './kubeconfig-file.ts';

/** kubectl's connection flags; an empty string, false or an empty list means "not given". */
export interface ClusterFlags {
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly cluster?: string;
  readonly user?: string;
  readonly server?: string;
  readonly token?: string;
  readonly as?: string;
  readonly asGroups?: readonly string[];
  readonly asUid?: string;
  readonly certificateAuthority?: string;
  readonly clientCertificate?: string;
  readonly clientKey?: string;
  readonly insecureSkipTlsVerify?: boolean;
  readonly tlsServerName?: string;
}

export type Environment = Readonly<Record<string, string | undefined>>;

export const serviceAccountFolder = '/var/run/secrets/kubernetes.io/serviceaccount';

/** Rejects with a CredentialsError whose message is one line. Asks no server anything. */
export async function loadClusterAccess(flags: ClusterFlags, env: Environment): Promise<ClusterAccess> {
  // The library costs 90 MB and a third of a second unbundled: not before a cluster is needed.
  const { KubeConfig } = await import('./client-library.ts');
  const choose = (): ChosenCluster => chooseCluster(flags, env, () => new KubeConfig());
  const chosen = choose();
  const credentials = createKubeconfigCredentials(choose, () => new KubeConfig());
  return {
    server: chosen.cluster.server.replace(/\/$/, ''),
    namespace: chosen.namespace,
    context: chosen.context,
    ...credentials,
  };
}

function chooseCluster(flags: ClusterFlags, env: Environment, makeConfig: () => KubeConfig): ChosenCluster {
  const file = findFile(flags, env);
  if (file === undefined) {
    if (!isGiven(flags.server) && isInCluster(env)) return inCluster(flags, makeConfig());
    if (!isGiven(flags.server)) {
      throw new CredentialsError(
        'no cluster to talk to: no --kubeconfig, no KUBECONFIG, no ~/.kube/config, no --server, and this is no pod',
      );
    }
  }
  return applyFlags(flags, file ?? { contexts: [], clusters: [], users: [], source: '--server', currentContext: '' });
}

/** The kubeconfig that counts, or undefined where there is none. */
function findFile(flags: ClusterFlags, env: Environment): KubeconfigFile | undefined {
  if (isGiven(flags.kubeconfig)) return readKubeconfig(flags.kubeconfig, '--kubeconfig');
  const listed = (env.KUBECONFIG ?? '').split(delimiter).filter((path) => path !== '');
  if (listed.length > 0) {
    // kubectl leaves out what does not exist; if nothing exists, that is what has to be said.
    const existing = listed.filter((path) => existsSync(path));
    if (existing.length === 0) return readKubeconfig(listed[0]!, 'KUBECONFIG');
    return mergeFiles(existing.map((path) => readKubeconfig(path, 'KUBECONFIG')));
  }
  const standard = join(env.HOME ?? homedir(), '.kube', 'config');
  return existsSync(standard) ? readKubeconfig(standard, 'the standard place') : undefined;
}

function isInCluster(env: Environment): boolean {
  return isGiven(env.KUBERNETES_SERVICE_HOST) && existsSync(join(serviceAccountFolder, 'token'));
}

function inCluster(flags: ClusterFlags, config: KubeConfig): ChosenCluster {
  config.loadFromCluster();
  const chosen = applyFlags(flags, {
    source: 'the service account',
    contexts: config.contexts,
    clusters: config.clusters,
    users: config.users.map((user) => ({ user, groups: [], uid: undefined })),
    currentContext: config.currentContext,
  });
  const namespace = chosen.namespace?.trim();
  return { ...chosen, context: 'in-cluster', namespace: isGiven(namespace) ? namespace : undefined };
}

function applyFlags(flags: ClusterFlags, file: KubeconfigFile): ChosenCluster {
  const contextName = isGiven(flags.context) ? flags.context : file.currentContext;
  const context = file.contexts.find(({ name }) => name === contextName);
  if (context === undefined && (isGiven(flags.context) || !isGiven(flags.server))) {
    const known = file.contexts.map(({ name }) => name).join(', ') || 'none';
    throw new CredentialsError(
      isGiven(contextName)
        ? `context "${contextName}" does not exist in ${file.source} (contexts there: ${known})`
        : `no context is chosen: ${file.source} has no current-context, and --context is not given (contexts there: ${known})`,
    );
  }
  const clusterName = isGiven(flags.cluster) ? flags.cluster : (context?.cluster ?? '');
  const userName = isGiven(flags.user) ? flags.user : (context?.user ?? '');
  const cluster = file.clusters.find(({ name }) => name === clusterName);
  const entry = file.users.find(({ user }) => user.name === userName);
  if (cluster === undefined && !isGiven(flags.server)) {
    throw new CredentialsError(`cluster "${clusterName}" of context "${contextName}" does not exist in ${file.source}`);
  }
  if (entry === undefined && userName !== '') {
    throw new CredentialsError(`user "${userName}" of context "${contextName}" does not exist in ${file.source}`);
  }
  const groups = flags.asGroups ?? [];
  const impersonatedUser = isGiven(flags.as) ? flags.as : entry?.user.impersonateUser;
  const uid = isGiven(flags.asUid) ? flags.asUid : entry?.uid;
  if (!isGiven(impersonatedUser) && (groups.length > 0 || isGiven(uid))) {
    throw new CredentialsError('requesting groups or a uid without impersonating a user: --as is missing');
  }
  return {
    context: context?.name ?? flags.server ?? '',
    namespace: isGiven(context?.namespace) ? context.namespace : undefined,
    cluster: clusterWith(flags, cluster),
    user: userWith(flags, entry?.user),
    impersonate: {
      ...(isGiven(impersonatedUser) ? { user: impersonatedUser } : {}),
      groups: groups.length > 0 ? groups : (entry?.groups ?? []),
      ...(isGiven(uid) ? { uid } : {}),
    },
    source: file.source,
  };
}

function clusterWith(flags: ClusterFlags, cluster: Cluster | undefined): Cluster {
  const server = isGiven(flags.server) ? flags.server : (cluster?.server ?? '');
  if (!/^https?:\/\/[^/]/.test(server)) {
    throw new CredentialsError(`"${server}" is no address of an API server: it must begin with https:// or http://`);
  }
  const skip = flags.insecureSkipTlsVerify === true || cluster?.skipTLSVerify === true;
  const { caFile, caData, tlsServerName, proxyUrl } = cluster ?? {};
  const ca = isGiven(flags.certificateAuthority) ? flags.certificateAuthority : caFile;
  const serverName = isGiven(flags.tlsServerName) ? flags.tlsServerName : tlsServerName;
  return {
    name: cluster?.name ?? 'cluster',
    server,
    // The library refuses plain HTTP otherwise; to HTTP it means nothing.
    skipTLSVerify: skip || server.startsWith('http:'),
    ...(ca === undefined ? {} : { caFile: ca }),
    ...(caData === undefined || isGiven(flags.certificateAuthority) ? {} : { caData }),
    ...(serverName === undefined ? {} : { tlsServerName: serverName }),
    ...(proxyUrl === undefined ? {} : { proxyUrl }),
  };
}

function userWith(flags: ClusterFlags, user: User | undefined): User {
  const base: User = { ...(user ?? { name: 'user' }), impersonateUser: undefined as unknown as string };
  // A flag replaces every other way of the same kind.
  if (isGiven(flags.token)) {
    return { name: base.name, token: flags.token };
  }
  if (!isGiven(flags.clientCertificate) && !isGiven(flags.clientKey)) return base;
  return {
    ...base,
    ...(isGiven(flags.clientCertificate) ? { certFile: flags.clientCertificate, certData: '' } : {}),
    ...(isGiven(flags.clientKey) ? { keyFile: flags.clientKey, keyData: '' } : {}),
  };
}

function isGiven(text: string | null | undefined): text is string {
  return text !== undefined && text !== null && text !== '';
}
