// `npm start -- --state DIR`: the cluster's storage in a file, each change beside it as soon as it is made, and both read
// at the next start, however the process ended.

import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type Journal, openJournal, replayJournal } from './apiserver/journal.ts';
import { readSnapshot, writeSnapshot } from './apiserver/snapshot-file.ts';
import type { Snapshot, Storage } from './apiserver/storage.ts';
import { takePidFile } from './instance.ts';

export interface ClusterState {
  /** What was kept; undefined at the first start. */
  readonly snapshot: Snapshot | undefined;
  /** Keeps every change from now on. */
  follow(storage: Storage): void;
  /** Puts all into one file, and lets the folder go. */
  close(): void;
}

/** From this size on the journal becomes a snapshot. */
const longestJournalBytes = 8 * 1024 * 1024;

/** Throws with a plain message when the folder cannot be used or holds something else. */
export function openState(folder: string, options: { readonly pid: number }): ClusterState {
  const file = join(folder, 'cluster.json');
  const journalFile = join(folder, 'journal.jsonl');
  const pidFile = join(folder, 'pid');
  makeFolder(folder);
  if (!takePidFile(pidFile, options.pid)) throw new Error(`--state ${folder}: another sandbox keeps its cluster there`);
  let snapshot: Snapshot | undefined;
  try {
    snapshot = existsSync(file) ? replayJournal(journalFile, readSnapshot(file)) : undefined;
  } catch (problem) {
    rmSync(pidFile, { force: true });
    throw new Error(`--state: ${(problem as Error).message}; move it away to begin anew`);
  }
  let followed: { readonly storage: Storage; readonly journal: Journal; readonly stop: () => void } | undefined;
  return {
    snapshot,
    follow(storage) {
      writeSnapshot(file, storage);
      const journal = openJournal(journalFile);
      journal.clear();
      const stop = storage.subscribe('*', (event) => {
        journal.append(event);
        if (journal.length < longestJournalBytes) return;
        writeSnapshot(file, storage);
        journal.clear();
      });
      followed = { storage, journal, stop };
    },
    close() {
      if (followed !== undefined) {
        followed.stop();
        writeSnapshot(file, followed.storage);
        followed.journal.close();
        rmSync(journalFile, { force: true });
      }
      rmSync(pidFile, { force: true });
    },
  };
}

function makeFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  } catch (problem) {
    throw new Error(`--state ${folder}: the folder cannot be made (${(problem as NodeJS.ErrnoException).code})`);
  }
}
