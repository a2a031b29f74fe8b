// What `get analysisrun` prints (EXT, spec/cli.md §14.6): the run, for each metric how it stands against its limits and
// what it is judged by, and the last measurements.

import { withKnownArguments } from '../../controller/api/known-arguments.ts';
import type { AnalysisRun, Measurement, Metric, MetricResult } from '../../controller/api/types.generated.ts';
import { parseGoDuration } from '../../controller/lang/go-duration.ts';
import { formatRfc3339, parseRfc3339 } from '../../controller/lang/rfc3339.ts';
import { ageText } from './age.ts';
import { type Paint, paintIcon } from './colour.ts';
import { formatHeader, type HeaderLine } from './header.ts';
import { iconOfAnalysis } from './icons.ts';
import { formatTree } from './table.ts';

const shownMeasurements = 10;
const longestValue = 60;
const errorRetryMs = 10_000;

export interface AnalysisRunOptions {
  readonly paint: Paint;
  readonly now: number;
}

export function drawAnalysisRun(run: AnalysisRun, { paint, now }: AnalysisRunOptions): string {
  const { metadata, spec, status } = run;
  const owner = metadata.ownerReferences?.find(({ controller }) => controller === true);
  const header = formatHeader([
    ['Name:', metadata.name ?? ''],
    ['Namespace:', metadata.namespace ?? ''],
    ['Status:', phaseText(status?.phase ?? '', paint)],
    ...optional('Message:', status?.message),
    ...optional('Owner:', owner && `${owner.kind} ${owner.name}`),
    ...optional('Started:', status?.startedAt && `${status.startedAt} (${ageText(status.startedAt, now)} ago)`),
    ...optional('Completed:', status?.completedAt),
  ]);
  const metrics = spec.metrics.map((metric) => drawMetric(run, metric, paint));
  return [header, ...metrics].join('\n');
}

function drawMetric(run: AnalysisRun, metric: Metric, paint: Paint): string {
  const shown = (text: unknown): string => withKnownArguments(`${text}`, run.spec.args);
  const name = shown(metric.name);
  const result = run.status?.metricResults?.find((one) => one.name === name);
  const dryRun = result?.dryRun ? ' (dry run)' : '';
  const block = formatHeader([
    ['Metric:', `${name}${dryRun}`],
    ['  Status:', phaseText(result?.phase ?? 'Pending', paint)],
    ...optional('  Message:', result?.message === result?.measurements?.at(-1)?.message ? undefined : result?.message),
    ['  Provider:', Object.keys(metric.provider)[0] ?? ''],
    ['  Measured:', countsText(metric, result, shown)],
    ...optional('  Success if:', metric.successCondition && shown(metric.successCondition)),
    ...optional('  Failure if:', metric.failureCondition && shown(metric.failureCondition)),
    ...optional('  Query:', queryOf(result)),
    ...optional('  Interval:', metric.interval && shown(metric.interval)),
    ...optional('  Next:', nextText(run, metric, result, shown)),
  ]);
  const measurements = result?.measurements?.slice(-shownMeasurements) ?? [];
  if (measurements.length === 0) return block;
  const rows = measurements.map((measurement) => measurementRow(measurement, paint));
  const table = [['  STARTED', 'PHASE', 'VALUE', 'MESSAGE'], ...rows];
  return `${block}\n${formatTree(table).replaceAll(/ +$/gm, '')}`;
}

function measurementRow({ startedAt, phase, value = '', message = '' }: Measurement, paint: Paint): string[] {
  const cut = value.length > longestValue ? `${value.slice(0, longestValue - 1)}…` : value;
  // The query stands above.
  const told = message.replaceAll(/\s*\n\s*/g, ' ').replace(/, query: .*$/, '');
  return [`  ${startedAt ?? ''}`, phaseText(phase, paint), cut, told];
}

/** `5 of 10: 4 successful, 1 failed of 2 allowed`. */
function countsText(metric: Metric, result: MetricResult | undefined, shown: (text: unknown) => string): string {
  const { count = 0, successful = 0, failed = 0, inconclusive = 0, error = 0, consecutiveError = 0 } = result ?? {};
  const wanted = shown(metric.count ?? '') || (metric.interval ? '' : '1');
  const allowed = (limit: unknown, otherwise: string) => ` of ${shown(limit ?? '') || otherwise} allowed`;
  const parts = [
    `${successful} successful`,
    `${failed} failed${`${metric.failureLimit}` === '-1' ? '' : allowed(metric.failureLimit, '0')}`,
    ...(inconclusive > 0 ? [`${inconclusive} inconclusive${allowed(metric.inconclusiveLimit, '0')}`] : []),
    ...(error > 0
      ? [`${error} errors, ${consecutiveError}${allowed(metric.consecutiveErrorLimit, '4')} in a row`]
      : []),
  ];
  return `${count}${wanted === '' || wanted === '0' ? '' : ` of ${wanted}`}: ${parts.join(', ')}`;
}

function queryOf(result: MetricResult | undefined): string | undefined {
  const [query] = Object.entries(result?.metadata ?? {}).filter(([key]) => /^Resolved\w+Query$/.test(key));
  return query?.[1].replaceAll(/\s+/g, ' ').trim();
}

/** When it is measured next; nothing once that has an answer. */
function nextText(
  run: AnalysisRun,
  metric: Metric,
  result: MetricResult | undefined,
  shown: (text: unknown) => string,
): string | undefined {
  if (run.status?.phase !== 'Running' || (result && result.phase !== 'Running')) return undefined;
  const last = result?.measurements?.at(-1);
  const after = (since: string | undefined, waitMs: number | undefined) => {
    const at = parseRfc3339(since ?? '');
    return at === undefined ? undefined : formatRfc3339(at + (waitMs ?? errorRetryMs));
  };
  if (last === undefined)
    return metric.initialDelay && after(run.status.startedAt, duration(shown(metric.initialDelay)));
  if (last.finishedAt === undefined) return last.resumeAt;
  return after(last.finishedAt, last.phase === 'Error' ? errorRetryMs : duration(shown(metric.interval ?? '')));
}

function duration(text: string): number | undefined {
  return text === '' ? undefined : parseGoDuration(text);
}

function phaseText(phase: string, paint: Paint): string {
  return `${paintIcon(paint, iconOfAnalysis(phase))} ${phase}`;
}

function optional(label: string, value: string | undefined): HeaderLine[] {
  return value ? [[label, value]] : [];
}
