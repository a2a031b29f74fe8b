// How PromQL is read, with Prometheus' own Lezer grammar. What is not known is refused by name, never misread.

import type { SyntaxNode } from '@lezer/common';
import { parser } from '@prometheus-io/lezer-promql';
import { bad, type Expression, type Matcher } from './ast.ts';
import { inOrder, type Term } from './precedence.ts';

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
      case 'UnaryExpr':
      case 'BinaryExpr':
        return inOrder(this.#terms(node));
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
      default:
        throw bad(`this Prometheus of the sandbox does not know ${node.name}`);
    }
  }

  /**
   * Operands and operators as they stand in the text. The grammar reads `a and b offset 5m < 2` as an offset of `a and b`,
   * and the sign of `-1 ^ 2` as a part of the number; what binds what is found out anew, by `inOrder`.
   */
  #terms(node: SyntaxNode): Term[] {
    switch (node.name) {
      case 'BinaryExpr': {
        const operands = node.getChildren('Expr');
        const [left, right] = operands.length === 2 ? operands : [node.firstChild, node.lastChild];
        if (!left || !right) throw bad('parse error: an operand is missing');
        return [...this.#terms(left), this.#operator(node, left), ...this.#terms(right)];
      }
      case 'OffsetExpr': {
        const terms = this.#terms(this.#child(node));
        const last = terms.pop();
        if (last?.is !== 'operand') throw bad('parse error: an operand is missing');
        return [...terms, { is: 'operand', operand: this.#shifted(node, last.operand) }];
      }
      case 'UnaryExpr': {
        const terms = this.#terms(this.#child(node));
        return this.#of(node).startsWith('-') ? [{ is: 'minus' }, ...terms] : terms;
      }
      default: {
        const operand = this.expression(node);
        const isSigned = node.name === 'NumberDurationLiteral' && this.#of(node).startsWith('-');
        if (!isSigned || operand.kind !== 'number') return [{ is: 'operand', operand }];
        return [{ is: 'minus' }, { is: 'operand', operand: { kind: 'number', value: -operand.value } }];
      }
    }
  }

  #operator(node: SyntaxNode, left: SyntaxNode): Term {
    const clause = node.getChild('MatchingModifierClause');
    const [labels, include] = clause?.getChildren('GroupingLabels') ?? [];
    const group = clause?.getChild('GroupLeft') ? 'left' : clause?.getChild('GroupRight') ? 'right' : undefined;
    const on = clause?.getChild('On') != null;
    return {
      is: 'operator',
      operator: this.#of(left.nextSibling).toLowerCase(),
      bool: node.getChild('BoolModifier') !== null,
      matching: { on, labels: this.#labels(labels), group, include: this.#labels(include) },
    };
  }

  #shifted(offset: SyntaxNode, of: Expression): Expression {
    const text = this.#of(offset.getChild('OffsetDurationExpr')).replaceAll(/\s/g, '');
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
