// What a web metric asks (analysis.md §5.2).

import type { WebMetric } from '../../../api/types.generated.ts';
import { type HttpRequest, ProviderError } from '../wire/exchange.ts';

const defaultTimeoutSeconds = 10;

export function webRequest(metric: WebMetric): HttpRequest {
  const method = metric.method || 'GET';
  const body = webBody(metric, method);
  const isJson = metric.jsonBody !== undefined;
  const headers: Record<string, string> = {};
  for (const { key, value } of metric.headers ?? []) headers[key.toLowerCase()] = value;
  if (isJson) headers['content-type'] = 'application/json';
  const { username, password } = metric.authentication?.basicAuth ?? {};
  // Slipway's extension: the reference accepts the field and ignores it.
  if (username && password) headers.authorization = `Basic ${toBase64(`${username}:${password}`)}`;
  const seconds = metric.timeoutSeconds ?? 0;
  return {
    method,
    url: metric.url,
    headers,
    ...(body === undefined ? {} : { body }),
    timeoutMs: (seconds > 0 ? seconds : defaultTimeoutSeconds) * 1000,
    insecure: metric.insecure ?? false,
  };
}

function webBody({ body, jsonBody }: WebMetric, method: string): string | undefined {
  if (body && jsonBody !== undefined) {
    throw new ProviderError('use either Body or JSONBody; both cannot exists for WebMetric payload');
  }
  if (!body && jsonBody === undefined) return undefined;
  if (method !== 'POST' && method !== 'PUT') {
    throw new ProviderError('Body/JSONBody can only be used with POST or PUT WebMetric Method types');
  }
  return jsonBody === undefined ? body : JSON.stringify(jsonBody);
}

function toBase64(text: string): string {
  return btoa(String.fromCharCode(...new TextEncoder().encode(text)));
}
