// Times as Go's time package reads and writes them: by a layout that shows the reference time `2006-01-02 15:04:05`.

import { ExpressionError } from './expression-lexer.ts';
import type { EpochMillis } from './time.ts';

export interface TimeParts {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  /** 0 is Sunday. */
  readonly weekday: number;
  /** The wall clock there, as if it were UTC. */
  readonly local: number;
  readonly offsetMs: number;
}

export function partsIn(at: EpochMillis, zone: string): TimeParts {
  const offsetMs = zoneOffset(at, zone);
  const local = at + offsetMs;
  const date = new Date(local);
  return {
    year: date.getUTCFullYear(),
    month: date.getUTCMonth() + 1,
    day: date.getUTCDate(),
    hour: date.getUTCHours(),
    minute: date.getUTCMinutes(),
    second: date.getUTCSeconds(),
    weekday: date.getUTCDay(),
    local,
    offsetMs,
  };
}

function zoneOffset(at: EpochMillis, zone: string): number {
  if (zone === 'UTC' || zone === '' || zone === 'Local') return 0;
  const fixed = /^([+-])(\d\d):?(\d\d)$/.exec(zone);
  if (fixed) return (fixed[1] === '-' ? -1 : 1) * (Number(fixed[2]) * 60 + Number(fixed[3])) * 60_000;
  try {
    const name =
      formatOf(zone)
        .formatToParts(at)
        .find(({ type }) => type === 'timeZoneName')?.value ?? 'GMT';
    const [, sign = '+', hours = '0', minutes = '0'] = /GMT(?:([+-])(\d\d):(\d\d))?/.exec(name) ?? [];
    return (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes)) * 60_000;
  } catch (error) {
    if (error instanceof RangeError) throw new ExpressionError(`unknown time zone ${zone}`);
    throw error;
  }
}

/** Making one takes a hundred times as long as using it. */
const formats = new Map<string, Intl.DateTimeFormat>();
const keptFormats = 200;

function formatOf(zone: string): Intl.DateTimeFormat {
  const known = formats.get(zone);
  if (known) return known;
  const format = new Intl.DateTimeFormat('en-US', { timeZone: zone, timeZoneName: 'longOffset' });
  if (formats.size >= keptFormats) formats.clear();
  formats.set(zone, format);
  return format;
}

const months = ['January', 'February', 'March', 'April', 'May', 'June', 'July', 'August', 'September', 'October'];
const monthNames = [...months, 'November', 'December'];
const dayNames = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];
const element =
  /2006|January|Jan|Monday|Mon|MST|Z07:00|Z0700|-07:00|-0700|-07|[.,]0+|[.,]9+|01|02|_2|03|04|05|06|15|PM|pm|[12345]/g;

const short = (name: string) => name.slice(0, 3);

export function formatGoTime(layout: string, at: EpochMillis, zone: string): string {
  const parts = partsIn(at, zone);
  return layout.replace(element, (part) => written(part, parts, zone));
}

function written(part: string, parts: TimeParts, zone: string): string {
  const { year, month, day, hour, minute, second, weekday, local, offsetMs } = parts;
  const two = (value: number) => String(value).padStart(2, '0');
  const hour12 = hour % 12 === 0 ? 12 : hour % 12;
  const size = Math.abs(offsetMs) / 60_000;
  const sign = offsetMs < 0 ? '-' : '+';
  const offset = `${sign}${two(Math.floor(size / 60))}:${two(size % 60)}`;
  const texts: Readonly<Record<string, string>> = {
    '2006': String(year).padStart(4, '0'),
    '06': two(year % 100),
    January: monthNames[month - 1] ?? '',
    Jan: short(monthNames[month - 1] ?? ''),
    '01': two(month),
    '1': String(month),
    Monday: dayNames[weekday] ?? '',
    Mon: short(dayNames[weekday] ?? ''),
    '02': two(day),
    _2: String(day).padStart(2, ' '),
    '2': String(day),
    '15': two(hour),
    '03': two(hour12),
    '3': String(hour12),
    '04': two(minute),
    '4': String(minute),
    '05': two(second),
    '5': String(second),
    PM: hour < 12 ? 'AM' : 'PM',
    pm: hour < 12 ? 'am' : 'pm',
    MST: offsetMs === 0 ? 'UTC' : zone,
    'Z07:00': offsetMs === 0 ? 'Z' : offset,
    Z0700: offsetMs === 0 ? 'Z' : offset.replace(':', ''),
    '-07:00': offset,
    '-0700': offset.replace(':', ''),
    '-07': offset.slice(0, 3),
  };
  if (Object.hasOwn(texts, part)) return texts[part] ?? '';
  const digits = String(((local % 1000) + 1000) % 1000)
    .padStart(3, '0')
    .padEnd(9, '0')
    .slice(0, part.length - 1);
  return part.includes('9') ? `${part.charAt(0)}${digits}`.replace(/[.,]?0*$/, '') : `${part.charAt(0)}${digits}`;
}

const patterns: Readonly<Record<string, string>> = {
  '2006': '(?<year>\\d{4})',
  '06': '(?<year2>\\d{2})',
  January: `(?<monthName>${monthNames.join('|')})`,
  Jan: `(?<monthName>${monthNames.map(short).join('|')})`,
  '01': '(?<month>\\d{2})',
  '1': '(?<month>\\d{1,2})',
  Monday: `(?:${dayNames.join('|')})`,
  Mon: `(?:${dayNames.map(short).join('|')})`,
  '02': '(?<day>\\d{2})',
  _2: ' ?(?<day>\\d{1,2})',
  '2': '(?<day>\\d{1,2})',
  '15': '(?<hour>\\d{2})',
  '03': '(?<hour12>\\d{2})',
  '3': '(?<hour12>\\d{1,2})',
  '04': '(?<minute>\\d{2})',
  '4': '(?<minute>\\d{1,2})',
  '05': '(?<second>\\d{2}(?:\\.\\d+)?)',
  '5': '(?<second>\\d{1,2}(?:\\.\\d+)?)',
  PM: '(?<half>AM|PM)',
  pm: '(?<half>am|pm)',
  MST: '(?:[A-Z]{3,4})',
  'Z07:00': '(?<offset>Z|[+-]\\d{2}:\\d{2})',
  Z0700: '(?<offset>Z|[+-]\\d{4})',
  '-07:00': '(?<offset>[+-]\\d{2}:\\d{2})',
  '-0700': '(?<offset>[+-]\\d{4})',
  '-07': '(?<offset>[+-]\\d{2})',
};

const longestText = 200;

/** Undefined: the text does not have this layout. */
export function parseGoTime(layout: string, text: string, zone: string): EpochMillis | undefined {
  if (layout.length > longestText || text.length > longestText) return undefined;
  const named = new Set<string>();
  let source = '';
  let from = 0;
  for (const match of layout.matchAll(element)) {
    // Each part once: what could be read in many ways would take for ever.
    if (named.has(match[0])) return undefined;
    named.add(match[0]);
    // A fraction is read together with its seconds.
    source += literal(layout.slice(from, match.index)) + (patterns[match[0]] ?? '');
    from = match.index + match[0].length;
  }
  const groups = matchGroups(`^${source}${literal(layout.slice(from))}$`, text);
  return groups && momentOf(groups, zone);
}

function literal(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
}

function matchGroups(pattern: string, text: string): Readonly<Record<string, string | undefined>> | undefined {
  try {
    const match = new RegExp(pattern).exec(text);
    return match ? { ...match.groups } : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined; // a layout that names one part twice
    throw error;
  }
}

function momentOf(groups: Readonly<Record<string, string | undefined>>, zone: string): EpochMillis | undefined {
  const year = groups.year2 === undefined ? Number(groups.year ?? 0) : century(Number(groups.year2));
  const named = monthNames.findIndex((name) => short(name) === short(groups.monthName ?? ''));
  const month = named >= 0 ? named + 1 : Number(groups.month ?? 1);
  const day = Number(groups.day ?? 1);
  const half = groups.half?.toLowerCase() === 'pm' ? 12 : 0;
  const hour = groups.hour12 === undefined ? Number(groups.hour ?? 0) : (Number(groups.hour12) % 12) + half;
  const [minute, second] = [Number(groups.minute ?? 0), Number(groups.second ?? 0)];
  const isInRange = month >= 1 && month <= 12 && hour < 24 && minute < 60 && second < 60;
  if (!isInRange || day < 1 || day > new Date(Date.UTC(year, month, 0)).getUTCDate()) return undefined;
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  const local = date.getTime() + (hour * 3600 + minute * 60 + second) * 1000;
  const { offset } = groups;
  if (offset === 'Z') return local;
  if (offset !== undefined) return local - zoneOffset(0, offset.length === 3 ? `${offset}:00` : offset);
  return local - zoneOffset(local - zoneOffset(local, zone), zone);
}

function century(year: number): number {
  return year >= 69 ? 1900 + year : 2000 + year;
}
