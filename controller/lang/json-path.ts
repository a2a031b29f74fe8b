// kubectl's JSONPath (printer columns, `-o jsonpath`, web metrics: spec/analysis.md "Dialect"): text outside braces is
// literal, numbers of JSON are floats and do not compare with integer literals (QUIRK), a missing field is an error
// unless it is allowed.

import { type JsonPathNode, JsonPathSyntaxError, parseJsonPath } from './json-path-parser.ts';

export type JsonPathResult<T> = { readonly value: T } | { readonly problem: string };

class JsonPathError extends Error {}

/** A compiled template: compile once, evaluate often. */
export interface JsonPath {
  /** One list of values for each `{…}` and literal text of the template, in order. */
  find(data: unknown): JsonPathResult<readonly (readonly unknown[])[]>;
  /** What kubectl prints. */
  format(data: unknown): JsonPathResult<string>;
}

export interface JsonPathOptions {
  /** A missing field yields nothing instead of a problem, as in printer columns. */
  readonly allowMissingKeys?: boolean;
}

export function compileJsonPath(template: string, options: JsonPathOptions = {}): JsonPathResult<JsonPath> {
  try {
    const nodes = parseJsonPath(template);
    const allowMissing = options.allowMissingKeys ?? false;
    const find = (data: unknown) => new Evaluation(data, allowMissing).results(nodes);
    return {
      value: {
        find: (data) => asResult(() => find(data)),
        format: (data) =>
          asResult(() =>
            find(data)
              .map((values) => values.map(formatValue).join(' '))
              .join(''),
          ),
      },
    };
  } catch (error) {
    if (error instanceof JsonPathSyntaxError) return { problem: error.message };
    throw error;
  }
}

/** The first value of a column's path such as `.spec.replicas`; undefined when there is none. */
export function firstAtPath(path: string, data: unknown): unknown {
  const compiled = compileJsonPath(`{${path}}`, { allowMissingKeys: true });
  if ('problem' in compiled) return undefined;
  const found = compiled.value.find(data);
  return 'value' in found ? found.value[0]?.[0] : undefined;
}

function asResult<T>(run: () => T): JsonPathResult<T> {
  try {
    return { value: run() };
  } catch (error) {
    if (error instanceof JsonPathError) return { problem: error.message };
    throw error;
  }
}

/** A value within a line of output: texts bare, everything else as JSON with sorted keys. */
function formatValue(value: unknown): string {
  if (typeof value === 'string') return value;
  if (value === undefined || value === null) return '';
  return JSON.stringify(sortKeys(value));
}

function sortKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortKeys);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, item]) => [key, sortKeys(item)]));
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Marks integer literals, which do not compare with the floats of JSON. */
class IntegerLiteral {
  readonly value: number;
  constructor(value: number) {
    this.value = value;
  }
}

/** Each `..` multiplies the values: without an end to it, a short path runs for hours. */
const mostValues = 1_000_000;

class Evaluation {
  readonly #root: unknown;
  readonly #allowMissing: boolean;
  /** Values that may still be passed through; shared with the operands of filters. */
  readonly #budget: { left: number };

  constructor(root: unknown, allowMissing: boolean, budget = { left: mostValues }) {
    this.#root = root;
    this.#allowMissing = allowMissing;
    this.#budget = budget;
  }

  #spend<T extends readonly unknown[]>(values: T): T {
    this.#budget.left -= values.length;
    if (this.#budget.left < 0) throw new JsonPathError(`the path goes through more than ${mostValues} values`);
    return values;
  }

  results(nodes: readonly JsonPathNode[]): readonly (readonly unknown[])[] {
    const all: unknown[][] = [];
    this.#run(nodes, [this.#root], all);
    return all;
  }

  /** A template: each text, path and loop adds its results. */
  #run(nodes: readonly JsonPathNode[], current: readonly unknown[], into: unknown[][]): void {
    for (const node of nodes) {
      if (node.kind === 'text') into.push([node.text]);
      else if (node.kind === 'path') into.push(this.#walk(node.steps, current).map(unwrap));
      else if (node.kind === 'range') {
        for (const item of this.#walk(node.over, current)) this.#run(node.body, [item], into);
      }
    }
  }

  /** One path: from the current values through its steps. */
  #walk(steps: readonly JsonPathNode[], current: readonly unknown[]): unknown[] {
    let values = [...current];
    for (const step of steps) values = this.#spend(this.#step(step, values));
    return values;
  }

  #step(step: JsonPathNode, values: readonly unknown[]): unknown[] {
    switch (step.kind) {
      case 'root':
        return [this.#root];
      case 'text':
        return [step.text];
      case 'literal':
        return [step.isInteger ? new IntegerLiteral(step.value as number) : step.value];
      case 'field':
        return this.#fields(step.name, values);
      case 'index':
        return values.flatMap((value) => this.#slice(step, value));
      case 'wildcard':
        return values.flatMap((value) =>
          this.#spend(Array.isArray(value) ? value : isObject(value) ? sortedValues(value) : []),
        );
      case 'recursive':
        return values.flatMap((value) => this.#spend(descendants(value)));
      case 'filter':
        return values.flatMap((value) => (Array.isArray(value) ? value : [])).filter((item) => this.#holds(step, item));
      case 'union':
        return values.flatMap((value) => step.parts.flatMap((part) => this.#walk(part, [value])));
      default:
        return [];
    }
  }

  #fields(name: string, values: readonly unknown[]): unknown[] {
    const found = values.filter((value) => isObject(value) && Object.hasOwn(value, name));
    if (found.length === 0) {
      if (this.#allowMissing || values.length === 0) return [];
      throw new JsonPathError(`${name} is not found`);
    }
    return found.map((value) => (value as Readonly<Record<string, unknown>>)[name]);
  }

  #slice(step: Extract<JsonPathNode, { kind: 'index' }>, value: unknown): unknown[] {
    if (value === null || value === undefined) return [];
    if (!Array.isArray(value)) throw new JsonPathError(`${typeName(value)} is not array or slice`);
    const length = value.length;
    const absolute = (at: number) => (at < 0 ? at + length : at);
    if (step.single !== undefined) {
      const at = absolute(step.single);
      if (at >= length || at < 0) {
        if (this.#allowMissing) return [];
        throw new JsonPathError(`array index out of bounds: index ${at}, length ${length}`);
      }
      return [value[at]];
    }
    const from = Math.max(absolute(step.from ?? 0), 0);
    const to = Math.min(absolute(step.to ?? length), length);
    const stride = step.stride ?? 1;
    if (stride <= 0) throw new JsonPathError('step must be > 0');
    const items: unknown[] = [];
    for (let at = from; at < to; at += stride) items.push(value[at]);
    return items;
  }

  #holds(filter: Extract<JsonPathNode, { kind: 'filter' }>, item: unknown): boolean {
    const left = this.#operand(filter.left, item);
    if (filter.operator === 'exists') return left.length > 0;
    const right = this.#operand(filter.right, item);
    if (left.length === 0) return false;
    if (left.length > 1) throw new JsonPathError('can only compare one element at a time');
    if (right.length === 0) return false;
    if (right.length > 1) throw new JsonPathError('can only compare one element at a time');
    return compare(left[0], filter.operator, right[0]);
  }

  /** Inside a filter a missing field never is a problem. */
  #operand(steps: readonly JsonPathNode[], item: unknown): unknown[] {
    return new Evaluation(this.#root, true, this.#budget).#walk(steps, [item]);
  }
}

function compare(a: unknown, operator: string, b: unknown): boolean {
  if (a instanceof IntegerLiteral !== b instanceof IntegerLiteral && isNumber(a) && isNumber(b)) {
    throw new JsonPathError('incompatible types for comparison');
  }
  const [left, right] = [unwrap(a), unwrap(b)];
  if (
    left === null ||
    right === null ||
    isObject(left) ||
    isObject(right) ||
    Array.isArray(left) ||
    Array.isArray(right)
  ) {
    if (operator === '==' || operator === '!=') return (left === right) === (operator === '==');
    throw new JsonPathError('invalid type for comparison');
  }
  if (typeof left !== typeof right) throw new JsonPathError('incompatible types for comparison');
  switch (operator) {
    case '==':
      return left === right;
    case '!=':
      return left !== right;
    case '<':
      return (left as number) < (right as number);
    case '>':
      return (left as number) > (right as number);
    case '<=':
      return (left as number) <= (right as number);
    default:
      return (left as number) >= (right as number);
  }
}

function isNumber(value: unknown): boolean {
  return typeof value === 'number' || value instanceof IntegerLiteral;
}

function unwrap(value: unknown): unknown {
  return value instanceof IntegerLiteral ? value.value : value;
}

function sortedValues(value: Readonly<Record<string, unknown>>): unknown[] {
  return Object.keys(value)
    .sort()
    .map((key) => value[key]);
}

/** The value itself and everything below it, depth first. */
function descendants(value: unknown): unknown[] {
  const children = Array.isArray(value) ? value : isObject(value) ? sortedValues(value) : [];
  return [
    value,
    ...children.flatMap((child) => (typeof child === 'object' && child !== null ? descendants(child) : [])),
  ];
}

function typeName(value: unknown): string {
  return isObject(value) ? 'map[string]interface {}' : typeof value === 'number' ? 'float64' : typeof value;
}
