// What was written since the last snapshot, a line for each write, before its answer goes out: so a cluster survives the
// end of its process at any moment (kill -9). Like the snapshot, readable by its owner alone.

import { closeSync, existsSync, ftruncateSync, openSync, readFileSync, writeSync } from 'node:fs';
import { at, isObject } from './json.ts';
import type { ApiObject } from './kinds/types.ts';
import { type Snapshot, type StorageEvent, storageKey } from './storage.ts';

export interface Journal {
  /** Bytes since it was last cleared. */
  readonly length: number;
  append(event: StorageEvent): void;
  /** A snapshot has all of it. */
  clear(): void;
  close(): void;
}

interface Line {
  readonly revision: number;
  readonly type: StorageEvent['type'];
  readonly resource: string;
  readonly object: ApiObject;
}

export function openJournal(path: string): Journal {
  const file = openSync(path, 'a', 0o600);
  let length = 0;
  return {
    get length() {
      return length;
    },
    append({ revision, type, resource, object }) {
      const line: Line = { revision, type, resource, object };
      length += writeSync(file, `${JSON.stringify(line)}\n`);
    },
    clear() {
      ftruncateSync(file, 0);
      length = 0;
    },
    close: () => closeSync(file),
  };
}

/** The snapshot with all that came after it. A last line that was not written whole was never answered. */
export function replayJournal(path: string, snapshot: Snapshot): Snapshot {
  if (!existsSync(path)) return snapshot;
  const tables = new Map(
    Object.entries(snapshot.resources).map(([resource, objects]) => [
      resource,
      new Map(objects.map((object) => [keyOf(object), object])),
    ]),
  );
  let { revision } = snapshot;
  for (const { resource, type, object, revision: written } of readLines(path)) {
    // The process ended between a snapshot and the clearing of the journal.
    if (written <= snapshot.revision) continue;
    let table = tables.get(resource);
    if (table === undefined) {
      table = new Map();
      tables.set(resource, table);
    }
    if (type === 'DELETED') table.delete(keyOf(object));
    else table.set(keyOf(object), object);
    revision = written;
  }
  const resources = Object.fromEntries([...tables].map(([resource, table]) => [resource, [...table.values()]]));
  return { revision, resources };
}

function readLines(path: string): Line[] {
  const written = readFileSync(path, 'utf8').split('\n');
  return written.flatMap((text, index) => {
    if (text === '') return [];
    const line = parseLine(text);
    if (line !== undefined) return [line];
    if (index === written.length - 1) return [];
    throw new Error(`${path} is no journal of a sandbox (line ${index + 1})`);
  });
}

function parseLine(text: string): Line | undefined {
  try {
    const line: unknown = JSON.parse(text);
    const isWhole = isObject(line) && typeof line.revision === 'number' && isObject(at(line, 'object', 'metadata'));
    return isWhole ? (line as unknown as Line) : undefined;
  } catch (problem) {
    if (problem instanceof SyntaxError) return undefined;
    throw problem;
  }
}

function keyOf({ metadata }: ApiObject): string {
  return storageKey(metadata.namespace as string | undefined, metadata.name as string);
}
