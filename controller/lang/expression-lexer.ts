// How the text of a condition is cut into tokens (analysis.md §4.4).

export type Token =
  | { readonly kind: 'number'; readonly value: bigint | number; readonly text: string }
  | { readonly kind: 'string'; readonly value: string; readonly text: string }
  | { readonly kind: 'identifier' | 'operator' | 'bracket'; readonly text: string }
  | { readonly kind: 'end'; readonly text: '' };

/** The only error that this language throws: expected trouble with somebody's expression. */
export class ExpressionError extends Error {
  override readonly name = 'ExpressionError';
}

const wordOperators: ReadonlySet<string> = new Set([
  'and',
  'contains',
  'else',
  'endsWith',
  'if',
  'in',
  'let',
  'matches',
  'not',
  'or',
  'startsWith',
]);

/** No condition that a person wrote is longer. */
export const maximumLength = 10_000;
const largestInt = 2n ** 63n - 1n;

export function tokensOf(source: string): Token[] {
  if (source.length > maximumLength) throw new ExpressionError(`expression is longer than ${maximumLength} characters`);
  const tokens: Token[] = [];
  let at = 0;
  while (at < source.length) {
    const skipped = blankAt(source, at);
    if (skipped > 0) {
      at += skipped;
      continue;
    }
    const token = tokenAt(source, at);
    tokens.push(token);
    at += token.text.length;
  }
  tokens.push({ kind: 'end', text: '' });
  return tokens;
}

export function describeToken(token: Token): string {
  if (token.kind === 'end') return 'EOF';
  const kind = token.kind.charAt(0).toUpperCase() + token.kind.slice(1);
  return `${kind}(${JSON.stringify(token.text)})`;
}

function blankAt(source: string, at: number): number {
  if (/\s/.test(source.charAt(at))) return 1;
  if (source.startsWith('//', at)) {
    const end = source.indexOf('\n', at);
    return (end < 0 ? source.length : end) - at;
  }
  if (!source.startsWith('/*', at)) return 0;
  const end = source.indexOf('*/', at + 2);
  if (end < 0) throw new ExpressionError('unclosed comment');
  return end + 2 - at;
}

const identifier = /[\p{L}_$][\p{L}\p{Nd}_$]*/uy;
const operator = /\?\.|\?\?|\.\.|::|\|\||&&|==|!=|<=|>=|\*\*|[?.:|,;%+\-^/#!=*<>]/y;

function tokenAt(source: string, at: number): Token {
  const first = source.charAt(at);
  if (/[0-9]/.test(first) || (first === '.' && /[0-9]/.test(source.charAt(at + 1)))) return numberAt(source, at);
  if (first === '"' || first === "'") return quotedAt(source, at, first);
  if (first === '`') return rawAt(source, at);
  if ('()[]{}'.includes(first)) return { kind: 'bracket', text: first };
  const text = matchAt(operator, source, at);
  if (text !== undefined) return { kind: 'operator', text };
  const name = matchAt(identifier, source, at);
  if (name === undefined) throw new ExpressionError(`unrecognized character: ${JSON.stringify(first)}`);
  return { kind: wordOperators.has(name) ? 'operator' : 'identifier', text: name };
}

function matchAt(pattern: RegExp, source: string, at: number): string | undefined {
  pattern.lastIndex = at;
  return pattern.exec(source)?.[0];
}

const based = /0[xX][0-9a-fA-F_]+|0[bB][01_]+|0[oO][0-7_]+/y;
// A dot that is followed by another one begins a range.
const decimal = /(?:[0-9][0-9_]*)?(?:\.(?!\.)[0-9_]*)?(?:[eE][+-]?[0-9_]+)?/y;

function numberAt(source: string, at: number): Token {
  const text = matchAt(based, source, at) ?? matchAt(decimal, source, at) ?? '';
  if (/[\p{L}\p{Nd}_$]/u.test(source.charAt(at + text.length))) {
    throw new ExpressionError(`bad number syntax: ${JSON.stringify(source.slice(at, at + text.length + 1))}`);
  }
  return { kind: 'number', text, value: numberOf(text) };
}

function numberOf(text: string): bigint | number {
  const digits = text.replaceAll('_', '');
  if (/^(0[xXbBoO]|[0-9]+$)/.test(digits)) {
    const value = integerOf(digits);
    if (value > largestInt) throw new ExpressionError('integer literal is too large');
    return value;
  }
  const value = Number(digits);
  if (!Number.isFinite(value)) throw new ExpressionError(`invalid float literal: ${text}`);
  return value;
}

function integerOf(digits: string): bigint {
  if (/^0[xXbBoO]$/.test(digits)) throw new ExpressionError(`bad number syntax: ${JSON.stringify(digits)}`);
  return BigInt(digits.toLowerCase());
}

function rawAt(source: string, at: number): Token {
  const end = source.indexOf('`', at + 1);
  if (end < 0) throw new ExpressionError('literal not terminated');
  return { kind: 'string', text: source.slice(at, end + 1), value: source.slice(at + 1, end) };
}

const simpleEscapes: Readonly<Record<string, string>> = {
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '\\': '\\',
  "'": "'",
  '"': '"',
  '`': '`',
};
const escapePattern = /x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|u\{[0-9a-fA-F]{1,6}\}|[0-3][0-7]{2}/y;

function quotedAt(source: string, start: number, quote: string): Token {
  let value = '';
  let at = start + 1;
  while (at < source.length) {
    const character = source.charAt(at);
    if (character === quote) return { kind: 'string', text: source.slice(start, at + 1), value };
    if (character === '\n') break;
    if (character !== '\\') {
      value += character;
      at += 1;
      continue;
    }
    const [text, length] = escapeAt(source, at + 1);
    value += text;
    at += 1 + length;
  }
  throw new ExpressionError('literal not terminated');
}

function escapeAt(source: string, at: number): readonly [text: string, length: number] {
  const simple = simpleEscapes[source.charAt(at)];
  if (simple !== undefined) return [simple, 1];
  const code = matchAt(escapePattern, source, at);
  if (code === undefined) throw new ExpressionError('invalid escape sequence');
  const isOctal = /^[0-3]/.test(code);
  const point = isOctal ? Number.parseInt(code, 8) : Number.parseInt(code.replace(/^[xuU]\{?/, ''), 16);
  if (point > 0x10ffff) throw new ExpressionError('invalid escape sequence');
  return [String.fromCodePoint(point), code.length];
}
