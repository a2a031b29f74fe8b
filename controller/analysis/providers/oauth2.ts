// A token by the client-credentials grant (RFC 6749 §4.4), fetched for every measurement (analysis.md §5.1): first with
// the client's name and secret in a header, and where the server does not take that, in the form.

import type { OAuth2Config } from '../../api/types.generated.ts';
import { type HttpAnswer, type HttpRequest, ProviderError, type ProviderTools } from './contract.ts';
import { member, parseJson } from './wire/json.ts';

/** The value of the Authorization header. Time limit and TLS options are those of the request that it is for. */
export async function oauth2Header(
  config: OAuth2Config,
  request: Pick<HttpRequest, 'timeoutMs' | 'insecure'>,
  tools: ProviderTools,
): Promise<string> {
  const { tokenUrl, clientId, clientSecret, scopes } = config;
  if (!tokenUrl || !clientId || !clientSecret) {
    throw new ProviderError('missing mandatory parameter in metric for OAuth2 setup');
  }
  const form = new URLSearchParams({ grant_type: 'client_credentials' });
  if (scopes !== undefined && scopes.length > 0) form.set('scope', scopes.join(' '));
  const ask = (body: URLSearchParams, headers: Readonly<Record<string, string>>): Promise<HttpAnswer> =>
    tools.send({
      method: 'POST',
      url: tokenUrl,
      headers: { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json', ...headers },
      body: body.toString(),
      hasSecretBody: true,
      timeoutMs: request.timeoutMs,
      insecure: request.insecure ?? false,
    });
  const pair = `${encodeURIComponent(clientId)}:${encodeURIComponent(clientSecret)}`;
  let answer = await ask(form, { authorization: `Basic ${Buffer.from(pair).toString('base64')}` });
  if (answer.status >= 400 && answer.status < 500) {
    form.set('client_id', clientId);
    form.set('client_secret', clientSecret);
    answer = await ask(form, {});
  }
  const { token, type } = tokenOf(answer);
  tools.redact(token);
  return `${type} ${token}`;
}

function tokenOf({ status, headers, body }: HttpAnswer): { token: string; type: string } {
  const isForm = /^(application\/x-www-form-urlencoded|text\/plain)/.test(headers['content-type'] ?? '');
  const parsed = isForm ? { value: Object.fromEntries(new URLSearchParams(body)) } : parseJson(body);
  const content = 'value' in parsed ? parsed.value : undefined;
  // Only the registered kind of error code is repeated: the rest of the body may hold anything.
  const code = member(content, 'error');
  const reason = typeof code === 'string' && /^[a-z_]{1,40}$/.test(code) ? ` ${code}` : '';
  if (status < 200 || status > 299) throw new ProviderError(`oauth2: cannot fetch token: ${status}${reason}`);
  if ('problem' in parsed) throw new ProviderError('oauth2: cannot parse json');
  const token = member(content, 'access_token');
  if (typeof token !== 'string' || token === '') {
    throw new ProviderError('oauth2: server response missing access_token');
  }
  const type = member(content, 'token_type');
  return { token, type: typeof type === 'string' && !/^bearer$/i.test(type) && type !== '' ? type : 'Bearer' };
}
