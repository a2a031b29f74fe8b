// A set of field paths, as managedFields holds them: a trie whose path elements are spelled as in FieldsV1 (`f:name`,
// `k:{"name":"a"}`, `v:"x"`, `i:0`). A path is a member, or has children, or both. Sets are never changed in place.

import { isObject } from '../json.ts';
import type { JsonObject } from '../kinds/types.ts';

export interface FieldSet {
  readonly members: ReadonlySet<string>;
  /** Never empty sets. */
  readonly children: ReadonlyMap<string, FieldSet>;
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
  if (isEmpty(b)) return a;
  const children = new Map(a.children);
  for (const [element, child] of b.children) {
    const own = children.get(element);
    children.set(element, own === undefined ? child : union(own, child));
  }
  return { members: a.members.union(b.members), children };
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
  const children = new Map<string, FieldSet>();
  for (const [element, child] of a.children) {
    const other = b.children.get(element);
    const left = other === undefined ? child : difference(child, other);
    if (!isEmpty(left)) children.set(element, left);
  }
  return { members: a.members.difference(b.members), children };
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

export function toFieldsV1(set: FieldSet): JsonObject {
  const result: JsonObject = {};
  const elements = new Set([...set.members, ...set.children.keys()]);
  for (const element of [...elements].sort(compareElements)) {
    const child = set.children.get(element);
    if (child === undefined) result[element] = {};
    else result[element] = { ...(set.members.has(element) ? { '.': {} } : {}), ...toFieldsV1(child) };
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
