// The cluster of the end-to-end tests: the one that SLIPWAY_TEST_KUBECONFIG names, else a sandbox of its own. The
// controller is the real program in both cases, over HTTPS, with a lease. These tests wait on the real clock: they
// prove the programs as a user runs them.

import { type ChildProcess, execFile, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve as resolvePath } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../..', import.meta.url));

export interface Answer {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface TestCluster {
  readonly isSandbox: boolean;
  readonly kubeconfig: string;
  readonly namespace: string;
  /** The sandbox's proxy; undefined on another cluster. */
  readonly proxyPort: number | undefined;
  /** Address of the sandbox's Prometheus; undefined on another cluster. */
  readonly prometheus: string | undefined;
  /** Of the controller process. */
  readonly controllerPid: number | undefined;
  /** Runs a program with KUBECONFIG, and the project's launchers first in PATH. */
  run(program: string, args: readonly string[], options?: { input?: string; timeoutMs?: number }): Promise<Answer>;
  /** The same, and fails unless it exits with 0. */
  ok(program: string, ...args: readonly string[]): Promise<string>;
  stop(): Promise<void>;
}

/** Why kubectl cannot be used here; undefined when it can. */
export function kubectlMissing(): string | undefined {
  const version = spawnSync('kubectl', ['version', '--client', '-o', 'json'], { encoding: 'utf8' });
  if (version.error) return 'kubectl is not installed';
  const minor = Number.parseInt(JSON.parse(version.stdout || '{}').clientVersion?.minor ?? '0', 10);
  return minor >= 32 ? undefined : `kubectl 1.32 or newer is needed, this is 1.${minor}`;
}

export async function openCluster(
  name: string,
  options: {
    readonly controllerFile?: string /** 50 requests a second to `localhost`. */;
    readonly load?: boolean;
    /** What `npm start` applies by itself. */
    readonly demo?: boolean;
  } = {},
): Promise<TestCluster> {
  const { controllerFile = 'controller/main.ts', load = false, demo = false } = options;
  const named = process.env.SLIPWAY_TEST_KUBECONFIG;
  const parts: ChildProcess[] = [];
  const home = mkdtempSync(join(tmpdir(), 'slipway-e2e-'));
  let proxyPort: number | undefined;
  let prometheus: string | undefined;
  let kubeconfig = named ?? '';
  if (named === undefined) {
    const sandbox = startProgram('scripts/start.js', [
      '--plain',
      ...(demo ? [] : ['--no-demo']),
      ...(load ? [] : ['--no-load']),
      '--no-controller',
      '--start-delay=300ms',
      `--port=${await freePort()}`,
    ]);
    parts.push(sandbox.process);
    const text = await sandbox.printed(/export KUBECONFIG=(\S+)/);
    kubeconfig = /export KUBECONFIG=(\S+)/.exec(text)?.[1] ?? '';
    proxyPort = Number(/localhost:(\d+)/.exec(text)?.[1]);
    prometheus = /Prometheus: (http:\S+)/.exec(text)?.[1];
  }
  const namespace = named === undefined ? 'default' : `slipway-e2e-${name}`;
  const env = {
    ...process.env,
    HOME: home,
    KUBECONFIG: kubeconfig,
    PATH: `${join(root, 'bin')}:${process.env.PATH}`,
    NO_COLOR: '1',
  };
  let controllerPid: number | undefined;
  const cluster: TestCluster = {
    get controllerPid() {
      return controllerPid;
    },
    isSandbox: named === undefined,
    kubeconfig,
    namespace,
    proxyPort,
    prometheus,
    run: (program, args, options = {}) => run(program, args, { env, ...options }),
    async ok(program, ...args) {
      const answer = await cluster.run(program, args);
      if (answer.code !== 0) {
        throw new Error(`${program} ${args.join(' ')} ended with ${answer.code}:\n${answer.stderr}${answer.stdout}`);
      }
      return answer.stdout;
    },
    async stop() {
      for (const part of parts.toReversed()) await endProgram(part);
      rmSync(home, { recursive: true, force: true });
    },
  };
  if (named !== undefined) {
    await cluster.ok('kubectl', 'apply', '--server-side', '-k', join(root, 'crds'));
    await cluster.run('kubectl', ['create', 'namespace', namespace]);
    await cluster.run('kubectl', ['create', 'namespace', 'argo-rollouts']);
  }
  const [metrics, healthz] = [await freePort(), await freePort()];
  const controller = startProgram(
    controllerFile,
    [`--kubeconfig=${kubeconfig}`, `--metricsPort=${metrics}`, `--healthzPort=${healthz}`],
    { ...process.env, ...(prometheus === undefined ? {} : { ARGO_ROLLOUTS_PROMETHEUS_ADDRESS: prometheus }) },
  );
  parts.push(controller.process);
  controllerPid = controller.process.pid;
  await controller.printed(/Started controllers/);
  return cluster;
}

interface Program {
  readonly process: ChildProcess;
  /** Everything printed so far, once the pattern is in it; rejects when the program ends before. */
  printed(pattern: RegExp, timeoutMs?: number): Promise<string>;
}

/** `file` is a path below the project, or absolute. */
export function startProgram(
  file: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = process.env,
  nodeFlags: readonly string[] = [],
  cwd?: string,
): Program {
  const child = spawn(process.execPath, [...nodeFlags, resolvePath(root, file), ...args], {
    env,
    cwd,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let text = '';
  const listeners = new Set<() => void>();
  const heard = (chunk: Buffer): void => {
    text += chunk.toString();
    for (const listener of listeners) listener();
  };
  child.stdout.on('data', heard);
  child.stderr.on('data', heard);
  return {
    process: child,
    printed: (pattern, timeoutMs = 20_000) =>
      new Promise((resolve, reject) => {
        const timer = setTimeout(() => done(new Error(`${file} did not print ${pattern}:\n${text}`)), timeoutMs);
        const ended = (): void => done(new Error(`${file} ended before it printed ${pattern}:\n${text}`));
        const check = (): void => {
          if (pattern.test(text)) done();
        };
        const done = (problem?: Error): void => {
          clearTimeout(timer);
          listeners.delete(check);
          child.off('exit', ended);
          if (problem === undefined) resolve(text);
          else reject(problem);
        };
        listeners.add(check);
        child.on('exit', ended);
        check();
      }),
  };
}

export async function endProgram(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGTERM');
  const force = setTimeout(() => child.kill('SIGKILL'), 5000);
  await exited;
  clearTimeout(force);
}

function run(
  program: string,
  args: readonly string[],
  options: { env: NodeJS.ProcessEnv; input?: string; timeoutMs?: number },
): Promise<Answer> {
  return new Promise((resolve) => {
    const child = execFile(
      program,
      [...args],
      { env: options.env, cwd: root, timeout: options.timeoutMs ?? 60_000, maxBuffer: 16 * 1024 * 1024 },
      (error, stdout, stderr) => {
        const code = error === null ? 0 : typeof error.code === 'number' ? error.code : 1;
        resolve({ code, stdout, stderr });
      },
    );
    // A program that ends without reading its input is told by its exit code.
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(options.input ?? '');
  });
}

export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}

/** Polls until `check` returns a value; fails with what the last attempt said. */
export async function eventually<T>(what: string, check: () => Promise<T | undefined>, timeoutMs = 30_000): Promise<T> {
  const until = Date.now() + timeoutMs;
  let last: unknown;
  while (Date.now() < until) {
    try {
      const value = await check();
      if (value !== undefined) return value;
    } catch (problem) {
      last = problem;
    }
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  throw new Error(`in ${timeoutMs / 1000} s it never became true: ${what}${last === undefined ? '' : ` (${last})`}`);
}

/** Whether a program can be started here. */
export function isInstalled(program: string): boolean {
  return spawnSync(program, ['--version'], { stdio: 'ignore' }).error === undefined;
}

export interface Traffic {
  readonly byVersion: Readonly<Record<string, number>>;
  readonly failed: number;
}

/** `count` requests for `/color`, ten at a time. */
export async function sendRequests(port: number, host: string, count: number): Promise<Traffic> {
  const byVersion: Record<string, number> = {};
  let failed = 0;
  let sent = 0;
  const worker = async (): Promise<void> => {
    while (sent < count) {
      sent += 1;
      const version = await ask(port, host);
      if (version === undefined) failed += 1;
      else byVersion[version] = (byVersion[version] ?? 0) + 1;
    }
  };
  await Promise.all(Array.from({ length: 10 }, worker));
  return { byVersion, failed };
}

/** A steady load until `stop`, which tells what it saw. */
export function keepSending(port: number, host: string): { stop(): Promise<Traffic> } {
  const byVersion: Record<string, number> = {};
  let failed = 0;
  let running = true;
  const loop = (async () => {
    while (running) {
      const version = await ask(port, host);
      if (version === undefined) failed += 1;
      else byVersion[version] = (byVersion[version] ?? 0) + 1;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  })();
  return {
    async stop() {
      running = false;
      await loop;
      return { byVersion, failed };
    },
  };
}

function ask(port: number, host: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const request = httpRequest({ host: '127.0.0.1', port, path: '/color', headers: { host } }, (response) => {
      response.resume();
      response.on('end', () => {
        const failed = (response.statusCode ?? 500) >= 400;
        resolve(failed ? undefined : String(response.headers['x-slipway-version']));
      });
    });
    request.on('error', () => resolve(undefined));
    request.end();
  });
}
