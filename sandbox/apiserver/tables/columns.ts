// The shapes of server-side tables: columns as kubectl expects them, ages as Go prints them. The prose of columns is
// left out.

import type { EpochMillis } from '../../../controller/lang/time.ts';
import type { JsonValue, TableColumn } from '../kinds/types.ts';

export function column(name: string, options: { type?: string; format?: string; wide?: boolean } = {}): TableColumn {
  return {
    name,
    type: options.type ?? 'string',
    format: options.format ?? '',
    description: '',
    priority: options.wide === true ? 1 : 0,
  };
}

export const nameColumn = column('Name', { format: 'name' });
export const ageColumn = column('Age');

/** `duration.HumanDuration`: two units at most while they tell something. */
export function humanDuration(ms: number): string {
  const seconds = Math.trunc(ms / 1000);
  if (seconds < -1) return '<invalid>';
  if (seconds < 0) return '0s';
  if (seconds < 60 * 2) return `${seconds}s`;
  const minutes = Math.trunc(seconds / 60);
  if (minutes < 10) return withRest(minutes, 'm', seconds % 60, 's');
  if (minutes < 60 * 3) return `${minutes}m`;
  const hours = Math.trunc(seconds / 3600);
  if (hours < 8) return withRest(hours, 'h', minutes % 60, 'm');
  if (hours < 48) return `${hours}h`;
  const days = Math.trunc(hours / 24);
  if (hours < 24 * 8) return withRest(days, 'd', hours % 24, 'h');
  if (hours < 24 * 365 * 2) return `${days}d`;
  const years = Math.trunc(days / 365);
  return hours < 24 * 365 * 8 ? withRest(years, 'y', days % 365, 'd') : `${years}y`;
}

function withRest(count: number, unit: string, rest: number, restUnit: string): string {
  return rest === 0 ? `${count}${unit}` : `${count}${unit}${rest}${restUnit}`;
}

/** The age of a timestamp; `<unknown>` without one. */
export function age(timestamp: JsonValue | undefined, now: EpochMillis): string {
  const at = typeof timestamp === 'string' ? Date.parse(timestamp) : Number.NaN;
  return Number.isNaN(at) ? '<unknown>' : humanDuration(now - at);
}

export function orNone(value: string): string {
  return value === '' ? '<none>' : value;
}

export function wide(name: string): TableColumn {
  return column(name, { wide: true });
}
