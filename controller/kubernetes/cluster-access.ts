// Where a cluster is and who asks: what kubeconfig.ts finds out and http-transport.ts uses.

import type { Agent } from 'node:http';

export interface TlsSettings {
  readonly ca?: Buffer | string;
  readonly cert?: Buffer | string;
  readonly key?: Buffer | string;
  readonly servername?: string;
  readonly rejectUnauthorized?: boolean;
}

/** Credentials cannot be had or are known to be of no use. The message is one clear line. */
export class CredentialsError extends Error {
  override readonly name = 'CredentialsError';
}

export type Headers = Readonly<Record<string, string | readonly string[]>>;

/** Headers and TLS settings that are good now. */
export interface Credentials {
  readonly headers: Headers;
  readonly tls: TlsSettings;
  /** An agent to use as it is (a proxy's). */
  readonly agent?: Agent;
}

export interface ClusterAccess {
  /** `https://host:port`, with a path where the API server is behind one. */
  readonly server: string;
  /** The namespace that the context names, if it names one. */
  readonly namespace: string | undefined;
  /** For messages: the name of the context, or `in-cluster`. */
  readonly context: string;
  /** Asked before every request: cheap, and aware of files that have changed. */
  credentials(): Promise<Credentials>;
  /** After a 401: resolves with whether the next `credentials()` may be others. */
  refresh(): Promise<boolean>;
}

/** A server that needs nothing but a token (tests, `--server` with `--token`). */
export function plainAccess(server: string, token?: string, tls: TlsSettings = {}): ClusterAccess {
  const headers: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` };
  return {
    server,
    namespace: undefined,
    context: server,
    credentials: () => Promise.resolve({ headers, tls }),
    refresh: () => Promise.resolve(false),
  };
}
