// Label selectors in both forms, the object of the API and the text of `kubectl -l`: parse, match, format
// (status.selector: spec/rollout.md §9.2).

import type { LabelSelector, StringMap } from '../api/kubernetes-types.ts';

type SelectorOperator = '=' | '!=' | 'in' | 'notin' | 'exists' | '!' | '>' | '<';

/** One term of a selector; all terms must hold. */
export interface SelectorTerm {
  readonly key: string;
  readonly operator: SelectorOperator;
  readonly values: readonly string[];
}

const operatorOf: Readonly<Record<string, SelectorOperator>> = {
  In: 'in',
  NotIn: 'notin',
  Exists: 'exists',
  DoesNotExist: '!',
};

/** The terms of a selector object, sorted by key; undefined when an operator is unknown. An absent one has none. */
export function selectorTerms(selector: LabelSelector | undefined): readonly SelectorTerm[] | undefined {
  const terms: SelectorTerm[] = Object.entries(selector?.matchLabels ?? {}).map(([key, value]) => ({
    key,
    operator: '=',
    values: [value],
  }));
  for (const { key, operator, values } of selector?.matchExpressions ?? []) {
    const known = operatorOf[operator];
    if (known === undefined) return undefined;
    terms.push({ key, operator: known, values: [...(values ?? [])].sort() });
  }
  return terms.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
}

/** A selector that is absent, or that cannot be read, selects nothing; an empty one everything. */
export function matchesLabelSelector(selector: LabelSelector | undefined, labels: StringMap | undefined): boolean {
  const terms = selector && selectorTerms(selector);
  return terms !== undefined && matchesTerms(terms, labels);
}

export function matchesTerms(terms: readonly SelectorTerm[], labels: StringMap | undefined): boolean {
  return terms.every((term) => matchesTerm(term, labels));
}

function matchesTerm({ key, operator, values }: SelectorTerm, labels: StringMap | undefined): boolean {
  const value = labels && Object.hasOwn(labels, key) ? labels[key] : undefined;
  switch (operator) {
    case '=':
    case 'in':
      return value !== undefined && values.includes(value);
    case '!=':
    case 'notin':
      return value === undefined || !values.includes(value);
    case 'exists':
      return value !== undefined;
    case '!':
      return value === undefined;
    case '>':
    case '<': {
      if (value === undefined || !/^[+-]?\d+$/.test(value)) return false;
      return operator === '>' ? Number(value) > Number(values[0]) : Number(value) < Number(values[0]);
    }
  }
}

/** `a=b,c in (x,y),!d`: keys sorted; `<none>` for an empty or absent one, `<error>` for one that cannot be read. */
export function formatLabelSelector(selector: LabelSelector | undefined): string {
  const terms = selectorTerms(selector);
  if (!terms) return '<error>';
  return terms.length === 0 ? '<none>' : formatTerms(terms);
}

/** The text of `-l` and of the query parameter `labelSelector`. */
export function formatTerms(terms: readonly SelectorTerm[]): string {
  return terms.map(formatTerm).join();
}

function formatTerm({ key, operator, values }: SelectorTerm): string {
  switch (operator) {
    case 'exists':
      return key;
    case '!':
      return `!${key}`;
    case 'in':
    case 'notin':
      return `${key} ${operator} (${values.join()})`;
    default:
      return `${key}${operator}${values[0] ?? ''}`;
  }
}

export type ParsedSelector = { readonly terms: readonly SelectorTerm[] } | { readonly problem: string };

/** Reads the text form (`a=b,c in (x,y),!d,e`); the problem is in the API server's words. */
export function parseLabelSelector(text: string): ParsedSelector {
  const tokens = text.match(/==|!=|[=!()<>,]|[^\s=!()<>,]+/g) ?? [];
  const terms: SelectorTerm[] = [];
  let rest: readonly string[] = tokens;
  while (rest.length > 0) {
    const read = readTerm(rest);
    if ('problem' in read) return read;
    terms.push(read.term);
    rest = read.rest;
    if (rest.length === 0) break;
    if (rest[0] !== ',') return { problem: `found '${rest[0]}', expected: ',' or 'end of string'` };
    rest = rest.slice(1);
    if (!isWord(rest[0]) && rest[0] !== '!')
      return { problem: `found '${rest[0] ?? ''}', expected: identifier after ','` };
  }
  return { terms };
}

type ReadTerm = { readonly term: SelectorTerm; readonly rest: readonly string[] } | { readonly problem: string };

function isWord(token: string | undefined): token is string {
  return token !== undefined && !/^[=!()<>,]/.test(token);
}

function unparsable(token: string | undefined, expected: string): { readonly problem: string } {
  return { problem: `unable to parse requirement: found '${token ?? ''}'${expected}` };
}

function readTerm(tokens: readonly string[]): ReadTerm {
  const [first, second, third] = tokens;
  if (first === '!') {
    if (!isWord(second)) return unparsable(second, ', expected: identifier');
    return { term: { key: second, operator: '!', values: [] }, rest: tokens.slice(2) };
  }
  if (!isWord(first)) return { problem: `found '${first}', expected: !, identifier, or 'end of string'` };
  if (second === undefined || second === ',') {
    return { term: { key: first, operator: 'exists', values: [] }, rest: tokens.slice(1) };
  }
  if (second === 'in' || second === 'notin') return readSet(first, second, tokens.slice(2));
  const operator = second === '==' ? '=' : second;
  if (operator !== '=' && operator !== '!=' && operator !== '>' && operator !== '<') {
    return unparsable(second, ', expected: in, notin, =, ==, !=, gt, lt');
  }
  if (third === undefined || third === ',') {
    return { term: { key: first, operator, values: [''] }, rest: tokens.slice(2) };
  }
  if (!isWord(third)) return unparsable(third, ', expected: identifier');
  return { term: { key: first, operator, values: [third] }, rest: tokens.slice(3) };
}

function readSet(key: string, operator: 'in' | 'notin', tokens: readonly string[]): ReadTerm {
  if (tokens[0] !== '(') return unparsable(tokens[0], " expected: '('");
  const end = tokens.indexOf(')');
  if (end === -1) return unparsable(undefined, ", expected: ',' or ')'");
  const values = new Set<string>();
  let awaitsValue = true;
  for (const token of tokens.slice(1, end)) {
    if (token === ',') {
      if (awaitsValue) values.add('');
      awaitsValue = true;
    } else if (!isWord(token) || !awaitsValue) return unparsable(token, ", expected: ',', ')' or identifier");
    else {
      values.add(token);
      awaitsValue = false;
    }
  }
  if (awaitsValue) values.add('');
  return { term: { key, operator, values: [...values].sort() }, rest: tokens.slice(end + 1) };
}
