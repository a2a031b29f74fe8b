// Label and field selectors as the API server reads them, with its words for what is wrong (apimachinery's labels and
// fields packages).

import { badRequest } from './refusals.ts';

type Operator = '=' | '!=' | 'in' | 'notin' | 'exists' | '!' | 'gt' | 'lt';

export interface Requirement {
  readonly key: string;
  readonly operator: Operator;
  readonly values: readonly string[];
}

type Labels = Readonly<Record<string, unknown>>;

/** '' selects everything. Refuses with 400 what does not parse. */
export function parseLabelSelector(text: string): readonly Requirement[] {
  const tokens = new Tokens(text);
  const requirements: Requirement[] = [];
  for (;;) {
    const token = tokens.peek();
    if (token.kind === 'end') return requirements;
    if (token.kind !== 'word' && token.text !== '!') {
      throw badRequest(`found '${token.text}', expected: !, identifier, or 'end of string'`);
    }
    requirements.push(parseRequirement(tokens));
    const next = tokens.take();
    if (next.kind === 'end') return requirements;
    if (next.text !== ',') throw badRequest(`found '${next.text}', expected: ',' or 'end of string'`);
    const after = tokens.peek();
    if (after.kind !== 'word' && after.text !== '!') {
      throw badRequest(`found '${after.text}', expected: identifier after ','`);
    }
  }
}

function parseRequirement(tokens: Tokens): Requirement {
  const first = tokens.take();
  if (first.text === '!' && first.kind === 'symbol') {
    const key = tokens.take();
    if (key.kind !== 'word') throw unparsable(`found '${key.text}', expected: identifier`);
    return { key: key.text, operator: '!', values: [] };
  }
  const key = first.text;
  const next = tokens.peek();
  if (next.kind === 'end' || next.text === ',') return { key, operator: 'exists', values: [] };
  const operator = tokens.take();
  switch (operator.text) {
    case '=':
    case '==':
      return { key, operator: '=', values: [exactValue(tokens)] };
    case '!=':
      return { key, operator: '!=', values: [exactValue(tokens)] };
    case 'in':
    case 'notin':
      return { key, operator: operator.text, values: valueList(tokens) };
    case '>':
    case '<':
      return { key, operator: operator.text === '>' ? 'gt' : 'lt', values: [exactValue(tokens)] };
    default:
      throw unparsable(`found '${operator.text}', expected: in, notin, =, ==, !=, gt, lt`);
  }
}

function exactValue(tokens: Tokens): string {
  const next = tokens.peek();
  if (next.kind === 'end' || next.text === ',') return '';
  const value = tokens.take();
  if (value.kind !== 'word') throw unparsable(`found '${value.text}', expected: identifier`);
  return value.text;
}

function valueList(tokens: Tokens): string[] {
  const open = tokens.take();
  if (open.text !== '(') throw unparsable(`found '${open.text}' expected: '('`);
  const values: string[] = [];
  for (;;) {
    const token = tokens.take();
    if (token.kind === 'word') values.push(token.text);
    else if (token.text === ',') {
      const after = tokens.peek();
      if (after.text === ',' || after.text === ')') values.push('');
    } else if (token.text === ')') return values.length === 0 ? [''] : values;
    else throw unparsable(`found '${token.text}', expected: ',', ')' or identifier`);
  }
}

function unparsable(why: string): Error {
  return badRequest(`unable to parse requirement: ${why}`);
}

interface Token {
  readonly kind: 'word' | 'symbol' | 'end';
  readonly text: string;
}

class Tokens {
  readonly #tokens: Token[] = [];
  #at = 0;

  constructor(text: string) {
    for (const match of text.matchAll(/\s+|==|!=|[=!()<>,]|[^\s=!()<>,]+/g)) {
      const part = match[0];
      if (part.trim() === '') continue;
      this.#tokens.push({ kind: /^[=!()<>,]/.test(part) ? 'symbol' : 'word', text: part });
    }
  }

  peek(): Token {
    return this.#tokens[this.#at] ?? { kind: 'end', text: '' };
  }

  take(): Token {
    const token = this.peek();
    this.#at++;
    return token;
  }
}

export function matchesLabels(requirements: readonly Requirement[], labels: Labels | undefined): boolean {
  return requirements.every((requirement) => matchesRequirement(requirement, labels));
}

function matchesRequirement({ key, operator, values }: Requirement, labels: Labels | undefined): boolean {
  const present = labels !== undefined && Object.hasOwn(labels, key);
  const value = present ? String(labels[key]) : '';
  switch (operator) {
    case '=':
    case 'in':
      return present && values.includes(value);
    case '!=':
    case 'notin':
      return !present || !values.includes(value);
    case 'exists':
      return present;
    case '!':
      return !present;
    case 'gt':
      return present && isInteger(value) && Number(value) > Number(values[0]);
    case 'lt':
      return present && isInteger(value) && Number(value) < Number(values[0]);
  }
}

function isInteger(value: string): boolean {
  return /^-?\d+$/.test(value);
}

/** A metav1.LabelSelector as requirements. An empty one selects everything. */
export function requirementsOf(selector: unknown): readonly Requirement[] {
  const { matchLabels, matchExpressions } = (selector ?? {}) as {
    matchLabels?: Record<string, string>;
    matchExpressions?: readonly { key: string; operator: string; values?: readonly string[] }[];
  };
  const operators: Record<string, Operator> = { In: 'in', NotIn: 'notin', Exists: 'exists', DoesNotExist: '!' };
  return [
    ...Object.entries(matchLabels ?? {}).map(([key, value]) => ({ key, operator: '=' as const, values: [value] })),
    ...(matchExpressions ?? []).map(({ key, operator, values }) => ({
      key,
      operator: operators[operator] ?? 'exists',
      values: values ?? [],
    })),
  ];
}

export interface FieldRequirement {
  readonly field: string;
  readonly equal: boolean;
  readonly value: string;
}

/** `a=b,c!=d` with `\`, `=` and `,` escaped in values. */
export function parseFieldSelector(text: string): readonly FieldRequirement[] {
  return splitUnescaped(text)
    .filter((term) => term !== '')
    .map((term) => {
      const match = /^([^=!]*)(!=|==|=)(.*)$/s.exec(term);
      if (match === null) throw badRequest(`invalid selector: '${text}'; can't understand '${term}'`);
      return { field: match[1]!, equal: match[2] !== '!=', value: match[3]!.replace(/\\([\\,=])/g, '$1') };
    });
}

function splitUnescaped(text: string): string[] {
  const terms: string[] = [];
  let term = '';
  for (let index = 0; index < text.length; index++) {
    const letter = text[index]!;
    if (letter === '\\') term += letter + (text[++index] ?? '');
    else if (letter === ',') {
      terms.push(term);
      term = '';
    } else term += letter;
  }
  return [...terms, term];
}
