// What an answer of Wavefront means (analysis.md §5.7): of each series the point that is closest to now.

import { fixedDecimal } from '../../../lang/go-float.ts';
import type { EpochMillis } from '../../../lang/time.ts';
import { type Answer, type HttpAnswer, ProviderError } from '../wire/exchange.ts';
import { listOf, member, parseJson } from '../wire/json.ts';

export function wavefrontAnswer({ status, body }: HttpAnswer, now: EpochMillis): Answer {
  if (status !== 200) throw new ProviderError(`server returned ${status}`);
  const parsed = parseJson(body);
  if ('problem' in parsed) throw new ProviderError(parsed.problem);
  const nowSeconds = Math.floor(now / 1000);
  const points = listOf(member(parsed.value, 'timeseries')).flatMap((series) => closest(series, nowSeconds));
  const [first] = points;
  if (first === undefined) throw new ProviderError('No TimeSeries found in response from Wavefront');
  const warnings = member(parsed.value, 'warnings');
  const metadata = {
    timestamps: points.map(({ at }) => String(at)).join(),
    drift: points.map(({ at }) => String(Math.abs(nowSeconds - at))).join(),
    ...(typeof warnings === 'string' && warnings !== '' ? { warnings } : {}),
  };
  const texts = points.map(({ value }) => fixedDecimal(value, 2));
  if (points.length === 1) return { is: 'value', result: first.value, value: texts.join(), metadata };
  return { is: 'value', result: Float64Array.from(points, ({ value }) => value), value: `[${texts.join()}]`, metadata };
}

interface Point {
  readonly at: number;
  readonly value: number;
}

function closest(series: unknown, now: number): Point[] {
  let best: Point | undefined;
  for (const point of listOf(member(series, 'data'))) {
    const [at, value] = listOf(point);
    if (typeof at !== 'number' || typeof value !== 'number') continue;
    if (best === undefined || Math.abs(now - at) < Math.abs(now - best.at)) best = { at, value };
  }
  return best === undefined ? [] : [best];
}
