// Which plugins the ConfigMap `argo-rollouts-config` of the controller's namespace names, and how Slipway reaches them
// (operations.md §1, traffic.md §8.1). It is read when a plugin is used: a change needs no restart.

import { classifyFailure } from '../kubernetes/problem.ts';
import { KubeError, type Transport } from '../kubernetes/transport.ts';
import { parseYaml, YamlError } from '../lang/yaml.ts';
import { PluginError } from './plugin-error.ts';

export interface PluginRegistration {
  readonly name: string;
  readonly location: string;
  /** `http`: one path for each operation; `jsonrpc`: one address, the method in the body; `go-plugin`: an executable. */
  readonly protocol: 'http' | 'jsonrpc' | 'go-plugin';
  readonly isDisabled: boolean;
  /** As it is written there; of executables only. */
  readonly sha256: string | undefined;
  readonly args: readonly string[];
  /** Secrets of the controller's namespace; each of their keys is a header of the download. */
  readonly headerSecrets: readonly string[];
}

export type PluginListKey = 'metricProviderPlugins' | 'stepPlugins' | 'trafficRouterPlugins';

export interface RegistrationSource {
  readonly transport: Transport;
  readonly controllerNamespace: string;
  readonly signal: AbortSignal;
}

/**
 * The entry of a plugin. Rejects with a PluginError that continues "unable to start plugin system: ": there is none of
 * that name, it makes no sense, or the ConfigMap cannot be read.
 */
export async function findPlugin(
  key: PluginListKey,
  name: string,
  source: RegistrationSource,
): Promise<PluginRegistration> {
  return registrationIn(await readList(key, source), name);
}

/** The list under a key of the ConfigMap; undefined where there is none. */
async function readList(key: PluginListKey, options: RegistrationSource): Promise<string | undefined> {
  const namespace = encodeURIComponent(options.controllerNamespace);
  try {
    const { body } = await options.transport.request({
      verb: 'GET',
      path: `/api/v1/namespaces/${namespace}/configmaps/argo-rollouts-config`,
      deadlineMs: 30_000,
      signal: options.signal,
    });
    const list = fieldOf(fieldOf(body, 'data'), key);
    return typeof list === 'string' ? list : undefined;
  } catch (error) {
    if (!(error instanceof KubeError)) throw error;
    if (error.status === 404) return undefined;
    throw new PluginError(`the ConfigMap argo-rollouts-config cannot be read: ${classifyFailure(error).message}`);
  }
}

function registrationIn(list: string | undefined, name: string): PluginRegistration {
  const entry = listed(list).find((item) => fieldOf(item, 'name') === name);
  if (entry === undefined) {
    throw new PluginError(`unable to find plugin (${name}): plugin ${name} not configured in configmap`);
  }
  const text = textOf(fieldOf(entry, 'location')) ?? '';
  const location = text.replace(/^(https?)\+rpc:/, '$1:');
  return {
    name,
    location,
    protocol: protocolOf(name, location, location !== text, entry),
    isDisabled: fieldOf(entry, 'disabled') === true,
    sha256: textOf(fieldOf(entry, 'sha256')),
    args: textsIn(entry, 'args', name, (argument) => argument),
    headerSecrets: textsIn(entry, 'headersFrom', name, (source) =>
      textOf(fieldOf(fieldOf(source, 'secretRef'), 'name')),
    ),
  };
}

function protocolOf(name: string, location: string, isRpc: boolean, entry: unknown): PluginRegistration['protocol'] {
  const given = fieldOf(entry, 'protocol') ?? 'go-plugin';
  const isWeb = /^https?:/.test(location);
  if (isWeb && (isRpc || fieldOf(entry, 'jsonrpc') === true)) return 'jsonrpc';
  if (given === 'go-plugin' || (given === 'http' && isWeb)) return given;
  throw new PluginError(`unable to find plugin (${name}): its protocol is not known, or not for its location`);
}

function listed(list: string | undefined): readonly unknown[] {
  if (list === undefined) return [];
  try {
    const parsed = parseYaml(list) ?? []; // nothing but comments
    if (Array.isArray(parsed)) return parsed;
    throw new PluginError('the plugins in the ConfigMap argo-rollouts-config are no list');
  } catch (error) {
    if (!(error instanceof YamlError)) throw error;
    throw new PluginError(`the plugins in the ConfigMap argo-rollouts-config are no YAML: ${error.message}`);
  }
}

/** `of`: what of an item is the text. */
function textsIn(entry: unknown, key: string, name: string, of: (item: unknown) => unknown): readonly string[] {
  const problem = (text: string) => new PluginError(`unable to find plugin (${name}): its ${key} ${text}`);
  const items = fieldOf(entry, key) ?? [];
  if (!Array.isArray(items)) throw problem('is no list');
  return items.map((item, index) => {
    const text = of(item) ?? {};
    if (typeof text === 'object') throw problem(`makes no sense at [${index}]`);
    return String(text);
  });
}

function textOf(value: unknown): string | undefined {
  return value === undefined || value === null || value === '' ? undefined : String(value);
}

function fieldOf(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>)[key] : undefined;
}
