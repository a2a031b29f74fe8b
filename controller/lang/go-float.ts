// Floats as Go writes and reads them: shortest without an exponent (FormatFloat, what Prometheus prints), as fmt's %v, with
// a fixed number of places (%.2f).

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

/** As Go's %v: the shortest form, with an exponent below -4 and from 6 on, of at least two digits (`1e+06`). */
export function floatText(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf';
  if (value === 0) return Object.is(value, -0) ? '-0' : '0';
  const [digits = '', exponent = '0'] = value.toExponential().split('e');
  const power = Number(exponent);
  if (power >= -4 && power < 6) return String(value);
  const sign = power < 0 ? '-' : '+';
  return `${digits}e${sign}${String(Math.abs(power)).padStart(2, '0')}`;
}

/** As Go's ParseFloat; undefined for what it refuses. */
export function parseGoFloat(text: string): number | undefined {
  const special = /^([+-]?)(?:(inf|infinity)|nan)$/i.exec(text);
  if (special) {
    if (special[2] === undefined) return special[1] === '' ? Number.NaN : undefined;
    return special[1] === '-' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  }
  if (!/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text)) return undefined;
  const value = Number(text);
  return Number.isFinite(value) ? value : undefined;
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
