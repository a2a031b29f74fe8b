// How the executable of a plugin comes from a server into a file: GET, redirects, 200 to 399 is an answer (traffic.md
// §8.1). Limited in time and size; headers from Secrets go to no other host, and nothing goes from https to http.

import { createWriteStream } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Agents } from '../../analysis/providers/http-agents.ts';
import { failureText, startRequest } from '../../analysis/providers/http-exchange.ts';
import { redirectOf } from '../../analysis/providers/redirect.ts';
import { type HttpRequest, ProviderError } from '../../analysis/providers/wire/exchange.ts';
import type { Clock } from '../../lang/time.ts';
import { PluginError } from '../plugin-error.ts';

const mostRedirects = 10;
/** Until the head of an answer; its body has the time of the whole download. */
const answerMs = 30_000;
/** The reference's plugins have 40 to 100 MB; the container's disk has 1 GiB (operations.md §2). */
export const mostExecutableBytes = 512 * 1024 * 1024;

export interface DownloadOptions {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** The file to be written. */
  readonly target: string;
  readonly clock: Clock;
  readonly agents: Agents;
  /** Also says when it takes too long. */
  readonly signal: AbortSignal;
}

/** Rejects with a PluginError of one line that names neither query nor headers, or with what the file system says. */
export async function download(options: DownloadOptions): Promise<void> {
  const { url, headers, target, signal } = options;
  let request: HttpRequest = { method: 'GET', url, headers, timeoutMs: 0 };
  try {
    for (let hops = 0; ; hops += 1) {
      const address = new URL(request.url);
      const response = await responseTo(request, address, options);
      const next = redirectOf(request, address, {
        status: response.statusCode ?? 0,
        headers: locationOf(response),
        body: '',
      });
      if (next === undefined) return await save(response, target, signal);
      response.destroy();
      if (hops + 1 >= mostRedirects) throw new PluginError(`stopped after ${mostRedirects} redirects`);
      if (address.protocol === 'https:' && !next.url.startsWith('https:')) {
        throw new PluginError('redirected from https to http');
      }
      request = next;
    }
  } catch (error) {
    if (signal.aborted) throw new PluginError(`the download took too long, or is not wanted any more`);
    if (error instanceof ProviderError) throw new PluginError(error.message);
    throw error;
  }
}

function responseTo(request: HttpRequest, url: URL, options: DownloadOptions): Promise<IncomingMessage> {
  const { clock, agents, signal } = options;
  return new Promise((resolve, reject) => {
    if (signal.aborted) throw new PluginError('given up');
    const outgoing = startRequest(request, url, agents.of(url, false), undefined);
    const giveUp = (why: string): void => {
      reject(new PluginError(why));
      outgoing.destroy();
    };
    const onAbort = (): void => giveUp('given up');
    const timer = clock.schedule(answerMs, () => giveUp(`no answer within ${answerMs / 1000} s`));
    signal.addEventListener('abort', onAbort, { once: true });
    outgoing.on('response', (response) => {
      timer.cancel();
      resolve(response);
    });
    outgoing.on('error', (error: NodeJS.ErrnoException) => reject(new PluginError(failureText(error))));
    outgoing.on('close', () => {
      timer.cancel();
      signal.removeEventListener('abort', onAbort);
    });
    outgoing.end();
  });
}

async function save(response: IncomingMessage, target: string, signal: AbortSignal): Promise<void> {
  const { statusCode = 0 } = response;
  if (statusCode < 200 || statusCode > 399) {
    response.destroy();
    throw new PluginError(`HTTP ${statusCode}`);
  }
  let size = 0;
  const measure = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      size += chunk.length;
      if (size > mostExecutableBytes) done(new PluginError(`it is larger than ${mostExecutableBytes / 1024 ** 2} MiB`));
      else done(null, chunk);
    },
  });
  try {
    await pipeline(response, measure, createWriteStream(target, { mode: 0o600, flags: 'wx' }), { signal });
  } catch (error) {
    if (error instanceof PluginError) throw error;
    const { syscall = '' } = error as NodeJS.ErrnoException;
    // Of the file, not of the connection: who asked for it knows what to say.
    if (['open', 'write'].includes(syscall)) throw Object.assign(error as object, { path: target });
    throw new PluginError(failureText(error as NodeJS.ErrnoException));
  }
}

function locationOf({ headers }: IncomingMessage): Readonly<Record<string, string>> {
  return headers.location === undefined ? {} : { location: headers.location };
}
