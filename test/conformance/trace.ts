// A recorded trace as data: the history of every object, the events about it, and the actions in between. What the
// reference recorded (test/fixtures/traces) and what a run of ours recorded have the same shape, so that they compare.

import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { applyMergePatch } from '../../controller/lang/merge-patch.ts';
import { withoutUids } from './normalise.ts';

export type Fields = Readonly<Record<string, unknown>>;

/** One version of an object; `object` is undefined from its deletion on. */
export interface Version {
  readonly atMs: number;
  /** Orders versions of different objects. */
  readonly row: number;
  readonly object: Fields | undefined;
}

export interface TraceEvent {
  readonly atMs: number;
  readonly type: string;
  readonly reason: string;
  readonly message: string;
  readonly count: number;
}

export interface History {
  /** By `Kind/name`, in order of time. */
  readonly objects: ReadonlyMap<string, readonly Version[]>;
  readonly events: ReadonlyMap<string, readonly TraceEvent[]>;
  readonly endMs: number;
}

export interface Action {
  readonly row: number;
  readonly atMs: number;
  readonly text: string;
  readonly manifest?: string;
  /** The world as it stood before the action. */
  readonly before: ReadonlyMap<string, Fields>;
  /** When the world got into that state, as far as waiting can see it. */
  readonly stateSinceMs: number;
}

export interface Trace extends History {
  readonly name: string;
  readonly about: string;
  readonly actions: readonly Action[];
  readonly notes: readonly string[];
  /** When the world got into its last state. */
  readonly endStateSinceMs: number;
}

interface Row {
  readonly atMs: number;
  readonly action?: string;
  readonly manifest?: string;
  readonly added?: string;
  readonly object?: Fields;
  readonly changed?: string;
  readonly patch?: Fields;
  readonly deleted?: string;
  readonly event?: { on: string; type: string; reason: string; message: string; count: number };
  readonly note?: string;
}

const fixtures = fileURLToPath(new URL('../fixtures/traces', import.meta.url));

export function traceNames(): string[] {
  return readdirSync(fixtures)
    .filter((file) => file.endsWith('.json'))
    .map((file) => basename(file, '.json'))
    .toSorted();
}

/** `stateOf` says what waiting looks at: an action is due as long after that state began as in the recording. */
export function readTrace(name: string, stateOf: (world: ReadonlyMap<string, Fields>) => string): Trace {
  const file = JSON.parse(readFileSync(join(fixtures, `${name}.json`), 'utf8')) as {
    readonly about: string;
    readonly rows: readonly Row[];
  };
  const objects = new Map<string, Version[]>();
  const events = new Map<string, TraceEvent[]>();
  const world = new Map<string, Fields>();
  const actions: Action[] = [];
  const notes: string[] = [];
  let state = '';
  let stateSinceMs = 0;
  for (const [row, entry] of file.rows.entries()) {
    const { atMs } = entry;
    if (entry.action !== undefined) {
      const manifest = entry.manifest === undefined ? {} : { manifest: entry.manifest };
      actions.push({ row, atMs, text: entry.action, ...manifest, before: new Map(world), stateSinceMs });
    } else if (entry.event) {
      const { on, ...event } = entry.event;
      append(events, on, { atMs, ...event });
    } else if (entry.note !== undefined) notes.push(entry.note);
    else applyRow(entry, row, world, objects);
    const now = stateOf(world);
    if (now !== state) {
      state = now;
      stateSinceMs = atMs;
    }
  }
  const endMs = file.rows.at(-1)?.atMs ?? 0;
  return { name, about: file.about, objects, events, actions, notes, endMs, endStateSinceMs: stateSinceMs };
}

function applyRow(row: Row, index: number, world: Map<string, Fields>, objects: Map<string, Version[]>): void {
  const name = row.added ?? row.changed ?? row.deleted;
  const key = name === undefined ? undefined : withoutUids(name);
  if (key === undefined) throw new Error(`a row of an unknown kind: ${JSON.stringify(row)}`);
  const object = row.deleted
    ? undefined
    : row.added
      ? (row.object ?? {})
      : (applyMergePatch(world.get(key) ?? {}, row.patch) as Fields);
  if (object) world.set(key, object);
  else world.delete(key);
  append(objects, key, { atMs: row.atMs, row: index, object });
}

export function append<T>(lists: Map<string, T[]>, key: string, item: T): void {
  const list = lists.get(key);
  if (list) list.push(item);
  else lists.set(key, [item]);
}

/** The world at the end of a history. */
export function worldAtEnd(history: History): Map<string, Fields> {
  const world = new Map<string, Fields>();
  for (const [key, versions] of history.objects) {
    const last = versions.at(-1)?.object;
    if (last) world.set(key, last);
  }
  return world;
}
