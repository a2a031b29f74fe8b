// Random PromQL over the samples of the differential test: the part that templates use, in every nesting. Without durations
// as numbers, which old servers do not know, without
// topk, whose choice among equals is free, and without deviations, which versions see differently where there is NaN.

import type { Random } from '../../controller/lang/time.ts';

export function randomPromql(random: Random, depth = 3): string {
  const chance = () => random.next();
  const pick = <T>(list: readonly T[]): T => list[Math.floor(chance() * list.length)] as T;
  const list = (text: string) => () => pick(text.split(' '));

  const name = list('http_requests_total http_seconds_bucket http_seconds_sum load weight odd none');
  const range = list('15s 30s 1m 95s 2m30s 5m 10m 1h');
  const number = list('0 1 2 -1 0.5 1e3 100 NaN Inf -Inf 3.25 0x10');
  const labels = () => pick(['', 'service', 'code', 'service, code', 'le', 'service, le', 'none', 'job', '__name__']);
  const matchers = () =>
    pick([
      ...['', '', '', '{service="canary"}', '{code=~"5.."}', '{code!~"2.."}', '{service!="stable"}', '{job=""}'],
      ...['{nolabel=""}', '{code=~"200|404",service="stable"}', '{le="+Inf"}', '{kind=~"k[01]"}', '{code=~""}'],
    ]);
  const offset = () => (chance() < 0.85 ? '' : ` offset ${pick(['30s', '5m', '-1m', '10m'])}`);
  const selector = () => name() + matchers() + offset();
  const matrix = () => `${name()}${matchers()}[${range()}]${offset()}`;
  const matching = () =>
    pick([
      ...['', '', ` on (${labels()})`, ` ignoring (${labels()})`, ' on (service) group_left'],
      ...[' on (service) group_right', ' ignoring (code) group_left (job)', ' ignoring (le) group_left'],
    ]);
  const arithmetic = list('+ - * / % ^');
  const comparison = list('> < == != >= <=');
  const operator = () => (chance() < 0.6 ? arithmetic() : comparison() + (chance() < 0.3 ? ' bool' : ''));

  function scalar(left: number): string {
    if (left <= 0 || chance() < 0.5) return number();
    return pick([
      () => `scalar(${vector(left - 1)})`,
      () => 'time()',
      () => `-${scalar(left - 1)}`,
      () => `(${scalar(left - 1)} ${arithmetic()} ${scalar(left - 1)})`,
      () => `(${scalar(left - 1)} ${comparison()} bool ${scalar(left - 1)})`,
    ])();
  }

  const overTime = list('avg min max sum count last stddev stdvar present');
  const rate = list('rate irate increase delta idelta changes resets');
  const aggregation = list('sum avg min max count group');
  const perNumber = list('abs ceil floor exp ln log2 log10 sqrt sgn round absent timestamp sort');
  const buckets = () =>
    pick(['http_seconds_bucket', 'rate(http_seconds_bucket[1m])', 'sum by (le) (rate(http_seconds_bucket[5m]))']);

  function vector(left: number): string {
    if (left <= 0) return selector();
    const inner = () => vector(left - 1);
    return pick([
      selector,
      () => `${rate()}(${matrix()})`,
      () => `${overTime()}_over_time(${matrix()})`,
      () => `quantile_over_time(${number()}, ${matrix()})`,
      () => `${aggregation()}(${inner()})${pick(['', ` by (${labels()})`, ` without (${labels()})`])}`,
      () => `${aggregation()} by (${labels()}) (${inner()})`,
      () => `quantile(${number()}, ${inner()})`,
      () => `histogram_quantile(${number()}, ${chance() < 0.8 ? buckets() : inner()})`,
      () => `${perNumber()}(${inner()})`,
      () => `clamp(${inner()}, ${scalar(left - 1)}, ${scalar(left - 1)})`,
      () => `${pick(['clamp_min', 'clamp_max', 'round'])}(${inner()}, ${scalar(left - 1)})`,
      () => `count_values("v", clamp(round(${inner()}), -1e9, 1e9))`,
      () => `vector(${scalar(left - 1)})`,
      () => `-${inner()}`,
      () => `(${inner()})`,
      () => `${inner()} ${operator()} ${scalar(left - 1)}`,
      () => `${scalar(left - 1)} ${operator()} ${inner()}`,
      () =>
        `${inner()} ${pick(['and', 'or', 'unless'])}${pick(['', ' on (service)', ' ignoring (code)', ' on ()'])} ${inner()}`,
      () => `${inner()} ${operator()}${matching()} ${inner()}`,
    ])();
  }

  return chance() < 0.1 ? scalar(depth) : vector(depth);
}
