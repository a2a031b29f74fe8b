// How a plugin and who starts it find each other (hashicorp/go-plugin): what the environment tells the plugin, and what its
// first line says: `CORE|APP|NETWORK|ADDRESS|PROTOCOL|CERTIFICATE`.

import { PluginError } from '../plugin-error.ts';

/** Which kind of plugin is meant: a plugin that is another one does not start. */
export interface PluginKind {
  /** The value of the cookie, e.g. `metricprovider`. */
  readonly cookie: string;
  /** What the plugin serves, e.g. `RpcMetricProviderPlugin`. */
  readonly serves: string;
}

export type PluginAddress =
  | { readonly network: 'unix'; readonly path: string }
  | { readonly network: 'tcp'; readonly host: string; readonly port: number };

const coreVersion = '1';
const appVersion = '1';

/** On top of the controller's own environment, which plugins inherit. */
export function handshakeEnvironment({ cookie }: PluginKind, socketFolder: string): Readonly<Record<string, string>> {
  return {
    ARGO_ROLLOUTS_RPC_PLUGIN: cookie,
    PLUGIN_MIN_PORT: '10000',
    PLUGIN_MAX_PORT: '25000',
    PLUGIN_PROTOCOL_VERSIONS: appVersion,
    // Newer plugins put their socket there, older ones into the folder of temporary files.
    PLUGIN_UNIX_SOCKET_DIR: socketFolder,
  };
}

/** Throws a PluginError that says what the line is instead. */
export function parseHandshake(line: string): PluginAddress {
  const [core = '', app, network, address = '', protocol = 'netrpc', certificate = ''] = line.trim().split('|');
  if (address === '' || address.includes('\0') || !/^\d+$/.test(core)) {
    throw new PluginError('it does not say how to reach it: is it a plugin, built for this machine?');
  }
  if (core !== coreVersion) throw new PluginError(`it speaks version ${core} of go-plugin, not ${coreVersion}`);
  if (app !== appVersion)
    throw new PluginError(`it speaks version ${app} of the protocol of plugins, not ${appVersion}`);
  if (protocol !== 'netrpc') throw new PluginError(`it speaks ${protocol}, not netrpc`);
  if (certificate !== '') throw new PluginError('it wants TLS, which nobody asked for');
  if (network === 'unix') return { network, path: address };
  const [, host, port] = /^\[?([^[\]]+)\]?:(\d{1,5})$/.exec(address) ?? [];
  if (network === 'tcp' && host !== undefined && Number(port) <= 65_535) return { network, host, port: Number(port) };
  throw new PluginError(`it is at an address of a kind that is not known: ${network} ${address}`);
}
