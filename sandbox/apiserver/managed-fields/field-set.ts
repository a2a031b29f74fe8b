// A set of field paths, as managedFields holds them: a trie whose path elements are spelled as in FieldsV1 (`f:name`,
// `k:{"name":"a"}`, `v:"x"`, `i:0`). A path is a member, or has children, or both. Sets are never changed in place, and
// an operation that changes nothing returns its first set itself, with what was made of it.

import { isObject } from '../json.ts';
import type { JsonObject } from '../kinds/types.ts';

export interface FieldSet {
  readonly members: ReadonlySet<string>;
  /** Never empty sets. */
  readonly children: ReadonlyMap<string, FieldSet>;
  /** What `toFieldsV1` has made of it. */
  written?: JsonObject;
}

export const emptySet: FieldSet = { members: new Set(), children: new Map() };

export function isEmpty(set: FieldSet): boolean {
  return set.members.size === 0 && set.children.size === 0;
}

/** Collects paths. */
export class FieldSetBuilder {
  readonly #members = new Set<string>();
  readonly #children = new Map<string, FieldSetBuilder>();

  insert(element: string): void {
    this.#members.add(element);
  }

  child(element: string): FieldSetBuilder {
    let child = this.#children.get(element);
    if (child === undefined) {
      child = new FieldSetBuilder();
      this.#children.set(element, child);
    }
    return child;
  }

  build(): FieldSet {
    const children = new Map<string, FieldSet>();
    for (const [element, builder] of this.#children) {
      const child = builder.build();
      if (!isEmpty(child)) children.set(element, child);
    }
    return { members: this.#members, children };
  }
}

export function union(a: FieldSet, b: FieldSet): FieldSet {
  if (isEmpty(a)) return b;
  if (isEmpty(b) || a === b) return a;
  let children: Map<string, FieldSet> | undefined;
  for (const [element, child] of b.children) {
    const own = a.children.get(element);
    const both = own === undefined ? child : union(own, child);
    if (both === own) continue;
    children ??= new Map(a.children);
    children.set(element, both);
  }
  const isMore = !b.members.isSubsetOf(a.members);
  if (!isMore && children === undefined) return a;
  return { members: isMore ? a.members.union(b.members) : a.members, children: children ?? a.children };
}

export function intersection(a: FieldSet, b: FieldSet): FieldSet {
  const children = new Map<string, FieldSet>();
  for (const [element, child] of a.children) {
    const other = b.children.get(element);
    if (other === undefined) continue;
    const common = intersection(child, other);
    if (!isEmpty(common)) children.set(element, common);
  }
  return { members: a.members.intersection(b.members), children };
}

/** Paths of `a` that are not in `b`; what lies below a member of `b` stays. */
export function difference(a: FieldSet, b: FieldSet): FieldSet {
  let children: Map<string, FieldSet> | undefined;
  for (const [element, other] of b.children) {
    const child = a.children.get(element);
    const left = child === undefined ? undefined : difference(child, other);
    if (left === undefined || left === child) continue;
    children ??= new Map(a.children);
    if (isEmpty(left)) children.delete(element);
    else children.set(element, left);
  }
  const isLess = !a.members.isDisjointFrom(b.members);
  if (!isLess && children === undefined) return a;
  return { members: isLess ? a.members.difference(b.members) : a.members, children: children ?? a.children };
}

/** Without the elements of the first level, and all below them, that are not kept. */
export function keepElements(set: FieldSet, isKept: (element: string) => boolean): FieldSet {
  const isWhole = [...set.members].every(isKept) && [...set.children.keys()].every(isKept);
  if (isWhole) return set;
  return {
    members: new Set([...set.members].filter(isKept)),
    children: new Map([...set.children].filter(([element]) => isKept(element))),
  };
}

export function equalSets(a: FieldSet, b: FieldSet): boolean {
  if (a.members.size !== b.members.size || a.children.size !== b.children.size) return false;
  for (const element of a.members) if (!b.members.has(element)) return false;
  for (const [element, child] of a.children) {
    const other = b.children.get(element);
    if (other === undefined || !equalSets(child, other)) return false;
  }
  return true;
}

/** All paths, each as the list of its elements. */
export function* pathsOf(set: FieldSet, prefix: readonly string[] = []): Generator<readonly string[]> {
  const elements = new Set([...set.members, ...set.children.keys()]);
  for (const element of [...elements].sort(compareElements)) {
    const path = [...prefix, element];
    if (set.members.has(element)) yield path;
    const child = set.children.get(element);
    if (child !== undefined) yield* pathsOf(child, path);
  }
}

/** Frozen: the same set gives the same object. */
export function toFieldsV1(set: FieldSet): JsonObject {
  set.written ??= Object.freeze(writeFields(set));
  return set.written;
}

const leafFields: JsonObject = Object.freeze({});

function writeFields(set: FieldSet): JsonObject {
  const result: JsonObject = {};
  const elements = set.children.size === 0 ? set.members : new Set([...set.members, ...set.children.keys()]);
  for (const element of [...elements].sort(compareElements)) {
    const child = set.children.get(element);
    if (child === undefined) result[element] = leafFields;
    else if (set.members.has(element)) result[element] = { '.': leafFields, ...toFieldsV1(child) };
    else result[element] = toFieldsV1(child);
  }
  return result;
}

/** Throws TypeError on what is no FieldsV1. */
export function fromFieldsV1(fields: unknown): FieldSet {
  if (!isObject(fields)) throw new TypeError('fieldsV1 must be an object');
  const members = new Set<string>();
  const children = new Map<string, FieldSet>();
  for (const [element, below] of Object.entries(fields)) {
    if (element === '.') continue;
    if (!/^[fkvi]:/.test(element)) throw new TypeError(`${element} is no path element`);
    if (!isObject(below)) throw new TypeError(`${element} must hold an object`);
    const keys = Object.keys(below);
    if (keys.length === 0 || Object.hasOwn(below, '.')) members.add(element);
    if (keys.some((key) => key !== '.')) children.set(element, fromFieldsV1(below));
  }
  return { members, children };
}

function compareElements(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** `.spec.template.spec.containers[name="main"].image`, as conflicts name it. */
export function formatPath(path: readonly string[]): string {
  return path
    .map((element) => {
      const value = element.slice(2);
      if (element.startsWith('f:')) return `.${value}`;
      if (element.startsWith('v:')) return `[=${value}]`;
      if (element.startsWith('i:')) return `[${value}]`;
      const keys = Object.entries(JSON.parse(value) as Record<string, unknown>);
      return `[${keys.map(([key, one]) => `${key}=${JSON.stringify(one)}`).join(',')}]`;
    })
    .join('');
}
