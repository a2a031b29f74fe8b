// Signature version 4 of AWS for a request that no client of the SDK makes (Prometheus): the SDK's signer, imported at the
// first request.

import type { HttpRequest } from '../analysis/providers/contract.ts';
import type { EpochMillis } from '../lang/time.ts';

export interface AwsCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
  /** Without it they do not end. */
  readonly expiration?: Date;
}

export interface SigningScope {
  readonly service: string;
  readonly region: string;
  readonly credentials: AwsCredentials;
  readonly now: EpochMillis;
}

/** The request with the headers `x-amz-date`, `x-amz-security-token` and `authorization`. */
export async function signSigv4(request: HttpRequest, scope: SigningScope): Promise<HttpRequest> {
  const [{ SignatureV4 }, { Sha256 }] = await Promise.all([
    import('@smithy/signature-v4'),
    import('@smithy/core/checksum'),
  ]);
  const { service, region, credentials, now } = scope;
  const { protocol, hostname, host, pathname: path, searchParams } = new URL(request.url);
  const query = Object.fromEntries([...searchParams.keys()].map((name) => [name, searchParams.getAll(name)]));
  const { method, body, headers } = request;
  const unsigned = { method, protocol, hostname, path, query, body, headers: { ...headers, host } };
  // The header x-amz-content-sha256 is for S3.
  const signer = new SignatureV4({ service, region, credentials, sha256: Sha256, applyChecksum: false });
  const { host: _, ...signed } = (await signer.sign(unsigned, { signingDate: new Date(now) })).headers;
  return { ...request, headers: signed };
}
