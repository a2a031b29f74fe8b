// Replays the exchanges of one recorded subject on a fresh sandbox. What the real cluster's controllers did between two
// requests is not recorded: an exchange that does not match is tried again after letting the sandbox's do a little more.

import { readFileSync } from 'node:fs';
import { anonymous } from '../../sandbox/apiserver/authorize.ts';
import { unauthorized } from '../../sandbox/apiserver/refusals.ts';
import { createApiServer } from '../../sandbox/apiserver/server.ts';
import type { ApiRequest, ApiResponse, WatchFrame } from '../../sandbox/apiserver/types.ts';
import { VirtualClock } from '../../sandbox/clock.ts';
import { seededRandom } from '../../sandbox/random.ts';
import { Bindings, fillIn, findDifference } from './golden-match.ts';

interface Exchange {
  readonly note?: string;
  readonly request: {
    readonly method: string;
    readonly path: string;
    readonly auth: string;
    readonly contentType?: string;
    readonly accept?: string;
    readonly body?: unknown;
  };
  readonly response: {
    readonly status: number;
    readonly headers: Readonly<Record<string, string>>;
    readonly body?: unknown;
    readonly frames?: readonly unknown[];
  };
}

export interface Result {
  readonly title: string;
  readonly difference: string | undefined;
}

export async function replayGolden(folder: URL, subject: string): Promise<Result[]> {
  const { exchanges } = read(folder, subject) as { exchanges: readonly Exchange[] };
  const setup = read(folder, '_setup') as { namespace: string; customResourceDefinition: unknown };
  const clock = new VirtualClock();
  const server = createApiServer({
    clock,
    random: seededRandom(subject),
    onUnexpected: (problem) => console.error(problem),
  });
  const prepare = (path: string, body: unknown): Promise<ApiResponse> => server.handle({ method: 'POST', path, body });
  await prepare('/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: setup.namespace } });
  if (subject !== 'crd-life') {
    await prepare('/apis/apiextensions.k8s.io/v1/customresourcedefinitions', setup.customResourceDefinition);
  }
  const bindings = new Bindings();
  const results: Result[] = [];
  for (const [index, exchange] of exchanges.entries()) {
    await clock.runFor(1000);
    const { method, path } = exchange.request;
    const note = exchange.note === undefined ? '' : ` (${exchange.note})`;
    const got = await ask(server, clock, fillIn(exchange.request, bindings));
    results.push({
      title: `${subject} ${index}: ${method} ${path}${note}`,
      difference: compare(exchange, got, bindings),
    });
  }
  server.close();
  return results;
}

function read(folder: URL, name: string): unknown {
  return JSON.parse(readFileSync(new URL(`${name}.json`, folder), 'utf8'));
}

interface Answer {
  readonly response: ApiResponse;
  readonly frames: readonly WatchFrame[] | undefined;
}

async function ask(
  server: ReturnType<typeof createApiServer>,
  clock: VirtualClock,
  request: Exchange['request'],
): Promise<Answer> {
  if (request.auth === 'unknown token') {
    const refusal = unauthorized();
    const headers = { 'content-type': 'application/json' };
    return { response: { status: 401, headers, body: refusal.status() }, frames: undefined };
  }
  const [path, query] = request.path.split('?') as [string, string?];
  const asked: ApiRequest = {
    method: request.method,
    path,
    query: query ?? '',
    headers: { 'content-type': request.contentType, accept: request.accept },
    body: typeof request.body === 'object' ? JSON.stringify(request.body) : request.body,
    ...(request.auth === 'none' ? { user: anonymous } : {}),
  };
  const response = await server.handle(asked);
  if (response.stream === undefined) return { response, frames: undefined };
  const frames: WatchFrame[] = [];
  let isOver = false;
  response.stream.start({
    frame: (frame) => frames.push(frame),
    end: () => {
      isOver = true;
    },
  });
  await clock.runUntil(() => isOver, { limitMs: 10_000 });
  return { response, frames };
}

const comparedHeaders = ['content-type', 'warning', 'retry-after'];

function compare(exchange: Exchange, got: Answer, bindings: Bindings): string | undefined {
  const { status, headers, body, frames } = exchange.response;
  if (status !== got.response.status) {
    return `status: wanted ${status}, got ${got.response.status} ${JSON.stringify(got.response.body).slice(0, 300)}`;
  }
  for (const name of comparedHeaders) {
    if (headers[name] !== got.response.headers[name]) {
      return `header ${name}: wanted ${headers[name]}, got ${got.response.headers[name]}`;
    }
  }
  const wanted = frames ?? body;
  const plain = JSON.parse(JSON.stringify(got.frames ?? got.response.body ?? null)) as unknown;
  return findDifference(wanted ?? null, plain, bindings);
}
