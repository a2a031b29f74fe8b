// What requests and answers of metric providers are made of: the pure half of contract.ts, so that `request.ts` and
// `response.ts` may speak of it.

import type { ExpressionValue } from '../../../lang/expression-value.ts';
import type { EpochMillis } from '../../../lang/time.ts';

/** A measurement as it is stored in the run's status. */
export interface Measurement {
  readonly phase: MeasurementPhase;
  readonly message?: string;
  /** RFC 3339, whole seconds. */
  readonly startedAt?: string;
  readonly finishedAt?: string;
  readonly value?: string;
  readonly metadata?: Readonly<Record<string, string>>;
  readonly resumeAt?: string;
}

export type MeasurementPhase = 'Running' | 'Pending' | 'Successful' | 'Failed' | 'Error' | 'Inconclusive';

export type Answer =
  | {
      /** The conditions decide the phase (analysis.md §3.11). */
      readonly is: 'value';
      readonly result: ExpressionValue;
      /** What is stored as the measurement's value. */
      readonly value: string;
      readonly metadata?: Readonly<Record<string, string>>;
    }
  | {
      /** The provider decides (job, kayenta, plugins). `Running` lasts: `resume` is called at `resumeAt`. */
      readonly is: 'phase';
      readonly phase: MeasurementPhase;
      readonly message?: string;
      readonly value?: string;
      readonly metadata?: Readonly<Record<string, string>>;
      readonly resumeAt?: EpochMillis;
      /** Stored once with the metric's result, as a provider's `metadata` is. */
      readonly resultMetadata?: Readonly<Record<string, string>>;
    };

export interface HttpRequest {
  readonly method: string;
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** The body is not sent to another host, wherever a redirect leads. */
  readonly hasSecretBody?: boolean;
  /** The whole exchange, redirects and body included. */
  readonly timeoutMs: number;
  /** Do not verify the server's certificate. */
  readonly insecure?: boolean;
}

export interface HttpAnswer {
  readonly status: number;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Expected trouble, told to the user as it is. */
export class ProviderError extends Error {
  override readonly name = 'ProviderError';
}
