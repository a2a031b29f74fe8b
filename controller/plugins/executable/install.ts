// Where the executable of a plugin comes from and where it lands: `plugin-bin/<owner>/<name>` below the working directory,
// mode 0700 (traffic.md §8.1). Its digest is compared before anything can run it, wherever it comes from.

import { createHash, randomUUID } from 'node:crypto';
import { constants, createReadStream } from 'node:fs';
import { access, chmod, copyFile, mkdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { Agents } from '../../analysis/providers/http-agents.ts';
import { classifyFailure } from '../../kubernetes/problem.ts';
import { KubeError } from '../../kubernetes/transport.ts';
import type { Clock } from '../../lang/time.ts';
import { PluginError } from '../plugin-error.ts';
import type { PluginRegistration } from '../registration.ts';
import { download, mostExecutableBytes } from './download.ts';

export interface InstallOptions {
  /** The working directory: `plugin-bin` is made there, and relative locations begin there. */
  readonly folder: string;
  readonly clock: Clock;
  readonly agents: Agents;
  /** Of the controller's namespace; undefined when there is none of that name. */
  readSecret(name: string): Promise<Readonly<Record<string, string>> | undefined>;
  readonly signal: AbortSignal;
}

/** The path of the executable. Rejects with a PluginError of one line. */
export async function installExecutable(plugin: PluginRegistration, options: InstallOptions): Promise<string> {
  const path = join(options.folder, 'plugin-bin', pathOf(plugin.name));
  const wanted = digestOf(plugin);
  const fetch = fetchFrom(plugin, options);
  if (wanted !== undefined && (await isThere(path)) && (await sha256(path)) === wanted) return path;
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    await replace(path, fetch, wanted);
    return path;
  } catch (error) {
    throw problemOf(error, plugin, path);
  }
}

/** Whole and verified, or not at all. */
async function replace(path: string, fetch: (target: string) => Promise<void>, wanted?: string): Promise<void> {
  const fresh = `${path}.${randomUUID()}`;
  try {
    await fetch(fresh);
    const got = wanted === undefined ? undefined : await sha256(fresh);
    if (got !== wanted) throw new PluginError(`its sha256 is ${got}, but ${wanted} is wanted`);
    await chmod(fresh, 0o700);
    await rename(fresh, path);
  } finally {
    await rm(fresh, { force: true });
  }
}

/** Whether what was installed can still be run. */
export async function isThere(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}

/** No path leads out of `plugin-bin`. Throws a PluginError for a name that is none. */
function pathOf(name: string): string {
  const [, owner = '', file = ''] = /^([A-Za-z0-9-]+)\/([A-Za-z0-9_.-]+)$/.exec(name) ?? [];
  if (owner !== '' && file !== '.' && file !== '..') return join(owner, file);
  throw new PluginError(`plugin repository (${name}) must be in the format of <namespace>/<name>`);
}

function digestOf({ sha256: given }: PluginRegistration): string | undefined {
  if (given === undefined || /^[0-9a-f]{64}$/i.test(given)) return given?.toLowerCase();
  throw new PluginError('its sha256 in the ConfigMap argo-rollouts-config must have 64 hexadecimal digits');
}

function fetchFrom(plugin: PluginRegistration, options: InstallOptions): (target: string) => Promise<void> {
  const { location } = plugin;
  if (/^https?:/.test(location) && URL.canParse(location)) {
    return async (target) => {
      const headers = await headersFrom(plugin, options);
      await download({ ...options, url: location, headers, target });
    };
  }
  if (/^file:./.test(location)) return (target) => copy(resolve(options.folder, pathIn(location)), target);
  throw new PluginError('plugin location must be of http(s) or file scheme');
}

/** `file:///absolute`, and `file://./relative` as the reference's documentation has it. */
function pathIn(location: string): string {
  const path = location.replace(/^file:(\/\/)?/, '');
  try {
    return decodeURIComponent(path);
  } catch (error) {
    if (error instanceof URIError) return path;
    throw error;
  }
}

async function copy(source: string, target: string): Promise<void> {
  const about = await stat(source);
  if (!about.isFile()) throw new PluginError('there is no file');
  if (about.size > mostExecutableBytes)
    throw new PluginError(`it is larger than ${mostExecutableBytes / 1024 ** 2} MiB`);
  await copyFile(source, target, constants.COPYFILE_EXCL);
}

async function headersFrom(
  { headerSecrets }: PluginRegistration,
  { readSecret }: InstallOptions,
): Promise<Readonly<Record<string, string>>> {
  const headers: Record<string, string> = {};
  for (const name of headerSecrets) {
    const secret = await readSecret(name).catch((error: unknown) => {
      if (!(error instanceof KubeError)) throw error;
      throw new PluginError(`the Secret ${name} for its headers cannot be read: ${classifyFailure(error).message}`);
    });
    if (secret === undefined) throw new PluginError(`there is no Secret ${name} for its headers`);
    for (const [key, value] of Object.entries(secret)) headers[key] = value.trim();
  }
  return headers;
}

async function sha256(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

/** What the file system says, told by what a person can do about it. */
function problemOf(error: unknown, { location }: PluginRegistration, path: string): unknown {
  if (error instanceof PluginError) return new PluginError(`it cannot be fetched from its location: ${error.message}`);
  const { code, path: where = '' } = error as NodeJS.ErrnoException;
  if (code === undefined) return error;
  const isTarget = where.startsWith(dirname(dirname(path)));
  if (code === 'ENOENT' && !isTarget) return new PluginError(`there is no file at ${location}`);
  if (isTarget && ['EROFS', 'EACCES', 'ENOSPC'].includes(code)) {
    return new PluginError(`${path} cannot be written (${code}): the controller needs a volume at plugin-bin`);
  }
  return new PluginError(`its file at ${isTarget ? path : location} cannot be used (${code})`);
}
