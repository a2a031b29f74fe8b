// Where does a redirect lead, and what goes along? As in Go, but that secrets stay with the host that they are for.

import { type HttpAnswer, type HttpRequest, ProviderError } from './contract.ts';

/**
 * The request that a redirect asks for. What was sent to one host for its eyes does not go to another: neither headers
 * nor a body with a secret in it. The one exception is the same host that wants to be asked by TLS.
 */
export function redirectOf(request: HttpRequest, url: URL, { status, headers }: HttpAnswer): HttpRequest | undefined {
  if (![301, 302, 303, 307, 308].includes(status) || headers.location === undefined) return undefined;
  if (!URL.canParse(headers.location, url.href)) throw new ProviderError('redirected to an address that is no URL');
  const target = new URL(headers.location, url.href);
  const keepsBody = status === 307 || status === 308;
  const isTrusted = target.origin === url.origin || isUpgrade(url, target);
  if (isTrusted && target.username === '') Object.assign(target, { username: url.username, password: url.password });
  const sent = Object.entries(request.headers ?? {}).filter(
    ([name]) =>
      (isTrusted || /^(accept|content-type|user-agent)$/i.test(name)) &&
      (keepsBody || !/^content-(type|length)$/i.test(name)),
  );
  const { body, ...rest } = request;
  if (!isTrusted && keepsBody && request.hasSecretBody) {
    throw new ProviderError(`redirected to ${target.host}, another host, to which the secret in the body is not sent`);
  }
  const isRead = request.method === 'GET' || request.method === 'HEAD';
  return {
    ...rest,
    url: target.href,
    method: keepsBody || isRead ? request.method : 'GET',
    headers: Object.fromEntries(sent),
    ...(keepsBody && body !== undefined ? { body } : {}),
  };
}

function isUpgrade(from: URL, to: URL): boolean {
  return (
    from.hostname === to.hostname && from.protocol === 'http:' && to.protocol === 'https:' && from.port + to.port === ''
  );
}
