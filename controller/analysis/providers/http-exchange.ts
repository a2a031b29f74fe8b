// One request and its whole answer, whatever its status. Failures become one line that names neither query nor headers.

import { type Agent, type ClientRequest, request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { Clock } from '../../lang/time.ts';
import { type HttpAnswer, type HttpRequest, ProviderError } from './contract.ts';

export interface ExchangeOptions {
  readonly request: HttpRequest;
  readonly url: URL;
  readonly agent: Agent;
  /** Its reason is what the exchange rejects with. */
  readonly signal: AbortSignal;
  readonly clock: Clock;
  readonly bodyLimit: number;
  readonly connectMs: number;
}

export function exchangeOnce(options: ExchangeOptions): Promise<HttpAnswer> {
  const { request, url, agent, signal, clock, bodyLimit } = options;
  return new Promise((resolve, reject) => {
    const body = request.body === undefined ? undefined : Buffer.from(request.body, 'utf8');
    const outgoing = startRequest(request, url, agent, body);
    const settle = (run: () => void): void => {
      connecting.cancel();
      signal.removeEventListener('abort', onAbort);
      run();
    };
    const fail = (error: unknown): void => {
      settle(() => reject(error));
      outgoing.destroy();
    };
    const onAbort = (): void => fail(signal.reason);
    const connecting = clock.schedule(options.connectMs, () => fail(new ProviderError('i/o timeout while connecting')));
    signal.addEventListener('abort', onAbort, { once: true });
    outgoing.on('socket', (socket) => {
      if (outgoing.reusedSocket) connecting.cancel();
      else socket.once('encrypted' in socket ? 'secureConnect' : 'connect', () => connecting.cancel());
    });
    outgoing.on('error', (error: NodeJS.ErrnoException) => fail(new ProviderError(failureText(error))));
    outgoing.on('response', (response) => {
      readBody(response, bodyLimit).then(
        (text) => settle(() => resolve({ status: response.statusCode ?? 0, headers: headersOf(response), body: text })),
        fail,
      );
    });
    outgoing.end(body);
  });
}

/** Throws a ProviderError for what cannot be sent. */
export function startRequest(request: HttpRequest, url: URL, agent: Agent, body: Buffer | undefined): ClientRequest {
  const headers = {
    'accept-encoding': 'identity',
    'user-agent': 'slipway-controller',
    ...request.headers,
    ...(body === undefined ? {} : { 'content-length': String(body.length) }),
  };
  try {
    return (url.protocol === 'https:' ? httpsRequest : httpRequest)(url, { method: request.method, agent, headers });
  } catch (error) {
    // A method or header that cannot be sent; the text of the error may quote it.
    const { code } = error as NodeJS.ErrnoException;
    throw new ProviderError(`the request cannot be sent (${code ?? 'unknown cause'})`);
  }
}

function readBody(response: IncomingMessage, limit: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    response.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > limit) reject(new ProviderError(`the answer is larger than ${limit / 1024 / 1024} MiB`));
      else chunks.push(chunk);
    });
    response.on('end', () => resolve(Buffer.concat(chunks).toString('utf8')));
    response.on('error', (error: NodeJS.ErrnoException) => reject(new ProviderError(failureText(error))));
    response.on('aborted', () => reject(new ProviderError('unexpected EOF')));
  });
}

function headersOf(response: IncomingMessage): Record<string, string> {
  return Object.fromEntries(
    Object.entries(response.headers).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.join(', ') : `${value}`,
    ]),
  );
}

/** In the words that Go's users know, where there are some. */
export function failureText(error: NodeJS.ErrnoException): string {
  switch (error.code) {
    case 'ECONNREFUSED':
      return 'connection refused';
    case 'ECONNRESET':
      return 'connection reset by peer';
    case 'ENOTFOUND':
      return 'no such host';
    case 'EAI_AGAIN':
      return 'the name of the host could not be resolved for now';
    case 'DEPTH_ZERO_SELF_SIGNED_CERT':
    case 'SELF_SIGNED_CERT_IN_CHAIN':
    case 'UNABLE_TO_VERIFY_LEAF_SIGNATURE':
    case 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY':
      return 'x509: certificate signed by unknown authority';
    case 'CERT_HAS_EXPIRED':
      return 'x509: certificate has expired or is not yet valid';
    case 'ERR_TLS_CERT_ALTNAME_INVALID':
      return 'x509: certificate is valid for other names than this host';
    default:
      // Parsers quote what they could not read: only the code is told.
      return error.code === undefined ? 'the exchange failed' : `the exchange failed (${error.code})`;
  }
}
