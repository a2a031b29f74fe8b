// The text functions of the condition language (analysis.md §4.2). Undefined: the name is none of theirs.

import { type Budget, checkLength } from './expression-budget.ts';
import { ExpressionError } from './expression-lexer.ts';
import { ExpressionRecord } from './expression-value.ts';
import { goTypeOf, isList, isMap, textOf, type Value } from './expression-values.ts';
import { floatText } from './go-float.ts';

export function callTextFunction(
  name: string,
  args: readonly Value[],
  budget: Budget,
): { readonly value: Value } | undefined {
  switch (name) {
    case 'toJSON':
      return { value: jsonOf(args[0] ?? null, '', budget) };
    case 'join':
      return { value: joined(args, budget) };
    case 'trim':
    case 'trimPrefix':
    case 'trimSuffix':
    case 'upper':
    case 'lower':
    case 'split':
    case 'splitAfter':
    case 'replace':
    case 'repeat':
    case 'indexOf':
    case 'lastIndexOf':
    case 'hasPrefix':
    case 'hasSuffix':
    case 'fromJSON':
    case 'toBase64':
    case 'fromBase64':
      return { value: textFunction(name, args, budget) };
    default:
      return undefined;
  }
}

function textFunction(name: string, args: readonly Value[], budget: Budget): Value {
  const text = textIn(name, args[0]);
  const second = (): string => textIn(name, args[1]);
  switch (name) {
    case 'trim':
      return trimmed(text, args[1] === undefined ? undefined : second());
    case 'trimPrefix': {
      const prefix = args[1] === undefined ? ' ' : second();
      return text.startsWith(prefix) ? text.slice(prefix.length) : text;
    }
    case 'trimSuffix': {
      const suffix = args[1] === undefined ? ' ' : second();
      return suffix !== '' && text.endsWith(suffix) ? text.slice(0, -suffix.length) : text;
    }
    case 'upper':
      return text.toUpperCase();
    case 'lower':
      return text.toLowerCase();
    case 'split':
    case 'splitAfter':
      return split(text, second(), countIn(args[2]), name === 'splitAfter');
    case 'replace':
      return replaced(text, second(), textIn(name, args[2]), countIn(args[3]), budget);
    case 'repeat':
      return repeated(text, countIn(args[1]), budget);
    case 'indexOf':
      return BigInt(text.indexOf(second()));
    case 'lastIndexOf':
      return BigInt(lastIndexOf(text, second()));
    case 'hasPrefix':
      return text.startsWith(second());
    case 'hasSuffix':
      return text.endsWith(second());
    case 'fromJSON':
      return parsed(text);
    case 'toBase64':
      return bytesToBase64(new TextEncoder().encode(text));
    default:
      return base64ToText(text);
  }
}

function textIn(name: string, value: Value | undefined): string {
  if (typeof value === 'string') return value;
  throw new ExpressionError(`invalid argument for ${name} (type ${goTypeOf(value ?? null)})`);
}

function countIn(value: Value | undefined): number {
  return typeof value === 'bigint' ? Number(value) : -1;
}

function trimmed(text: string, characters: string | undefined): string {
  if (characters === undefined) return text.trim();
  const cut = new Set(characters);
  const letters = [...text];
  const start = letters.findIndex((letter) => !cut.has(letter));
  const end = letters.findLastIndex((letter) => !cut.has(letter));
  return start < 0 ? '' : letters.slice(start, end + 1).join('');
}

function split(text: string, separator: string, limit: number, isAfter: boolean): string[] {
  if (limit === 0) return [];
  const parts = separator === '' ? [...text] : text.split(separator);
  const tail = isAfter ? separator : '';
  if (limit > 0 && parts.length > limit) parts.splice(limit - 1, parts.length, parts.slice(limit - 1).join(separator));
  return parts.map((part, index) => (index < parts.length - 1 ? part + tail : part));
}

function replaced(text: string, from: string, to: string, limit: number, budget: Budget): string {
  const parts = from === '' ? ['', ...text, ''] : text.split(from);
  const count = limit < 0 ? parts.length - 1 : Math.min(limit, parts.length - 1);
  checkLength(text.length + count * to.length);
  budget.spend(parts.length);
  const head = parts.slice(0, count + 1).join(to);
  const rest = parts.slice(count + 1);
  return rest.length === 0 ? head : head + from + rest.join(from);
}

function repeated(text: string, count: number, budget: Budget): string {
  if (count < 0) throw new ExpressionError('invalid argument for repeat (negative count)');
  checkLength(text.length * count);
  budget.spend(1 + Math.floor((text.length * count) / 10));
  return text.repeat(count);
}

function joined([list = null, glue = '']: readonly Value[], budget: Budget): string {
  if (!isList(list)) throw new ExpressionError(`invalid argument for join (type ${goTypeOf(list)})`);
  const between = textIn('join', glue);
  let length = between.length * list.length;
  const texts = Array.from(list as Iterable<Value>, (item) => {
    const text = textIn('join', item);
    length += text.length;
    return text;
  });
  checkLength(length);
  budget.spend(texts.length);
  return texts.join(between);
}

/** Backwards is forwards in what is reversed: the search of the engine takes quadratic time backwards. */
function lastIndexOf(text: string, part: string): number {
  const found = reversed(text).indexOf(reversed(part));
  return found < 0 ? -1 : text.length - part.length - found;
}

function reversed(text: string): string {
  return text.split('').reverse().join('');
}

function parsed(text: string): Value {
  try {
    return JSON.parse(text) as Value;
  } catch (error) {
    if (error instanceof SyntaxError) throw new ExpressionError(error.message);
    throw error;
  }
}

/** As Go's MarshalIndent with two blanks. */
function jsonOf(value: Value, indent: string, budget: Budget): string {
  budget.spend(3 + Math.floor(indent.length / 8));
  if (indent.length > 400) throw new ExpressionError('value is nested too deeply');
  const inner = `${indent}  `;
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw new ExpressionError(`json: unsupported value: ${floatText(value)}`);
    return String(value);
  }
  if (isList(value)) {
    if (value.length === 0) return '[]';
    const items = Array.from(value as Iterable<Value>, (item) => inner + jsonOf(item, inner, budget));
    return `[\n${items.join(',\n')}\n${indent}]`;
  }
  const map = value instanceof ExpressionRecord ? (value.fields as { readonly [key: string]: Value }) : value;
  if (isMap(map)) {
    const keys = Object.keys(map).sort();
    if (keys.length === 0) return '{}';
    const entries = keys.map((key) => `${inner}${quoted(key, budget)}: ${jsonOf(map[key] ?? null, inner, budget)}`);
    return `{\n${entries.join(',\n')}\n${indent}}`;
  }
  if (typeof value === 'string') return quoted(value, budget);
  return value === null || typeof value === 'boolean' || typeof value === 'bigint'
    ? String(value)
    : quoted(textOf(value, budget), budget);
}

function quoted(text: string, budget: Budget): string {
  budget.spend(Math.floor(text.length / 8));
  return JSON.stringify(text).replace(/[<>&\u2028\u2029]/g, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}

function bytesToBase64(bytes: Uint8Array): string {
  let binary = '';
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary);
}

function base64ToText(text: string): string {
  if (!/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(text)) {
    throw new ExpressionError('illegal base64 data');
  }
  return new TextDecoder().decode(Uint8Array.from(atob(text), (character) => character.charCodeAt(0)));
}
