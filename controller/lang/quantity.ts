// Kubernetes quantities (`500m`, `1.5Gi`, `1e3`): parse, canonical form, compare. They enter the pod template hash in
// canonical form (spec/rollout.md §2.2). Values are whole nano-units, finer ones are rounded away from zero.

/** How a quantity was written decides how its canonical form is written. */
export type QuantityFormat = 'DecimalSI' | 'BinarySI' | 'DecimalExponent';

export interface Quantity {
  readonly nanos: bigint;
  readonly format: QuantityFormat;
}

const decimalExponents: Readonly<Record<string, number>> = {
  n: -9,
  u: -6,
  m: -3,
  '': 0,
  k: 3,
  M: 6,
  G: 9,
  T: 12,
  P: 15,
  E: 18,
};
const decimalSuffixes = new Map(Object.entries(decimalExponents).map(([suffix, exponent]) => [exponent, suffix]));
const binarySuffixes = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'];
const syntax = /^([+-]?)([0-9]*)(?:\.([0-9]*))?((?:[KMGTPE]i)|[numkMGTPE]|[eE][+-]?[0-9]+)?$/;
const nano = 9;
const greatest = (2n ** 63n - 1n) * 10n ** 9n;

/** The value of a quantity as the API has it (a number or a text); undefined when it is none. */
export function parseQuantity(input: unknown): Quantity | undefined {
  if (typeof input !== 'string' && typeof input !== 'number') return undefined;
  const [, sign, whole = '', fraction = '', suffix = ''] = syntax.exec(String(input).trim()) ?? [];
  if (sign === undefined || whole + fraction === '') return undefined;
  const { format, base, exponent } = readSuffix(suffix);
  if (Math.abs(exponent) > 1000) return undefined;
  const power = nano - fraction.length + (base === 10 ? exponent : 0);
  const factor = base === 2 ? 2n ** BigInt(exponent) : 1n;
  const digits = BigInt(whole + fraction) * factor;
  const nanos = power >= 0 ? digits * 10n ** BigInt(power) : divideAwayFromZero(digits, 10n ** BigInt(-power));
  const fitsFastPath = base === 10 ? whole.length + fraction.length <= 18 : nanos <= greatest;
  const capped = !fitsFastPath && nanos > greatest ? greatest : nanos;
  return { nanos: sign === '-' ? -capped : capped, format };
}

function readSuffix(suffix: string): { format: QuantityFormat; base: 2 | 10; exponent: number } {
  if (suffix.endsWith('i')) return { format: 'BinarySI', base: 2, exponent: 10 * binarySuffixes.indexOf(suffix) };
  if (/^[eE]./.test(suffix)) return { format: 'DecimalExponent', base: 10, exponent: Number(suffix.slice(1)) };
  return { format: 'DecimalSI', base: 10, exponent: decimalExponents[suffix] ?? 0 };
}

function divideAwayFromZero(value: bigint, divisor: bigint): bigint {
  return (value + divisor - 1n) / divisor;
}

/** The one spelling that equal quantities of one format share. */
export function formatQuantity(quantity: Quantity): string {
  const { nanos } = quantity;
  if (nanos === 0n) return '0';
  const one = 10n ** BigInt(nano);
  const isWhole = nanos % one === 0n;
  const size = nanos < 0n ? -nanos : nanos;
  if (quantity.format === 'BinarySI' && isWhole && size >= 1024n * one) return formatBinary(nanos / one);
  return formatDecimal(nanos, quantity.format === 'DecimalExponent');
}

function formatBinary(value: bigint): string {
  let mantissa = value;
  let index = 0;
  while (mantissa % 1024n === 0n && index < binarySuffixes.length - 1) {
    mantissa /= 1024n;
    index++;
  }
  return `${mantissa}${binarySuffixes[index]}`;
}

function formatDecimal(nanos: bigint, asExponent: boolean): string {
  let mantissa = nanos;
  let exponent = -nano;
  while (mantissa % 1000n === 0n && (asExponent || exponent < 18)) {
    mantissa /= 1000n;
    exponent += 3;
  }
  if (asExponent) return exponent === 0 ? `${mantissa}` : `${mantissa}e${exponent}`;
  return `${mantissa}${decimalSuffixes.get(exponent)}`;
}

/**
 * A quantity as a Go program stores it after having read it; undefined when it is none. QUIRK: an explicit plus sign
 * survives where nothing else has to change.
 */
export function canonicalQuantity(input: unknown): string | undefined {
  const quantity = parseQuantity(input);
  if (!quantity) return undefined;
  const canonical = formatQuantity(quantity);
  const text = String(input).trim();
  return text === `+${canonical}` ? text : canonical;
}

/** Negative, zero or positive, as for sorting. */
export function compareQuantities(a: Quantity, b: Quantity): number {
  if (a.nanos === b.nanos) return 0;
  return a.nanos < b.nanos ? -1 : 1;
}

/** Both are quantities and mean the same amount (`1000m` and `1`). */
export function areEqualQuantities(a: unknown, b: unknown): boolean {
  const [left, right] = [parseQuantity(a), parseQuantity(b)];
  return left !== undefined && right !== undefined && left.nanos === right.nanos;
}
