// The same without a terminal: a line when the rollout changes, a line of traffic every ten seconds.

import { type AnalysisView, countsText, isBad } from './analysis-view.ts';
import type { RolloutView, ScreenState, VersionRow } from './screen.ts';
import type { View } from './terminal.ts';

const trafficEveryMs = 10_000;

export function makePlainView(write: (line: string) => void, now: () => number): View {
  let introduced = false;
  let lastRollout = '';
  let lastHints = '';
  let lastTrafficAt = now();
  const told = new Set<string>();
  const lastAnalyses = new Map<string, string>();
  return {
    show(state) {
      if (!introduced) {
        for (const line of introduction(state)) write(line);
        introduced = true;
      }
      for (const problem of state.problems.filter((one) => !told.has(one))) {
        told.add(problem);
        write(`! ${problem}`);
      }
      const rollout = state.rollout === undefined ? '' : rolloutLine(state.rollout);
      if (rollout !== lastRollout && rollout !== '') write(rollout);
      lastRollout = rollout;
      for (const analysis of state.rollout?.analyses ?? []) {
        const text = analysisText(analysis);
        if (text !== lastAnalyses.get(analysis.name)) write(text);
        lastAnalyses.set(analysis.name, text);
      }
      const hints = state.hints.map((hint) => `  next: ${hint}`).join('\n');
      if (hints !== lastHints) write(hints);
      lastHints = hints;
      if (state.load !== undefined && now() - lastTrafficAt >= trafficEveryMs) {
        lastTrafficAt = now();
        write(trafficLine(state));
      }
    },
    end() {},
  };
}

function introduction(state: ScreenState): string[] {
  return [
    ...state.links.map(({ label, url }) => `${label}: ${url}`),
    'In a second terminal:',
    ...state.exports.map((line) => `  ${line}`),
  ];
}

function rolloutLine(rollout: RolloutView): string {
  const step = rollout.step === undefined ? '' : ` step ${rollout.step}`;
  const message = rollout.message === '' ? '' : ` (${rollout.message})`;
  const versions = rollout.versions.length === 0 ? '' : `; ${rollout.versions.map(versionText).join(', ')}`;
  return `${rollout.namespace}/${rollout.name}: ${rollout.phase || 'Progressing'}${message}${step}${versions}`;
}

/** Changes when a phase does, not with every measurement that passed. */
function analysisText({ name, type, phase, metrics }: AnalysisView): string {
  const each = metrics.map((metric) => {
    if (!isBad(metric)) return `${metric.name} ${metric.phase}`;
    const { condition, query, value, error } = metric;
    const reasons = [value && `measured ${value}`, error, condition, query && `query: ${query}`].filter(Boolean);
    return `${metric.name} ${metric.phase} (${countsText(metric.counts)}): ${reasons.join('; ')}`;
  });
  return `analysis ${name} (${type}): ${phase || 'starting'}; ${each.join(', ')}`;
}

function versionText(row: VersionRow): string {
  const weight = row.wanted === undefined ? '' : ` ${row.wanted} %`;
  return `${row.role || 'old'} ${row.image} ${row.ready}/${row.desired}${weight}`;
}

function trafficLine({ load, rollout }: ScreenState): string {
  if (load === undefined) return '';
  const shares = (rollout?.versions ?? [])
    .filter((row) => row.measured !== undefined && row.measured > 0)
    .map((row) => `${row.image} ${row.measured?.toFixed(1)} %`);
  const failed = `${load.failuresPerSecond.toFixed(1)}/s failed, ${load.totalFailed} of ${load.total} in all`;
  return `traffic: ${load.perSecond.toFixed(0)}/s, ${shares.join(', ')}; ${failed}`;
}
