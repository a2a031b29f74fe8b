// The only classes of failure that leave the writer (design.md §5, "Error classes"), and how an answer of the API
// server or the lack of one becomes one of them.

import { KubeError } from './transport.ts';

export type ErrorClass =
  | 'conflict' // plan again now
  | 'exists' // read the name
  | 'gone' // plan again
  | 'denied' // retry in 30 s
  | 'invalid' // no retry before a change or a resync
  | 'throttled' // retry after retryAfterMs
  | 'unreachable' // back off
  | 'unknown'; // perhaps done: read again before any further write

export interface Problem {
  readonly class: ErrorClass;
  readonly message: string;
  readonly retryAfterMs?: number;
  /** The process may not write any more: nothing was tried, and nothing is to be told. */
  readonly isUnsent?: boolean;
}

/** The class of any failure of a request. Errors that are no KubeError are bugs of ours and are thrown on. */
export function classifyFailure(error: unknown): Problem {
  if (!(error instanceof KubeError)) throw error;
  const problemClass = errorClassOf(error);
  return {
    class: problemClass,
    message: error.message,
    ...(error.retryAfterMs === undefined ? {} : { retryAfterMs: error.retryAfterMs }),
  };
}

function errorClassOf(error: KubeError): ErrorClass {
  // A webhook chooses its own code (often 403 or 400); its words are the API server's.
  if (/^admission webhook "[^"]*" denied the request/.test(error.message)) return 'invalid';
  switch (error.status) {
    case 0:
      return error.maybeApplied ? 'unknown' : 'unreachable';
    case 401:
    case 403:
      return 'denied';
    case 404:
    case 410:
      return 'gone';
    case 409:
      return error.reason === 'AlreadyExists' ? 'exists' : 'conflict';
    case 429:
      return 'throttled';
    case 503:
      return error.retryAfterMs === undefined ? 'unreachable' : 'throttled';
  }
  if (error.status < 500) return 'invalid';
  // The webhook is called before anything is stored; every other failure of the server may have come after.
  return /failed calling webhook|failed to call webhook/.test(error.message) ? 'unreachable' : 'unknown';
}
