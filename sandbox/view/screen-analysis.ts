// The analyses of the screen: a line for each metric, and for one that did not pass the whole reason, wrapped to the
// width of the terminal.

import { type AnalysisView, countsText, isBad, type MetricView } from './analysis-view.ts';

export interface AnalysisLine {
  readonly text: string;
  readonly tone: 'plain' | 'dim' | 'good' | 'bad';
  /** Why it is as it is: the lines before tell the rest. */
  readonly isDetail?: boolean;
}

const indent = '    ';

export function analysisLines(analyses: readonly AnalysisView[], columns: number): AnalysisLine[] {
  return analyses.flatMap(({ name, type, phase, metrics }) => [
    { text: `ANALYSIS  ${type.padEnd(15)}${phase || 'starting'}   ${name}`, tone: toneOf(phase) },
    ...metrics.flatMap((metric) => metricLines(metric, columns)),
  ]);
}

function metricLines(metric: MetricView, columns: number): AnalysisLine[] {
  const { name, phase, counts, value, condition, query, error } = metric;
  const measured = value === '' ? '' : `measured ${value}`;
  const told = [`  ${name.padEnd(18)}${phase.padEnd(12)}`, countsText(counts), measured].filter(Boolean).join('  ');
  const first = wrap(told.trimEnd(), columns).map((text): AnalysisLine => ({ text, tone: toneOf(phase) }));
  if (!isBad(metric)) return first;
  const reasons = [error === '' ? '' : `error: ${error}`, condition, query === '' ? '' : `query: ${query}`];
  return [
    ...first,
    ...reasons
      .filter((reason) => reason !== '')
      .flatMap((reason) => wrap(reason, columns - indent.length))
      .map((text): AnalysisLine => ({ text: indent + text, tone: 'plain', isDetail: true })),
  ];
}

function toneOf(phase: string): AnalysisLine['tone'] {
  if (phase === 'Successful') return 'good';
  return ['Failed', 'Error', 'Inconclusive'].includes(phase) ? 'bad' : 'dim';
}

/** At blanks where there are some; a longer word is cut. Each line has a character at least, however narrow it should be. */
export function wrap(text: string, wanted: number): string[] {
  const width = Math.max(1, wanted);
  const lines: string[] = [];
  let rest = text;
  while (rest.length > width) {
    const blank = rest.lastIndexOf(' ', width);
    const at = blank > 0 ? blank : width;
    lines.push(rest.slice(0, at));
    rest = rest.slice(at).trimStart();
  }
  return [...lines, rest];
}
