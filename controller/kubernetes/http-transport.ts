// The Transport over HTTP(S): one keep-alive Agent per cluster, credentials renewed when they change or are refused, a
// token bucket, and the retries of retry-policy.ts (spec/kubernetes.md §2, "transport"; operations.md §20.1).

import { type Clock, type Random, sleep } from '../lang/time.ts';
import { createAgentPool } from './agent-pool.ts';
import type { ClusterAccess } from './cluster-access.ts';
import { errorOfAnswer, unreachable } from './http-errors.ts';
import { roundTrip } from './http-round-trip.ts';
import { openWatch } from './http-watch.ts';
import { createBackPressure, isIdempotent, retryDelayMs } from './retry-policy.ts';
import { createTokenBucket } from './token-bucket.ts';
import { KubeError, type KubeRequest, type KubeResponse, type Transport, type WatchHandle } from './transport.ts';

/** One round trip, for metrics and the request log. `status` 0: no answer. */
export interface RoundTripReport {
  readonly request: KubeRequest;
  readonly isWatch: boolean;
  readonly status: number;
  readonly tookMs: number;
}

export interface HttpTransportOptions {
  readonly access: ClusterAccess;
  readonly clock: Clock;
  readonly random: Random;
  /** Requests per second and how many at once; no limit unless told. */
  readonly qps?: number;
  readonly burst?: number;
  /** The longest one round trip may take; 30 s unless told. */
  readonly requestTimeoutMs?: number;
  /** `<program>/<version>`; the server takes the part before the slash for the field manager. */
  readonly userAgent: string;
  readonly onRoundTrip?: (report: RoundTripReport) => void;
  /** Milliseconds a request waited for the token bucket. */
  readonly onThrottle?: (waitedMs: number) => void;
}

export function createHttpTransport(options: HttpTransportOptions): Transport {
  const { access, clock, random, userAgent, onRoundTrip, onThrottle } = options;
  const requestTimeoutMs = options.requestTimeoutMs ?? 30_000;
  const bucket = createTokenBucket({ qps: options.qps ?? 0, burst: options.burst ?? 0, clock });
  const backPressure = createBackPressure(clock);
  const pool = createAgentPool(access);
  const watches = new Set<WatchHandle>();

  /** One round trip; any answer resolves. Nothing is sent after the deadline, whatever the process was held up by. */
  async function attempt(request: KubeRequest, leftMs: () => number): Promise<KubeResponse & { reused: boolean }> {
    const startedAt = clock.now();
    let status = 0;
    try {
      const { agent, headers } = await pool.current();
      const timeoutMs = Math.min(requestTimeoutMs, leftMs());
      if (timeoutMs <= 0) throw tooLate(request, undefined);
      const answer = await roundTrip({
        server: access.server,
        agent,
        headers: { ...headers, 'user-agent': userAgent },
        request,
        clock,
        timeoutMs,
      });
      status = answer.status;
      return answer;
    } finally {
      onRoundTrip?.({ request, isWatch: false, status, tookMs: clock.now() - startedAt });
    }
  }

  async function request(kubeRequest: KubeRequest): Promise<KubeResponse> {
    const endsAt = clock.now() + (kubeRequest.deadlineMs ?? Number.POSITIVE_INFINITY);
    const leftMs = (): number => endsAt - clock.now();
    let refreshed = false;
    for (let tries = 0; ; tries += 1) {
      await admit(kubeRequest, leftMs());
      let problem: KubeError;
      try {
        const answer = await attempt(kubeRequest, leftMs);
        if (answer.status >= 200 && answer.status < 300) return answer;
        problem = errorOfAnswer(answer, kubeRequest, access);
      } catch (error) {
        problem = unreachable(error, access.server);
        if (problem.reason === 'Reset' && isIdempotent(kubeRequest) && tries < 3) continue;
      }
      if (problem.status === 401 && !refreshed) {
        refreshed = true;
        if (await pool.refresh()) continue;
      }
      const delayMs = retryDelayMs(problem, kubeRequest, tries, random);
      if (problem.retryAfterMs !== undefined) backPressure.noteRefusal(kubeRequest, problem);
      if (delayMs === undefined || delayMs > leftMs()) throw problem;
      await sleepUnlessAborted(delayMs, kubeRequest);
    }
  }

  /** Waits for the client's own limit and for what the server asked for. */
  async function admit(kubeRequest: KubeRequest, leftMs: number): Promise<void> {
    const pausedMs = backPressure.pauseMs(kubeRequest);
    if (pausedMs > leftMs) throw tooLate(kubeRequest, pausedMs);
    if (pausedMs > 0) await sleepUnlessAborted(pausedMs, kubeRequest);
    const waitedMs = await bucket.take(Math.max(0, leftMs - pausedMs));
    if (waitedMs === undefined) throw tooLate(kubeRequest, undefined);
    if (waitedMs > 0) onThrottle?.(waitedMs);
    if (kubeRequest.signal?.aborted === true) throw abortedError();
  }

  async function sleepUnlessAborted(delayMs: number, { signal }: KubeRequest): Promise<void> {
    if (signal === undefined) {
      await sleep(clock, delayMs);
      return;
    }
    await new Promise<void>((resolve, reject) => {
      const timer = clock.schedule(delayMs, () => {
        signal.removeEventListener('abort', onAbort);
        resolve();
      });
      const onAbort = (): void => {
        timer.cancel();
        reject(abortedError());
      };
      signal.addEventListener('abort', onAbort, { once: true });
    });
  }

  return {
    request,
    watch(kubeRequest, sink) {
      const startedAt = clock.now();
      const handle = openWatch({
        access,
        pool,
        userAgent,
        admit: () => admit(kubeRequest, Number.POSITIVE_INFINITY),
        request: kubeRequest,
        sink: {
          ...sink,
          frame: (frame) => sink.frame(frame),
          closed: (problem) => {
            watches.delete(handle);
            sink.closed(problem);
          },
        },
        onAnswer: (status) =>
          onRoundTrip?.({ request: kubeRequest, isWatch: true, status, tookMs: clock.now() - startedAt }),
      });
      watches.add(handle);
      return {
        cancel() {
          watches.delete(handle);
          handle.cancel();
        },
      };
    },
    close() {
      for (const handle of watches) handle.cancel();
      watches.clear();
      pool.destroy();
    },
  };
}

function abortedError(): KubeError {
  return new KubeError({ status: 0, reason: 'Aborted', message: 'the request was given up' });
}

function tooLate(request: KubeRequest, retryAfterMs: number | undefined): KubeError {
  const what = `${request.verb} ${request.path}`;
  return retryAfterMs === undefined
    ? new KubeError({ status: 0, reason: 'Timeout', message: `${what} had to wait too long for its turn` })
    : new KubeError({
        status: 429,
        reason: 'TooManyRequests',
        message: `the API server asked to wait before the next ${what}`,
        retryAfterMs,
      });
}
