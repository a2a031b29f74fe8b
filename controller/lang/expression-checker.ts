// Whether an expression fits the types of its environment before it runs, as the reference's compiler checks it
// (analysis.md §4.1, §4.4): both sides of `&&` are checked although only one may run.

import type { BinaryOperator, Node } from './expression-ast.ts';
import { checkBuiltin } from './expression-builtin-types.ts';
import { ExpressionError } from './expression-lexer.ts';
import {
  anyType,
  boolType,
  commonType,
  durationType,
  floatType,
  intType,
  isAny,
  isComparable,
  isInteger,
  isNumber,
  listOf,
  mapType,
  nameInMismatch,
  nameOfType,
  nilType,
  stringType,
  type Type,
  timeType,
} from './expression-types.ts';
import { compileRegExp } from './re2.ts';

/** A function of the environment. */
export interface FunctionType {
  readonly parameters: readonly Type[];
  readonly result: Type;
}

export interface TypeEnvironment {
  readonly names: Readonly<Record<string, Type>>;
  readonly functions: Readonly<Record<string, FunctionType>>;
}

interface Scope {
  readonly variables: Readonly<Record<string, Type>>;
  /** What `#name` is, inside a predicate. */
  readonly pointers?: Readonly<Record<string, Type>>;
}

const maximumSteps = 50_000;

export function checkExpression(node: Node, environment: TypeEnvironment): Type {
  return new Checker(environment).check(node, { variables: {} });
}

export class Checker {
  readonly #environment: TypeEnvironment;
  #steps = 0;

  constructor(environment: TypeEnvironment) {
    this.#environment = environment;
  }

  check(node: Node, scope: Scope): Type {
    this.#steps += 1;
    if (this.#steps > maximumSteps) throw new ExpressionError('expression is too large');
    switch (node.is) {
      case 'nil':
        return nilType;
      case 'bool':
        return boolType;
      case 'int':
        return intType;
      case 'float':
        return floatType;
      case 'string':
        return stringType;
      case 'name':
        return this.#name(node.name, scope);
      case 'pointer':
        return pointerType(node.name, scope);
      case 'unary':
        return unaryType(node.operator, this.check(node.node, scope));
      case 'binary':
        return binaryType(node, this.check(node.left, scope), this.check(node.right, scope));
      case 'member':
        return memberType(this.check(node.node, scope), this.check(node.property, scope), node.property);
      case 'chain':
        return this.check(node.node, scope);
      case 'slice':
        return this.#slice(node, scope);
      case 'call':
        return this.#call(node, scope);
      case 'builtin':
        return checkBuiltin(node.name, node.args, {
          type: (arg) => this.check(arg, scope),
          predicate: (arg, pointers) => this.#predicate(arg, scope, pointers),
        });
      case 'predicate':
        throw new ExpressionError('a predicate has no place here');
      case 'conditional':
        return this.#conditional(node, scope);
      case 'let':
        return this.#let(node, scope);
      case 'sequence':
        return node.nodes.map((item) => this.check(item, scope)).at(-1) ?? nilType;
      case 'list':
        return this.#list(node.items, scope);
      case 'map':
        for (const [key, value] of node.entries) {
          this.check(key, scope);
          this.check(value, scope);
        }
        return mapType;
    }
  }

  #name(name: string, scope: Scope): Type {
    const type = Object.hasOwn(scope.variables, name)
      ? scope.variables[name]
      : Object.hasOwn(this.#environment.names, name)
        ? this.#environment.names[name]
        : undefined;
    if (type) return type;
    if (Object.hasOwn(this.#environment.functions, name)) return { is: 'other' };
    if (name === '$env') return mapType;
    throw new ExpressionError(`unknown name ${name}`);
  }

  #slice(node: Node & { is: 'slice' }, scope: Scope): Type {
    const base = this.check(node.node, scope);
    if (base.is !== 'list' && base.is !== 'string' && !isAny(base)) {
      throw new ExpressionError(`cannot slice ${nameOfType(base)}`);
    }
    for (const bound of [node.from, node.to]) {
      if (!bound) continue;
      const type = this.check(bound, scope);
      if (!isInteger(type) && !isAny(type)) throw new ExpressionError(`non-integer slice index ${nameOfType(type)}`);
    }
    return base;
  }

  #call({ callee, args }: Node & { is: 'call' }, scope: Scope): Type {
    if (callee.is === 'name') {
      const { functions } = this.#environment;
      const known = Object.hasOwn(functions, callee.name) ? functions[callee.name] : undefined;
      if (known) return this.#callKnown(callee.name, known, args, scope);
      const type = this.#name(callee.name, scope);
      throw new ExpressionError(`${nameOfType(type)} is not callable`);
    }
    if (callee.is !== 'member') throw new ExpressionError('only methods can be called');
    const base = this.check(callee.node, scope);
    for (const arg of args) this.check(arg, scope);
    if (isAny(base) || base.is === 'map') return anyType;
    const method = callee.property.is === 'string' ? callee.property.value : '';
    const methods = base.is === 'time' ? timeMethods : base.is === 'duration' ? durationMethods : {};
    const result = Object.hasOwn(methods, method) ? methods[method] : undefined;
    if (!result) throw new ExpressionError(`type ${nameOfType(base)} has no method ${method}`);
    return result;
  }

  #callKnown(name: string, { parameters, result }: FunctionType, args: readonly Node[], scope: Scope): Type {
    if (args.length > parameters.length) throw new ExpressionError(`too many arguments to call ${name}`);
    if (args.length < parameters.length) throw new ExpressionError(`not enough arguments to call ${name}`);
    for (const [index, parameter] of parameters.entries()) {
      const arg = args[index];
      if (!arg) continue;
      const type = this.check(arg, scope);
      if (isAny(parameter) || isAny(type) || type.is === parameter.is) continue;
      // An int gets through here and is refused when it runs, unless it is a literal, which is converted.
      if (parameter.is === 'float' && isInteger(type)) continue;
      const given = type.is === 'nil' ? 'nil' : nameOfType(type);
      throw new ExpressionError(`cannot use ${given} as argument (type ${nameOfType(parameter)}) to call ${name} `);
    }
    return result;
  }

  #predicate(node: Node, scope: Scope, pointers: Readonly<Record<string, Type>>): Type {
    if (node.is !== 'predicate') throw new ExpressionError('a predicate is expected');
    return this.check(node.body, { ...scope, pointers });
  }

  #conditional({ test, yes, no }: Node & { is: 'conditional' }, scope: Scope): Type {
    const type = this.check(test, scope);
    if (type.is !== 'bool' && !isAny(type)) {
      throw new ExpressionError(`non-bool expression (type ${nameOfType(type)}) used as condition`);
    }
    return commonType(this.check(yes, scope), this.check(no, scope));
  }

  #let({ name, value, body }: Node & { is: 'let' }, scope: Scope): Type {
    const { names, functions } = this.#environment;
    if ([names, functions, scope.variables].some((known) => Object.hasOwn(known, name))) {
      throw new ExpressionError(`cannot redeclare ${name}`);
    }
    const type = this.check(value, scope);
    return this.check(body, { ...scope, variables: { ...scope.variables, [name]: type } });
  }

  #list(items: readonly Node[], scope: Scope): Type {
    const types = items.map((item) => this.check(item, scope));
    const last = types.at(-1);
    return listOf(last && types.every((type) => type.is === last.is) ? last : anyType);
  }
}

const timeMethods: Readonly<Record<string, Type>> = Object.fromEntries([
  ...'Year Day Hour Minute Second Nanosecond YearDay Month Weekday Unix UnixMilli UnixMicro UnixNano'
    .split(' ')
    .map((name) => [name, name.startsWith('Unix') ? { is: 'int64' } : intType]),
  ...'After Before Equal IsZero'.split(' ').map((name) => [name, boolType]),
  ...'Format String'.split(' ').map((name) => [name, stringType]),
  ...'Add AddDate UTC In'.split(' ').map((name) => [name, timeType]),
  ['Sub', durationType],
]);
const durationMethods: Readonly<Record<string, Type>> = Object.fromEntries([
  ...'Hours Minutes Seconds'.split(' ').map((name) => [name, floatType]),
  ...'Milliseconds Microseconds Nanoseconds'.split(' ').map((name) => [name, { is: 'int64' }]),
  ...'Abs Round Truncate'.split(' ').map((name) => [name, durationType]),
  ['String', stringType],
]);

function pointerType(name: string, scope: Scope): Type {
  const { pointers } = scope;
  const type = pointers && Object.hasOwn(pointers, name) ? pointers[name] : undefined;
  if (type) return type;
  throw new ExpressionError(pointers ? `unknown pointer #${name}` : 'cannot use pointer accessor outside predicate');
}

function unaryType(operator: '!' | '-' | '+', type: Type): Type {
  if (operator === '!' && (type.is === 'bool' || isAny(type))) return boolType;
  if (operator !== '!' && (isNumber(type) || isAny(type))) return type;
  const shown = operator === '!' ? 'not' : operator;
  throw new ExpressionError(`invalid operation: ${shown} (mismatched type ${nameOfType(type)})`);
}

type Kind = (type: Type) => boolean;
const isString: Kind = (type) => type.is === 'string';
const isBool: Kind = (type) => type.is === 'bool';
const isTime: Kind = (type) => type.is === 'time';
const isDuration: Kind = (type) => type.is === 'duration';

/** Whether at least one side is of any type, and the other one of these kinds or of any type too. */
function eitherAny(left: Type, right: Type, ...kinds: readonly Kind[]): boolean {
  if (isAny(left) && isAny(right)) return true;
  if (isAny(left)) return kinds.some((kind) => kind(right));
  return isAny(right) && kinds.some((kind) => kind(left));
}

function both(left: Type, right: Type, kind: Kind): boolean {
  return kind(left) && kind(right);
}

function binaryType(node: Node & { is: 'binary' }, left: Type, right: Type): Type {
  const result = resultOf(node.operator, node, left, right);
  if (result) return result;
  const sides = `${nameInMismatch(left)} and ${nameInMismatch(right)}`;
  throw new ExpressionError(`invalid operation: ${node.operator} (mismatched types ${sides})`);
}

function resultOf(operator: BinaryOperator, node: Node & { is: 'binary' }, left: Type, right: Type): Type | undefined {
  switch (operator) {
    case '==':
    case '!=':
      return isComparable(left, right) ? boolType : undefined;
    case '&&':
    case '||':
      return both(left, right, isBool) || eitherAny(left, right, isBool) ? boolType : undefined;
    case '<':
    case '<=':
    case '>':
    case '>=': {
      const kinds = [isNumber, isString, isTime, isDuration];
      const fits = kinds.some((kind) => both(left, right, kind)) || eitherAny(left, right, ...kinds);
      return fits ? boolType : undefined;
    }
    case '+':
      if (both(left, right, isString)) return stringType;
      return (
        sumType(left, right) ?? (eitherAny(left, right, isNumber, isString, isTime, isDuration) ? anyType : undefined)
      );
    case '-':
      if (both(left, right, isTime)) return durationType;
      if (isDuration(left) && isTime(right)) return undefined;
      return sumType(left, right) ?? (eitherAny(left, right, isNumber, isTime, isDuration) ? anyType : undefined);
    case '*':
      if (both(left, right, isNumber)) return numberType(left, right);
      if (isDuration(left) && (isDuration(right) || isNumber(right))) return durationType;
      if (isNumber(left) && isDuration(right)) return durationType;
      return eitherAny(left, right, isNumber, isDuration) ? anyType : undefined;
    case '/':
    case '**':
      return both(left, right, isNumber) || eitherAny(left, right, isNumber) ? floatType : undefined;
    case '%':
      if (node.left.is === 'int' && node.right.is === 'int' && node.right.value === 0n) {
        throw new ExpressionError('integer divide by zero');
      }
      return both(left, right, isInteger) || eitherAny(left, right, isInteger) ? intType : undefined;
    case '..':
      return both(left, right, isInteger) || eitherAny(left, right, isInteger) ? listOf(intType, '[]int') : undefined;
    case '??':
      return commonType(left, right);
    case 'in':
      return membership(left, right);
    case 'matches':
      if (node.right.is === 'string') compileRegExp(node.right.value);
      return both(left, right, isString) || eitherAny(left, right, isString) ? boolType : undefined;
    case 'contains':
    case 'startsWith':
    case 'endsWith':
      return both(left, right, isString) || eitherAny(left, right, isString) ? boolType : undefined;
  }
}

/** Plus and minus over numbers, times and durations. */
function sumType(left: Type, right: Type): Type | undefined {
  if (both(left, right, isNumber)) return numberType(left, right);
  if (both(left, right, isDuration)) return durationType;
  return (isTime(left) && isDuration(right)) || (isDuration(left) && isTime(right)) ? timeType : undefined;
}

function numberType(left: Type, right: Type): Type {
  return left.is === 'float' || right.is === 'float' ? floatType : intType;
}

function membership(left: Type, right: Type): Type | undefined {
  if (right.is === 'record' && (isString(left) || isAny(left))) return boolType;
  if (right.is === 'map') {
    if (isString(left) || isAny(left)) return boolType;
    throw new ExpressionError(`cannot use ${nameOfType(left)} as type string in map key`);
  }
  if (right.is === 'list') {
    if (isComparable(left, right.of)) return boolType;
    throw new ExpressionError(`cannot use ${nameOfType(left)} as type ${nameOfType(right.of)} in array`);
  }
  return isAny(right) || (isAny(left) && isString(right)) ? boolType : undefined;
}

function memberType(base: Type, property: Type, node: Node): Type {
  if (isAny(base)) return anyType;
  const name = node.is === 'string' ? node.value : undefined;
  if (base.is === 'map') {
    if (isString(property) || isAny(property)) return anyType;
    throw new ExpressionError(`cannot use ${nameOfType(property)} to get an element from ${nameOfType(base)}`);
  }
  if (base.is === 'list') {
    if (isInteger(property) || isAny(property)) return base.of;
    const given = nameOfType(property);
    throw new ExpressionError(`array elements can only be selected using an integer (got ${given})`);
  }
  if (base.is === 'record') {
    const field = name !== undefined && Object.hasOwn(base.fields, name) ? base.fields[name] : undefined;
    if (field) return field;
  }
  if (name !== undefined) throw new ExpressionError(`type ${nameOfType(base)} has no field ${name}`);
  throw new ExpressionError(`type ${nameInMismatch(base)}[${nameInMismatch(property)}] is undefined`);
}
