// The way to the API server for code of the same process: structurally the controller's Transport, without sockets.
// Objects in answers are those of the storage: frozen, never copied. Everything resolves by promise jobs alone, so that
// traces under the virtual clock repeat.

import type { StatusDetails } from './refusals.ts';
import { administrator, userNamed } from './rights/access.ts';
import type {
  ApiRequest,
  ApiResponse,
  ApiServer,
  ApiUser,
  InMemoryTransport,
  TransportOptions,
  TransportRequest,
} from './types.ts';

/** How the transport tells of a refusal; the fields are those of the controller's KubeError. */
export class TransportRefusal extends Error {
  readonly status: number;
  readonly reason: string;
  readonly details: StatusDetails | undefined;
  readonly retryAfterMs: number | undefined;
  readonly maybeApplied: boolean;

  constructor(fields: {
    status: number;
    reason: string;
    message: string;
    details?: StatusDetails | undefined;
    retryAfterMs?: number | undefined;
    maybeApplied?: boolean;
  }) {
    super(fields.message);
    this.name = 'TransportRefusal';
    this.status = fields.status;
    this.reason = fields.reason;
    this.details = fields.details;
    this.retryAfterMs = fields.retryAfterMs;
    this.maybeApplied = fields.maybeApplied ?? false;
  }
}

export function inMemoryTransport(
  server: Pick<ApiServer, 'handle'>,
  user: ApiUser | string | undefined,
  options: TransportOptions,
): InMemoryTransport {
  const who = typeof user === 'string' ? userNamed(user) : (user ?? administrator);
  const watches = new Set<() => void>();

  function toApiRequest(request: TransportRequest, watch: boolean): ApiRequest {
    return {
      method: request.verb,
      path: request.path,
      query: watch ? { ...request.query, watch: true } : (request.query ?? {}),
      headers: {
        accept: request.accept ?? 'application/json',
        'content-type': request.contentType ?? 'application/json',
        'user-agent': options.userAgent,
      },
      body: request.body,
      user: who,
    };
  }

  async function request(asked: TransportRequest): Promise<ApiResponse> {
    if (asked.signal?.aborted) throw aborted();
    const response = await server.handle(toApiRequest(asked, false));
    if (asked.signal?.aborted) throw aborted();
    if (response.status < 200 || response.status > 299) throw refusalOf(response);
    return response;
  }

  return {
    async request(asked) {
      const { status, headers, body } = await request(asked);
      return { status, headers, body };
    },
    watch(asked, sink) {
      let isOver = false;
      let stop: () => void = () => undefined;
      const cancel = (): void => {
        if (isOver) return;
        isOver = true;
        watches.delete(cancel);
        stop();
      };
      const close = (problem: Error | undefined): void => {
        if (isOver) return;
        cancel();
        sink.closed(problem);
      };
      watches.add(cancel);
      asked.signal?.addEventListener('abort', () => close(aborted()), { once: true });
      server.handle(toApiRequest(asked, true)).then(
        (response) => {
          if (isOver) return;
          if (response.stream === undefined) return close(refusalOf(response));
          sink.opened?.();
          const handle = response.stream.start({
            frame(frame) {
              if (isOver) return;
              try {
                sink.frame(frame);
              } catch (problem) {
                close(problem instanceof Error ? problem : new Error(String(problem)));
              }
            },
            end: () => close(undefined),
          });
          stop = () => handle.cancel();
          if (isOver) stop();
        },
        (problem: unknown) => close(problem instanceof Error ? problem : new Error(String(problem))),
      );
      return { cancel };
    },
    close() {
      for (const cancel of [...watches]) cancel();
    },
  };
}

function aborted(): TransportRefusal {
  return new TransportRefusal({ status: 0, reason: 'Aborted', message: 'the request was aborted' });
}

function refusalOf(response: ApiResponse): TransportRefusal {
  const { status, headers, body } = response;
  if (status === 0) {
    // With a text nobody took the request; without one it was done, and the answer was lost.
    const message = typeof body === 'string' ? body : 'the answer was lost';
    return new TransportRefusal({ status, reason: 'Unreachable', message, maybeApplied: body === undefined });
  }
  const seconds = headers['retry-after'];
  const retryAfterMs = seconds === undefined ? undefined : Number(seconds) * 1000;
  if (typeof body !== 'object' || body === null) {
    return new TransportRefusal({
      status,
      reason: status === 404 ? 'NotFound' : '',
      message: String(body ?? ''),
      retryAfterMs,
    });
  }
  const { reason = '', message = '', details } = body as { reason?: string; message?: string; details?: StatusDetails };
  return new TransportRefusal({ status, reason, message, details, retryAfterMs });
}
