// How one call to a provider is made (analysis.md §3.4, §1.7): Secrets are read now and never kept, arguments are put in
// place, the provider is asked, the conditions judge its answer, and secrets are taken out of all that is stored.

import type { AnalysisRun, Metric } from '../api/types.generated.ts';
import type { Transport } from '../kubernetes/transport.ts';
import type { Clock, EpochMillis } from '../lang/time.ts';
import { verdictOf } from './assess/verdict.ts';
import { verdictText } from './assess/verdict-text.ts';
import { cutToSize, jsonSize, shortened } from './plan/json-size.ts';
import { argumentValues, resolveMetric } from './plan/resolve-metrics.ts';
import { finishedCount, resultOf } from './plan/tasks.ts';
import type { Answer, Provider, ProviderTools } from './providers/contract.ts';
import type { ProviderRegistry } from './providers/registry.ts';
import { createSecrets, type Secrets, secretArguments } from './secrets.ts';
import type { CallAnswer, CallKind } from './types.ts';

export interface MeasureDeps {
  readonly registry: ProviderRegistry;
  readonly transport: Transport;
  readonly clock: Clock;
  toolsFor(signal: AbortSignal, secrets: Secrets): ProviderTools;
}

export interface MeasureCall {
  readonly run: AnalysisRun;
  /** With its arguments in place but for secrets. */
  readonly metric: string;
  readonly index: number;
  readonly kind: CallKind;
}

/** In bytes of JSON. What is longer is cut: the object has to fit its store (analysis.md §9.5). */
const longest = {
  value: 64 * 1024,
  /** Of all metrics of a run, so that one of each fits. */
  values: 512 * 1024,
  /** Keys and texts together. */
  metadata: 32 * 1024,
};

/** Never rejects for what a provider or a service does: that is a measurement in error. */
export async function measure(call: MeasureCall, deps: MeasureDeps, signal: AbortSignal): Promise<CallAnswer> {
  const secrets = createSecrets(deps.transport);
  const startedAt = deps.clock.now();
  const secretOf = await secretArguments(call.run, secrets);
  if ('is' in secretOf) return secretOf;
  const times = () => ({ startedAt, answeredAt: deps.clock.now() });
  let ofResult: Readonly<Record<string, string>> = {};
  try {
    const metric = withArguments(call, secretOf);
    const provider = deps.registry.providerOf(metric);
    ofResult = provider.metadata?.(metric) ?? {};
    const answer = await ask(provider, call, metric, deps.toolsFor(signal, secrets));
    const told = measured(call, answer, metric, times(), secrets);
    const stored = storable(told, { ...ofResult, ...told.resultMetadata }, call.run, secrets);
    return withHandles(stored, told, provider.handles);
  } catch (error) {
    // The result is made with its metadata also where its first measurement is an error (analysis.md §3.4).
    const message = problemText(error);
    return storable({ ...beginningOf(call), ...times(), phase: 'Error', message }, ofResult, call.run, secrets);
  }
}

/** A stack that runs over is the fault of an answer of a million brackets. */
function problemText(error: unknown): string {
  if (error instanceof RangeError && /call stack/.test(error.message)) return 'the answer is nested too deeply';
  return error instanceof Error ? error.message : String(error);
}

type Measured = CallAnswer & { readonly is: 'measured' };

function beginningOf({ run, metric, kind }: MeasureCall): Pick<Measured, 'is' | 'kind' | 'finishedBefore'> {
  return { is: 'measured', kind, finishedBefore: finishedCount(resultOf(run, metric)) };
}

/** The metric as it is asked; the run was planned with the same arguments, so nothing can be missing here. */
function withArguments({ run, index, metric: name }: MeasureCall, secretOf: ReadonlyMap<string, string>): Metric {
  const values = argumentValues(run.spec.args ?? [], ({ name }) => secretOf.get(name) ?? '');
  const metric = run.spec.metrics[index];
  if ('problem' in values || !metric) throw new Error('the metric of a planned call is gone');
  const resolved = resolveMetric(metric, values.value);
  if ('problem' in resolved) throw new Error(resolved.problem);
  return { ...resolved.value, name }; // QUIRK (§1.7): a name cannot come from a Secret, and Jobs are called by it
}

async function ask(provider: Provider, call: MeasureCall, metric: Metric, tools: ProviderTools): Promise<Answer> {
  const { run, kind } = call;
  const result = resultOf(run, call.metric);
  const common = { metric, run, finishedCount: finishedCount(result) };
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
  times: { readonly startedAt: EpochMillis; readonly answeredAt: EpochMillis },
  secrets: Secrets,
): Measured {
  const common = { ...beginningOf(call), ...times };
  if (answer.is === 'phase') {
    const { is: _is, ...rest } = answer;
    return { ...common, ...rest };
  }
  const verdict = verdictOf(metric, answer.result, times.answeredAt);
  const { metadata } = answer;
  // QUIRK: a value that could not be judged is not stored (V-73).
  const value = verdict.phase === 'Error' ? {} : { value: answer.value };
  const message = verdictText(metric, verdict.phase, answer.value, secrets.redact);
  return {
    ...common,
    ...(message === undefined ? {} : { message }),
    ...verdict,
    ...value,
    ...(metadata === undefined ? {} : { metadata }),
  };
}

/** Without secrets, and no longer than a status may be. */
function storable(
  answer: Measured,
  resultMetadata: Readonly<Record<string, string>>,
  run: AnalysisRun,
  { redact }: Secrets,
): Measured {
  const { message, value, metadata, ...rest } = answer;
  const shown = value === undefined ? undefined : redact(value);
  const room = Math.min(longest.value, Math.floor(longest.values / run.spec.metrics.length));
  const kept = shown === undefined ? undefined : cutToSize(shown, room);
  const isCut = kept !== shown;
  const told = { ...storableMap(metadata ?? {}, redact), ...(isCut ? { 'value-truncated': 'true' } : {}) };
  return {
    ...rest,
    ...(message === undefined ? {} : { message: shortened(redact(message)) }),
    ...(kept === undefined ? {} : { value: kept }),
    ...(Object.keys(told).length > 0 ? { metadata: told } : {}),
    resultMetadata: storableMap(resultMetadata, redact),
  };
}

/** A Job is found again also where an argument from a Secret happens to be the name of its namespace, or a part of it. */
function withHandles(stored: Measured, { metadata = {} }: Measured, handles: readonly string[] = []): Measured {
  const kept = handles.flatMap((key) => (metadata[key] === undefined ? [] : [[key, metadata[key]] as const]));
  return kept.length === 0 ? stored : { ...stored, metadata: { ...stored.metadata, ...Object.fromEntries(kept) } };
}

/** As many entries as there is room for; where some had none, another says so. */
function storableMap(map: Readonly<Record<string, string>>, redact: Secrets['redact']): Record<string, string> {
  const kept: [key: string, text: string][] = [];
  let room = longest.metadata;
  for (const [key, text] of Object.entries(map)) {
    if (room <= 0) return { ...Object.fromEntries(kept), 'metadata-truncated': 'true' };
    const entry: [string, string] = [shortened(redact(key), room), shortened(redact(text), room)];
    kept.push(entry);
    room -= jsonSize(entry);
  }
  return Object.fromEntries(kept);
}
