// Which failed requests are sent again by the transport itself, and when (spec/kubernetes.md §2, "Retries";
// operations.md §20.1, the rows on 429, 5xx and time-outs). Everything else goes back to the caller.

import type { Clock, EpochMillis, Random } from '../lang/time.ts';
import { type KubeError, type KubeRequest, patchContentType } from './transport.ts';

const longestRetryAfterMs = 60_000;
const refusalRetries = 10;
const readRetries = 3;

/** Sending it twice does no more than sending it once (a JSON patch or a creation may). */
export function isIdempotent(request: KubeRequest): boolean {
  if (request.verb === 'POST') return false;
  return request.verb !== 'PATCH' || request.contentType !== patchContentType.json;
}

/** Milliseconds until the request is sent again, or undefined: the caller is told. `tries` were made before this one. */
export function retryDelayMs(
  problem: KubeError,
  request: KubeRequest,
  tries: number,
  random: Random,
): number | undefined {
  const { status, retryAfterMs } = problem;
  if (retryAfterMs !== undefined && (status === 429 || (status === 503 && isIdempotent(request)))) {
    // To an eviction 429 is the answer of a disruption budget.
    if (isEviction(request) || tries >= refusalRetries) return undefined;
    return Math.min(retryAfterMs, longestRetryAfterMs);
  }
  if (request.verb !== 'GET' || tries >= readRetries) return undefined;
  const worthAnotherTry = [500, 502, 504].includes(status) || ['Timeout', 'Reset'].includes(problem.reason);
  return worthAnotherTry ? Math.round(100 * 2 ** tries * (1 + random.next())) : undefined;
}

/** What the server asked for by `Retry-After`, remembered per class of requests: verb and kind. */
export interface BackPressure {
  noteRefusal(request: KubeRequest, problem: KubeError): void;
  pauseMs(request: KubeRequest): number;
}

export function createBackPressure(clock: Clock): BackPressure {
  const pausedUntil = new Map<string, EpochMillis>();
  return {
    noteRefusal(request, { retryAfterMs }) {
      if (retryAfterMs === undefined || isEviction(request)) return;
      const until = clock.now() + Math.min(retryAfterMs, longestRetryAfterMs);
      const key = classOf(request);
      pausedUntil.set(key, Math.max(until, pausedUntil.get(key) ?? 0));
    },
    pauseMs(request) {
      const key = classOf(request);
      const until = pausedUntil.get(key);
      if (until === undefined) return 0;
      const leftMs = until - clock.now();
      if (leftMs > 0) return leftMs;
      pausedUntil.delete(key);
      return 0;
    },
  };
}

function isEviction(request: KubeRequest): boolean {
  return request.path.endsWith('/eviction');
}

function classOf(request: KubeRequest): string {
  // The path without the names in it.
  return `${request.verb} ${request.path.replace(/\/namespaces\/[^/]+\/([^/]+).*/, '/$1')}`;
}
