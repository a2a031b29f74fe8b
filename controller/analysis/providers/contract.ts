// What a metric provider is (analysis.md §5): something that starts a measurement and, where it lasts, resumes and ends
// it. What is asked for (`request.ts`) and what an answer means (`response.ts`) are pure; what goes over the wire uses
// the tools that it is given. Conditions, counters, limits, redaction and retention are not a provider's business.

import type { AnalysisRun, Metric } from '../../api/types.generated.ts';
import type { Transport } from '../../kubernetes/transport.ts';
import type { Writer } from '../../kubernetes/writer.ts';
import type { Clock, Random } from '../../lang/time.ts';
import type { PluginHost } from '../../plugins/host.ts';
import type { Answer, HttpAnswer, HttpRequest, Measurement } from './wire/exchange.ts';

export type { Answer, HttpAnswer, HttpRequest, Measurement, MeasurementPhase } from './wire/exchange.ts';
export { ProviderError } from './wire/exchange.ts';

export interface Provider {
  /** The key below `metric.provider`. */
  readonly name: string;
  /** Keys of a measurement's metadata by which it is found again. They hold no secret, and are stored as they are. */
  readonly handles?: readonly string[];
  /**
   * Stored once with the metric's result, e.g. ResolvedPrometheusQuery. Pure; the metric's arguments are substituted,
   * secrets too (they are redacted afterwards).
   */
  metadata?(metric: Metric): Readonly<Record<string, string>>;
  /** Starts a measurement. A thrown Error is a measurement in error with that message. */
  run(call: ProviderCall, tools: ProviderTools): Promise<Answer>;
  /** Only for providers whose measurements last: asked when `resumeAt` has come. */
  resume?(call: ProviderCall & { readonly measurement: Measurement }, tools: ProviderTools): Promise<Answer>;
  /** Only for providers whose measurements last. An answer that is not an error gets the message "Metric Terminated". */
  terminate?(call: ProviderCall & { readonly measurement: Measurement }, tools: ProviderTools): Promise<Answer>;
  /** Called when more than `limit` measurements exist: removes what older ones left in the world. */
  garbageCollect?(call: ProviderCall & { readonly limit: number }, tools: ProviderTools): Promise<void>;
}

export interface ProviderCall {
  /** Arguments are substituted, secrets too: nothing of it may be logged. */
  readonly metric: Metric;
  /** The run as it is stored (secrets are references). */
  readonly run: AnalysisRun;
  /** Measurements of this metric that were finished, errors included (result.count + result.error). */
  readonly finishedCount: number;
}

/** All that a provider may touch. */
export interface ProviderTools {
  /** Asks a service, until the answer is not wanted any more. A body with a secret in it goes to no other host. */
  readonly send: (request: HttpRequest) => Promise<HttpAnswer>;
  /** The same for who shares answers between measurements. */
  readonly http: HttpClient;
  /** The cluster that the run lives in. */
  readonly transport: Transport;
  /** Writes to it pass the fence: use it for Jobs. */
  readonly writer: Writer;
  /** Where Jobs go instead, when ARGO_ROLLOUTS_ANALYSIS_JOB_KUBECONFIG names another cluster. */
  readonly jobCluster?: { readonly transport: Transport; readonly writer: Writer };
  /** Programs of users that are executables. */
  readonly plugins: PluginHost;
  readonly clock: Clock;
  readonly random: Random;
  /** Aborted when the answer is not wanted any more (run gone, terminated, controller stopping). */
  readonly signal: AbortSignal;
  /** Environment of the controller process, e.g. ARGO_ROLLOUTS_PROMETHEUS_ADDRESS. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly controllerNamespace: string;
  /**
   * Reads a Secret now: for providers that name Secrets of their own (datadog, newRelic, …). Values are decoded text.
   * Undefined when there is none; other failures are thrown. What is read must reach neither log nor status.
   */
  readSecret(namespace: string, name: string): Promise<Readonly<Record<string, string>> | undefined>;
  /** Removes a value that was read with `readSecret` from all that is stored of this measurement. */
  redact(secret: string): void;
}

/** Follows up to 10 redirects, limits body size and the number of exchanges per host at a time. */
export interface HttpClient {
  /** Resolves with any status; rejects with a ProviderError of one line where there is no answer. */
  send(request: HttpRequest, signal: AbortSignal): Promise<HttpAnswer>;
}
