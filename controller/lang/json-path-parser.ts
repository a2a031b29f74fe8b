// Parses kubectl's JSONPath templates into nodes for json-path.ts. The errors are kubectl's.

export class JsonPathSyntaxError extends Error {}

export type FilterOperator = '==' | '!=' | '<' | '>' | '<=' | '>=' | 'exists';

export type JsonPathNode =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'path'; readonly steps: readonly JsonPathNode[] }
  | { readonly kind: 'range'; readonly over: readonly JsonPathNode[]; readonly body: readonly JsonPathNode[] }
  | { readonly kind: 'root' | 'wildcard' | 'recursive' }
  | { readonly kind: 'field'; readonly name: string }
  | { readonly kind: 'literal'; readonly value: number | boolean; readonly isInteger: boolean }
  | {
      readonly kind: 'index';
      readonly single?: number;
      readonly from?: number | undefined;
      readonly to?: number | undefined;
      readonly stride?: number | undefined;
    }
  | {
      readonly kind: 'filter';
      readonly left: readonly JsonPathNode[];
      readonly operator: FilterOperator;
      readonly right: readonly JsonPathNode[];
    }
  | { readonly kind: 'union'; readonly parts: readonly (readonly JsonPathNode[])[] };

export function parseJsonPath(template: string): readonly JsonPathNode[] {
  const stack: { nodes: JsonPathNode[]; over: readonly JsonPathNode[] }[] = [{ nodes: [], over: [] }];
  const top = () => stack.at(-1) as { nodes: JsonPathNode[]; over: readonly JsonPathNode[] };
  for (let at = 0; at < template.length; ) {
    const open = template.indexOf('{', at);
    if (open !== at) {
      const end = open === -1 ? template.length : open;
      top().nodes.push({ kind: 'text', text: template.slice(at, end) });
      at = end;
      continue;
    }
    const close = endOfAction(template, open);
    const action = template.slice(open + 1, close).trim();
    at = close + 1;
    if (action === 'end') {
      const loop = stack.pop();
      if (!loop || stack.length === 0) throw new JsonPathSyntaxError('not in range, nothing to end');
      top().nodes.push({ kind: 'range', over: loop.over, body: loop.nodes });
    } else if (/^range\b/.test(action)) {
      stack.push({ nodes: [], over: parseSteps(action.slice('range'.length).trim()) });
    } else top().nodes.push({ kind: 'path', steps: parseSteps(action) });
  }
  // An unclosed range prints what it has, once for each item, as kubectl does.
  while (stack.length > 1) {
    const loop = stack.pop();
    if (loop) top().nodes.push({ kind: 'range', over: loop.over, body: loop.nodes });
  }
  return top().nodes;
}

/** The closing brace that is neither in quotes nor in a filter. */
function endOfAction(text: string, open: number): number {
  let quote = '';
  for (let at = open + 1; at < text.length; at++) {
    const char = text[at] ?? '';
    if (char === '\\') at++;
    else if (quote !== '') quote = char === quote ? '' : quote;
    else if (char === '"' || char === "'") quote = char;
    else if (char === '}') return at;
  }
  throw new JsonPathSyntaxError('unclosed action');
}

function parseSteps(text: string): JsonPathNode[] {
  const steps: JsonPathNode[] = [];
  for (let at = 0; at < text.length; ) {
    const rest = text.slice(at);
    const read = readStep(rest);
    if (read.node) steps.push(read.node);
    at += read.length;
  }
  return steps;
}

interface Read {
  readonly node?: JsonPathNode;
  readonly length: number;
}

const literal = /^[+-]?(\d+\.\d+|\d+)(?![\w.])/;

function readStep(rest: string): Read {
  const first = rest[0] ?? '';
  if (/\s/.test(first)) return { length: 1 };
  if (first === '$') return { node: { kind: 'root' }, length: 1 };
  if (first === '@') return { length: 1 };
  if (rest.startsWith('..')) return { node: { kind: 'recursive' }, length: rest[2] === '[' ? 2 : 1 };
  if (first === '.') return readField(rest);
  if (first === '*') return { node: { kind: 'wildcard' }, length: 1 };
  if (first === '[') return readBrackets(rest);
  if (first === '"' || first === "'") return readQuoted(rest);
  const number = literal.exec(rest)?.[0];
  if (number) return { node: literalOf(number), length: number.length };
  const word = /^\w+/.exec(rest)?.[0];
  if (word === 'true' || word === 'false') {
    return { node: { kind: 'literal', value: word === 'true', isInteger: false }, length: word.length };
  }
  if (word) return { node: { kind: 'field', name: word }, length: word.length };
  throw new JsonPathSyntaxError(`unrecognized character in action: U+${hex(first)} '${first}'`);
}

function literalOf(number: string): JsonPathNode {
  return { kind: 'literal', value: Number(number), isInteger: !number.includes('.') };
}

function hex(char: string): string {
  return (char.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
}

function readField(rest: string): Read {
  if (rest[1] === '*') return { node: { kind: 'wildcard' }, length: 2 };
  const [raw = ''] = /^(?:\\.|[^\s.[\]{}|()=!<>*,@$\\'"])*/s.exec(rest.slice(1)) ?? [];
  if (raw === '') return { length: 1 }; // `.` before a bracket, or the whole object
  return { node: { kind: 'field', name: raw.replaceAll(/\\(.)/gs, '$1') }, length: raw.length + 1 };
}

function readQuoted(rest: string): Read {
  const quote = rest[0] ?? '';
  let text = '';
  for (let at = 1; at < rest.length; at++) {
    const char = rest[at] ?? '';
    if (char === quote) return { node: { kind: 'text', text }, length: at + 1 };
    if (char !== '\\') text += char;
    else text += unescapeChar(rest[++at] ?? '');
  }
  throw new JsonPathSyntaxError('unterminated quoted string');
}

function unescapeChar(char: string): string {
  return ({ n: '\n', t: '\t', r: '\r' } as Readonly<Record<string, string>>)[char] ?? char;
}

function readBrackets(rest: string): Read {
  const end = endOfBrackets(rest);
  const inner = rest.slice(1, end).trim();
  return { node: bracketNode(inner), length: end + 1 };
}

function bracketNode(inner: string): JsonPathNode {
  if (inner === '*') return { kind: 'wildcard' };
  const filter = /^\?\((.*)\)$/s.exec(inner)?.[1];
  if (filter !== undefined) return filterNode(filter);
  const parts = splitOutside(inner, ',');
  if (parts.length > 1) return { kind: 'union', parts: parts.map((part) => [bracketNode(part.trim())]) };
  const quoted = /^(['"])(.*)\1$/s.exec(inner)?.[2];
  if (quoted !== undefined) {
    // QUIRK: kubectl reads a quoted name as a field path: blanks are refused.
    if (/\s/.test(quoted)) throw new JsonPathSyntaxError(`invalid array index ${inner}`);
    return { kind: 'field', name: quoted.replaceAll(/\\(.)/gs, '$1') };
  }
  const range = /^(-?\d+)?(:(-?\d+)?)?(:(-?\d+)?)?$/.exec(inner);
  if (!range || inner === '') throw new JsonPathSyntaxError(`invalid array index ${inner}`);
  if (range[2] === undefined) return { kind: 'index', single: Number(range[1]) };
  return { kind: 'index', from: numberOf(range[1]), to: numberOf(range[3]), stride: numberOf(range[5]) };
}

function numberOf(text: string | undefined): number | undefined {
  return text === undefined ? undefined : Number(text);
}

function filterNode(text: string): JsonPathNode {
  const [, left = '', operator, right = ''] = /^(.*?)\s*(==|!=|<=|>=|<|>)\s*(.*)$/s.exec(text) ?? [];
  if (operator === undefined) return { kind: 'filter', left: parseSteps(text), operator: 'exists', right: [] };
  return { kind: 'filter', left: parseSteps(left), operator: operator as FilterOperator, right: parseSteps(right) };
}

function endOfBrackets(text: string): number {
  let depth = 0;
  let quote = '';
  for (let at = 0; at < text.length; at++) {
    const char = text[at] ?? '';
    if (char === '\\') at++;
    else if (quote !== '') quote = char === quote ? '' : quote;
    else if (char === '"' || char === "'") quote = char;
    else if (char === '[') depth++;
    else if (char === ']' && --depth === 0) return at;
  }
  throw new JsonPathSyntaxError('unterminated array');
}

function splitOutside(text: string, separator: string): string[] {
  const parts: string[] = [''];
  let quote = '';
  for (const char of text) {
    if (quote !== '') quote = char === quote ? '' : quote;
    else if (char === '"' || char === "'") quote = char;
    else if (char === separator) {
      parts.push('');
      continue;
    }
    parts[parts.length - 1] += char;
  }
  return parts;
}
