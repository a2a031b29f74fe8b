// How one call to a provider is made (analysis.md §3.4, §1.7): Secrets are read now and never kept, arguments are put in
// place, the provider is asked, the conditions judge its answer, and secrets are taken out of all that is stored.

import type { AnalysisRun, Argument, Metric } from '../api/types.generated.ts';
import { KubeError, type Transport } from '../kubernetes/transport.ts';
import type { Clock, EpochMillis } from '../lang/time.ts';
import { verdictOf } from './assess/verdict.ts';
import { verdictText } from './assess/verdict-text.ts';
import { argumentValues, resolveMetric } from './plan/resolve-metrics.ts';
import { resultOf } from './plan/tasks.ts';
import type { Answer, Provider, ProviderTools } from './providers/contract.ts';
import type { ProviderRegistry } from './providers/registry.ts';
import type { CallAnswer, CallKind } from './types.ts';

export interface MeasureDeps {
  readonly registry: ProviderRegistry;
  readonly transport: Transport;
  readonly clock: Clock;
  toolsFor(signal: AbortSignal, secrets: Secrets): ProviderTools;
}

/** What may not be stored: grows while a call goes on. */
export interface Secrets {
  read(namespace: string, name: string): Promise<Readonly<Record<string, string>> | undefined>;
  hide(secret: string): void;
}

export interface MeasureCall {
  readonly run: AnalysisRun;
  /** With its arguments in place but for secrets. */
  readonly metric: string;
  readonly index: number;
  readonly kind: CallKind;
}

const redacted = '*****';
/** Longer values would make the object too large for its store (analysis.md §9.5). */
const longestValue = 64 * 1024;

export async function measure(call: MeasureCall, deps: MeasureDeps, signal: AbortSignal): Promise<CallAnswer> {
  const hidden = new Set<string>();
  const secrets: Secrets = {
    read: (namespace, name) => readSecret(deps.transport, namespace, name),
    hide: (secret) => {
      if (secret !== '') hidden.add(secret);
    },
  };
  const startedAt = deps.clock.now();
  const values = await secretValues(call.run, secrets);
  if ('is' in values) return values;
  const metric = withArguments(call, values.byName);
  const redact = (text: string) => [...hidden].reduce((shown, secret) => shown.replaceAll(secret, redacted), text);
  try {
    const provider = deps.registry.providerOf(metric);
    const tools = deps.toolsFor(signal, secrets);
    const answer = await ask(provider, call, metric, tools);
    const resultMetadata = provider.metadata?.(metric) ?? {};
    return redactedAnswer(measured(call, answer, metric, startedAt, deps.clock.now()), resultMetadata, redact);
  } catch (error) {
    const message = redact(error instanceof Error ? error.message : String(error));
    return { is: 'measured', kind: call.kind, startedAt, answeredAt: deps.clock.now(), phase: 'Error', message };
  }
}

type Measured = CallAnswer & { readonly is: 'measured' };

/** The metric as it is asked; the run was planned with the same arguments, so nothing can be missing here. */
function withArguments({ run, index }: MeasureCall, secretOf: ReadonlyMap<string, string>): Metric {
  const values = argumentValues(run.spec.args ?? [], ({ name }) => secretOf.get(name) ?? '');
  const metric = run.spec.metrics[index];
  if ('problem' in values || !metric) throw new Error('the metric of a planned call is gone');
  const resolved = resolveMetric(metric, values.value);
  if ('problem' in resolved) throw new Error(resolved.problem);
  return resolved.value;
}

async function ask(provider: Provider, call: MeasureCall, metric: Metric, tools: ProviderTools): Promise<Answer> {
  const { run, kind } = call;
  const result = resultOf(run, call.metric);
  const common = { metric, run, finishedCount: (result?.count ?? 0) + (result?.error ?? 0) };
  if (kind === 'run') return provider.run(common, tools);
  const stored = result?.measurements?.at(-1);
  const measurement = { ...stored, phase: 'Running' as const } as Parameters<
    NonNullable<Provider['resume']>
  >[0]['measurement'];
  const again = kind === 'resume' ? provider.resume : provider.terminate;
  if (again) return again.call(provider, { ...common, measurement }, tools);
  // A provider that finishes in one call returns the measurement as it is.
  return { is: 'phase', phase: kind === 'terminate' ? 'Successful' : 'Running' };
}

function measured(
  call: MeasureCall,
  answer: Answer,
  metric: Metric,
  startedAt: EpochMillis,
  now: EpochMillis,
): Measured {
  const common = { is: 'measured', kind: call.kind, startedAt, answeredAt: now } as const;
  if (answer.is === 'phase') {
    const { is: _is, ...rest } = answer;
    return { ...common, ...rest };
  }
  const verdict = verdictOf(metric, answer.result, now);
  const { metadata } = answer;
  // QUIRK: a value that could not be judged is not stored (V-73).
  const value = verdict.phase === 'Error' ? {} : { value: answer.value };
  const message = verdictText(metric, verdict.phase, answer.value);
  return {
    ...common,
    ...(message === undefined ? {} : { message }),
    ...verdict,
    ...value,
    ...(metadata === undefined ? {} : { metadata }),
  };
}

function redactedAnswer(
  answer: Measured,
  resultMetadata: Readonly<Record<string, string>>,
  redact: (text: string) => string,
): Measured {
  const each = (map: Readonly<Record<string, string>>) =>
    Object.fromEntries(Object.entries(map).map(([key, value]) => [key, redact(value)]));
  const { message, value, metadata, ...rest } = answer;
  const shown = value === undefined ? undefined : redact(value);
  const isCut = shown !== undefined && shown.length > longestValue;
  const told = { ...each(metadata ?? {}), ...(isCut ? { 'value-truncated': 'true' } : {}) };
  return {
    ...rest,
    ...(message === undefined ? {} : { message: redact(message) }),
    ...(shown === undefined ? {} : { value: isCut ? shown.slice(0, longestValue) : shown }),
    ...(Object.keys(told).length > 0 ? { metadata: told } : {}),
    resultMetadata: each(resultMetadata),
  };
}

interface SecretValues {
  readonly byName: ReadonlyMap<string, string>;
}

async function secretValues(run: AnalysisRun, secrets: Secrets): Promise<SecretValues | CallAnswer> {
  const byName = new Map<string, string>();
  for (const argument of run.spec.args ?? []) {
    const found = await secretValue(run, argument, secrets);
    if (found === undefined) continue;
    if (typeof found !== 'string') return found;
    secrets.hide(found);
    byName.set(argument.name, found);
  }
  return { byName };
}

async function secretValue(
  run: AnalysisRun,
  argument: Argument,
  secrets: Secrets,
): Promise<string | CallAnswer | undefined> {
  const reference = argument.valueFrom?.secretKeyRef;
  if (!reference) return undefined;
  try {
    const data = await secrets.read(run.metadata.namespace ?? '', reference.name);
    if (!data) return { is: 'unresolved', message: `secrets "${reference.name}" not found` };
    if (Object.hasOwn(data, reference.key)) return data[reference.key] ?? '';
    return { is: 'unresolved', message: `key '${reference.key}' does not exist in secret '${reference.name}'` };
  } catch (error) {
    // Not the run's fault (QUIRK of the reference, which kills the run): asked again later.
    if (error instanceof KubeError) return { is: 'retry', message: error.message };
    throw error;
  }
}

async function readSecret(
  transport: Transport,
  namespace: string,
  name: string,
): Promise<Readonly<Record<string, string>> | undefined> {
  try {
    const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/secrets/${encodeURIComponent(name)}`;
    const { body } = await transport.request({ verb: 'GET', path });
    const { data = {} } = body as { readonly data?: Readonly<Record<string, string>> };
    const decoded = Object.entries(data).map(([key, value]) => [key, Buffer.from(value, 'base64').toString('utf8')]);
    return Object.fromEntries(decoded) as Record<string, string>;
  } catch (error) {
    if (error instanceof KubeError && error.status === 404) return undefined;
    throw error;
  }
}
