// One HTTP request and its whole answer, whatever its status; a failure below HTTP rejects with a ConnectionFailure
// that says whether the request may have reached the server.

import { type Agent, type ClientRequest, request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { Clock } from '../lang/time.ts';
import type { Headers } from './cluster-access.ts';
import { ConnectionFailure } from './http-errors.ts';
import type { KubeRequest, KubeResponse } from './transport.ts';

export function roundTrip(options: {
  readonly server: string;
  readonly agent: Agent;
  readonly headers: Headers;
  readonly request: KubeRequest;
  readonly clock: Clock;
  readonly timeoutMs: number;
}): Promise<KubeResponse & { readonly reused: boolean }> {
  const { request: kubeRequest, clock, timeoutMs } = options;
  const { signal } = kubeRequest;
  return new Promise((resolve, reject) => {
    const request = startRequest(options);
    const wasSent = followSending(request);
    let settled = false;
    const settle = (run: () => void): void => {
      if (settled) return;
      settled = true;
      timer?.cancel();
      signal?.removeEventListener('abort', onAbort);
      run();
    };
    const fail = (code: string, message: string): void => {
      const fields = { sent: kubeRequest.verb !== 'GET' && wasSent(), reused: request.reusedSocket };
      settle(() => reject(new ConnectionFailure(code, message, fields)));
      request.destroy();
    };
    const onAbort = (): void => fail('ABORTED', 'the request was given up');
    const timer = Number.isFinite(timeoutMs)
      ? clock.schedule(Math.max(0, timeoutMs), () => fail('TIMEOUT', `no answer within ${formatSeconds(timeoutMs)}`))
      : undefined;
    if (signal?.aborted === true) {
      onAbort();
      return;
    }
    signal?.addEventListener('abort', onAbort, { once: true });
    request.on('error', (error: NodeJS.ErrnoException) => fail(error.code ?? 'UNKNOWN', error.message));
    request.on('response', (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', (error: NodeJS.ErrnoException) => fail(error.code ?? 'ECONNRESET', error.message));
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString('utf8');
        const body = parseBody(response, text);
        if (body === unparsable) fail('GARBAGE', 'its answer is not JSON');
        else {
          const answer = { status: response.statusCode ?? 0, headers: flatHeaders(response), body };
          settle(() => resolve({ ...answer, reused: request.reusedSocket }));
        }
      });
    });
  });
}

export function startRequest(options: {
  readonly server: string;
  readonly agent: Agent;
  readonly headers: Headers;
  readonly request: KubeRequest;
}): ClientRequest {
  const { server, agent, headers, request } = options;
  const url = new URL(server);
  const isTls = url.protocol === 'https:';
  const body = request.body === undefined ? undefined : encodeBody(request.body);
  const client = (isTls ? httpsRequest : httpRequest)({
    protocol: url.protocol,
    hostname: url.hostname.replace(/^\[|\]$/g, ''),
    port: url.port === '' ? (isTls ? 443 : 80) : url.port,
    path: url.pathname.replace(/\/$/, '') + request.path + formatQuery(request.query),
    method: request.verb,
    agent,
    headers: {
      accept: request.accept ?? 'application/json',
      ...(body === undefined
        ? {}
        : { 'content-type': request.contentType ?? 'application/json', 'content-length': body.length }),
      ...(headers as Record<string, string | string[]>),
    },
  });
  client.end(body);
  return client;
}

export function formatQuery(query: KubeRequest['query']): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query ?? {})) {
    if (value !== undefined) parameters.append(name, String(value));
  }
  const text = parameters.toString();
  return text === '' ? '' : `?${text}`;
}

export function flatHeaders(response: IncomingMessage): Record<string, string> {
  const flat: Record<string, string> = {};
  for (const [name, value] of Object.entries(response.headers)) {
    if (value !== undefined) flat[name] = Array.isArray(value) ? value.join(', ') : value;
  }
  return flat;
}

/** Of a request whose connection never came about (refused, not trusted) it is certain that nobody saw it. */
function followSending(request: ClientRequest): () => boolean {
  let isConnected = false;
  request.on('socket', (socket) => {
    isConnected = request.reusedSocket;
    if (isConnected) return;
    const event = 'encrypted' in socket ? 'secureConnect' : 'connect';
    socket.once(event, () => {
      isConnected = true;
    });
  });
  return () => isConnected;
}

function encodeBody(body: unknown): Buffer {
  return Buffer.from(typeof body === 'string' ? body : JSON.stringify(body), 'utf8');
}

const unparsable = Symbol('unparsable');

function parseBody(response: IncomingMessage, text: string): unknown {
  if (!(response.headers['content-type'] ?? '').includes('json')) return text;
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return unparsable;
    throw error;
  }
}

function formatSeconds(milliseconds: number): string {
  return `${Math.round(milliseconds / 100) / 10} s`;
}
