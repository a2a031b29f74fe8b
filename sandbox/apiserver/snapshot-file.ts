// The whole storage in a file and back (spec/sandbox.md §1): JSON, readable by its owner alone (it holds Secrets).

import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { isObject } from './json.ts';
import type { Snapshot, Storage } from './storage.ts';

const format = 'slipway-sandbox/1';

export function writeSnapshot(path: string, storage: Storage): void {
  const fresh = `${path}.${process.pid}.new`;
  writeFileSync(fresh, JSON.stringify({ format, ...storage.snapshot() }), { mode: 0o600 });
  renameSync(fresh, path);
}

/** Throws with a plain message when the file is no snapshot. */
export function readSnapshot(path: string): Snapshot {
  let content: unknown;
  try {
    content = JSON.parse(readFileSync(path, 'utf8'));
  } catch (problem) {
    if (!(problem instanceof SyntaxError)) throw problem;
    throw new Error(`${path} is no snapshot of a sandbox: it is no JSON`);
  }
  if (
    !isObject(content) ||
    content.format !== format ||
    typeof content.revision !== 'number' ||
    !isObject(content.resources) ||
    !Object.values(content.resources).every((objects) => Array.isArray(objects) && objects.every(isStored))
  ) {
    throw new Error(`${path} is no snapshot of a sandbox (format ${format})`);
  }
  return { revision: content.revision, resources: content.resources as unknown as Snapshot['resources'] };
}

function isStored(object: unknown): boolean {
  return isObject(object) && isObject(object.metadata) && typeof object.metadata.name === 'string';
}
