// The flags that every command has (spec/cli.md §2.1), and what they mean for the connection.

import { durationArgumentMs } from './duration-argument.ts';
import { CliError } from './errors.ts';
import type { FlagSpec, FlagValues } from './flags.ts';
import type { ConnectionFlags } from './io.ts';

export const helpFlag = (command: string): FlagSpec => ({
  name: 'help',
  short: 'h',
  type: 'bool',
  usage: `help for ${command}`,
});

export const globalFlags: readonly FlagSpec[] = [
  { name: 'as', type: 'string', usage: 'User to act as: a person or a service account' },
  { name: 'as-group', type: 'stringArray', usage: 'Group to act as; may be repeated' },
  { name: 'as-uid', type: 'string', usage: 'UID to act as' },
  {
    name: 'cache-dir',
    type: 'string',
    usage: 'Directory for caches (accepted for compatibility, not used)',
    default: '$HOME/.kube/cache',
  },
  { name: 'certificate-authority', type: 'string', usage: 'Path to a certificate file of the authority' },
  { name: 'client-certificate', type: 'string', usage: 'Path to a client certificate file for TLS' },
  { name: 'client-key', type: 'string', usage: 'Path to a client key file for TLS' },
  { name: 'cluster', type: 'string', usage: 'The cluster of the kubeconfig to use' },
  {
    name: 'color',
    type: 'string',
    usage: 'When to colour: auto, always, never',
    default: 'auto',
    oneOf: ['auto', 'always', 'never'],
  },
  { name: 'context', type: 'string', usage: 'The context of the kubeconfig to use' },
  { name: 'disable-compression', type: 'bool', usage: 'Ask for answers without compression' },
  {
    name: 'exit-codes',
    type: 'string',
    usage:
      'simple: 0 or 1. detailed: 3 degraded, 4 paused, 5 timeout, 6 not found, 7 forbidden, 8 conflict, 9 unreachable',
    default: 'simple',
    oneOf: ['simple', 'detailed'],
  },
  {
    name: 'insecure-skip-tls-verify',
    type: 'bool',
    usage: "Do not check the server's certificate: the connection is then not secure",
  },
  { name: 'kloglevel', short: 'v', type: 'int', usage: 'Verbosity: 6 tells each request, 8 also the bodies' },
  { name: 'kubeconfig', type: 'string', usage: 'Path to the kubeconfig file' },
  {
    name: 'loglevel',
    type: 'string',
    usage: 'Log level: trace, debug, info, warn, error, fatal, panic',
    default: 'info',
  },
  { name: 'namespace', short: 'n', type: 'string', usage: "Namespace; the context's namespace without it" },
  {
    name: 'request-timeout',
    type: 'string',
    usage: 'How long a single request may take, with a unit (1s, 2m, 3h); 0 means for ever',
    default: '0',
  },
  { name: 'server', short: 's', type: 'string', usage: 'Address and port of the API server' },
  { name: 'tls-server-name', type: 'string', usage: "Name to expect in the server's certificate" },
  { name: 'token', type: 'string', usage: 'Bearer token for the API server' },
  { name: 'user', type: 'string', usage: 'The user of the kubeconfig to use' },
];

const logLevels = ['trace', 'debug', 'info', 'warn', 'warning', 'error', 'fatal', 'panic'];

/** Throws what cannot be checked by a flag's type alone. */
export function checkGlobalFlags(flags: FlagValues): void {
  const level = flags.text('loglevel');
  if (!logLevels.includes(level.toLowerCase()))
    throw new CliError(`not a valid logrus Level: ${JSON.stringify(level)}`);
  requestTimeoutMs(flags);
}

export function connectionFlags(flags: FlagValues): ConnectionFlags {
  return {
    kubeconfig: flags.text('kubeconfig'),
    context: flags.text('context'),
    cluster: flags.text('cluster'),
    user: flags.text('user'),
    namespace: flags.text('namespace'),
    server: flags.text('server'),
    token: flags.text('token'),
    as: flags.text('as'),
    asGroups: flags.list('as-group'),
    asUid: flags.text('as-uid'),
    certificateAuthority: flags.text('certificate-authority'),
    clientCertificate: flags.text('client-certificate'),
    clientKey: flags.text('client-key'),
    insecureSkipTlsVerify: flags.boolean('insecure-skip-tls-verify'),
    tlsServerName: flags.text('tls-server-name'),
    requestTimeoutMs: requestTimeoutMs(flags),
  };
}

function requestTimeoutMs(flags: FlagValues): number {
  const text = flags.text('request-timeout');
  return text === '' ? 0 : durationArgumentMs(text);
}
