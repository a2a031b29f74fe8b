// What the AWS code may touch: a part of a metric provider's tools, so that those fit as they are, and small enough for
// anybody else who asks AWS (the ALB of a traffic router) to make. The environment is not among them: the SDK reads that
// of the process.

import type { HttpClient } from '../analysis/providers/contract.ts';
import type { Clock } from '../lang/time.ts';

export interface AwsTools {
  /** Its life is the life of the credentials that are kept. */
  readonly http: HttpClient;
  readonly clock: Clock;
  /** Aborted when the answer is not wanted any more. */
  readonly signal: AbortSignal;
  /** Told every secret before it is used, so that it can be taken out of texts. */
  redact(secret: string): void;
}
