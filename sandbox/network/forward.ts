// One request on its way to a pod and its answer on the way back: as a stream, or, where both sides agree to speak
// another protocol (WebSockets), as a tunnel of bytes.

import {
  type Agent,
  type ClientRequest,
  request as httpRequest,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http';
import type { Duplex } from 'node:stream';

export interface Forwarding {
  readonly agent: Agent;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** The Service that was chosen, and the pod behind it. */
  readonly service: string;
  readonly pod: string | undefined;
  /** What the pod is asked: path and query. */
  readonly target: string;
  /** Where the pod is really served. */
  readonly address: { readonly host: string; readonly port: number };
  /** A pod that sends nothing for this long is given up. */
  readonly timeoutMs: number;
}

/** A client that asks for another protocol. */
export interface Upgrade {
  readonly socket: Duplex;
  /** What the client has sent already after its request. */
  readonly head: Buffer;
  /** The pod has agreed: both sides of the tunnel, until they close. */
  begun(service: string, sides: readonly Duplex[]): void;
}

/** Hop-by-hop headers are not forwarded (RFC 9110 §7.6.1), nor are those that `Connection` names. */
const hopByHop = [
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
];

export function forward(call: Forwarding, upgrade?: Upgrade, mayRetry = true): void {
  const { request, response } = call;
  const upstream = ask(call, upgrade !== undefined);
  upstream.on('response', (answer) => relay(call, answer));
  upstream.on('upgrade', (answer, socket, head) => {
    if (upgrade !== undefined) return connect(call, upgrade, answer, socket, head);
    socket.destroy();
    refuse(response, 502, 'the pod failed: it speaks another protocol, which nobody has asked for');
  });
  upstream.on('timeout', () => {
    refuse(response, 504, 'the pod did not answer in time');
    upstream.destroy();
  });
  upstream.on('error', (error: NodeJS.ErrnoException) => {
    // A kept-alive socket that the pod closed meanwhile tells nothing about the pod: once more on a fresh one.
    if (mayRetry && upstream.reusedSocket && error.code === 'ECONNRESET' && hasNoBody(request)) {
      return forward(call, upgrade, false);
    }
    refuse(response, 502, `the pod failed: ${error.code ?? error.message}`);
  });
  response.on('close', () => upstream.destroy());
  if (hasNoBody(request)) upstream.end();
  else request.pipe(upstream);
}

function ask({ agent, request, target, address, timeoutMs }: Forwarding, isUpgrade: boolean): ClientRequest {
  const { upgrade } = request.headers;
  return httpRequest({
    agent,
    host: address.host,
    port: address.port,
    method: request.method,
    path: target,
    headers: {
      ...endToEnd(request),
      'x-forwarded-for': [request.headers['x-forwarded-for'], request.socket.remoteAddress].filter(Boolean).join(', '),
      'x-forwarded-proto': 'http',
      ...(isUpgrade && upgrade !== undefined && { connection: 'Upgrade', upgrade }),
    },
    timeout: timeoutMs,
  });
}

function relay({ response, service, pod }: Forwarding, answer: IncomingMessage): void {
  const { statusCode = 0 } = answer;
  if (statusCode < 200 || statusCode > 599) {
    answer.destroy();
    return refuse(response, 502, `the pod failed: it answered with the status ${statusCode}`);
  }
  // A user's own program does not say which pod it is.
  const who = { ...(pod !== undefined && { 'x-slipway-pod': pod }), 'x-slipway-service': service };
  response.writeHead(statusCode, { ...endToEnd(answer), ...who });
  answer.pipe(response);
  answer.on('error', () => response.destroy());
}

/** From here on nobody looks into what is sent. */
function connect(
  { response, service }: Forwarding,
  upgrade: Upgrade,
  answer: IncomingMessage,
  pod: Duplex,
  head: Buffer,
): void {
  const { socket: client } = upgrade;
  response.detachSocket(client as Parameters<ServerResponse['detachSocket']>[0]);
  const { statusMessage = 'Switching Protocols', rawHeaders } = answer;
  const lines = [`HTTP/1.1 101 ${statusMessage}`];
  for (let at = 0; at < rawHeaders.length; at += 2) lines.push(`${rawHeaders[at]}: ${rawHeaders[at + 1]}`);
  client.write(`${lines.join('\r\n')}\r\nx-slipway-service: ${service}\r\n\r\n`, 'latin1');
  client.write(head);
  pod.write(upgrade.head);
  for (const [side, other] of [
    [client, pod],
    [pod, client],
  ] as const) {
    side.on('error', () => other.destroy());
    side.on('close', () => other.destroy());
    side.pipe(other);
  }
  upgrade.begun(service, [client, pod]);
}

function endToEnd({ headers }: IncomingMessage): Record<string, string | string[] | undefined> {
  const named = (headers.connection ?? '').split(',').map((name) => name.trim().toLowerCase());
  return Object.fromEntries(
    Object.entries(headers).filter(([name]) => !hopByHop.includes(name) && !named.includes(name)),
  );
}

function hasNoBody({ headers }: IncomingMessage): boolean {
  return headers['content-length'] === undefined && headers['transfer-encoding'] === undefined;
}

/** An answer of the proxy's own; once an answer has begun it can only be broken off. */
export function refuse(response: ServerResponse, status: number, why: string): void {
  if (response.headersSent || response.destroyed) return void response.destroy();
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8' });
  response.end(`${status} ${why}\n`);
}
