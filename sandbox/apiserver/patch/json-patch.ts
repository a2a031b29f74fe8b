// JSON patch (RFC 6902) with the API server's answers to what cannot be applied.

import { cloneJson, define, equalJson, isObject } from '../json.ts';
import type { JsonObject, JsonValue } from '../kinds/types.ts';
import { badRequest, Refusal } from '../refusals.ts';

export interface JsonPatchOperation {
  readonly op: string;
  readonly path: string;
  readonly from: string;
  readonly value: JsonValue;
}

/** More operations than this are refused, as kube-apiserver does. */
const operationLimit = 10_000;

export function decodeJsonPatch(value: unknown): readonly JsonPatchOperation[] {
  if (!Array.isArray(value)) {
    const type = isObject(value) ? 'object' : value === null ? 'null' : typeof value;
    throw badRequest(
      `error decoding patch: json: cannot unmarshal ${type} into Go value of type []handlers.jsonPatchOp`,
    );
  }
  if (value.length > operationLimit) {
    throw new Refusal(
      413,
      'RequestEntityTooLarge',
      `Request entity too large: The allowed maximum operations in a JSON patch is ${operationLimit}, got ${value.length}`,
    );
  }
  return value.map((operation: unknown) => {
    if (!isObject(operation)) throw badRequest('error decoding patch: an operation must be an object');
    const { op, path, from } = operation;
    return {
      op: typeof op === 'string' ? op : '',
      path: typeof path === 'string' ? path : '',
      from: typeof from === 'string' ? from : '',
      value: Object.hasOwn(operation, 'value') ? (operation.value as JsonValue) : null,
    };
  });
}

/** Changes and returns `target`. 422 when an operation does not fit. */
export function applyJsonPatch(target: JsonObject, operations: readonly JsonPatchOperation[]): JsonObject {
  const root: JsonObject = { '': target };
  for (const operation of operations) applyOperation(root, operation);
  const result = root[''];
  if (!isObject(result)) throw doesNotFit();
  return result;
}

function applyOperation(root: JsonObject, { op, path, from, value }: JsonPatchOperation): void {
  switch (op) {
    case 'add':
      return add(root, path, cloneJson(value));
    case 'remove':
      remove(root, path);
      return;
    case 'replace':
      read(root, path);
      if (path !== '') remove(root, path);
      return add(root, path, cloneJson(value));
    case 'move': {
      const moved = read(root, from);
      remove(root, from);
      return add(root, path, moved);
    }
    case 'copy':
      return add(root, path, cloneJson(read(root, from)));
    case 'test':
      if (!equalJson(find(root, path) ?? null, value)) throw doesNotFit();
      return;
    default:
      throw doesNotFit();
  }
}

function doesNotFit(): Refusal {
  return new Refusal(422, 'Invalid', 'the server rejected our request due to an error in our request', {});
}

function tokens(path: string): string[] {
  if (path === '') return [''];
  if (!path.startsWith('/')) throw doesNotFit();
  return path.split('/').map((token) => token.replace(/~1/g, '/').replace(/~0/g, '~'));
}

/** The container of the last token, which is returned too. */
function locate(root: JsonObject, path: string): { container: JsonValue; key: string } {
  const parts = tokens(path);
  let container: JsonValue = root;
  for (const part of parts.slice(0, -1)) {
    const next = step(container, part);
    if (next === undefined) throw doesNotFit();
    container = next;
  }
  return { container, key: parts.at(-1)! };
}

function step(container: JsonValue, token: string): JsonValue | undefined {
  if (Array.isArray(container)) {
    const index = indexOf(container, token);
    return index < container.length ? container[index] : undefined;
  }
  return isObject(container) && Object.hasOwn(container, token) ? container[token] : undefined;
}

/** Negative indexes count from the end, as the library of the API server allows. */
function indexOf(list: readonly JsonValue[], token: string): number {
  if (!/^-?\d+$/.test(token)) throw doesNotFit();
  const index = Number(token);
  const counted = index < 0 ? list.length + index : index;
  if (counted < 0) throw doesNotFit();
  return counted;
}

function find(root: JsonObject, path: string): JsonValue | undefined {
  const { container, key } = locate(root, path);
  return step(container, key);
}

function read(root: JsonObject, path: string): JsonValue {
  const value = find(root, path);
  if (value === undefined) throw doesNotFit();
  return value;
}

function add(root: JsonObject, path: string, value: JsonValue): void {
  const { container, key } = locate(root, path);
  if (Array.isArray(container)) {
    const index = key === '-' ? container.length : indexOf(container, key);
    if (index > container.length) throw doesNotFit();
    container.splice(index, 0, value);
  } else if (isObject(container)) {
    define(container, key, value);
  } else {
    throw doesNotFit();
  }
}

function remove(root: JsonObject, path: string): void {
  const { container, key } = locate(root, path);
  if (step(container, key) === undefined) throw doesNotFit();
  if (Array.isArray(container)) container.splice(indexOf(container, key), 1);
  else if (isObject(container)) delete container[key];
}
