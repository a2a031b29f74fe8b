// `npm start -- --state DIR`: the cluster's storage in a file, written soon after each change and at the end, and read
// at the next start.

import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock, TimerHandle } from '../controller/lang/time.ts';
import { readSnapshot, writeSnapshot } from './apiserver/snapshot-file.ts';
import type { Snapshot, Storage } from './apiserver/storage.ts';
import { takePidFile } from './instance.ts';

export interface ClusterState {
  /** What was kept; undefined at the first start. */
  readonly snapshot: Snapshot | undefined;
  /** Keeps every change from now on. */
  follow(storage: Storage): void;
  /** Writes what is not written yet, and lets the folder go. */
  close(): void;
}

/** Many changes in a row are written once. */
const writeAfterMs = 500;

/** Throws with a plain message when the folder cannot be used or holds something else. */
export function openState(folder: string, options: { readonly clock: Clock; readonly pid: number }): ClusterState {
  const file = join(folder, 'cluster.json');
  const pidFile = join(folder, 'pid');
  makeFolder(folder);
  if (!takePidFile(pidFile, options.pid)) throw new Error(`--state ${folder}: another sandbox keeps its cluster there`);
  let snapshot: Snapshot | undefined;
  try {
    snapshot = existsSync(file) ? readSnapshot(file) : undefined;
  } catch (problem) {
    rmSync(pidFile, { force: true });
    throw new Error(`--state: ${(problem as Error).message}; move it away to begin anew`);
  }
  let followed: Storage | undefined;
  let stop: () => void = () => undefined;
  let timer: TimerHandle | undefined;
  const write = (): void => {
    timer?.cancel();
    timer = undefined;
    if (followed !== undefined) writeSnapshot(file, followed);
  };
  return {
    snapshot,
    follow(storage) {
      followed = storage;
      write();
      stop = storage.subscribe('*', () => {
        timer ??= options.clock.schedule(writeAfterMs, write);
      });
    },
    close() {
      stop();
      if (timer !== undefined) write();
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
