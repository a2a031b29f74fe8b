// A client with a fixed rate: every request is due at a fixed instant, whatever the answers do (an open loop, so that
// slow answers do not hide behind fewer requests).

import { Agent, request as httpRequest } from 'node:http';
import type { Clock, TimerHandle } from '../../controller/lang/time.ts';
import { type LoadResult, type LoadSummary, Tally } from './tally.ts';

export interface LoadOptions {
  readonly clock: Clock;
  /** The proxy's address. */
  readonly port: number;
  /** The Host header; it decides which Ingress serves. */
  readonly host: string;
  readonly path: string;
  readonly requestsPerSecond: number;
  /** Default 10 s; a slower answer is a failure. */
  readonly timeoutMs?: number;
}

/** A load that runs. */
export interface Load {
  summary(windowSeconds: number): LoadSummary;
  stop(): void;
}

export function startLoad(options: LoadOptions): Load {
  const { clock } = options;
  const tally = new Tally();
  const agent = new Agent({ keepAlive: true });
  const gapMs = 1000 / options.requestsPerSecond;
  let dueAt = clock.now();
  let timer: TimerHandle | undefined;
  let stopped = false;

  function tick(): void {
    if (stopped) return;
    const now = clock.now();
    // After a stall (a suspended laptop) the missed requests are not made up for.
    if (now - dueAt > 1000) dueAt = now;
    for (; dueAt <= now; dueAt += gapMs) {
      send(options, agent, (result) => {
        if (!stopped) tally.record(clock.now(), result);
      });
    }
    timer = clock.schedule(Math.max(1, dueAt - now), tick);
  }
  tick();
  return {
    summary: (windowSeconds) => tally.summary(clock.now(), windowSeconds),
    stop() {
      stopped = true;
      timer?.cancel();
      agent.destroy();
    },
  };
}

/** Whether one request is answered without a failure now. */
export function isServed(target: Omit<LoadOptions, 'requestsPerSecond'>): Promise<boolean> {
  const agent = new Agent();
  return new Promise((resolve) => {
    send({ ...target, requestsPerSecond: 1 }, agent, ({ failed }) => resolve(!failed));
  });
}

function send(options: LoadOptions, agent: Agent, done: (result: LoadResult) => void): void {
  const startedAt = options.clock.now();
  let version: string | undefined;
  let podHash: string | undefined;
  let told = false;
  const tell = (failure?: string): void => {
    if (told) return;
    told = true;
    const latencyMs = options.clock.now() - startedAt;
    done({ version, podHash, failed: failure !== undefined, latencyMs, ...(failure === undefined ? {} : { failure }) });
  };
  const request = httpRequest({
    agent,
    host: '127.0.0.1',
    port: options.port,
    path: options.path,
    headers: { host: options.host },
    timeout: options.timeoutMs ?? 10_000,
  });
  request.on('response', (response) => {
    version = headerOf(response.headers['x-slipway-version']) ?? headerOf(response.headers['x-slipway-service']);
    const hash = headerOf(response.headers['x-slipway-pod-template-hash']);
    podHash = hash ?? hashInName(headerOf(response.headers['x-slipway-pod']));
    const status = response.statusCode ?? 0;
    response.resume();
    response.on('end', () => tell(status >= 500 || status === 404 ? String(status) : undefined));
    response.on('error', () => tell('broken answer'));
  });
  request.on('timeout', () => {
    tell('timeout');
    request.destroy();
  });
  request.on('error', (error: NodeJS.ErrnoException) => tell(error.code ?? 'broken connection'));
  request.end();
}

function headerOf(value: string | readonly string[] | undefined): string | undefined {
  return typeof value === 'string' ? value : value?.[0];
}

/** Pods of a ReplicaSet are called NAME-HASH-XXXXX. */
function hashInName(pod: string | undefined): string | undefined {
  return /-([a-z0-9]+)-[a-z0-9]{5}$/.exec(pod ?? '')?.[1];
}
