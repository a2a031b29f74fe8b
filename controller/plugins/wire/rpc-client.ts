// Calls of Go's net/rpc over one stream: a request is two gob values, {ServiceMethod, Seq} and the argument; a response
// is {ServiceMethod, Seq, Error} and the result, in any order of calls.

import type { Clock } from '../../lang/time.ts';
import { GobDecoder, type GobRecord } from '../gob/decoder.ts';
import { GobEncoder } from '../gob/encoder.ts';
import { GobError, type GobType, gobString, gobStruct, gobUint } from '../gob/types.ts';
import type { StreamListener } from './yamux-stream.ts';

/** A call that has no result. The words are those of Go's client, where it has some. */
export class RpcError extends Error {
  override readonly name = 'RpcError';
}

export interface RpcStream {
  write(bytes: Uint8Array): void;
  close(): void;
}

export interface CallLimits {
  readonly clock: Clock;
  readonly timeoutMs: number;
  /** The result is not wanted any more. */
  readonly signal?: AbortSignal;
}

interface Pending {
  resolve(result: unknown): void;
  reject(error: RpcError): void;
}

const requestType = gobStruct('Request', { ServiceMethod: gobString, Seq: gobUint });

export class RpcClient {
  readonly #stream: RpcStream;
  readonly #encoder = new GobEncoder();
  readonly #decoder = new GobDecoder();
  readonly #pending = new Map<unknown, Pending>();
  readonly #idling: (() => void)[] = [];
  #nextSeq = 0;
  /** Of the response whose result comes next. */
  #header: GobRecord | undefined;
  /** Why no call can be made any more. */
  #problem: string | undefined;

  constructor(open: (listener: StreamListener) => RpcStream) {
    this.#stream = open({ onData: (bytes) => this.#read(bytes), onEnd: () => this.#end('unexpected EOF') });
  }

  /** Resolves when no call waits any more. */
  async idle(): Promise<void> {
    if (this.#pending.size > 0) await new Promise<void>((resolve) => this.#idling.push(resolve));
  }

  /** Rejects with an RpcError: what the other end says, or that it says nothing. */
  call(method: string, type: GobType, argument: unknown, limits: CallLimits): Promise<unknown> {
    const { clock, timeoutMs, signal } = limits;
    if (this.#problem !== undefined) return Promise.reject(new RpcError('connection is shut down'));
    if (signal?.aborted) return Promise.reject(new RpcError('context canceled'));
    const seq = this.#nextSeq;
    this.#nextSeq += 1;
    const header = this.#encoder.encode(requestType, { ServiceMethod: method, Seq: seq });
    const request = Buffer.concat([header, this.#encoder.encode(type, argument)]);
    return new Promise((resolve, reject) => {
      const settle = (run: () => void): void => {
        timer.cancel();
        signal?.removeEventListener('abort', onAbort);
        if (this.#pending.delete(seq)) run();
        if (this.#pending.size === 0) for (const resolveIdle of this.#idling.splice(0)) resolveIdle();
      };
      const fail = (error: RpcError): void => settle(() => reject(error));
      const onAbort = (): void => fail(new RpcError('context canceled'));
      const timer = clock.schedule(timeoutMs, () => fail(new RpcError(`no answer within ${timeoutMs / 1000} s`)));
      signal?.addEventListener('abort', onAbort, { once: true });
      this.#pending.set(seq, { resolve: (result) => settle(() => resolve(result)), reject: fail });
      this.#stream.write(request);
    });
  }

  close(): void {
    this.#stream.close();
    this.#end('connection is shut down');
  }

  #read(bytes: Uint8Array): void {
    if (this.#problem !== undefined) return;
    try {
      for (const value of this.#decoder.push(bytes)) this.#take(value);
    } catch (error) {
      if (!(error instanceof GobError)) throw error;
      this.#stream.close();
      this.#end(`the answer cannot be read: ${error.message}`);
    }
  }

  #take(value: unknown): void {
    const header = this.#header;
    if (header === undefined) {
      if (typeof value !== 'object' || value === null) throw new GobError('no response where one was expected');
      this.#header = value as GobRecord;
      return;
    }
    this.#header = undefined;
    const waiting = this.#pending.get(header.Seq ?? 0);
    const { Error: problem = '' } = header;
    if (typeof problem !== 'string') throw new GobError('a response has an error that is no text');
    // Nobody waits for a call that was given up.
    if (problem === '') waiting?.resolve(value);
    else waiting?.reject(new RpcError(problem));
  }

  #end(problem: string): void {
    if (this.#problem !== undefined) return;
    this.#problem = problem;
    for (const { reject } of [...this.#pending.values()]) reject(new RpcError(problem));
  }
}
