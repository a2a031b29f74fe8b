// One `npm start` among several on a machine: its number, its kubeconfig at a stable path, and whether the process that
// started it still lives.

import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Instance {
  readonly number: number;
  readonly kubeconfigPath: string;
  /** Frees the number; the kubeconfig goes with it. */
  release(): void;
}

/** The lowest number that no living process holds. Files: `<folder>/kubeconfig`, `<folder>/kubeconfig-2`, … */
export function claimInstance(folder: string, pid: number): Instance {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  for (let number = 1; ; number++) {
    const suffix = number === 1 ? '' : `-${number}`;
    const pidFile = join(folder, `pid${suffix}`);
    if (!takePidFile(pidFile, pid)) continue;
    const kubeconfigPath = join(folder, `kubeconfig${suffix}`);
    return {
      number,
      kubeconfigPath,
      release() {
        rmSync(kubeconfigPath, { force: true });
        rmSync(pidFile, { force: true });
      },
    };
  }
}

/** Whether the file is this process's now; it is not while another living process holds it. */
export function takePidFile(pidFile: string, pid: number): boolean {
  try {
    writeFileSync(pidFile, `${pid}\n`, { flag: 'wx', mode: 0o600 });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  const holder = Number.parseInt(readFileSync(pidFile, 'utf8'), 10);
  if (Number.isInteger(holder) && isAlive(holder)) return false;
  rmSync(pidFile, { force: true });
  return takePidFile(pidFile, pid);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

const parentCheckMs = 500;

/**
 * Calls `lost` once when the parent is gone. npm starts a shell that starts us, and the shell outlives an npm that was
 * killed: under npm the parent's parent is watched as well.
 */
export function watchParent(lost: () => void): { stop(): void } {
  const parent = process.ppid;
  const grandparent = process.env.npm_lifecycle_event === undefined ? undefined : parentOf(parent);
  const timer = setInterval(() => {
    const orphaned = process.ppid !== parent || (grandparent !== undefined && parentOf(parent) !== grandparent);
    if (!orphaned) return;
    clearInterval(timer);
    lost();
  }, parentCheckMs);
  timer.unref();
  return { stop: () => clearInterval(timer) };
}

function parentOf(pid: number): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
  } catch {
    // No /proc (macOS): ps says the same, a little slower.
  }
  try {
    return Number(execFileSync('ps', ['-o', 'ppid=', '-p', String(pid)], { encoding: 'utf8' }).trim());
  } catch {
    return undefined; // the process is gone
  }
}
