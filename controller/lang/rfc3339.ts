// RFC 3339 times as the API has them: read with any offset and fraction, written in UTC with whole seconds (fractions
// are cut off, not rounded: spec/rollout.md §7.1).

import type { EpochMillis } from './time.ts';

const syntax = /^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(?:[.,](\d+))?(?:[Zz]|([+-])(\d\d):(\d\d))$/;

/** The same few times are read again and again: of creations, conditions, deadlines. */
const readTimes = new Map<string, EpochMillis | undefined>();
const readTimesLimit = 10_000;

/** Undefined for a text that is no time. Fractions finer than a millisecond are cut off. */
export function parseRfc3339(text: string): EpochMillis | undefined {
  const known = readTimes.get(text);
  if (known !== undefined) return known;
  const at = readRfc3339(text);
  if (readTimes.size >= readTimesLimit) readTimes.clear();
  readTimes.set(text, at);
  return at;
}

function readRfc3339(text: string): EpochMillis | undefined {
  // Nearly every time is written so, and there are many: nothing is taken apart.
  if (text.length === 20 && text[19] === 'Z') return syntax.test(text) ? timeOf(text) : undefined;
  const parts = syntax.exec(text);
  const wholeSeconds = parts ? timeOf(text) : undefined;
  if (!parts || wholeSeconds === undefined) return undefined;
  const fraction = Number((parts[1] ?? '').padEnd(3, '0').slice(0, 3));
  const offset = (Number(parts[3] ?? 0) * 60 + Number(parts[4] ?? 0)) * 60_000;
  return wholeSeconds - (parts[2] === '-' ? -offset : offset) + fraction;
}

/** The first nineteen characters as a time in UTC; undefined where there is no such day or time of day. */
function timeOf(text: string): EpochMillis | undefined {
  const year = numberAt(text, 0, 4);
  const month = numberAt(text, 5, 2);
  const day = numberAt(text, 8, 2);
  const hour = numberAt(text, 11, 2);
  const minute = numberAt(text, 14, 2);
  const second = numberAt(text, 17, 2);
  const isDate = month >= 1 && month <= 12 && day >= 1 && day <= daysOf(year, month);
  if (!isDate || hour > 23 || minute > 59 || second > 59) return undefined;
  return (daysSince1970(year, month, day) * 1440 + hour * 60 + minute) * 60_000 + second * 1000;
}

/** Digits as a number. */
function numberAt(text: string, at: number, count: number): number {
  let value = 0;
  for (let index = at; index < at + count; index += 1) value = value * 10 + text.charCodeAt(index) - 48;
  return value;
}

/** `2021-01-02T03:04:05Z`. */
export function formatRfc3339(at: EpochMillis): string {
  const seconds = Math.floor(at / 1000);
  const days = Math.floor(seconds / 86_400);
  const { year, month, day } = dateOf(days);
  const ofDay = seconds - days * 86_400;
  const clock = [Math.floor(ofDay / 3600), Math.floor(ofDay / 60) % 60, ofDay % 60].map((n) => pad(n, 2)).join(':');
  return `${pad(year, 4)}-${pad(month, 2)}-${pad(day, 2)}T${clock}Z`;
}

/** `2021-01-02T03:04:05.678000Z`, the API's MicroTime; parts of a microsecond are left out. */
export function formatMicroTime(at: EpochMillis): string {
  const micros = Math.floor((at - Math.floor(at / 1000) * 1000) * 1000);
  return formatRfc3339(at).replace('Z', `.${pad(micros, 6)}Z`);
}

/** Two times of the API name the same second, however they are spelled; absent equals absent. */
export function isSameTime(a: string | undefined, b: string | undefined): boolean {
  if (!a || !b) return !a && !b;
  const [left, right] = [parseRfc3339(a), parseRfc3339(b)];
  return left === undefined || right === undefined ? a === b : Math.floor(left / 1000) === Math.floor(right / 1000);
}

function pad(value: number, width: number): string {
  return String(value).padStart(width, '0');
}

function isLeap(year: number): boolean {
  return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
}

function daysOf(year: number, month: number): number {
  if (month === 2) return isLeap(year) ? 29 : 28;
  return [4, 6, 9, 11].includes(month) ? 30 : 31;
}

/** Days of the proleptic Gregorian calendar, by eras of 400 years that begin in March. */
function daysSince1970(year: number, month: number, day: number): number {
  const y = month <= 2 ? year - 1 : year;
  const era = Math.floor(y / 400);
  const ofEra = y - era * 400;
  const ofYear = Math.floor((153 * ((month + 9) % 12) + 2) / 5) + day - 1;
  return era * 146_097 + ofEra * 365 + Math.floor(ofEra / 4) - Math.floor(ofEra / 100) + ofYear - 719_468;
}

function dateOf(days: number): { year: number; month: number; day: number } {
  const shifted = days + 719_468;
  const era = Math.floor(shifted / 146_097);
  const ofEra = shifted - era * 146_097;
  const year = Math.floor(
    (ofEra - Math.floor(ofEra / 1460) + Math.floor(ofEra / 36_524) - Math.floor(ofEra / 146_096)) / 365,
  );
  const ofYear = ofEra - (365 * year + Math.floor(year / 4) - Math.floor(year / 100));
  const shiftedMonth = Math.floor((5 * ofYear + 2) / 153);
  const day = ofYear - Math.floor((153 * shiftedMonth + 2) / 5) + 1;
  const month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9;
  return { year: year + era * 400 + (month <= 2 ? 1 : 0), month, day };
}
