// What Secrets of the known types must hold.

import { goJsonProblem } from '../body.ts';
import { invalid, required } from '../field-errors.ts';
import { text } from '../json.ts';
import { objectAt } from './fields.ts';
import type { ApiObject, Cause } from './types.ts';

export function validateSecretType(object: ApiObject): Cause[] {
  const data = objectAt(object, 'data') ?? {};
  const missing = (keys: readonly string[]): Cause[] =>
    keys.filter((key) => data[key] === undefined).map((key) => required(`data[${key}]`));
  switch (object.type) {
    case 'kubernetes.io/tls':
      return missing(['tls.crt', 'tls.key']);
    case 'kubernetes.io/ssh-auth':
      return text(data['ssh-privatekey']) === '' ? [required('data[ssh-privatekey]')] : [];
    case 'kubernetes.io/basic-auth': {
      const causes = missing(['username', 'password']);
      return causes.length === 2 ? causes : [];
    }
    case 'kubernetes.io/dockercfg':
      return missing(['.dockercfg']).concat(notJson(data['.dockercfg'], '.dockercfg'));
    case 'kubernetes.io/dockerconfigjson':
      return missing(['.dockerconfigjson']).concat(notJson(data['.dockerconfigjson'], '.dockerconfigjson'));
    default:
      return [];
  }
}

/** The content itself is never told. */
function notJson(value: unknown, key: string): Cause[] {
  if (value === undefined) return [];
  const content = Buffer.from(text(value), 'base64').toString('utf8');
  try {
    JSON.parse(content);
    return [];
  } catch (problem) {
    if (!(problem instanceof SyntaxError)) throw problem;
    return [invalid(`data[${key}]`, '<secret contents redacted>', goJsonProblem(content, problem))];
  }
}
