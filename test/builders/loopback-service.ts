// An HTTP service on the loopback interface that answers as a test says: properly, with garbage, drop by drop, never.

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';

export interface Received {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

export type Behaviour =
  | { readonly status: number; readonly body?: string; readonly headers?: Readonly<Record<string, string>> }
  /** Accepts and says nothing. */
  | 'hang'
  /** Headers, then a byte now and then. */
  | 'drip'
  /** Half an answer, then the connection breaks. */
  | 'break'
  /** No HTTP at all. */
  | 'noise';

export interface LoopbackService {
  /** Without a slash at its end. */
  readonly address: string;
  readonly received: Received[];
  answer: (request: Received) => Behaviour;
  close(): Promise<void>;
}

export async function startService(
  options: { readonly tls?: { readonly cert: string; readonly key: string }; readonly hostname?: string } = {},
): Promise<LoopbackService> {
  const received: Received[] = [];
  const handle = (request: IncomingMessage, response: ServerResponse): void => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { method = '', url = '', headers } = request;
      const seen = { method, url, headers, body: Buffer.concat(chunks).toString('utf8') };
      received.push(seen);
      behave(service.answer(seen), response);
    });
  };
  const server: Server = options.tls ? createTlsServer(options.tls, handle) : createServer(handle);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const service: LoopbackService = {
    address: `${options.tls ? 'https' : 'http'}://${options.hostname ?? '127.0.0.1'}:${port}`,
    received,
    answer: () => ({ status: 404 }),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return service;
}

function behave(behaviour: Behaviour, response: ServerResponse): void {
  if (behaviour === 'hang') return;
  if (behaviour === 'noise') {
    response.socket?.end('SSH-2.0-OpenSSH_9.2\r\n');
  } else if (behaviour === 'break') {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' });
    response.write('{"half":');
    setTimeout(() => response.socket?.destroy(), 5);
  } else if (behaviour === 'drip') {
    response.writeHead(200, { 'content-type': 'application/json' });
    const timer = setInterval(() => response.write(' '), 10);
    response.on('close', () => clearInterval(timer));
  } else {
    response.writeHead(behaviour.status, { 'content-type': 'application/json', ...behaviour.headers });
    response.end(behaviour.body ?? '');
  }
}
