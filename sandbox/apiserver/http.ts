// Sockets in front of the API server: loopback only, TLS by default, a bearer token per start, no web pages
// (spec/sandbox.md, "Being a server on somebody's machine").

import { randomBytes, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { publishOwnService } from './bootstrap.ts';
import { makeServingCertificate } from './certificate.ts';
import { type KubeconfigFields, writeKubeconfig } from './kubeconfig.ts';
import { wantsYaml } from './present.ts';
import { Refusal, unauthorized } from './refusals.ts';
import { administrator, anonymous } from './rights/access.ts';
import { refusalResponse } from './server.ts';
import type { ApiRequest, ApiResponse, ApiServer, ApiUser, FrameStream, TextStream } from './types.ts';
import { writeBody, writeFrame, writeYaml } from './wire.ts';

export interface FrontOptions {
  /** Default 0: any free port. */
  readonly port?: number;
  /** Default true. kubectl sends no token over plain HTTP. */
  readonly tls?: boolean;
  /** Default: a random one. */
  readonly token?: string;
  /** A watch whose peer lets more than this wait unread is cut. Default 16 MiB. */
  readonly watchBacklogBytes?: number;
}

export interface ApiServerFront {
  /** `https://127.0.0.1:<port>` */
  readonly url: string;
  readonly port: number;
  readonly token: string;
  /** PEM of the certificate authority; undefined over plain HTTP. */
  readonly ca: string | undefined;
  /** What a kubeconfig needs. */
  readonly kubeconfig: KubeconfigFields;
  /** Writes a kubeconfig that only its owner can read. */
  writeKubeconfig(path: string): void;
  /** Cuts all connections. The API server itself goes on. */
  close(): Promise<void>;
}

const loopback = '127.0.0.1';
const bodyLimitBytes = 3 * 1024 * 1024;

/** Rejects with a plain message when the port that was asked for is taken. */
export async function startApiServerFront(server: ApiServer, options: FrontOptions = {}): Promise<ApiServerFront> {
  const { port = 0, tls = true, token = randomBytes(24).toString('base64url') } = options;
  const certificate = tls ? await makeServingCertificate() : undefined;
  const backlog = options.watchBacklogBytes ?? 16 * 1024 * 1024;
  const listener = (request: IncomingMessage, response: ServerResponse): void => {
    serve(server, token, request, response, backlog).catch((problem: unknown) => response.destroy(toError(problem)));
  };
  const sockets: Server =
    certificate === undefined
      ? createServer(listener)
      : createSecureServer({ key: certificate.key, cert: certificate.certificate }, listener);
  // Idle connections of a client that polls now and then stay open; a watch has no time limit of its own.
  sockets.keepAliveTimeout = 90_000;
  sockets.requestTimeout = 0;
  await listen(sockets, port);
  const bound = (sockets.address() as AddressInfo).port;
  const url = `${tls ? 'https' : 'http'}://${loopback}:${bound}`;
  const ca = certificate?.ca;
  server.certificateAuthority = ca;
  await publishOwnService(server, bound);
  const kubeconfig: KubeconfigFields = { server: url, token, ...(ca === undefined ? {} : { ca }) };
  return {
    url,
    port: bound,
    token,
    ca,
    kubeconfig,
    writeKubeconfig: (path) => writeKubeconfig(path, kubeconfig),
    close() {
      return new Promise((resolve) => {
        sockets.close(() => resolve());
        sockets.closeAllConnections();
      });
    },
  };
}

function listen(sockets: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    sockets.once('error', (problem: NodeJS.ErrnoException) => {
      if (problem.code === 'EADDRINUSE') reject(new Error(`port ${port} of ${loopback} is already taken`));
      else if (problem.code === 'EACCES') reject(new Error(`port ${port} of ${loopback} may not be used by this user`));
      else reject(problem);
    });
    sockets.listen(port, loopback, resolve);
  });
}

async function serve(
  server: ApiServer,
  token: string,
  request: IncomingMessage,
  response: ServerResponse,
  backlog: number,
): Promise<void> {
  const asked = await understand(server, token, request);
  const answer = 'status' in asked ? asked : await server.handle(asked);
  if (answer.status === 0) {
    response.destroy();
  } else if (answer.textStream !== undefined) {
    sendText(response, answer, answer.textStream, backlog);
  } else if (answer.stream === undefined) {
    const isYaml = wantsYaml(request.headers.accept ?? '') && isJsonBody(answer);
    sendWhole(response, isYaml ? await asYaml(answer) : answer, request.method === 'HEAD');
  } else {
    sendStream(response, answer, answer.stream, backlog);
  }
}

/** The request as the API server takes it, or why it does not get that far. */
async function understand(
  server: ApiServer,
  token: string,
  request: IncomingMessage,
): Promise<ApiRequest | ApiResponse> {
  const refusal = refuseForeigner(request);
  if (refusal !== undefined) return refusalResponse(refusal);
  const user = authenticate(server, token, request.headers.authorization);
  if (user === undefined) return refusalResponse(unauthorized());
  const body = await readBody(request);
  if (body === undefined) {
    return refusalResponse(
      new Refusal(413, 'RequestEntityTooLarge', `Request entity too large: limit is ${bodyLimitBytes}`),
    );
  }
  const target = request.url ?? '/';
  const split = target.indexOf('?');
  const { accept, 'content-type': contentType, 'user-agent': userAgent } = request.headers;
  return {
    method: request.method === 'HEAD' ? 'GET' : (request.method ?? 'GET'),
    path: split < 0 ? target : target.slice(0, split),
    query: split < 0 ? '' : target.slice(split + 1),
    headers: { accept, 'content-type': contentType, 'user-agent': userAgent, ...impersonation(request) },
    body,
    user,
  };
}

/** A web page must not reach this server, neither by its own fetch nor by a name that it made point to loopback. */
function refuseForeigner(request: IncomingMessage): Refusal | undefined {
  if (request.headers.origin !== undefined) {
    return new Refusal(403, 'Forbidden', 'requests of web pages (with an Origin header) are not served');
  }
  const host = (request.headers.host ?? '').replace(/:\d+$/, '').toLowerCase();
  if (host === 'localhost' || host === loopback || host === '[::1]') return undefined;
  return new Refusal(403, 'Forbidden', `the host ${JSON.stringify(host)} is not served: use ${loopback} or localhost`);
}

/** undefined: a token that nobody knows. */
function authenticate(server: ApiServer, token: string, header: string | undefined): ApiUser | undefined {
  if (header === undefined) return anonymous;
  const given = /^Bearer\s+(\S+)$/i.exec(header)?.[1];
  if (given === undefined) return header.toLowerCase().startsWith('bearer') ? undefined : anonymous;
  const [a, b] = [Buffer.from(given), Buffer.from(token)];
  return a.length === b.length && timingSafeEqual(a, b) ? administrator : server.authenticate(given);
}

/** `Impersonate-User` and its like. */
function impersonation({ headersDistinct }: IncomingMessage): Record<string, string> {
  const found: Record<string, string> = {};
  for (const [name, values] of Object.entries(headersDistinct)) {
    if (name.startsWith('impersonate-') && values !== undefined) found[name] = values.join(', ');
  }
  return found;
}

/** undefined: too large. */
async function readBody(request: IncomingMessage): Promise<Uint8Array | undefined> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length <= bodyLimitBytes) chunks.push(chunk);
  }
  return length > bodyLimitBytes ? undefined : Buffer.concat(chunks);
}

function sendWhole(response: ServerResponse, answer: ApiResponse, headOnly: boolean): void {
  const body = wireBody(answer.body);
  const headers = {
    'cache-control': 'no-cache, private',
    ...answer.headers,
    'content-length': body.length,
  };
  response.writeHead(answer.status, splitWarnings(headers));
  response.end(headOnly ? '' : body);
}

function isJsonBody({ headers, body }: ApiResponse): boolean {
  return headers['content-type'] === 'application/json' && typeof body === 'object' && body !== null;
}

async function asYaml(answer: ApiResponse): Promise<ApiResponse> {
  const headers = { ...answer.headers, 'content-type': 'application/yaml' };
  return { ...answer, headers, body: await writeYaml(answer.body) };
}

function wireBody(body: unknown): Uint8Array {
  if (body instanceof Uint8Array) return body;
  return Buffer.from(body === undefined ? '' : typeof body === 'string' ? body : writeBody(body));
}

/** Several warnings are several headers. */
function splitWarnings(headers: Record<string, string | number>): Record<string, string | number | string[]> {
  const { warning } = headers;
  if (typeof warning !== 'string') return headers;
  return { ...headers, warning: warning.split(/, (?=299 - )/) };
}

function sendStream(response: ServerResponse, answer: ApiResponse, stream: FrameStream, backlog: number): void {
  response.writeHead(answer.status, { ...answer.headers, 'cache-control': 'no-cache, private' });
  response.flushHeaders();
  const handle = stream.start({
    frame(frame) {
      response.write(writeFrame(frame));
      if (response.writableLength <= backlog) return;
      // Whoever does not read would make this process keep everything: it must list and watch again.
      handle.cancel();
      response.destroy();
    },
    end: () => response.end(),
  });
  response.on('close', () => handle.cancel());
}

/** A log that is followed. */
function sendText(response: ServerResponse, answer: ApiResponse, stream: TextStream, backlog: number): void {
  response.writeHead(answer.status, answer.headers);
  response.flushHeaders();
  const handle = stream.start({
    text(text) {
      if (text !== '') response.write(text);
      if (response.writableLength > backlog) response.destroy();
    },
    end: () => response.end(),
  });
  response.on('close', () => handle.cancel());
}

function toError(problem: unknown): Error {
  return problem instanceof Error ? problem : new Error(String(problem));
}
