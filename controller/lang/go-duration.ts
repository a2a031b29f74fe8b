// Go's durations: `1h30m`, `1.5s`, `-2us`. Read and written as Go's time package does, and the short ages of kubectl's
// tables. Amounts are in nanoseconds inside, so that what is written equals what Go writes.

const nanosOf: Readonly<Record<string, bigint>> = {
  ns: 1n,
  us: 1_000n,
  µs: 1_000n,
  μs: 1_000n,
  ms: 1_000_000n,
  s: 1_000_000_000n,
  m: 60_000_000_000n,
  h: 3_600_000_000_000n,
};
const nanosPerMs = 1_000_000n;
const greatestNanos = 2n ** 63n - 1n;

/** Sticky, and without two ways to read a digit: else a long text would take for ever. */
const amountSyntax = /(\d*)(?:\.(\d*))?(ns|us|µs|μs|ms|s|m|h)/gy;

/** Nobody writes longer ones, and long numbers take long to work out. */
const longestText = 1_000;

/** Milliseconds; undefined for a text that Go's ParseDuration refuses. */
export function parseGoDuration(text: string): number | undefined {
  if (text.length > longestText) return undefined;
  const [, sign, amounts = ''] = /^([+-]?)(.*)$/s.exec(text) ?? [];
  if (amounts === '0') return 0;
  let nanos = 0n;
  let end = 0;
  for (const [amount, whole = '', fraction = '', unit = ''] of amounts.matchAll(amountSyntax)) {
    if (whole === '' && fraction === '') return undefined;
    const scale = nanosOf[unit] ?? 0n;
    nanos += BigInt(whole || 0) * scale + (BigInt(fraction || 0) * scale) / 10n ** BigInt(fraction.length);
    end += amount.length;
  }
  if (end === 0 || end < amounts.length) return undefined;
  if (nanos > greatestNanos) return undefined;
  const milliseconds = Number(nanos / nanosPerMs) + Number(nanos % nanosPerMs) / 1e6;
  return sign === '-' && nanos !== 0n ? -milliseconds : milliseconds;
}

/** As Go prints a duration: `1h0m0s`, `1.5s`, `300ms`, `0s`. */
export function formatGoDuration(milliseconds: number): string {
  const size = Math.abs(milliseconds);
  const whole = Math.trunc(size);
  const nanos = BigInt(whole) * nanosPerMs + BigInt(Math.round((size - whole) * 1e6));
  if (nanos === 0n) return '0s';
  const sign = milliseconds < 0 ? '-' : '';
  if (nanos < 1_000n) return `${sign}${nanos}ns`;
  if (nanos < 1_000_000n) return `${sign}${decimal(nanos, 3)}µs`;
  if (nanos < 1_000_000_000n) return `${sign}${decimal(nanos, 6)}ms`;
  const minutes = nanos / 60_000_000_000n;
  const seconds = `${decimal(nanos % 60_000_000_000n, 9)}s`;
  if (minutes === 0n) return sign + seconds;
  const hours = minutes / 60n;
  return `${sign}${hours === 0n ? '' : `${hours}h`}${minutes % 60n}m${seconds}`;
}

/** `nanos` divided by 10^places, without trailing zeros. */
function decimal(nanos: bigint, places: number): string {
  const digits = String(nanos).padStart(places + 1, '0');
  const fraction = digits.slice(-places).replace(/0+$/, '');
  return digits.slice(0, -places) + (fraction === '' ? '' : `.${fraction}`);
}

/**
 * The seconds of a rollout pause's duration (`10`, `"10"`, `"1h30m"`; whole seconds, cut off): -1 when it is negative or
 * unparsable, as the reference reports it (spec/rollout.md §1.3, §6.2).
 */
export function pauseSeconds(duration: number | string): number {
  if (typeof duration === 'number') return duration;
  if (/^[+-]?\d+$/.test(duration)) return Math.abs(Number(duration)) < 2 ** 31 ? Number(duration) : -1;
  const milliseconds = parseGoDuration(duration);
  return milliseconds === undefined ? -1 : Math.trunc(milliseconds / 1000);
}

/** An age as kubectl prints it in a table: `5s`, `2m5s`, `3h10m`, `4d2h`, `3y45d`. */
export function formatAge(milliseconds: number): string {
  const seconds = Math.trunc(milliseconds / 1000);
  if (seconds < -1) return '<invalid>';
  if (seconds < 0) return '0s';
  if (seconds < 120) return `${seconds}s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 10) return withRest(minutes, 'm', seconds % 60, 's');
  if (minutes < 180) return `${minutes}m`;
  const hours = Math.floor(minutes / 60);
  if (hours < 8) return withRest(hours, 'h', minutes % 60, 'm');
  if (hours < 48) return `${hours}h`;
  const days = Math.floor(hours / 24);
  if (hours < 192) return withRest(days, 'd', hours % 24, 'h');
  if (days < 730) return `${days}d`;
  const years = Math.floor(days / 365);
  return years < 8 ? withRest(years, 'y', days % 365, 'd') : `${years}y`;
}

function withRest(amount: number, unit: string, rest: number, restUnit: string): string {
  return rest === 0 ? `${amount}${unit}` : `${amount}${unit}${rest}${restUnit}`;
}
