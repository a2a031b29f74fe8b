// Which field paths two versions of an object differ in, and which paths an object has: the two questions that
// managedFields stands on (structured-merge-diff's Compare and ToFieldSet).

import { equalJson, isObject } from '../json.ts';
import type { JsonValue, Schema } from '../kinds/types.ts';
import { type FieldSet, FieldSetBuilder } from './field-set.ts';
import { fieldSchema, isEmptyValue, isNamedField, itemElement, itemsByElement, shapeOf } from './typed-value.ts';

export interface Comparison {
  readonly added: FieldSet;
  readonly modified: FieldSet;
  readonly removed: FieldSet;
}

interface Builders {
  readonly added: FieldSetBuilder;
  readonly modified: FieldSetBuilder;
  readonly removed: FieldSetBuilder;
}

export function compareValues(schema: Schema, before: JsonValue, after: JsonValue): Comparison {
  const builders: Builders = {
    added: new FieldSetBuilder(),
    modified: new FieldSetBuilder(),
    removed: new FieldSetBuilder(),
  };
  compareBelow(schema, before, after, builders);
  return { added: builders.added.build(), modified: builders.modified.build(), removed: builders.removed.build() };
}

function compareItem(
  element: string,
  schema: Schema | undefined,
  before: JsonValue | undefined,
  after: JsonValue | undefined,
  builders: Builders,
): void {
  if (equalJson(before, after)) return;
  const isLeaf = isLeafPair(schema, before, after);
  if (before === undefined) builders.added.insert(element);
  else if (after === undefined) builders.removed.insert(element);
  else if (isLeaf) builders.modified.insert(element);
  if (isLeaf) return;
  compareBelow(schema, before, after, {
    added: builders.added.child(element),
    modified: builders.modified.child(element),
    removed: builders.removed.child(element),
  });
}

/** Neither side has anything below itself that merges. Two empty containers count as one piece. */
function isLeafPair(schema: Schema | undefined, before: JsonValue | undefined, after: JsonValue | undefined): boolean {
  if (isEmptyValue(before) && isEmptyValue(after)) return true;
  return shapeOf(schema, before).as === 'leaf' && shapeOf(schema, after).as === 'leaf';
}

function compareBelow(
  schema: Schema | undefined,
  before: JsonValue | undefined,
  after: JsonValue | undefined,
  builders: Builders,
): void {
  const left = shapeOf(schema, before);
  const right = shapeOf(schema, after);
  if (left.as === 'map' || right.as === 'map') {
    const a = left.as === 'map' ? left.value : {};
    const b = right.as === 'map' ? right.value : {};
    for (const key of new Set([...Object.keys(a), ...Object.keys(b)])) {
      const own = (object: typeof a): JsonValue | undefined => (Object.hasOwn(object, key) ? object[key] : undefined);
      compareItem(`f:${key}`, fieldSchema(schema, key), own(a), own(b), builders);
    }
  }
  if (left.as === 'list' || right.as === 'list') {
    const a = itemsByElement(schema, left.as === 'list' ? left.value : []);
    const b = itemsByElement(schema, right.as === 'list' ? right.value : []);
    for (const element of new Set([...a.keys(), ...b.keys()])) {
      compareItem(element, schema?.items, a.get(element), b.get(element), builders);
    }
  }
}

/** The paths of a value: its leaves, keys of maps and items of lists; containers that structs name are not members. */
export function fieldSetOf(schema: Schema, value: JsonValue): FieldSet {
  const builder = new FieldSetBuilder();
  collect(schema, value, builder);
  return builder.build();
}

function collect(schema: Schema | undefined, value: JsonValue, builder: FieldSetBuilder): void {
  const shape = shapeOf(schema, value);
  if (shape.as === 'map') {
    for (const [key, member] of Object.entries(shape.value)) {
      const element = `f:${key}`;
      const below = fieldSchema(schema, key);
      if (isPiece(below, member) || !isNamedField(schema, key)) builder.insert(element);
      collect(below, member, builder.child(element));
    }
  } else if (shape.as === 'list') {
    for (const item of shape.value) {
      const element = itemElement(schema, item);
      if (element === undefined) continue;
      builder.insert(element);
      collect(schema?.items, item, builder.child(element));
    }
  }
}

function isPiece(schema: Schema | undefined, value: JsonValue): boolean {
  return (isObject(value) && Object.keys(value).length === 0) || shapeOf(schema, value).as === 'leaf';
}

/** Adds, as members, the struct fields that lie on the way to members: what removing or keeping items works with. */
export function withNamedFields(set: FieldSet, schema: Schema | undefined): FieldSet {
  const members = new Set(set.members);
  const children = new Map<string, FieldSet>();
  for (const [element, child] of set.children) {
    const isField = element.startsWith('f:');
    const key = element.slice(2);
    if (isField && isNamedField(schema, key)) members.add(element);
    children.set(element, withNamedFields(child, isField ? fieldSchema(schema, key) : schema?.items));
  }
  return { members, children };
}
