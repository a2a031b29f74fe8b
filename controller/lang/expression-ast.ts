// The shape of a parsed condition (analysis.md §4.4), and its text: what is printed parses to the same tree.

export type Node =
  | { readonly is: 'nil' }
  | { readonly is: 'bool'; readonly value: boolean }
  | { readonly is: 'int'; readonly value: bigint }
  | { readonly is: 'float'; readonly value: number }
  | { readonly is: 'string'; readonly value: string }
  | { readonly is: 'name'; readonly name: string }
  /** `#`, `#acc`, `#index`. */
  | { readonly is: 'pointer'; readonly name: string }
  | { readonly is: 'unary'; readonly operator: '!' | '-' | '+'; readonly node: Node }
  | { readonly is: 'binary'; readonly operator: BinaryOperator; readonly left: Node; readonly right: Node }
  | { readonly is: 'member'; readonly node: Node; readonly property: Node; readonly optional: boolean }
  /** Where an optional member inside is missing, the whole is nil. */
  | { readonly is: 'chain'; readonly node: Node }
  | { readonly is: 'slice'; readonly node: Node; readonly from?: Node; readonly to?: Node }
  | { readonly is: 'call'; readonly callee: Node; readonly args: readonly Node[] }
  | { readonly is: 'builtin'; readonly name: string; readonly args: readonly Node[] }
  | { readonly is: 'predicate'; readonly body: Node }
  | { readonly is: 'conditional'; readonly test: Node; readonly yes: Node; readonly no: Node }
  | { readonly is: 'let'; readonly name: string; readonly value: Node; readonly body: Node }
  | { readonly is: 'sequence'; readonly nodes: readonly Node[] }
  | { readonly is: 'list'; readonly items: readonly Node[] }
  | { readonly is: 'map'; readonly entries: readonly (readonly [key: Node, value: Node])[] };

export type BinaryOperator =
  | '??'
  | '**'
  | '*'
  | '/'
  | '%'
  | '+'
  | '-'
  | '..'
  | '=='
  | '!='
  | '<'
  | '<='
  | '>'
  | '>='
  | 'in'
  | 'matches'
  | 'contains'
  | 'startsWith'
  | 'endsWith'
  | '&&'
  | '||';

export function printExpression(node: Node): string {
  switch (node.is) {
    case 'nil':
      return 'nil';
    case 'bool':
    case 'int':
      return String(node.value);
    case 'float':
      return printFloat(node.value);
    case 'string':
      return JSON.stringify(node.value);
    case 'name':
      return node.name;
    case 'pointer':
      return `#${node.name}`;
    case 'unary':
      return `(${node.operator}${printExpression(node.node)})`;
    case 'binary':
      return `(${printExpression(node.left)} ${node.operator} ${printExpression(node.right)})`;
    case 'member':
      return `${printBase(node.node)}${node.optional ? '?.' : ''}[${printExpression(node.property)}]`;
    case 'chain':
      return `(${printExpression(node.node)})`;
    case 'slice':
      return `${printBase(node.node)}[${printBound(node.from)}:${printBound(node.to)}]`;
    case 'call':
      return printCall(node.callee, node.args);
    case 'builtin':
      return `${node.name}(${node.args.map(printExpression).join(', ')})`;
    case 'predicate':
      return `{${printExpression(node.body)}}`;
    case 'conditional':
      return `(${printExpression(node.test)} ? ${printExpression(node.yes)} : ${printExpression(node.no)})`;
    case 'let':
      return `(let ${node.name} = ${printExpression(node.value)}; ${printExpression(node.body)})`;
    case 'sequence':
      return `(${node.nodes.map(printExpression).join('; ')})`;
    case 'list':
      return `[${node.items.map(printExpression).join(', ')}]`;
    case 'map':
      return `{${node.entries.map(([key, value]) => `(${printExpression(key)}): ${printExpression(value)}`).join(', ')}}`;
  }
}

/** Numbers and words take no member behind them unless they stand in parentheses. */
function printBase(node: Node): string {
  const text = printExpression(node);
  return node.is === 'int' || node.is === 'float' || node.is === 'bool' || node.is === 'nil' ? `(${text})` : text;
}

function printBound(node: Node | undefined): string {
  return node === undefined ? '' : printExpression(node);
}

function printCall(callee: Node, args: readonly Node[]): string {
  const list = `(${args.map(printExpression).join(', ')})`;
  if (callee.is !== 'member') return `${printExpression(callee)}${list}`;
  const name = callee.property.is === 'string' ? callee.property.value : '';
  return `${printBase(callee.node)}${callee.optional ? '?.' : '.'}${name}${list}`;
}

function printFloat(value: number): string {
  const text = String(value);
  return /[.e]/.test(text) ? text : `${text}.0`;
}
