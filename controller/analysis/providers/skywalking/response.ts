// What an answer of SkyWalking means (analysis.md §5.11): the `data` of the GraphQL answer.

import { type Answer, type HttpAnswer, ProviderError } from '../wire/exchange.ts';
import { asExpressionValue, goJsonText, listOf, member, parseJson } from '../wire/json.ts';

export function skywalkingAnswer({ status, body }: HttpAnswer): Answer {
  const parsed = parseJson(body);
  if ('problem' in parsed || status !== 200) {
    if (status !== 200) throw new ProviderError(`graphql: server returned a non-200 status code: ${status}`);
    throw new ProviderError('decoding response: the answer is not JSON');
  }
  const [error] = listOf(member(parsed.value, 'errors'));
  if (error !== undefined) throw new ProviderError(`graphql: ${member(error, 'message') ?? 'unknown error'}`);
  const data = member(parsed.value, 'data');
  if (data === undefined || data === null) throw new ProviderError('no results returned from SkyWalking query');
  return { is: 'value', result: asExpressionValue(data), value: goJsonText(data) };
}
