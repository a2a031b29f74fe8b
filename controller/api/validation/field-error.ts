// One problem of an object in Kubernetes' words: `<path>: <type>[: <value>][: <detail>]` (rollout.md §1.3).

export type FieldErrorType =
  | 'Required value'
  | 'Invalid value'
  | 'Unsupported value'
  | 'Duplicate value'
  | 'Not found'
  | 'Forbidden'
  | 'Too long'
  | 'Internal error';

export interface FieldError {
  readonly path: string;
  readonly type: FieldErrorType;
  /** The value at the path; undefined where the text does not show one. */
  readonly value: unknown;
  readonly detail: string;
  /** The whole sentence. */
  readonly text: string;
}

export type FieldErrors = Generator<FieldError, void, undefined>;

export function required(path: string, detail = ''): FieldError {
  return make(path, 'Required value', undefined, detail);
}

export function invalid(path: string, value: unknown, detail: string): FieldError {
  return make(path, 'Invalid value', value ?? null, detail);
}

export function notSupported(path: string, value: unknown, supported: readonly string[]): FieldError {
  const values = [...supported].sort().map((one) => `"${one}"`);
  return make(path, 'Unsupported value', value, `supported values: ${values.join(', ')}`);
}

export function duplicate(path: string, value: unknown): FieldError {
  return make(path, 'Duplicate value', value, '');
}

export function notFound(path: string, value: unknown): FieldError {
  return make(path, 'Not found', value, '');
}

export function forbidden(path: string, detail: string): FieldError {
  return make(path, 'Forbidden', undefined, detail);
}

export function tooLong(path: string, maxBytes: number): FieldError {
  return make(path, 'Too long', undefined, `may not be more than ${maxBytes} bytes`);
}

export function internal(path: string, detail: string): FieldError {
  return make(path, 'Internal error', undefined, detail);
}

/** Wraps texts of a name rule. */
export function* allInvalid(path: string, value: unknown, details: readonly string[]): FieldErrors {
  for (const detail of details) yield invalid(path, value, detail);
}

function make(path: string, type: FieldErrorType, value: unknown, detail: string): FieldError {
  const parts = [path, type];
  if (value !== undefined) parts.push(showValue(value));
  if (detail !== '') parts.push(detail);
  return { path, type, value, detail, text: parts.join(': ') };
}

function showValue(value: unknown): string {
  if (typeof value === 'string') return quoteGo(value);
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

const goEscapes: Readonly<Record<string, string>> = {
  '"': '\\"',
  '\\': '\\\\',
  '\u0007': '\\a',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
};

/** A text as Go's %q shows it. */
export function quoteGo(text: string): string {
  const shown = text.replaceAll(/["\\]|(?! )[\p{C}\p{Z}]/gu, (char) => {
    const known = goEscapes[char];
    if (known) return known;
    const code = char.codePointAt(0) ?? 0;
    if (code < 0x80) return `\\x${code.toString(16).padStart(2, '0')}`;
    return code < 0x10000 ? `\\u${code.toString(16).padStart(4, '0')}` : `\\U${code.toString(16).padStart(8, '0')}`;
  });
  return `"${shown}"`;
}
