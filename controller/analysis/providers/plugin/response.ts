// What a plugin answers (analysis.md §5.12): a measurement, whose phase is the plugin's own decision.

import { parseRfc3339 } from '../../../lang/rfc3339.ts';
import type { EpochMillis } from '../../../lang/time.ts';
import { type Answer, type HttpAnswer, type MeasurementPhase, ProviderError } from '../wire/exchange.ts';
import { isRecord, member, parseJson } from '../wire/json.ts';

export type PluginVerb = 'run' | 'resume' | 'terminate' | 'garbage collect';

export type PhaseAnswer = Extract<Answer, { readonly is: 'phase' }>;

/** A measurement as a plugin tells it: nothing of it is certain. */
export interface ToldMeasurement {
  readonly phase: unknown;
  readonly message: unknown;
  readonly value: unknown;
  readonly metadata: Readonly<Record<string, unknown>> | undefined;
  readonly resumeAt: EpochMillis | undefined;
}

const phases: readonly MeasurementPhase[] = ['Running', 'Pending', 'Successful', 'Failed', 'Error', 'Inconclusive'];

export function failedVia(verb: PluginVerb, text: string): ProviderError {
  return new ProviderError(`failed to ${verb} via plugin: ${text}`);
}

/** Throws a ProviderError where it is no answer. An error that the plugin tells is one, and keeps what else it says. */
export function pluginAnswer(told: ToldMeasurement, verb: PluginVerb): PhaseAnswer {
  const { message, value, metadata, resumeAt } = told;
  const phase = phases.find((known) => known === told.phase);
  if (phase === undefined) throw failedVia(verb, 'the answer has no phase');
  const text = typeof message === 'string' ? message : '';
  const said = phase === 'Error' ? failedVia(verb, text).message : text;
  return {
    is: 'phase',
    phase,
    ...(said === '' ? {} : { message: said }),
    ...(typeof value === 'string' && value !== '' ? { value } : {}),
    ...(metadata === undefined ? {} : { metadata: texts(metadata) }),
    ...(resumeAt === undefined ? {} : { resumeAt }),
  };
}

export function httpAnswer({ status, body }: HttpAnswer, verb: PluginVerb): PhaseAnswer {
  if (status !== 200) throw failedVia(verb, `HTTP ${status}`);
  const parsed = parseJson(body);
  if ('problem' in parsed) throw failedVia(verb, parsed.problem);
  const { value: told } = parsed;
  const metadata = member(told, 'metadata');
  const measurement = {
    phase: member(told, 'phase'),
    message: member(told, 'message'),
    value: member(told, 'value'),
    metadata: isRecord(metadata) ? metadata : undefined,
    resumeAt: parseRfc3339(String(member(told, 'resumeAt') ?? '')),
  };
  return pluginAnswer(measurement, verb);
}

function texts(metadata: Readonly<Record<string, unknown>>): Record<string, string> {
  return Object.fromEntries(Object.entries(metadata).map(([key, value]) => [key, textOf(value)]));
}

function textOf(value: unknown): string {
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}
