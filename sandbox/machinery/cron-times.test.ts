import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseCron } from './cron-schedule.ts';
import { nextRun } from './cron-times.ts';

const rows: readonly (readonly [schedule: string, after: string, next: string | undefined, zone?: string])[] = [
  ['* * * * *', '2026-01-01T00:00:00Z', '2026-01-01T00:01:00Z'],
  ['* * * * *', '2026-01-01T00:00:30Z', '2026-01-01T00:01:00Z'],
  ['*/15 * * * *', '2026-01-01T00:50:00Z', '2026-01-01T01:00:00Z'],
  ['30 8-10/2 * * *', '2026-01-01T08:30:00Z', '2026-01-01T10:30:00Z'],
  ['0 0 * * *', '2026-02-28T12:00:00Z', '2026-03-01T00:00:00Z'],
  ['0 0 29 2 *', '2026-01-01T00:00:00Z', '2028-02-29T00:00:00Z'],
  ['0 12 * * mon-fri', '2026-01-02T12:00:00Z', '2026-01-05T12:00:00Z'],
  // Either will do where both are named.
  ['0 0 13 * 5', '2026-01-03T00:00:00Z', '2026-01-09T00:00:00Z'],
  ['0 0 13 * *', '2026-01-03T00:00:00Z', '2026-01-13T00:00:00Z'],
  ['@weekly', '2026-01-01T00:00:00Z', '2026-01-04T00:00:00Z'],
  ['0 0 31 2 *', '2026-01-01T00:00:00Z', undefined],
  ['0 9 * * *', '2026-01-01T00:00:00Z', '2026-01-01T08:00:00Z', 'Europe/Berlin'],
  ['0 9 * * *', '2026-07-01T00:00:00Z', '2026-07-01T07:00:00Z', 'Europe/Berlin'],
  ['0 0 * * *', '2026-01-01T12:00:00Z', '2026-01-01T18:30:00Z', 'Asia/Kolkata'],
];

for (const [schedule, after, next, zone] of rows) {
  test(`${schedule} after ${after}${zone === undefined ? '' : ` in ${zone}`}: ${next ?? 'never'}`, () => {
    const at = nextRun(parseCron(schedule), Date.parse(after), zone);
    assert.equal(at === undefined ? undefined : new Date(at).toISOString().replace('.000', ''), next);
  });
}
