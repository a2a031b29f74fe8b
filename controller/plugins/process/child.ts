// A plugin as a process of the operating system: started, listened to, ended. None outlives the controller: what still
// runs when this process exits is killed.

import { type ChildProcess, spawn } from 'node:child_process';
import { PluginError } from '../plugin-error.ts';
import { Lines } from './lines.ts';

export interface Child {
  /** The first line of stdout. Rejects with a PluginError when the program cannot be started, or ends before it. */
  readonly firstLine: Promise<string>;
  /** How it ended, in Go's words. */
  readonly ended: Promise<string>;
  /** At once. */
  kill(): void;
}

export interface ChildOptions {
  readonly path: string;
  readonly args: readonly string[];
  /** Whole. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Told each further line of stdout, and those of stderr. */
  readonly onLine: (line: string) => void;
}

const running = new Set<ChildProcess>();

/** Nothing can be waited for then. */
function killAll(): void {
  for (const child of running) child.kill('SIGKILL');
}

export function startChild({ path, args, environment, onLine }: ChildOptions): Child {
  const child = spawnPlugin(path, args, environment);
  const firstLine = Promise.withResolvers<string>();
  const ended = Promise.withResolvers<string>();
  // Who started it asks for the line; when nobody does, its failure is told by `ended`.
  firstLine.promise.catch(() => {});
  if (running.size === 0) process.once('exit', killAll);
  running.add(child);

  const finish = (how: string, problem: string): void => {
    running.delete(child);
    if (running.size === 0) process.off('exit', killAll);
    firstLine.reject(new PluginError(problem));
    ended.resolve(how);
  };
  child.on('error', (error: Error) => {
    if (child.pid === undefined) finish('not started', `it cannot be started: ${startProblem(error)}`);
    else onLine(`it cannot be signalled: ${error.message}`);
  });
  child.once('exit', (code, signal) => {
    const how = signal === null ? `exit status ${code}` : `signal: ${signal}`;
    finish(how, `it ended before it said how to reach it (${how}); the log has what it wrote`);
  });

  let isFirst = true;
  const told = new Lines((line) => {
    if (isFirst) firstLine.resolve(line);
    else onLine(line);
    isFirst = false;
  });
  const complained = new Lines(onLine);
  for (const [stream, lines] of [[child.stdout, told] as const, [child.stderr, complained] as const]) {
    // There is none where no file could be opened for it: 'error' tells of that.
    stream?.on('data', (bytes: Buffer) => lines.push(bytes));
    stream?.on('end', () => lines.end());
    stream?.on('error', (error: Error) => onLine(`it cannot be read: ${error.message}`));
  }
  return { firstLine: firstLine.promise, ended: ended.promise, kill: () => void child.kill('SIGKILL') };
}

function spawnPlugin(path: string, args: readonly string[], environment: ChildOptions['environment']) {
  try {
    return spawn(path, [...args], { env: { ...environment }, stdio: ['ignore', 'pipe', 'pipe'] });
  } catch (error) {
    if (!(error instanceof TypeError)) throw new PluginError(`it cannot be started: ${startProblem(error as Error)}`);
    throw new PluginError('its arguments have something in them that no program can be given');
  }
}

function startProblem(error: Error): string {
  const { code, message }: NodeJS.ErrnoException = error;
  switch (code) {
    case 'EACCES':
      return 'permission denied (is the file system mounted with noexec?)';
    case 'ENOENT':
      return 'no such file, or no interpreter or loader for it';
    case 'E2BIG':
      return 'its arguments, or the environment of the controller, are too long';
    case 'EMFILE':
    case 'ENFILE':
      return 'too many open files';
    case 'ENOEXEC':
      return 'exec format error: it is no program for this machine';
    default:
      return code ?? message;
  }
}
