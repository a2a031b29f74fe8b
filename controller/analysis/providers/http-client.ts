// How providers reach the services that they ask: one exchange with its redirects, limited in time, size and number per
// host, so that a hanging or hostile endpoint holds up nobody else (analysis.md §5, issue "Never").
// node:http rather than axios: it costs no import, knows proxies by itself, and the three things that matter here
// (a deadline over everything, a cap on the body, no secret sent on to another host) had to be written around axios too.

import type { Clock } from '../../lang/time.ts';
import { type HttpAnswer, type HttpClient, type HttpRequest, ProviderError } from './contract.ts';
import { type AgentOptions, createAgents } from './http-agents.ts';
import { exchangeOnce } from './http-exchange.ts';
import { createHostSlots } from './http-slots.ts';
import { redirectOf } from './redirect.ts';

const mostRedirects = 10;
/** What a status may hold is a hundredth of it; a matrix of 11,000 points in 30 series fits. */
const mostBodyBytes = 8 * 1024 * 1024;
/** Far more than answer at a time; one that hangs holds its turn until its deadline, and the others want theirs. */
const mostExchangesPerHost = 128;
const connectMs = 30_000;

export interface HttpClientOptions extends AgentOptions {
  readonly clock: Clock;
  readonly mostBodyBytes?: number;
  readonly mostExchangesPerHost?: number;
}

class WaitedInVain extends ProviderError {}

export function createHttpClient(options: HttpClientOptions): HttpClient & { close(): void } {
  const { clock } = options;
  const slots = createHostSlots(options.mostExchangesPerHost ?? mostExchangesPerHost);
  const agents = createAgents(options);
  const bodyLimit = options.mostBodyBytes ?? mostBodyBytes;

  async function turn(host: string, deadline: AbortSignal): Promise<() => void> {
    try {
      return await slots.take(host, deadline);
    } catch (error) {
      if (!(error instanceof ProviderError)) throw error;
      throw new WaitedInVain(`${error.message}, without a turn: others wait for answers of this host`);
    }
  }

  /** All hops together end by `deadline`; waiting for a turn counts. */
  async function follow(first: HttpRequest, deadline: AbortSignal): Promise<HttpAnswer> {
    let request = first;
    for (let hops = 0; ; hops += 1) {
      const url = parseUrl(request.url);
      const release = await turn(url.host, deadline);
      let answer: HttpAnswer;
      try {
        const agent = agents.of(url, request.insecure === true);
        answer = await exchangeOnce({ request, url, agent, signal: deadline, clock, bodyLimit, connectMs });
      } finally {
        release();
      }
      const next = redirectOf(request, url, answer);
      if (next === undefined) return answer;
      if (hops + 1 >= mostRedirects) throw new ProviderError(`stopped after ${mostRedirects} redirects`);
      request = next;
    }
  }

  return {
    async send(request, signal) {
      const deadline = new AbortController();
      const onAbort = (): void => deadline.abort(new ProviderError('context canceled'));
      const timedOut = new ProviderError(`context deadline exceeded (${request.timeoutMs / 1000} s)`);
      if (signal.aborted) onAbort();
      else if (request.timeoutMs <= 0) deadline.abort(timedOut);
      signal.addEventListener('abort', onAbort, { once: true });
      const timer = clock.schedule(Math.max(0, request.timeoutMs), () => deadline.abort(timedOut));
      try {
        return await follow(request, deadline.signal);
      } catch (error) {
        const isCutOff = deadline.signal.aborted && !(error instanceof WaitedInVain);
        throw describe(request, isCutOff ? deadline.signal.reason : error);
      } finally {
        timer.cancel();
        signal.removeEventListener('abort', onAbort);
      }
    },
    close: () => agents.destroy(),
  };
}

function parseUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined) throw new ProviderError('the address is not a URL');
  if (url.protocol === 'http:' || url.protocol === 'https:') return url;
  throw new ProviderError(`unsupported protocol scheme "${url.protocol.slice(0, -1)}"`);
}

/** As Go tells it (`Get "http://host/path": …`), but without the query and the user, which may be secret. */
function describe(request: HttpRequest, error: unknown): Error {
  if (!(error instanceof ProviderError)) return error instanceof Error ? error : new Error(String(error));
  const method = request.method.charAt(0).toUpperCase() + request.method.slice(1).toLowerCase();
  const address = URL.canParse(request.url) ? new URL(request.url) : undefined;
  const where = address === undefined ? '' : `${method} "${address.protocol}//${address.host}${address.pathname}": `;
  return new ProviderError(where + error.message);
}
