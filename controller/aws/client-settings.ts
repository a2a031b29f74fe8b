// How the SDK's clients reach AWS: through our own HTTP client, whose limits on time, size and exchanges per host then
// hold for them too, and once. Whoever measures asks again by itself.

import type { HttpHandler } from '@smithy/core/protocols';
import type { AwsTools } from './tools.ts';

export interface AwsClientSettings {
  readonly maxAttempts: number;
  readonly customUserAgent: string;
  readonly requestHandler: HttpHandler;
}

/** `timeoutMs` is for a whole exchange. With `hasSecretBody` no redirect takes the body to another host. */
export function awsClientSettings(
  { http, signal }: Pick<AwsTools, 'http' | 'signal'>,
  limits: { readonly timeoutMs: number; readonly hasSecretBody?: boolean },
): AwsClientSettings {
  const requestHandler: HttpHandler = {
    metadata: { handlerProtocol: 'http/1.1' },
    async handle(request) {
      const { method, protocol, hostname, port, path } = request;
      const { buildQueryString } = await import('@smithy/core/protocols');
      const query = buildQueryString(request.query);
      const url = `${protocol}//${hostname}${port ? `:${port}` : ''}${path}${query && `?${query}`}`;
      // Our client sets the same two by itself, anew for each redirect.
      const { host, 'content-length': length, ...headers } = request.headers;
      const body = request.body === undefined ? {} : { body: textOf(request.body) };
      const answer = await http.send({ method, url, headers, ...body, ...limits }, signal);
      return { response: { statusCode: answer.status, headers: answer.headers, body: Buffer.from(answer.body) } };
    },
    updateHttpClientConfig: () => {},
    httpHandlerConfigs: () => ({}),
  };
  return { maxAttempts: 1, customUserAgent: 'slipway-controller', requestHandler };
}

function textOf(body: string | Uint8Array): string {
  return typeof body === 'string' ? body : new TextDecoder().decode(body);
}
