// What the answer to a web metric means (analysis.md §5.2): the first value at the JSONPath, or the whole text where it
// is no JSON.

import { compileJsonPath } from '../../../lang/json-path.ts';
import { type Answer, type HttpAnswer, ProviderError } from '../wire/exchange.ts';
import { asExpressionValue, goJsonText, parseJson } from '../wire/json.ts';

export function webAnswer({ status, body }: HttpAnswer, jsonPath: string | undefined): Answer {
  if (status < 200 || status > 299) throw new ProviderError(`received non 2xx response code: ${status}`);
  const path = compileJsonPath(jsonPath || '{$}');
  if ('problem' in path) throw new ProviderError(path.problem);
  const parsed = parseJson(body);
  if ('problem' in parsed) return { is: 'value', result: body, value: body };
  const found = path.value.find(parsed.value);
  if ('problem' in found) throw new ProviderError(`Could not find JSONPath in body: ${found.problem}`);
  const first = found.value[0];
  if (first === undefined || first.length === 0) throw new ProviderError('result of web metric produced no value');
  const [value] = first;
  return { is: 'value', result: asExpressionValue(value), value: goJsonText(value) };
}
