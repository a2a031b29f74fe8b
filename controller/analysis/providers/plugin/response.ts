// What a plugin answers (analysis.md §5.12): a measurement, whose phase is the plugin's own decision.

import { parseRfc3339 } from '../../../lang/rfc3339.ts';
import { type Answer, type HttpAnswer, type MeasurementPhase, ProviderError } from '../wire/exchange.ts';
import { isRecord, member, parseJson } from '../wire/json.ts';

const phases: readonly MeasurementPhase[] = ['Running', 'Pending', 'Successful', 'Failed', 'Error', 'Inconclusive'];

export function pluginAnswer({ status, body }: HttpAnswer, verb: 'run' | 'resume' | 'terminate'): Answer {
  const failed = (text: string): ProviderError => new ProviderError(`failed to ${verb} via plugin: ${text}`);
  if (status !== 200) throw failed(`HTTP ${status}`);
  const parsed = parseJson(body);
  if ('problem' in parsed) throw failed(parsed.problem);
  const phase = phases.find((known) => known === member(parsed.value, 'phase'));
  if (phase === undefined) throw failed('the answer has no phase');
  const [message, value, metadata] = ['message', 'value', 'metadata'].map((name) => member(parsed.value, name));
  if (phase === 'Error') throw failed(typeof message === 'string' ? message : '');
  const resumeAt = parseRfc3339(String(member(parsed.value, 'resumeAt') ?? ''));
  return {
    is: 'phase',
    phase,
    ...(typeof message === 'string' ? { message } : {}),
    ...(typeof value === 'string' ? { value } : {}),
    ...(isRecord(metadata) ? { metadata: texts(metadata) } : {}),
    ...(resumeAt === undefined ? {} : { resumeAt }),
  };
}

function texts(metadata: Readonly<Record<string, unknown>>): Record<string, string> {
  return Object.fromEntries(Object.entries(metadata).map(([key, value]) => [key, String(value)]));
}
