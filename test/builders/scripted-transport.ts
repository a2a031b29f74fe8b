// A Transport that a test holds by both ends: it answers requests by a function, remembers them, and hands out every
// watch that was opened so that the test plays its server.

import {
  KubeError,
  type KubeRequest,
  type KubeResponse,
  type Transport,
  type WatchFrame,
  type WatchSink,
} from '../../controller/kubernetes/transport.ts';

export interface OpenWatch {
  readonly request: KubeRequest;
  isCancelled: boolean;
  opened(): void;
  /** Hands one frame over; an exception of the receiver ends the watch, as the interface asks. */
  frame(type: WatchFrame['type'], object: unknown): void;
  close(problem?: Error): void;
}

export interface ScriptedTransport extends Transport {
  readonly requests: KubeRequest[];
  readonly watches: OpenWatch[];
}

/** What to answer: a body for 200, a KubeError to reject with, or a promise of either. */
export type Script = (request: KubeRequest) => unknown;

export function scriptedTransport(script: Script): ScriptedTransport {
  const requests: KubeRequest[] = [];
  const watches: OpenWatch[] = [];
  return {
    requests,
    watches,
    async request(request): Promise<KubeResponse> {
      requests.push(request);
      const body = await script(request);
      if (body instanceof Error) throw body;
      return { status: 200, headers: {}, body };
    },
    watch(request, sink) {
      const watch = openWatch(request, sink);
      watches.push(watch);
      return {
        cancel() {
          watch.isCancelled = true;
        },
      };
    },
    close() {},
  };
}

function openWatch(request: KubeRequest, sink: WatchSink): OpenWatch {
  let over = false;
  const watch: OpenWatch = {
    request,
    isCancelled: false,
    opened() {
      if (!over && !watch.isCancelled) sink.opened?.();
    },
    frame(type, object) {
      if (over || watch.isCancelled) return;
      try {
        sink.frame({ type, object });
      } catch (error) {
        watch.close(error as Error);
      }
    },
    close(problem) {
      if (over || watch.isCancelled) return;
      over = true;
      sink.closed(problem);
    },
  };
  return watch;
}

export function refusal(status: number, reason: string, message = reason, retryAfterMs?: number): KubeError {
  return new KubeError({ status, reason, message, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) });
}

/** No answer came; `maybeApplied`: the request may have been carried out. */
export function noAnswer(maybeApplied = false): KubeError {
  return new KubeError({
    status: 0,
    reason: maybeApplied ? 'Timeout' : 'Unreachable',
    message: 'no answer',
    maybeApplied,
  });
}
