// What the answers of Kayenta mean (analysis.md §5.4).

import type { KayentaMetric } from '../../../api/types.generated.ts';
import type { EpochMillis } from '../../../lang/time.ts';
import { type Answer, type HttpAnswer, ProviderError } from '../wire/exchange.ts';
import { listOf, member, parseJson } from '../wire/json.ts';

const lookAgainMs = 15_000;

export function configId(answer: HttpAnswer, name: string): string {
  const found = listOf(content(answer)).find((config) => member(config, 'name') === name);
  const id = member(found, 'id');
  if (typeof id !== 'string') throw new ProviderError('Canary config not found');
  return id;
}

export function judgementStarted(answer: HttpAnswer, now: EpochMillis): Answer {
  const canaryExecutionId = member(content(answer), 'canaryExecutionId');
  if (typeof canaryExecutionId !== 'string' || canaryExecutionId === '') {
    throw new ProviderError('Invalid canaryExecutionId');
  }
  return { is: 'phase', phase: 'Running', metadata: { canaryExecutionId }, resumeAt: now + lookAgainMs };
}

export function judgement(answer: HttpAnswer, { threshold }: KayentaMetric, now: EpochMillis): Answer {
  const state = content(answer);
  const complete = member(state, 'complete');
  if (typeof complete !== 'boolean') throw new ProviderError('Missing Complete Status');
  if (!complete) return { is: 'phase', phase: 'Running', resumeAt: now + lookAgainMs };
  const found = member(state, 'result', 'judgeResult', 'score', 'score');
  if (typeof found !== 'number') throw new ProviderError('Missing Score');
  const score = Math.trunc(found);
  const phase = score >= threshold.pass ? 'Successful' : score >= threshold.marginal ? 'Inconclusive' : 'Failed';
  return { is: 'phase', phase, value: String(score) };
}

function content({ status, body }: HttpAnswer): unknown {
  if (status !== 200) throw new ProviderError(`Invalid Response: HTTP ${status}`);
  const parsed = parseJson(body);
  if ('problem' in parsed) throw new ProviderError(`Invalid Response: ${parsed.problem}`);
  return parsed.value;
}
