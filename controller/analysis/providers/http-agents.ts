// Which connection a request to the outside goes over: verified or not, through a proxy or not.

import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';

export interface AgentOptions {
  /** HTTP_PROXY, HTTPS_PROXY, NO_PROXY are honoured. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** Certificate authorities (PEM) that are trusted besides the usual ones. */
  readonly authorities?: readonly string[];
}

export interface Agents {
  of(url: URL, insecure: boolean): HttpAgent;
  destroy(): void;
}

/** Connections are kept; those that were not verified are never used for requests that want it. */
export function createAgents({ environment = {}, authorities }: AgentOptions): Agents {
  const made = new Map<string, HttpAgent>();
  const make = (isTls: boolean, isLocal: boolean, insecure: boolean): HttpAgent => {
    const common = {
      keepAlive: true,
      keepAliveMsecs: 30_000,
      ...(isLocal ? {} : { proxyEnv: proxyVariables(environment) }),
    };
    if (!isTls) return new HttpAgent(common);
    const ca = authorities === undefined ? {} : { ca: [...authorities] };
    return new HttpsAgent({ ...common, ...ca, rejectUnauthorized: !insecure });
  };
  return {
    of(url, insecure) {
      const isTls = url.protocol === 'https:';
      // Link-local addresses are the machine's own (metadata of clouds): no proxy can reach them.
      const isLocal = /^(localhost|127\.[\d.]+|169\.254\.[\d.]+|\[::1\])$/.test(url.hostname);
      const key = `${isTls} ${isLocal} ${isTls && insecure}`;
      const agent = made.get(key) ?? make(isTls, isLocal, insecure);
      made.set(key, agent);
      return agent;
    },
    destroy: () => {
      for (const agent of made.values()) agent.destroy();
    },
  };
}

function proxyVariables(environment: Readonly<Record<string, string | undefined>>): NodeJS.ProcessEnv {
  const names = ['HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY', 'http_proxy', 'https_proxy', 'no_proxy'];
  return Object.fromEntries(names.map((name) => [name, environment[name]]).filter(([, value]) => value !== undefined));
}
