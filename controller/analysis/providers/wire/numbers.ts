// Numbers as Go prints them into measurements (analysis.md §5, §9.3): shortest without exponent (Prometheus), with a fixed
// number of places (Graphite, Wavefront), as fmt prints a slice (CloudWatch, InfluxDB).

/** Go's FormatFloat(x, 'f', -1, 64). */
export function shortestDecimal(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf';
  if (Object.is(value, -0)) return '-0';
  return withoutExponent(String(value));
}

/** Go's %.<places>f. */
export function fixedDecimal(value: number, places: number): string {
  if (!Number.isFinite(value)) return shortestDecimal(value);
  return Math.abs(value) < 1e21 ? value.toFixed(places) : `${withoutExponent(String(value))}.${'0'.repeat(places)}`;
}

/** Go's %v: shortest, with an exponent below 1e-4 and from 1e21 on. */
export function generalDecimal(value: number): string {
  const size = Math.abs(value);
  if (!Number.isFinite(value) || (size >= 1e-4 && size < 1e21) || value === 0) return shortestDecimal(value);
  const [mantissa = '', exponent = '0'] = value.toExponential().split('e');
  const power = Number(exponent);
  return `${mantissa}e${power < 0 ? '-' : '+'}${String(Math.abs(power)).padStart(2, '0')}`;
}

/** What Go's ParseFloat makes of the numbers that services write as text; undefined for anything else. */
export function parseGoFloat(text: string): number | undefined {
  if (/^[+-]?(inf|infinity)$/i.test(text)) return text.startsWith('-') ? -Infinity : Infinity;
  if (/^[+-]?nan$/i.test(text)) return Number.NaN;
  return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : undefined;
}

function withoutExponent(text: string): string {
  const [, sign = '', whole = '', fraction = '', exponent = ''] =
    /^(-?)(\d+)(?:\.(\d+))?(?:e([+-]\d+))?$/.exec(text) ?? [];
  if (exponent === '') return text;
  const point = whole.length + Number(exponent);
  const digits = whole + fraction;
  if (point <= 0) return `${sign}0.${'0'.repeat(-point)}${digits}`;
  return point >= digits.length
    ? sign + digits.padEnd(point, '0')
    : `${sign}${digits.slice(0, point)}.${digits.slice(point)}`;
}
