// One kubeconfig file as it is read, with the mistakes it can have told in one line each; several are merged as kubectl
// does: for each name the first file that has it counts.

import { readFileSync } from 'node:fs';
import { dirname, isAbsolute, join } from 'node:path';
import type { Cluster, Context, User } from '@kubernetes/client-node';
import { parseYaml, YamlError } from '../lang/yaml.ts';
import { CredentialsError } from './cluster-access.ts';

export interface KubeconfigFile {
  /** For messages: `the kubeconfig /path`. */
  readonly source: string;
  readonly contexts: readonly Context[];
  readonly clusters: readonly Cluster[];
  /** With what the library's User has no room for. */
  readonly users: readonly {
    readonly user: User;
    readonly groups: readonly string[];
    readonly uid: string | undefined;
  }[];
  readonly currentContext: string;
}

type Fields = Readonly<Record<string, unknown>>;

/** `why`: what named this file, for messages. */
export function readKubeconfig(path: string, why: string): KubeconfigFile {
  const source = `the kubeconfig ${path}`;
  const content = parse(readText(path, why), source);
  const folder = dirname(path);
  return {
    source,
    contexts: entries(content, 'contexts', 'context', source).map(([name, context]) => ({
      name,
      cluster: text(context.cluster) ?? '',
      user: text(context.user) ?? '',
      ...optional('namespace', text(context.namespace)),
    })),
    clusters: entries(content, 'clusters', 'cluster', source).map(([name, cluster]) =>
      readCluster(name, cluster, folder),
    ),
    users: entries(content, 'users', 'user', source).map(([name, user]) => ({
      user: readUser(name, user, folder),
      groups: Array.isArray(user['as-groups']) ? user['as-groups'].map(String) : [],
      uid: text(user['as-uid']),
    })),
    currentContext: text(content['current-context']) ?? '',
  };
}

export function mergeFiles(files: readonly KubeconfigFile[]): KubeconfigFile {
  const first = <T>(items: readonly T[], nameOf: (item: T) => string): T[] =>
    items.filter((item, index) => items.findIndex((other) => nameOf(other) === nameOf(item)) === index);
  return {
    source: files.length === 1 ? files[0]!.source : 'the kubeconfigs of KUBECONFIG',
    contexts: first(
      files.flatMap((file) => file.contexts),
      ({ name }) => name,
    ),
    clusters: first(
      files.flatMap((file) => file.clusters),
      ({ name }) => name,
    ),
    users: first(
      files.flatMap((file) => file.users),
      ({ user }) => user.name,
    ),
    currentContext: files.find((file) => file.currentContext !== '')?.currentContext ?? '',
  };
}

function readText(path: string, why: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const problems: Readonly<Record<string, string>> = {
      ENOENT: 'does not exist',
      EACCES: 'cannot be read: permission denied',
      EISDIR: 'is a folder, not a file',
    };
    throw new CredentialsError(
      `the kubeconfig ${path} (from ${why}) ${problems[code ?? ''] ?? `cannot be read: ${message}`}`,
    );
  }
}

function parse(content: string, source: string): Fields {
  let value: unknown;
  try {
    value = parseYaml(content);
  } catch (error) {
    if (!(error instanceof YamlError)) throw error;
    throw new CredentialsError(`${source} is not valid YAML: ${error.message}`);
  }
  if (value === undefined || value === null) throw new CredentialsError(`${source} is empty`);
  if (!isFields(value)) throw new CredentialsError(`${source} is no kubeconfig: a mapping was expected`);
  return value;
}

function entries(content: Fields, list: string, field: string, source: string): (readonly [string, Fields])[] {
  const items = content[list] ?? [];
  if (!Array.isArray(items)) throw new CredentialsError(`${source} is no kubeconfig: "${list}" must be a list`);
  return items.map((item: unknown, index) => {
    const name = isFields(item) ? text(item.name) : undefined;
    if (name === undefined) throw new CredentialsError(`${source}: ${list}[${index}] has no name`);
    const value = (item as Fields)[field];
    return [name, isFields(value) ? value : {}] as const;
  });
}

function readCluster(name: string, cluster: Fields, folder: string): Cluster {
  return {
    name,
    server: text(cluster.server) ?? '',
    skipTLSVerify: cluster['insecure-skip-tls-verify'] === true,
    ...optional('caFile', file(cluster['certificate-authority'], folder)),
    ...optional('caData', text(cluster['certificate-authority-data'])),
    ...optional('tlsServerName', text(cluster['tls-server-name'])),
    ...optional('proxyUrl', text(cluster['proxy-url'])),
  };
}

function readUser(name: string, user: Fields, folder: string): User {
  const tokenFile = file(user.tokenFile, folder);
  const provider = user['auth-provider'] ?? (tokenFile === undefined ? undefined : tokenFileProvider(tokenFile));
  return {
    name,
    ...optional('certData', text(user['client-certificate-data'])),
    ...optional('certFile', file(user['client-certificate'], folder)),
    ...optional('keyData', text(user['client-key-data'])),
    ...optional('keyFile', file(user['client-key'], folder)),
    ...optional('token', tokenFile === undefined ? text(user.token) : undefined),
    ...optional('username', text(user.username)),
    ...optional('password', text(user.password)),
    ...optional('impersonateUser', text(user.as)),
    ...(provider === undefined ? {} : { authProvider: provider as NonNullable<User['authProvider']> }),
    ...(user.exec === undefined ? {} : { exec: withAbsoluteCommand(user.exec, folder) }),
  };
}

function tokenFileProvider(tokenFile: string): unknown {
  return { name: 'tokenFile', config: { tokenFile } };
}

/** A command with a slash in it is relative to the file, one without is looked for in PATH. */
function withAbsoluteCommand(exec: unknown, folder: string): unknown {
  const command = isFields(exec) ? text(exec.command) : undefined;
  return command?.includes('/') === true ? { ...(exec as Fields), command: file(command, folder) } : exec;
}

function file(value: unknown, folder: string): string | undefined {
  const path = text(value);
  return path === undefined || isAbsolute(path) ? path : join(folder, path);
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function optional<K extends string>(key: K, value: string | undefined): { [key in K]?: string } {
  return value === undefined ? {} : ({ [key]: value } as { [key in K]: string });
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
