// When a schedule is due: the first moment after another one, in a time zone.

import type { EpochMillis } from '../../controller/lang/time.ts';
import type { CronSchedule } from './cron-schedule.ts';

const minuteMs = 60_000;
const dayMs = 86_400_000;
/** A schedule that is not due within five years never is (upstream's limit). */
const longestDays = 5 * 366;

/** undefined: never. `zone` is an IANA name; default UTC. */
export function nextRun(schedule: CronSchedule, after: EpochMillis, zone?: string): EpochMillis | undefined {
  // On the wall clock, written as if it were UTC.
  const from = after + offsetAt(after, zone);
  const firstDay = Math.floor(from / dayMs) * dayMs;
  for (let day = 0; day < longestDays; day++) {
    const start = firstDay + day * dayMs;
    if (!isOnDay(schedule, new Date(start))) continue;
    const wall = timesOf(schedule).find((minutes) => start + minutes * minuteMs > from);
    if (wall !== undefined) {
      const guess = start + wall * minuteMs;
      return guess - offsetAt(guess - offsetAt(guess, zone), zone);
    }
  }
  return undefined;
}

function isOnDay({ days, months, weekdays, isEveryDay }: CronSchedule, date: Date): boolean {
  if (!months.has(date.getUTCMonth() + 1)) return false;
  const [byDay, byWeekday] = [days.has(date.getUTCDate()), weekdays.has(date.getUTCDay())];
  return isEveryDay ? byDay && byWeekday : byDay || byWeekday;
}

const known = new WeakMap<CronSchedule, readonly number[]>();

/** Minutes of a day, in order. */
function timesOf(schedule: CronSchedule): readonly number[] {
  let times = known.get(schedule);
  if (times === undefined) {
    times = [...schedule.hours]
      .flatMap((hour) => [...schedule.minutes].map((minute) => hour * 60 + minute))
      .toSorted((a, b) => a - b);
    known.set(schedule, times);
  }
  return times;
}

const formats = new Map<string, Intl.DateTimeFormat>();

/** What the wall clock of a zone is ahead of UTC, in milliseconds. */
function offsetAt(at: EpochMillis, zone: string | undefined): number {
  if (zone === undefined || zone === 'UTC') return 0;
  let format = formats.get(zone);
  if (format === undefined) {
    format = new Intl.DateTimeFormat('en', { timeZone: zone, timeZoneName: 'longOffset' });
    formats.set(zone, format);
  }
  const name = format.formatToParts(at).find(({ type }) => type === 'timeZoneName')?.value ?? 'GMT';
  const [, sign = '+', hours = '0', minutes = '0'] = /GMT([+-])(\d+):(\d+)/.exec(name) ?? [];
  const offset = (Number(hours) * 60 + Number(minutes)) * minuteMs;
  return sign === '-' ? -offset : offset;
}
