// Numbers as Go prints them into measurements (analysis.md §5, §9.3): shortest without exponent (Prometheus), with a fixed
// number of places (Graphite, Wavefront). What fmt prints (CloudWatch, InfluxDB) is `floatText` of the conditions.

/** Go's FormatFloat(x, 'f', -1, 64). */
export function shortestDecimal(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf';
  if (Object.is(value, -0)) return '-0';
  return withoutExponent(String(value));
}

/** Go's %.<places>f: of a number just between two, the one with the even last digit (0.125 is 0.12). */
export function fixedDecimal(value: number, places: number): string {
  if (!Number.isFinite(value)) return shortestDecimal(value);
  if (Object.is(value, -0)) return `-${fixedDecimal(0, places)}`;
  if (Math.abs(value) >= 1e21) return `${BigInt(value)}.${'0'.repeat(places)}`;
  const exact = value.toFixed(places + exactPlaces);
  const cut = exact.slice(0, -exactPlaces);
  const isTie = exact.slice(-exactPlaces) === `5${'0'.repeat(exactPlaces - 1)}`;
  return isTie && /[02468]$/.test(cut.replace(/\.$/, '')) ? cut : value.toFixed(places);
}

/** Beyond the last place no double is that close to the middle of two without being there. */
const exactPlaces = 40;

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
