// Times and durations in the condition language (analysis.md §4.2): now, duration, date, timezone, and their methods.

import type { Budget } from './expression-budget.ts';
import { ExpressionError } from './expression-lexer.ts';
import { goTypeOf, isMap, Moment, Span, type Value, Zone } from './expression-values.ts';
import { formatGoDuration, parseGoDuration } from './go-duration.ts';
import { formatGoTime, parseGoTime, partsIn } from './go-time.ts';
import type { EpochMillis } from './time.ts';

/** What looks up a zone, and what tries the layouts of dates, in steps. */
const zoneCost = 100;
const dateCost = 300;

export function callTimeFunction(
  name: string,
  args: readonly Value[],
  { budget, now }: { readonly budget: Budget; readonly now: EpochMillis },
): { readonly value: Value } | undefined {
  const [first] = args;
  switch (name) {
    case 'now':
      return { value: new Moment(nanosOf(now), first instanceof Zone ? first.name : 'UTC') };
    case 'duration': {
      const text = textIn(name, first);
      const milliseconds = parseGoDuration(text);
      if (milliseconds === undefined) throw new ExpressionError(`time: invalid duration ${JSON.stringify(text)}`);
      return { value: new Span(BigInt(Math.round(milliseconds * 1e6))) };
    }
    case 'date':
      budget.spend(dateCost);
      return { value: dateOf(args) };
    case 'timezone': {
      budget.spend(zoneCost);
      const zone = textIn(name, first);
      partsIn(0, zone); // refuses an unknown one
      return { value: new Zone(zone) };
    }
    default:
      return undefined;
  }
}

function nanosOf(at: EpochMillis): bigint {
  return BigInt(Math.round(at)) * 1_000_000n;
}

function textIn(name: string, value: Value | undefined): string {
  if (typeof value === 'string') return value;
  throw new ExpressionError(`invalid argument for ${name} (type ${goTypeOf(value ?? null)})`);
}

const layouts = [
  '2006-01-02',
  '15:04:05',
  '2006-01-02 15:04:05',
  '2006-01-02T15:04:05Z07:00',
  '02 Jan 06 15:04 MST',
  'Monday, 02-Jan-06 15:04:05 MST',
  'Mon, 02 Jan 2006 15:04:05 MST',
];

function dateOf(args: readonly Value[]): Moment {
  const zone = args[0] instanceof Zone ? args[0].name : undefined;
  const [text, layout, named] = zone === undefined ? args : args.slice(1);
  const date = textIn('date', text);
  const zoneName = zone ?? (named === undefined ? 'UTC' : textIn('date', named));
  for (const known of layout === undefined ? layouts : [textIn('date', layout)]) {
    const at = parseGoTime(known, date, zoneName);
    if (at !== undefined) return new Moment(nanosOf(at), zoneName);
  }
  throw new ExpressionError(`invalid date ${date}`);
}

/** Methods of times and durations. */
export function callMethod(base: Value, name: string, args: readonly Value[], budget: Budget): Value {
  budget.spend(zoneCost);
  const [format] = args;
  if (typeof format === 'string') budget.spend(format.length);
  if (base instanceof Moment) return timeMethod(base, name, args);
  if (base instanceof Span) return spanMethod(base, name, args);
  if (isMap(base)) throw new ExpressionError(`${name} is not callable`);
  throw new ExpressionError(`type ${goTypeOf(base)} has no method ${name}`);
}

function timeMethod(time: Moment, name: string, args: readonly Value[]): Value {
  const milliseconds = Number(time.nanoseconds / 1_000_000n);
  const parts = partsIn(milliseconds, time.zone);
  const [first = null] = args;
  switch (name) {
    case 'Year':
      return BigInt(parts.year);
    case 'Month':
      return BigInt(parts.month);
    case 'Day':
      return BigInt(parts.day);
    case 'Hour':
      return BigInt(parts.hour);
    case 'Minute':
      return BigInt(parts.minute);
    case 'Second':
      return BigInt(parts.second);
    case 'Weekday':
      return BigInt(parts.weekday);
    case 'YearDay':
      return BigInt(Math.floor((parts.local - Date.UTC(parts.year, 0, 1)) / 86_400_000) + 1);
    case 'Nanosecond':
      return ((time.nanoseconds % 1_000_000_000n) + 1_000_000_000n) % 1_000_000_000n;
    case 'Unix':
      return time.nanoseconds / 1_000_000_000n;
    case 'UnixMilli':
      return time.nanoseconds / 1_000_000n;
    case 'UnixMicro':
      return time.nanoseconds / 1_000n;
    case 'UnixNano':
      return time.nanoseconds;
    case 'IsZero':
      return false;
    case 'UTC':
      return new Moment(time.nanoseconds);
    case 'In':
      return new Moment(time.nanoseconds, first instanceof Zone ? first.name : 'UTC');
    case 'Format':
      return formatGoTime(textIn(name, first), milliseconds, time.zone);
    case 'String':
      return formatGoTime('2006-01-02 15:04:05 -0700 MST', milliseconds, time.zone);
    case 'Add':
      return new Moment(time.nanoseconds + spanIn(name, first).nanoseconds, time.zone);
    default:
      return timeComparison(time, name, first);
  }
}

function timeComparison(time: Moment, name: string, other: Value): Value {
  if (!(other instanceof Moment)) throw new ExpressionError(`invalid argument for ${name} (type ${goTypeOf(other)})`);
  if (name === 'Sub') return new Span(time.nanoseconds - other.nanoseconds);
  if (name === 'After') return time.nanoseconds > other.nanoseconds;
  if (name === 'Before') return time.nanoseconds < other.nanoseconds;
  if (name === 'Equal') return time.nanoseconds === other.nanoseconds;
  throw new ExpressionError(`type time.Time has no method ${name}`);
}

function spanIn(name: string, value: Value): Span {
  if (value instanceof Span) return value;
  throw new ExpressionError(`invalid argument for ${name} (type ${goTypeOf(value)})`);
}

function spanMethod({ nanoseconds }: Span, name: string, args: readonly Value[]): Value {
  const [first = null] = args;
  switch (name) {
    case 'Hours':
      return Number(nanoseconds) / 3_600_000_000_000;
    case 'Minutes':
      return Number(nanoseconds) / 60_000_000_000;
    case 'Seconds':
      return Number(nanoseconds) / 1e9;
    case 'Milliseconds':
      return nanoseconds / 1_000_000n;
    case 'Microseconds':
      return nanoseconds / 1_000n;
    case 'Nanoseconds':
      return nanoseconds;
    case 'Abs':
      return new Span(nanoseconds < 0n ? -nanoseconds : nanoseconds);
    case 'Truncate':
    case 'Round': {
      const unit = spanIn(name, first).nanoseconds;
      if (unit <= 0n) return new Span(nanoseconds);
      const cut = nanoseconds % unit;
      const size = cut < 0n ? -cut : cut;
      const up = name === 'Round' && size * 2n >= unit ? (cut < 0n ? -unit : unit) : 0n;
      return new Span(nanoseconds - cut + up);
    }
    case 'String':
      return formatGoDuration(Number(nanoseconds) / 1e6);
    default:
      throw new ExpressionError(`type time.Duration has no method ${name}`);
  }
}
