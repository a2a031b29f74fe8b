// What went wrong with an HTTP request, as a KubeError whose message a user understands.

import type { ApiStatus } from '../api/kubernetes-types.ts';
import { type ClusterAccess, CredentialsError } from './cluster-access.ts';
import { KubeError, type KubeRequest, type KubeResponse } from './transport.ts';

/** A failure below HTTP. `sent`: the request may have reached the server. */
export class ConnectionFailure extends Error {
  readonly code: string;
  readonly sent: boolean;
  readonly reused: boolean;

  constructor(code: string, message: string, fields: { sent: boolean; reused: boolean }) {
    super(message);
    this.code = code;
    this.sent = fields.sent;
    this.reused = fields.reused;
  }
}

const words: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'connection reset',
  EPIPE: 'connection reset',
  ENOTFOUND: 'no such host',
  EAI_AGAIN: 'the host name cannot be resolved',
  EHOSTUNREACH: 'no route to host',
  ENETUNREACH: 'network unreachable',
  ETIMEDOUT: 'timed out',
  EPROTO: 'it does not speak TLS as expected',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'its certificate is self-signed and not trusted',
  SELF_SIGNED_CERT_IN_CHAIN: 'its certificate is signed by an authority that is not trusted',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'its certificate is signed by an authority that is not trusted',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'its certificate is signed by an authority that is not trusted',
  CERT_HAS_EXPIRED: 'its certificate has expired',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for another host name',
};

/** The KubeError of a request that got no answer. */
export function unreachable(error: unknown, server: string): KubeError {
  if (error instanceof KubeError) return error;
  if (error instanceof CredentialsError) {
    return new KubeError({ status: 0, reason: 'Unreachable', message: error.message });
  }
  if (!(error instanceof ConnectionFailure)) throw error;
  const { code, sent, reused } = error;
  const isReset = reused && (code === 'ECONNRESET' || code === 'EPIPE');
  const reason = code === 'TIMEOUT' ? 'Timeout' : code === 'ABORTED' ? 'Aborted' : isReset ? 'Reset' : 'Unreachable';
  const detail = code === 'TIMEOUT' || code === 'ABORTED' ? error.message : (words[code] ?? error.message);
  return new KubeError({
    status: 0,
    reason,
    message: `the API server ${server} cannot be reached: ${detail}`,
    maybeApplied: sent,
  });
}

/** The KubeError of an answer other than 2xx. */
export function errorOfAnswer(answer: KubeResponse, request: KubeRequest, access: ClusterAccess): KubeError {
  const status = isStatus(answer.body) ? answer.body : undefined;
  const retryAfterMs = retryAfter(answer, status);
  return new KubeError({
    status: answer.status,
    reason: status?.reason ?? reasonOf(answer.status),
    message: answer.status === 401 ? refusedMessage(access) : (status?.message ?? genericMessage(answer, request)),
    ...(status?.details === undefined ? {} : { details: status.details }),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    maybeApplied: request.verb !== 'GET' && answer.status >= 500 && answer.status !== 503,
  });
}

function isStatus(body: unknown): body is ApiStatus {
  return typeof body === 'object' && body !== null && (body as ApiStatus).kind === 'Status';
}

function retryAfter(answer: KubeResponse, status: ApiStatus | undefined): number | undefined {
  const seconds = Number(answer.headers['retry-after'] ?? status?.details?.retryAfterSeconds ?? Number.NaN);
  return Number.isFinite(seconds) && seconds >= 0 ? seconds * 1000 : undefined;
}

const reasons: Readonly<Record<number, string>> = {
  400: 'BadRequest',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'NotFound',
  405: 'MethodNotAllowed',
  409: 'Conflict',
  410: 'Gone',
  413: 'RequestEntityTooLarge',
  415: 'UnsupportedMediaType',
  422: 'Invalid',
  429: 'TooManyRequests',
  503: 'ServiceUnavailable',
  504: 'Timeout',
};

function reasonOf(status: number): string {
  return reasons[status] ?? (status >= 500 ? 'InternalError' : 'Unknown');
}

/** "Unauthorized" alone says neither who nor where. */
function refusedMessage({ server, context }: ClusterAccess): string {
  return `the API server ${server} refused the credentials of ${context} (Unauthorized): they are wrong or have expired`;
}

/** Answers that are no Status come from something in between, or from a path that the server does not know. */
function genericMessage(answer: KubeResponse, request: KubeRequest): string {
  const text = typeof answer.body === 'string' ? answer.body.trim().replace(/\s+/g, ' ').slice(0, 200) : '';
  return `${request.verb} ${request.path} was answered ${answer.status}${text === '' ? '' : `: ${text}`}`;
}
