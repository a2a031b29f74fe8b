// What a condition is worth: it walks the tree within a budget of steps and of memory, so that no expression can stall
// the controller (analysis.md §4). Nothing is compiled to code.

import type { Node } from './expression-ast.ts';
import { type Budget, createBudget } from './expression-budget.ts';
import { callBuiltin } from './expression-builtins.ts';
import { predicateArguments } from './expression-functions.ts';
import { ExpressionError } from './expression-lexer.ts';
import { binaryValue, indexOf, isTrue, memberOf, negated, sliceOf } from './expression-operators.ts';
import { callPredicated } from './expression-predicates.ts';
import { callMethod } from './expression-times.ts';
import { goTypeOf, isList, type Value } from './expression-values.ts';
import type { EpochMillis } from './time.ts';

export interface ValueEnvironment {
  readonly names: Readonly<Record<string, Value>>;
  readonly functions: Readonly<Record<string, (args: readonly Value[], budget: Budget) => Value>>;
  /** Functions whose int literals count as floats. */
  readonly floatFunctions: ReadonlySet<string>;
  readonly now: EpochMillis;
}

/** The innermost first. */
interface Variable {
  readonly name: string;
  readonly value: Value;
  readonly outer: Variable | undefined;
}

interface Scope {
  readonly variable: Variable | undefined;
  readonly pointers: Readonly<Record<string, Value>>;
}

export function evaluate(node: Node, environment: ValueEnvironment, budget = createBudget()): Value {
  return new Evaluator(environment, budget).value(node, { variable: undefined, pointers: {} });
}

/** Ends the chain around an optional member that is missing. */
const missing = Symbol('missing');

class Evaluator {
  readonly #environment: ValueEnvironment;
  readonly #budget: Budget;

  constructor(environment: ValueEnvironment, budget: Budget) {
    this.#environment = environment;
    this.#budget = budget;
  }

  value(node: Node, scope: Scope): Value {
    const value = this.#visit(node, scope);
    return value === missing ? null : value;
  }

  #visit(node: Node, scope: Scope): Value | typeof missing {
    this.#budget.spend(1);
    switch (node.is) {
      case 'nil':
        return null;
      case 'bool':
      case 'int':
      case 'float':
      case 'string':
        return node.value;
      case 'name':
        return this.#name(node.name, scope);
      case 'pointer':
        return scope.pointers[node.name] ?? null;
      case 'unary':
        return this.#unary(node, scope);
      case 'binary':
        return this.#binary(node, scope);
      case 'member':
        return this.#member(node, scope);
      case 'chain':
        return this.value(node.node, scope);
      case 'slice':
        return this.#slice(node, scope);
      case 'call':
        return this.#call(node, scope);
      case 'builtin':
        return this.#builtin(node, scope);
      case 'predicate':
        return this.value(node.body, scope);
      case 'conditional':
        return this.value(isTrue(this.value(node.test, scope)) ? node.yes : node.no, scope);
      case 'let': {
        const variable = { name: node.name, value: this.value(node.value, scope), outer: scope.variable };
        return this.value(node.body, { ...scope, variable });
      }
      case 'sequence':
        return node.nodes.map((item) => this.value(item, scope)).at(-1) ?? null;
      case 'list':
        return node.items.map((item) => this.value(item, scope));
      case 'map':
        return this.#map(node.entries, scope);
    }
  }

  #name(name: string, scope: Scope): Value {
    for (let variable = scope.variable; variable !== undefined; variable = variable.outer) {
      if (variable.name === name) return variable.value;
    }
    const { names } = this.#environment;
    if (name === '$env') return { ...names };
    return Object.hasOwn(names, name) ? (names[name] ?? null) : null;
  }

  #unary({ operator, node }: Node & { is: 'unary' }, scope: Scope): Value {
    const value = this.value(node, scope);
    if (operator === '!') return !isTrue(value);
    return negated(operator, value);
  }

  #binary({ operator, left, right }: Node & { is: 'binary' }, scope: Scope): Value {
    const first = this.value(left, scope);
    if (operator === '&&') return isTrue(first) ? this.value(right, scope) : false;
    if (operator === '||') return isTrue(first) ? true : this.value(right, scope);
    if (operator === '??') return first ?? this.value(right, scope);
    return binaryValue(operator, first, this.value(right, scope), this.#budget);
  }

  #member({ node, property, optional }: Node & { is: 'member' }, scope: Scope): Value | typeof missing {
    const base = this.#visit(node, scope);
    if (base === missing || (optional && base === null)) return missing;
    return memberOf(base, this.value(property, scope));
  }

  #slice({ node, from, to }: Node & { is: 'slice' }, scope: Scope): Value | typeof missing {
    const base = this.#visit(node, scope);
    if (base === missing) return missing;
    const bound = (part: Node | undefined) => (part === undefined ? undefined : indexOf(this.value(part, scope)));
    return sliceOf(base, bound(from), bound(to), this.#budget);
  }

  #call({ callee, args }: Node & { is: 'call' }, scope: Scope): Value | typeof missing {
    if (callee.is === 'name') {
      const { functions, floatFunctions } = this.#environment;
      const known = Object.hasOwn(functions, callee.name) ? functions[callee.name] : undefined;
      if (!known) throw new ExpressionError(`unknown name ${callee.name}`);
      const convert = floatFunctions.has(callee.name) ? withFloatLiterals : (node: Node) => node;
      return known(this.#paid(args.map((arg) => this.value(convert(arg), scope))), this.#budget);
    }
    if (callee.is !== 'member') throw new ExpressionError('only methods can be called');
    const base = this.#visit(callee.node, scope);
    if (base === missing || (callee.optional && base === null)) return missing;
    const name = callee.property.is === 'string' ? callee.property.value : '';
    const values = this.#paid(args.map((arg) => this.value(arg, scope)));
    return callMethod(base, name, values, this.#budget);
  }

  /** Functions walk what they are given. */
  #paid(values: readonly Value[]): readonly Value[] {
    for (const value of values) {
      if (isList(value) || typeof value === 'string') this.#budget.spend(1 + Math.floor(value.length / 4));
    }
    return values;
  }

  #builtin({ name, args }: Node & { is: 'builtin' }, scope: Scope): Value {
    if (predicateArguments.has(name)) {
      const [list, predicate, extra] = args;
      const value = list ? this.value(list, scope) : null;
      const last = extra ? this.value(extra, scope) : undefined;
      const test = predicate
        ? (pointers: Readonly<Record<string, Value>>) => this.value(predicate, { ...scope, pointers })
        : undefined;
      return callPredicated(name, value, test, last, this.#budget);
    }
    const values = this.#paid(args.map((arg) => this.value(arg, scope)));
    return callBuiltin(name, values, { budget: this.#budget, now: this.#environment.now });
  }

  #map(entries: readonly (readonly [Node, Node])[], scope: Scope): Value {
    const pairs = entries.map(([key, value]) => {
      const name = this.value(key, scope);
      if (typeof name !== 'string') throw new ExpressionError(`cannot use ${goTypeOf(name)} as a map key`);
      return [name, this.value(value, scope)] as const;
    });
    return Object.fromEntries(pairs);
  }
}

/** An int literal where a float is taken is a float. */
function withFloatLiterals(node: Node): Node {
  if (node.is === 'int') return { is: 'float', value: Number(node.value) };
  if (node.is === 'unary') return { ...node, node: withFloatLiterals(node.node) };
  if (node.is === 'binary' && ['+', '-', '*'].includes(node.operator)) {
    return { ...node, left: withFloatLiterals(node.left), right: withFloatLiterals(node.right) };
  }
  return node;
}
