// Signature version 4 of AWS for one request. Written here rather than taken from the AWS SDK: three services are asked
// (aps, monitoring, elasticloadbalancing) and a token service; the SDK's clients are some megabytes and a few hundred
// milliseconds of start for the same forty lines of HMAC.

import { createHash, createHmac } from 'node:crypto';
import type { HttpRequest } from '../analysis/providers/contract.ts';
import type { EpochMillis } from '../lang/time.ts';

export interface AwsCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

export interface LastingCredentials extends AwsCredentials {
  /** Epoch milliseconds; without it they do not end. */
  readonly expiresAt?: number;
}

export interface SigningScope {
  readonly service: string;
  readonly region: string;
  readonly credentials: AwsCredentials;
  readonly now: EpochMillis;
}

/** The request with the headers `x-amz-date`, `x-amz-security-token` and `authorization`. */
export function signSigv4(request: HttpRequest, scope: SigningScope): HttpRequest {
  const { service, region, credentials } = scope;
  const url = new URL(request.url);
  const stamp = new Date(scope.now).toISOString().replaceAll(/[-:]|\.\d{3}/g, '');
  const day = stamp.slice(0, 8);
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(request.headers ?? {})) {
    if (name.toLowerCase() !== 'authorization') headers[name.toLowerCase()] = value.trim().replaceAll(/ +/g, ' ');
  }
  headers['x-amz-date'] = stamp;
  if (credentials.sessionToken !== undefined) headers['x-amz-security-token'] = credentials.sessionToken;
  const signed: Record<string, string> = { ...headers, host: url.host };
  const names = Object.keys(signed).sort();
  const canonical = [
    request.method,
    canonicalPath(url),
    canonicalQuery(url),
    ...names.map((name) => `${name}:${signed[name]}`),
    '',
    names.join(';'),
    sha256(request.body ?? ''),
  ].join('\n');
  const credentialScope = `${day}/${region}/${service}/aws4_request`;
  const toSign = ['AWS4-HMAC-SHA256', stamp, credentialScope, sha256(canonical)].join('\n');
  const key = [day, region, service, 'aws4_request'].reduce<Buffer | string>(
    (secret, part) => hmac(secret, part),
    `AWS4${credentials.secretAccessKey}`,
  );
  const signature = hmac(key, toSign).toString('hex');
  const authorization =
    `AWS4-HMAC-SHA256 Credential=${credentials.accessKeyId}/${credentialScope}, ` +
    `SignedHeaders=${names.join(';')}, Signature=${signature}`;
  return { ...request, headers: { ...headers, authorization } };
}

/** The path as it is sent, each segment encoded once more (all services but S3). */
function canonicalPath({ pathname }: URL): string {
  return pathname.split('/').map(encode).join('/') || '/';
}

function canonicalQuery({ searchParams }: URL): string {
  return [...searchParams]
    .map(([name, value]) => [encode(name), encode(value)] as const)
    .sort(([a, x], [b, y]) => compare(a, b) || compare(x, y))
    .map((pair) => pair.join('='))
    .join('&');
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function encode(text: string): string {
  return encodeURIComponent(text).replaceAll(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function hmac(key: Buffer | string, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}
