// PromQL as a tree, read with Prometheus' own Lezer grammar: the part that templates use (spec/sandbox.md). Anything
// else is refused by name, never misread.

import type { SyntaxNode } from '@lezer/common';
import { parser } from '@prometheus-io/lezer-promql';

export interface Matcher {
  readonly label: string;
  readonly matches: (value: string) => boolean;
  /** Of `=`: what it is equal to. */
  readonly equalTo?: string;
}

export interface Matching {
  readonly on: boolean;
  readonly labels: readonly string[];
  readonly group: 'left' | 'right' | undefined;
  readonly include: readonly string[];
}

export type Expression =
  | { readonly kind: 'number'; readonly value: number }
  | { readonly kind: 'string'; readonly value: string }
  | { readonly kind: 'vector'; readonly matchers: readonly Matcher[]; readonly offsetMs: number }
  | { readonly kind: 'matrix'; readonly vector: Selector; readonly rangeMs: number }
  | { readonly kind: 'call'; readonly name: string; readonly args: readonly Expression[] }
  | {
      readonly kind: 'aggregate';
      readonly name: string;
      readonly args: readonly Expression[];
      readonly by: boolean;
      readonly labels: readonly string[];
    }
  | { readonly kind: 'negate'; readonly of: Expression }
  | {
      readonly kind: 'binary';
      readonly operator: string;
      readonly bool: boolean;
      readonly matching: Matching;
      readonly left: Expression;
      readonly right: Expression;
    };

export type Selector = Extract<Expression, { kind: 'vector' }>;

export class PromqlError extends Error {
  readonly type: 'bad_data' | 'execution';

  constructor(type: 'bad_data' | 'execution', message: string) {
    super(message);
    this.type = type;
  }
}

export function parsePromql(text: string): Expression {
  const tree = parser.parse(text);
  const cursor = tree.cursor();
  do {
    if (cursor.type.isError) throw bad(`parse error at char ${cursor.from + 1}: unexpected text`);
  } while (cursor.next());
  const root = tree.topNode.firstChild;
  if (!root) throw bad('parse error: no expression found in input');
  return new Reader(text).expression(root);
}

function bad(message: string): PromqlError {
  return new PromqlError('bad_data', message);
}

class Reader {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  expression(node: SyntaxNode): Expression {
    switch (node.name) {
      case 'ParenExpr':
        return this.expression(this.#child(node));
      case 'NumberDurationLiteral':
        return { kind: 'number', value: parseNumber(this.#of(node)) };
      case 'StringLiteral':
        return { kind: 'string', value: unquote(this.#of(node)) };
      case 'VectorSelector':
        return this.#vector(node);
      case 'MatrixSelector': {
        const vector = this.expression(this.#child(node));
        if (vector.kind !== 'vector') throw bad('parse error: ranges only allowed for vector selectors');
        return { kind: 'matrix', vector, rangeMs: this.#duration(node.getChild('DurationExpr')) };
      }
      case 'OffsetExpr':
        return this.#offset(node);
      case 'UnaryExpr': {
        const of = this.expression(this.#child(node));
        return this.#of(node).startsWith('-') ? { kind: 'negate', of } : of;
      }
      case 'FunctionCall': {
        const name = this.#of(node.getChild('FunctionIdentifier'));
        return { kind: 'call', name, args: this.#args(node) };
      }
      case 'AggregateExpr': {
        const modifier = node.getChild('AggregateModifier');
        return {
          kind: 'aggregate',
          name: this.#of(node.getChild('AggregateOp')).toLowerCase(),
          args: this.#args(node),
          by: modifier?.getChild('Without') == null,
          labels: this.#labels(modifier?.getChild('GroupingLabels')),
        };
      }
      case 'BinaryExpr':
        return this.#binary(node);
      default:
        throw bad(`this Prometheus of the sandbox does not know ${node.name}`);
    }
  }

  #binary(node: SyntaxNode): Expression {
    const operands = node.getChildren('Expr');
    const [left, right] = operands.length === 2 ? operands : [node.firstChild, node.lastChild];
    if (!left || !right) throw bad('parse error: an operand is missing');
    const operator = this.#of(left.nextSibling).toLowerCase();
    const clause = node.getChild('MatchingModifierClause');
    const [labels, include] = clause?.getChildren('GroupingLabels') ?? [];
    const group = clause?.getChild('GroupLeft') ? 'left' : clause?.getChild('GroupRight') ? 'right' : undefined;
    const on = clause?.getChild('On') != null;
    const matching: Matching = { on, labels: this.#labels(labels), group, include: this.#labels(include) };
    const made = {
      kind: 'binary',
      operator,
      bool: node.getChild('BoolModifier') !== null,
      matching,
      right: this.expression(right),
    } as const;
    const first = this.expression(left);
    // The grammar takes the sign of `-1 ^ 2` into the number; it belongs to the power.
    const isSigned = left.name === 'NumberDurationLiteral' && this.#of(left).startsWith('-');
    if (operator === '^' && isSigned && first.kind === 'number') {
      return { kind: 'negate', of: { ...made, left: { kind: 'number', value: -first.value } } };
    }
    return { ...made, left: first };
  }

  #offset(node: SyntaxNode): Expression {
    const of = this.expression(this.#child(node));
    const duration = node.getChild('OffsetDurationExpr');
    const text = this.#of(duration).replaceAll(/\s/g, '');
    const offsetMs = text.startsWith('-') ? -parseDuration(text.slice(1)) : parseDuration(text);
    if (of.kind === 'vector') return { ...of, offsetMs };
    if (of.kind === 'matrix') return { ...of, vector: { ...of.vector, offsetMs } };
    throw bad('parse error: offset modifier must be preceded by an instant vector selector or range vector selector');
  }

  #vector(node: SyntaxNode): Expression {
    const matchers: Matcher[] = [];
    const name = node.getChild('Identifier');
    if (name) matchers.push({ label: '__name__', matches: equals(this.#of(name)), equalTo: this.#of(name) });
    const list = node.getChild('LabelMatchers');
    for (const matcher of list?.getChildren('UnquotedLabelMatcher') ?? []) {
      const value = unquote(this.#of(matcher.getChild('StringLiteral')));
      const operator = this.#of(matcher.getChild('MatchOp'));
      const label = this.#of(matcher.getChild('LabelName'));
      matchers.push({ label, matches: matcherOf(operator, value), ...(operator === '=' ? { equalTo: value } : {}) });
    }
    if (list?.getChild('QuotedLabelMatcher') || list?.getChild('QuotedLabelName')) {
      throw bad('this Prometheus of the sandbox does not know quoted names');
    }
    if (matchers.every(({ matches }) => matches(''))) {
      throw bad('parse error: vector selector must contain at least one non-empty matcher');
    }
    return { kind: 'vector', matchers, offsetMs: 0 };
  }

  #args(node: SyntaxNode): Expression[] {
    const body = node.getChild('FunctionCallBody');
    const args: Expression[] = [];
    for (let child = body?.firstChild ?? null; child; child = child.nextSibling) {
      if (/[A-Z]/.test(child.name)) args.push(this.expression(child));
    }
    return args;
  }

  #labels(node: SyntaxNode | null | undefined): string[] {
    return (node?.getChildren('LabelName') ?? []).map((label) => this.#of(label));
  }

  #duration(node: SyntaxNode | null): number {
    return parseDuration(this.#of(node));
  }

  /** The operand of a node that has one. */
  #child(node: SyntaxNode): SyntaxNode {
    for (let child = node.firstChild; child; child = child.nextSibling) {
      if (/(Expr|Selector|Literal|Call)$/.test(child.name)) return child;
    }
    throw bad('parse error: an expression is missing');
  }

  #of(node: SyntaxNode | null | undefined): string {
    return node ? this.#text.slice(node.from, node.to) : '';
  }
}

function matcherOf(operator: string, value: string): (text: string) => boolean {
  switch (operator) {
    case '=':
      return equals(value);
    case '!=':
      return (text) => text !== value;
    default: {
      const pattern = fullMatch(value);
      return operator === '=~' ? (text) => pattern.test(text) : (text) => !pattern.test(text);
    }
  }
}

function equals(value: string): (text: string) => boolean {
  return (text) => text === value;
}

function fullMatch(pattern: string): RegExp {
  try {
    return new RegExp(`^(?:${pattern})$`, 's');
  } catch (error) {
    if (error instanceof SyntaxError) throw bad(`parse error: error parsing regexp: ${pattern}`);
    throw error;
  }
}

const unitMs: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
  y: 31_536_000_000,
};

export function parseDuration(text: string): number {
  if (/^\d+(\.\d+)?$/.test(text)) return Number(text) * 1000;
  if (!/^(\d+(ms|[smhdwy]))+$/.test(text)) throw bad(`parse error: not a valid duration string: "${text}"`);
  let total = 0;
  for (const [, amount, unit = ''] of text.matchAll(/(\d+)(ms|[smhdwy])/g))
    total += Number(amount) * (unitMs[unit] ?? 0);
  return total;
}

function parseNumber(text: string): number {
  const plain = text.replaceAll(/[\s_]/g, '');
  const [, sign = '', rest = ''] = /^([+-]?)(.*)$/.exec(plain) ?? [];
  const size = /^inf$/i.test(rest) ? Infinity : /^nan$/i.test(rest) ? Number.NaN : Number(rest);
  const value = Number.isNaN(size) && !/^nan$/i.test(rest) ? parseDuration(rest) / 1000 : size;
  return sign === '-' ? -value : value;
}

const escapes: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r' };

function unquote(text: string): string {
  const inner = text.slice(1, -1);
  return text.startsWith('`') ? inner : inner.replaceAll(/\\(.)/gs, (_, c: string) => escapes[c] ?? c);
}
