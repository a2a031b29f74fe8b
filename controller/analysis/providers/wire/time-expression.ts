// The times of a Prometheus range query (analysis.md §4.2): `now()`, `date("…"[, layout[, zone]])`, plus or minus
// `duration("…")`. Nothing else of the condition language gives a time.

import { parseGoDuration } from '../../../lang/go-duration.ts';
import { parseRfc3339 } from '../../../lang/rfc3339.ts';
import type { EpochMillis } from '../../../lang/time.ts';

export type TimeResult = { readonly at: EpochMillis } | { readonly problem: string };

const term = /^\s*([+-])?\s*(now|date|duration)\s*\(\s*((?:(?:"[^"\\]*"|'[^'\\]*')\s*,?\s*)*)\)/;

export function evaluateTime(text: string, now: EpochMillis): TimeResult {
  if (text.trim() === '') return { problem: 'unexpected token EOF' };
  let rest = text;
  let at: EpochMillis | undefined;
  while (rest.trim() !== '') {
    const [whole, sign, name, list = ''] = term.exec(rest) ?? [];
    if (whole === undefined || (sign === undefined) !== (at === undefined)) {
      return { problem: 'expected time.Time, such as now() or now() - duration("1h")' };
    }
    const texts = [...list.matchAll(/"([^"]*)"|'([^']*)'/g)].map((match) => match[1] ?? match[2] ?? '');
    if (at === undefined) {
      if (name === 'duration') return { problem: 'expected time.Time, but got time.Duration' };
      const start = name === 'now' ? now : readDate(texts);
      if (start === undefined) return { problem: `invalid date ${texts[0] ?? ''}` };
      at = start;
    } else {
      const span = name === 'duration' ? parseGoDuration(texts[0] ?? '') : undefined;
      if (span === undefined) return { problem: 'expected time.Time, but got time.Duration' };
      at += sign === '-' ? -span : span;
    }
    rest = rest.slice(whole.length);
  }
  return at === undefined ? { problem: 'expected time.Time, but got <nil>' } : { at };
}

/** Layouts that begin as RFC 3339 does; `T` or a blank between date and time, UTC unless the text says otherwise. */
function readDate([text = '', layout, zone = 'UTC']: readonly string[]): EpochMillis | undefined {
  if (layout !== undefined && !/^2006-01-02([ T]15:04(:05)?(Z07:00)?)?$/.test(layout)) return undefined;
  if (zone !== 'UTC') return undefined;
  const [, day, clock = '00:00', seconds = ':00', offset = 'Z'] =
    /^(\d{4}-\d\d-\d\d)(?:[ T](\d\d:\d\d)(:\d\d(?:\.\d+)?)?(Z|[+-]\d\d:\d\d)?)?$/.exec(text) ?? [];
  return day === undefined ? undefined : parseRfc3339(`${day}T${clock}${seconds}${offset}`);
}
