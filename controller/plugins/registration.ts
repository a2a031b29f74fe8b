// Which plugins the ConfigMap `argo-rollouts-config` of the controller's namespace names, and how Slipway reaches them
// (operations.md §1, traffic.md §8.1). Executables speak Go's gob over a socket: Slipway does not run them, and says so.

import { KubeError, type Transport } from '../kubernetes/transport.ts';
import { parseYaml } from '../lang/yaml.ts';

export interface PluginRegistration {
  readonly name: string;
  readonly location: string;
  /** `http`: one path for each operation; `jsonrpc`: one address, the method in the body. Undefined: an executable. */
  readonly protocol: 'http' | 'jsonrpc' | undefined;
  readonly isDisabled: boolean;
}

export type PluginListKey = 'metricProviderPlugins' | 'stepPlugins' | 'trafficRouterPlugins';

/** The list under a key of the ConfigMap; undefined where there is none. Throws what the cluster says. */
export async function readPluginList(
  key: PluginListKey,
  options: { readonly transport: Transport; readonly controllerNamespace: string; readonly signal: AbortSignal },
): Promise<string | undefined> {
  const namespace = encodeURIComponent(options.controllerNamespace);
  try {
    const { body } = await options.transport.request({
      verb: 'GET',
      path: `/api/v1/namespaces/${namespace}/configmaps/argo-rollouts-config`,
      deadlineMs: 30_000,
      signal: options.signal,
    });
    const list = (body as { readonly data?: Readonly<Record<string, unknown>> } | undefined)?.data?.[key];
    return typeof list === 'string' ? list : undefined;
  } catch (error) {
    if (error instanceof KubeError && error.status === 404) return undefined;
    throw error;
  }
}

/** The entry of a plugin; undefined when the list has none of that name. */
export function findPlugin(name: string, list: string | undefined): PluginRegistration | undefined {
  const parsed = list === undefined ? undefined : parseYaml(list);
  const entry = Array.isArray(parsed) ? parsed.find((item) => fieldOf(item, 'name') === name) : undefined;
  if (entry === undefined) return undefined;
  const given = fieldOf(entry, 'location');
  const text = typeof given === 'string' ? given : '';
  const location = text.replace(/^(https?)\+rpc:/, '$1:');
  const isRpc = location !== text || fieldOf(entry, 'jsonrpc') === true;
  const isWeb = /^https?:/.test(location);
  const protocol = isWeb && isRpc ? 'jsonrpc' : isWeb && fieldOf(entry, 'protocol') === 'http' ? 'http' : undefined;
  return { name, location, protocol, isDisabled: fieldOf(entry, 'disabled') === true };
}

function fieldOf(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>)[key] : undefined;
}
