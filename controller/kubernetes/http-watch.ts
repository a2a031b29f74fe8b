// One watch over HTTP: frames are JSON lines, split here and handed over in order, synchronously; whatever ends the
// stream is told once (spec/kubernetes.md §1 D2-D4: nothing is swallowed, no time-out but the caller's).

import type { ClientRequest, IncomingMessage } from 'node:http';
import type { AgentPool } from './agent-pool.ts';
import type { ClusterAccess } from './cluster-access.ts';
import { ConnectionFailure, errorOfAnswer, unreachable } from './http-errors.ts';
import { flatHeaders, startRequest } from './http-round-trip.ts';
import { createLineSplitter } from './line-splitter.ts';
import type { KubeError, KubeRequest, WatchFrame, WatchHandle, WatchSink } from './transport.ts';

export function openWatch(options: {
  readonly access: ClusterAccess;
  readonly pool: AgentPool;
  readonly userAgent: string;
  /** Waits for the client's rate limit. */
  readonly admit: () => Promise<void>;
  readonly request: KubeRequest;
  readonly sink: WatchSink;
  readonly onAnswer: (status: number) => void;
}): WatchHandle {
  const { access, pool, sink, onAnswer } = options;
  const request: KubeRequest = { ...options.request, query: { ...options.request.query, watch: true } };
  const { signal } = options.request;
  let client: ClientRequest | undefined;
  let over = false;

  const end = (problem: KubeError | Error | undefined): void => {
    if (over) return;
    over = true;
    signal?.removeEventListener('abort', cancel);
    client?.destroy();
    sink.closed(problem);
  };
  const cancel = (): void => {
    over = true;
    signal?.removeEventListener('abort', cancel);
    client?.destroy();
  };

  const open = async (mayRefresh: boolean): Promise<void> => {
    await options.admit();
    const { agent, headers } = await pool.current();
    if (over) return;
    const started = startRequest({
      server: access.server,
      agent,
      headers: { ...headers, 'user-agent': options.userAgent },
      request,
    });
    client = started;
    let answered = false;
    started.on('error', (error: NodeJS.ErrnoException) => {
      if (!answered) onAnswer(0);
      end(lost(error, access.server, started.reusedSocket));
    });
    started.on('response', (response) => {
      answered = true;
      onAnswer(response.statusCode ?? 0);
      if (response.statusCode === 200) stream(response);
      else void refused(response, mayRefresh);
    });
  };

  const refused = async (response: IncomingMessage, mayRefresh: boolean): Promise<void> => {
    const problem = await readRefusal(response, request, access);
    if (over) return;
    if (problem.status === 401 && mayRefresh && (await pool.refresh())) await open(false).catch(end);
    else end(problem);
  };

  const stream = (response: IncomingMessage): void => {
    const splitter = createLineSplitter((line) => {
      if (!over) sink.frame(parseFrame(line));
    });
    response.on('data', (chunk: Buffer) => {
      try {
        if (!over) splitter.push(chunk);
      } catch (error) {
        end(error as Error);
      }
    });
    response.on('error', (error: NodeJS.ErrnoException) => end(lost(error, access.server, false)));
    response.on('end', () => {
      end(splitter.isEmpty ? undefined : lost(new Error('the stream ended within a frame'), access.server, false));
    });
    sink.opened?.();
  };

  if (signal?.aborted === true) return { cancel };
  signal?.addEventListener('abort', cancel, { once: true });
  open(true).catch(end);
  return { cancel };
}

const frameTypes: ReadonlySet<string> = new Set(['ADDED', 'MODIFIED', 'DELETED', 'BOOKMARK', 'ERROR']);

function parseFrame(line: string): WatchFrame {
  const frame = JSON.parse(line) as WatchFrame | null;
  if (typeof frame !== 'object' || frame === null || !frameTypes.has(frame.type)) {
    throw new Error('the watch stream carries something that is no frame');
  }
  return frame;
}

function lost(error: NodeJS.ErrnoException, server: string, reused: boolean): KubeError {
  return unreachable(new ConnectionFailure(error.code ?? 'UNKNOWN', error.message, { sent: false, reused }), server);
}

async function readRefusal(response: IncomingMessage, request: KubeRequest, access: ClusterAccess): Promise<KubeError> {
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of response) chunks.push(chunk as Buffer);
  } catch (error) {
    return lost(error as Error, access.server, false);
  }
  const text = Buffer.concat(chunks).toString('utf8');
  const answer = { status: response.statusCode ?? 0, headers: flatHeaders(response) };
  try {
    return errorOfAnswer({ ...answer, body: JSON.parse(text) }, request, access);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return errorOfAnswer({ ...answer, body: text }, request, access);
  }
}
