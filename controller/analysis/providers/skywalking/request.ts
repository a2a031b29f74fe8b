// What SkyWalking is asked (analysis.md §5.11): GraphQL over the minutes from now minus the interval to now.

import type { SkyWalkingMetric } from '../../../api/types.generated.ts';
import { parseGoDuration } from '../../../lang/go-duration.ts';
import type { EpochMillis } from '../../../lang/time.ts';
import { type HttpRequest, ProviderError } from '../wire/exchange.ts';

export function skywalkingRequest(
  { address = '', query = '', interval = '' }: SkyWalkingMetric,
  options: { readonly now: EpochMillis; readonly timeZone: string | undefined },
): HttpRequest {
  const span = parseGoDuration(interval);
  if (span === undefined) throw new ProviderError(`time: invalid duration ${JSON.stringify(interval)}`);
  const { now, timeZone } = options;
  const duration = { start: minuteText(now - span, timeZone), end: minuteText(now, timeZone), step: 'MINUTE' };
  return {
    method: 'POST',
    url: `${address.replace(/\/+$/, '')}/graphql`,
    headers: { 'content-type': 'application/json; charset=utf-8', accept: 'application/json; charset=utf-8' },
    body: JSON.stringify({ query, variables: { duration } }),
    timeoutMs: 30_000,
  };
}

/** `2006-01-02 1504`. QUIRK: in the controller's local time unless a zone is set. */
function minuteText(at: EpochMillis, timeZone: string | undefined): string {
  const format = new Intl.DateTimeFormat('en-GB', {
    ...(timeZone ? { timeZone } : {}),
    hourCycle: 'h23',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
  });
  const parts = Object.fromEntries(format.formatToParts(at).map(({ type, value }) => [type, value]));
  return `${parts.year}-${parts.month}-${parts.day} ${parts.hour}${parts.minute}`;
}
