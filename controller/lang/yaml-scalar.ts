// What a plain YAML scalar means to Go's reader (spec/kubernetes.md §3): YAML 1.1 booleans, Go's integer literals
// (010 is octal, _ separates digits), floats with or without exponent; no sexagesimals, no timestamps.

const words: ReadonlyMap<string, boolean | null> = new Map([
  ...['', '~', 'null', 'Null', 'NULL'].map((word) => [word, null] as const),
  ...['y', 'Y', 'yes', 'Yes', 'YES', 'true', 'True', 'TRUE', 'on', 'On', 'ON'].map((word) => [word, true] as const),
  ...['n', 'N', 'no', 'No', 'NO', 'false', 'False', 'FALSE', 'off', 'Off', 'OFF'].map((word) => [word, false] as const),
]);

const integer = /^[-+]?(0[xX][0-9a-fA-F]+|0[bB][01]+|0[oO]?[0-7]+|0|[1-9][0-9]*)$/;
const float = /^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$/;

export function resolvePlainScalar(text: string): string | number | boolean | null {
  const word = words.get(text);
  if (word !== undefined) return word;
  if (!/^[-+.0-9]/.test(text)) return text;
  const plain = text.replaceAll('_', '');
  if (integer.test(plain)) return parseInteger(plain);
  return float.test(plain) ? Number(plain) : text;
}

function parseInteger(text: string): number {
  const [sign, digits] = /^[-+]/.test(text) ? [text[0], text.slice(1)] : ['+', text];
  const value = /^0[0-7]+$/.test(digits) ? Number(`0o${digits.slice(1)}`) : Number(digits);
  return sign === '-' ? -value : value;
}
