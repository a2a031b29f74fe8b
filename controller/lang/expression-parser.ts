// How the tokens of a condition make a tree: the grammar and precedence of analysis.md §4.4.

import type { BinaryOperator, Node } from './expression-ast.ts';
import { functionNames, predicateArguments } from './expression-functions.ts';
import { describeToken, ExpressionError, type Token, tokensOf } from './expression-lexer.ts';

interface Operator {
  readonly precedence: number;
  readonly rightAssociative?: boolean;
}

const binaryOperators: Readonly<Record<string, Operator>> = {
  '|': { precedence: 0 },
  or: { precedence: 10 },
  '||': { precedence: 10 },
  and: { precedence: 15 },
  '&&': { precedence: 15 },
  '==': { precedence: 20 },
  '!=': { precedence: 20 },
  '<': { precedence: 20 },
  '>': { precedence: 20 },
  '>=': { precedence: 20 },
  '<=': { precedence: 20 },
  in: { precedence: 20 },
  matches: { precedence: 20 },
  contains: { precedence: 20 },
  startsWith: { precedence: 20 },
  endsWith: { precedence: 20 },
  '..': { precedence: 25 },
  '+': { precedence: 30 },
  '-': { precedence: 30 },
  '*': { precedence: 60 },
  '/': { precedence: 60 },
  '%': { precedence: 60 },
  '**': { precedence: 100, rightAssociative: true },
  '^': { precedence: 100, rightAssociative: true },
  '??': { precedence: 500 },
};
const unaryPrecedence: Readonly<Record<string, number>> = { not: 50, '!': 50, '-': 90, '+': 90 };
const negatable: ReadonlySet<string> = new Set(['in', 'matches', 'contains', 'startsWith', 'endsWith']);
const sameOperator: Readonly<Record<string, BinaryOperator>> = { or: '||', and: '&&', '^': '**' };
const comparisons: ReadonlySet<string> = new Set(['<', '>', '<=', '>=']);

/** Deeper trees are refused, so that no expression can exhaust the stack. */
const maximumDepth = 200;
/** Nodes of one expression, as the reference's limit. */
const maximumNodes = 10_000;

/** Throws an ExpressionError, and nothing else. */
export function parseExpression(source: string): Node {
  return new Parser(tokensOf(source)).parse();
}

class Parser {
  readonly #tokens: readonly Token[];
  #at = 0;
  #depth = 0;
  #nodes = 0;
  /** How many predicates are open: `#` and `.x` have a meaning only inside. */
  #predicates = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  parse(): Node {
    const node = this.#sequence();
    if (this.#current.kind !== 'end') throw this.#unexpected();
    return node;
  }

  get #current(): Token {
    return this.#tokens[this.#at] ?? { kind: 'end', text: '' };
  }

  #isOperator(text: string): boolean {
    return this.#current.kind === 'operator' && this.#current.text === text;
  }

  #isBracket(text: string): boolean {
    return this.#current.kind === 'bracket' && this.#current.text === text;
  }

  #takeIf(kind: 'operator' | 'bracket', text: string): boolean {
    if (this.#current.kind !== kind || this.#current.text !== text) return false;
    this.#at += 1;
    return true;
  }

  #expect(kind: 'operator' | 'bracket', text: string): void {
    if (!this.#takeIf(kind, text)) throw this.#unexpected();
  }

  #takeName(): string {
    const token = this.#current;
    if (token.kind !== 'identifier') throw this.#unexpected();
    this.#at += 1;
    return token.text;
  }

  #unexpected(): ExpressionError {
    return new ExpressionError(`unexpected token ${describeToken(this.#current)}`);
  }

  #sequence(): Node {
    const nodes = [this.#expression(0)];
    while (this.#takeIf('operator', ';')) nodes.push(this.#expression(0));
    const [only] = nodes;
    return nodes.length === 1 && only !== undefined ? only : { is: 'sequence', nodes };
  }

  #expression(precedence: number): Node {
    this.#depth += 1;
    this.#nodes += 1;
    if (this.#depth > maximumDepth) throw new ExpressionError('expression is nested too deeply');
    if (this.#nodes > maximumNodes)
      throw new ExpressionError('compilation failed: expression exceeds maximum allowed nodes');
    try {
      if (precedence === 0 && this.#isOperator('let')) return this.#declaration();
      if (precedence === 0 && this.#isOperator('if')) return this.#conditionalIf();
      const node = this.#binary(precedence);
      return precedence === 0 ? this.#conditional(node) : node;
    } finally {
      this.#depth -= 1;
    }
  }

  #binary(precedence: number): Node {
    let left = this.#primary();
    let previous = '';
    for (;;) {
      const start = this.#at;
      const isNegated = this.#takeIf('operator', 'not');
      const token = this.#current;
      if (isNegated && !negatable.has(token.text)) throw this.#unexpected();
      const operator = token.kind === 'operator' ? binaryOperators[token.text] : undefined;
      if (operator === undefined || operator.precedence < precedence) {
        this.#at = start;
        return left;
      }
      this.#at += 1;
      if (token.text === '|') {
        left = this.#call(this.#takeName(), [left]);
        left = this.#postfix(left);
      } else {
        if (previous === '??' && token.text !== '??') throw this.#mixed(token.text);
        left = this.#withRight(left, token.text, operator);
        if (isNegated) left = { is: 'unary', operator: '!', node: left };
      }
      previous = token.text;
    }
  }

  #mixed(operator: string): ExpressionError {
    const advice = 'cannot be mixed. Wrap either by parentheses.';
    return new ExpressionError(`Operator (${operator}) and coalesce expressions (??) ${advice}`);
  }

  #withRight(left: Node, text: string, { precedence, rightAssociative }: Operator): Node {
    if (comparisons.has(text)) return this.#comparison(left, text, precedence);
    const right = this.#expression(rightAssociative ? precedence : precedence + 1);
    return { is: 'binary', operator: sameOperator[text] ?? (text as BinaryOperator), left, right };
  }

  /** `1 < x < 10` is `1 < x && x < 10`. */
  #comparison(first: Node, text: string, precedence: number): Node {
    let left = first;
    let operator = text as BinaryOperator;
    let root: Node | undefined;
    for (;;) {
      const right = this.#expression(precedence + 1);
      const compared: Node = { is: 'binary', operator, left, right };
      root = root === undefined ? compared : { is: 'binary', operator: '&&', left: root, right: compared };
      const next = this.#current;
      if (next.kind !== 'operator' || !comparisons.has(next.text)) return root;
      this.#at += 1;
      operator = next.text as BinaryOperator;
      left = right;
    }
  }

  #conditional(first: Node): Node {
    if (!this.#takeIf('operator', '?')) return first;
    if (this.#takeIf('operator', ':')) {
      return this.#conditional({ is: 'conditional', test: first, yes: first, no: this.#expression(0) });
    }
    const yes = this.#expression(0);
    this.#expect('operator', ':');
    return { is: 'conditional', test: first, yes, no: this.#expression(0) };
  }

  #conditionalIf(): Node {
    this.#at += 1;
    const test = this.#expression(0);
    const yes = this.#block();
    this.#expect('operator', 'else');
    const no = this.#isOperator('if') ? this.#expression(0) : this.#block();
    return { is: 'conditional', test, yes, no };
  }

  #block(): Node {
    this.#expect('bracket', '{');
    const node = this.#sequence();
    this.#expect('bracket', '}');
    return node;
  }

  #declaration(): Node {
    this.#at += 1;
    const name = this.#takeName();
    this.#expect('operator', '=');
    const value = this.#expression(0);
    this.#expect('operator', ';');
    return { is: 'let', name, value, body: this.#sequence() };
  }

  #primary(): Node {
    const token = this.#current;
    if (token.kind === 'operator') {
      const precedence = unaryPrecedence[token.text];
      if (precedence !== undefined) {
        this.#at += 1;
        const operator = token.text === 'not' ? '!' : (token.text as '!' | '-' | '+');
        return this.#postfix({ is: 'unary', operator, node: this.#expression(precedence) });
      }
      if (this.#predicates > 0 && token.text === '#') {
        this.#at += 1;
        const name = this.#current.kind === 'identifier' ? this.#takeName() : '';
        return this.#postfix({ is: 'pointer', name });
      }
      if (this.#predicates > 0 && token.text === '.') return this.#postfix({ is: 'pointer', name: '' });
      throw this.#unexpected();
    }
    if (this.#takeIf('bracket', '(')) {
      const node = this.#sequence();
      this.#expect('bracket', ')');
      return this.#postfix(node);
    }
    return this.#secondary(token);
  }

  #secondary(token: Token): Node {
    if (token.kind === 'number') {
      this.#at += 1;
      const { value } = token;
      return typeof value === 'bigint' ? { is: 'int', value } : { is: 'float', value };
    }
    if (token.kind === 'string') {
      this.#at += 1;
      return this.#postfix({ is: 'string', value: token.value });
    }
    if (token.kind === 'identifier') {
      this.#at += 1;
      if (token.text === 'true' || token.text === 'false') return { is: 'bool', value: token.text === 'true' };
      if (token.text === 'nil') return { is: 'nil' };
      return this.#postfix(this.#isBracket('(') ? this.#call(token.text, []) : { is: 'name', name: token.text });
    }
    if (this.#takeIf('bracket', '[')) return this.#postfix(this.#list());
    if (this.#takeIf('bracket', '{')) return this.#postfix(this.#map());
    throw this.#unexpected();
  }

  #list(): Node {
    const items: Node[] = [];
    while (!this.#takeIf('bracket', ']')) {
      if (items.length > 0) {
        this.#expect('operator', ',');
        if (this.#takeIf('bracket', ']')) break;
      }
      items.push(this.#expression(0));
    }
    return { is: 'list', items };
  }

  #map(): Node {
    const entries: (readonly [Node, Node])[] = [];
    while (!this.#takeIf('bracket', '}')) {
      if (entries.length > 0) {
        this.#expect('operator', ',');
        if (this.#takeIf('bracket', '}')) break;
      }
      const key = this.#mapKey();
      this.#expect('operator', ':');
      entries.push([key, this.#expression(0)]);
    }
    return { is: 'map', entries };
  }

  #mapKey(): Node {
    const token = this.#current;
    if (token.kind === 'number' || token.kind === 'identifier' || token.kind === 'string') {
      this.#at += 1;
      return { is: 'string', value: token.kind === 'string' ? token.value : token.text };
    }
    if (!this.#isBracket('(')) throw this.#unexpected();
    return this.#expression(0);
  }

  #call(name: string, piped: readonly Node[]): Node {
    this.#expect('bracket', '(');
    const kinds = predicateArguments.get(name);
    if (kinds) return this.#predicateCall(name, kinds, piped);
    const args = [...piped, ...this.#arguments()];
    return functionNames.has(name) ? { is: 'builtin', name, args } : { is: 'call', callee: { is: 'name', name }, args };
  }

  #predicateCall(name: string, kinds: readonly string[], piped: readonly Node[]): Node {
    const args = [...piped];
    for (const [index, kind] of kinds.slice(piped.length).entries()) {
      if (index > 0 || this.#isBracket(')')) {
        if (kind.endsWith('?') && this.#isBracket(')')) break;
        this.#expect('operator', ',');
        if (kind.endsWith('?') && this.#isBracket(')')) break;
      }
      args.push(kind.startsWith('predicate') ? this.#predicate() : this.#expression(0));
    }
    this.#takeIf('operator', ',');
    this.#expect('bracket', ')');
    return { is: 'builtin', name, args };
  }

  #predicate(): Node {
    this.#predicates += 1;
    const body = this.#isBracket('{') ? this.#block() : this.#expression(0);
    this.#predicates -= 1;
    return { is: 'predicate', body };
  }

  #arguments(): Node[] {
    const args: Node[] = [];
    while (!this.#takeIf('bracket', ')')) {
      if (args.length > 0) {
        this.#expect('operator', ',');
        if (this.#takeIf('bracket', ')')) break;
      }
      args.push(this.#expression(0));
    }
    return args;
  }

  #postfix(start: Node): Node {
    let node = start;
    let isChain = false;
    let links = 0;
    for (;;) {
      links += 1;
      if (links > maximumDepth) throw new ExpressionError('expression is nested too deeply');
      const optional = this.#takeIf('operator', '?.');
      isChain ||= optional;
      if (optional && this.#isBracket('[')) node = this.#index(node, true);
      else if (optional || this.#takeIf('operator', '.')) node = this.#member(node, optional);
      else if (this.#isBracket('[')) node = this.#index(node, false);
      else return isChain ? { is: 'chain', node } : node;
    }
  }

  #member(node: Node, optional: boolean): Node {
    const token = this.#current;
    if (!/^[\p{L}_$]/u.test(token.text) || token.kind === 'string') throw this.#unexpected();
    this.#at += 1;
    const member: Node = { is: 'member', node, property: { is: 'string', value: token.text }, optional };
    return this.#takeIf('bracket', '(') ? { is: 'call', callee: member, args: this.#arguments() } : member;
  }

  #index(node: Node, optional: boolean): Node {
    this.#expect('bracket', '[');
    const from = this.#isOperator(':') ? undefined : this.#expression(0);
    if (this.#takeIf('operator', ':')) {
      const to = this.#isBracket(']') ? undefined : this.#expression(0);
      this.#expect('bracket', ']');
      return { is: 'slice', node, ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) };
    }
    this.#expect('bracket', ']');
    if (from === undefined) throw this.#unexpected();
    return { is: 'member', node, property: from, optional };
  }
}
