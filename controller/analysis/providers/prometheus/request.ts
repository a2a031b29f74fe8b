// What Prometheus is asked (analysis.md §5.1): an instant or a range query as a form, the path of the address kept as a
// prefix; and by which of the ways of authentication.

import type { PrometheusMetric } from '../../../api/types.generated.ts';
import { ExpressionError, evaluateTime } from '../../../lang/expression.ts';
import { parseGoDuration } from '../../../lang/go-duration.ts';
import { shortestDecimal } from '../../../lang/go-float.ts';
import type { EpochMillis } from '../../../lang/time.ts';
import { type HttpRequest, ProviderError } from '../wire/exchange.ts';

const defaultTimeoutSeconds = 30;

export function prometheusRequest(
  metric: PrometheusMetric,
  options: { readonly defaultAddress: string | undefined; readonly now: EpochMillis },
): HttpRequest {
  const address = prometheusAddress(metric, options.defaultAddress);
  const timeoutSeconds = metric.timeout ?? defaultTimeoutSeconds;
  if (timeoutSeconds < 0) throw new ProviderError('prometheus timeout should not be negative');
  const query = { query: metric.query ?? '' };
  const range = metric.rangeQuery;
  const parameters = range
    ? { ...query, ...rangeParameters(range, options.now) }
    : { ...query, time: unixSeconds(options.now) };
  const url = new URL(address);
  url.pathname = `${url.pathname.replace(/\/+$/, '')}/api/v1/${range ? 'query_range' : 'query'}`;
  return {
    method: 'POST',
    url: url.href,
    headers: {
      'content-type': 'application/x-www-form-urlencoded',
      ...Object.fromEntries((metric.headers ?? []).map(({ key, value }) => [key.toLowerCase(), value])),
      ...basicAuth(metric.authentication?.basicAuth),
    },
    body: new URLSearchParams(parameters).toString(),
    // QUIRK: a timeout of 0 is over at once.
    timeoutMs: timeoutSeconds * 1000,
    insecure: metric.insecure ?? false,
  };
}

/** The same question for servers that answer a POST with 405 or 501. */
export function asGet(request: HttpRequest): HttpRequest {
  const { body = '', ...rest } = request;
  const url = new URL(request.url);
  url.search = body;
  const headers = Object.entries(request.headers ?? {}).filter(([name]) => name !== 'content-type');
  return { ...rest, method: 'GET', url: url.href, headers: Object.fromEntries(headers) };
}

/** Whether requests are signed for Amazon's managed service: its addresses only, and only when asked for. */
export function usesSigv4(metric: PrometheusMetric, address: string): boolean {
  const { region, profile, roleArn } = metric.authentication?.sigv4 ?? {};
  return address.includes('aps-workspaces') && Boolean(region || profile || roleArn);
}

function prometheusAddress(metric: PrometheusMetric, defaultAddress: string | undefined): string {
  const address = metric.address || defaultAddress;
  if (!address) throw new ProviderError('prometheus address is not configured');
  if (!/^[a-z][a-z\d+.-]*:\/\/[^/?#]/i.test(address) || !URL.canParse(address)) {
    throw new ProviderError('prometheus address is not is url format');
  }
  return address;
}

function basicAuth(auth: { readonly username?: string; readonly password?: string } | undefined): {
  authorization?: string;
} {
  if (!auth || (!auth.username && !auth.password)) return {};
  const missing = (what: string): ProviderError =>
    new ProviderError(`missing mandatory parameter in metric for basic auth setup: ${what}`);
  if (!auth.username) throw missing('username');
  if (!auth.password) throw missing('password');
  return { authorization: `Basic ${toBase64(`${auth.username}:${auth.password}`)}` };
}

function toBase64(text: string): string {
  return btoa(String.fromCharCode(...new TextEncoder().encode(text)));
}

function rangeParameters(
  range: NonNullable<PrometheusMetric['rangeQuery']>,
  now: EpochMillis,
): { start: string; end: string; step: string } {
  const time = (which: 'start' | 'end'): string => {
    try {
      return unixSeconds(evaluateTime(range[which] ?? '', now));
    } catch (error) {
      if (!(error instanceof ExpressionError)) throw error;
      throw new ProviderError(`failed to parse rangeQuery.${which} as time: ${error.message}`);
    }
  };
  const [start, end] = [time('start'), time('end')];
  const step = parseGoDuration(range.step ?? '');
  if (step === undefined) {
    const text = JSON.stringify(range.step ?? '');
    throw new ProviderError(`failed to parse rangeQuery.step as duration: time: invalid duration ${text}`);
  }
  return { start, end, step: shortestDecimal(step / 1000) };
}

function unixSeconds(at: EpochMillis): string {
  return shortestDecimal(at / 1000);
}
