// One keep-alive Agent per cluster; a new one only when certificates change, the old one then dies with its sockets.

import { Agent as HttpAgent } from 'node:http';
import { type AgentOptions, Agent as HttpsAgent } from 'node:https';
import { createSecureContext } from 'node:tls';
import type { ClusterAccess, Credentials, Headers, TlsSettings } from './cluster-access.ts';

export interface AgentPool {
  current(): Promise<{ readonly agent: HttpAgent; readonly headers: Headers }>;
  /** After a 401: whether trying again makes sense. */
  refresh(): Promise<boolean>;
  destroy(): void;
}

/** TCP keep-alive from 30 s of silence: a half-open connection is noticed (operations.md §20.1). */
const agentOptions = { keepAlive: true, keepAliveMsecs: 30_000, scheduling: 'lifo' } as const;

export function createAgentPool(access: ClusterAccess): AgentPool {
  const isTls = access.server.startsWith('https:');
  let agent: HttpAgent | undefined;
  let tls: TlsSettings | undefined;

  const agentFor = (credentials: Credentials): HttpAgent => {
    if (credentials.agent !== undefined) return credentials.agent;
    if (agent !== undefined && tls !== undefined && isSameTls(tls, credentials.tls)) return agent;
    const retired = agent;
    agent = isTls ? secureAgent(credentials.tls) : new HttpAgent(agentOptions);
    tls = credentials.tls;
    // Requests under way keep their sockets; those that are idle go at once.
    if (retired !== undefined) closeIdle(retired);
    return agent;
  };
  return {
    async current() {
      const credentials = await access.credentials();
      return { agent: agentFor(credentials), headers: credentials.headers };
    },
    refresh: () => access.refresh(),
    destroy: () => agent?.destroy(),
  };
}

/** Certificates are read once: a context of its own would cost every connection some 0.5 MiB. */
function secureAgent({ ca, cert, key, ...rest }: TlsSettings): HttpsAgent {
  const secureContext = createSecureContext({
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
  });
  return new HttpsAgent({ ...agentOptions, ...rest, secureContext } as AgentOptions);
}

function closeIdle(agent: HttpAgent): void {
  for (const sockets of Object.values(agent.freeSockets)) for (const socket of sockets ?? []) socket.destroy();
}

function isSameTls(a: TlsSettings, b: TlsSettings): boolean {
  return (
    text(a.ca) === text(b.ca) &&
    text(a.cert) === text(b.cert) &&
    text(a.key) === text(b.key) &&
    a.servername === b.servername &&
    a.rejectUnauthorized === b.rejectUnauthorized
  );
}

function text(value: Buffer | string | undefined): string | undefined {
  return typeof value === 'string' ? value : value?.toString('latin1');
}
