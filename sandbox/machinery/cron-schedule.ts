// Schedules of CronJobs: the five fields and the short names, with the texts of the parser that Kubernetes uses.

export interface CronSchedule {
  readonly minutes: ReadonlySet<number>;
  readonly hours: ReadonlySet<number>;
  readonly days: ReadonlySet<number>;
  readonly months: ReadonlySet<number>;
  readonly weekdays: ReadonlySet<number>;
  /** Day and weekday are asked both where one of them is a star; else either will do. */
  readonly isEveryDay: boolean;
}

interface Bounds {
  readonly least: number;
  readonly most: number;
  readonly names?: readonly string[];
}

const monthNames = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const dayNames = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];

const bounds: readonly Bounds[] = [
  { least: 0, most: 59 },
  { least: 0, most: 23 },
  { least: 1, most: 31 },
  { least: 1, most: 12, names: monthNames },
  { least: 0, most: 6, names: dayNames },
];

const descriptors: Readonly<Record<string, string>> = {
  '@yearly': '0 0 1 1 *',
  '@annually': '0 0 1 1 *',
  '@monthly': '0 0 1 * *',
  '@weekly': '0 0 * * 0',
  '@daily': '0 0 * * *',
  '@midnight': '0 0 * * *',
  '@hourly': '0 * * * *',
};

/** Throws RangeError with the text of what is wrong. */
export function parseCron(schedule: string): CronSchedule {
  if (schedule === '') throw new RangeError('empty spec string');
  if (schedule.startsWith('@') && descriptors[schedule] === undefined) {
    throw new RangeError(`unrecognized descriptor: ${schedule}`);
  }
  const fields = (descriptors[schedule] ?? schedule).split(/\s+/).filter((field) => field !== '');
  if (fields.length !== bounds.length) {
    throw new RangeError(`expected exactly 5 fields, found ${fields.length}: [${fields.join(' ')}]`);
  }
  const [minutes, hours, days, months, weekdays] = bounds.map((one, index) => parseField(fields[index]!, one));
  return {
    minutes: minutes!,
    hours: hours!,
    days: days!,
    months: months!,
    weekdays: weekdays!,
    isEveryDay: [fields[2]!, fields[4]!].some((field) => field.split(',').some(isStar)),
  };
}

/** Any value, and no step that leaves some out. */
function isStar(part: string): boolean {
  return /^[*?](-[^/]*)?(\/1)?$/.test(part);
}

function parseField(field: string, bound: Bounds): Set<number> {
  const values = new Set<number>();
  for (const part of field.split(',').filter((one) => one !== '')) addRange(part, bound, values);
  return values;
}

function addRange(part: string, bound: Bounds, values: Set<number>): void {
  const [range = '', ...steps] = part.split('/');
  const [low = '', ...highs] = range.split('-');
  let [start, end] = [bound.least, bound.most];
  if (low !== '*' && low !== '?') {
    start = numberOrName(low, bound);
    if (highs.length > 1) throw new RangeError(`too many hyphens: ${part}`);
    end = highs[0] === undefined ? start : numberOrName(highs[0], bound);
  }
  if (steps.length > 1) throw new RangeError(`too many slashes: ${part}`);
  const step = steps[0] === undefined ? 1 : numberOf(steps[0]);
  if (steps.length === 1 && highs.length === 0) end = bound.most;
  if (start < bound.least) {
    throw new RangeError(`beginning of range (${start}) below minimum (${bound.least}): ${part}`);
  }
  if (end > bound.most) throw new RangeError(`end of range (${end}) above maximum (${bound.most}): ${part}`);
  if (start > end) throw new RangeError(`beginning of range (${start}) beyond end of range (${end}): ${part}`);
  if (step === 0) throw new RangeError(`step of range should be a positive number: ${part}`);
  for (let value = start; value <= end; value += step) values.add(value);
}

function numberOrName(word: string, { least, names = [] }: Bounds): number {
  const index = names.indexOf(word.toLowerCase());
  return index < 0 ? numberOf(word) : index + least;
}

function numberOf(word: string): number {
  if (/^[+-]?\d+$/.test(word)) {
    const value = Number(word);
    if (value < 0) throw new RangeError(`negative number (${value}) not allowed: ${word}`);
    return value;
  }
  throw new RangeError(
    `failed to parse int from ${word}: strconv.Atoi: parsing ${JSON.stringify(word)}: invalid syntax`,
  );
}
