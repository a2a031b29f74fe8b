// The one screen of `npm start`: what the rollout does, where the requests go, and what to type next. Pure: state in,
// lines out; terminal.ts puts them on the terminal and plain.ts tells the same without one.

import type { LoadSummary } from '../load/tally.ts';
import type { AnalysisView } from './analysis-view.ts';
import { analysisLines, wrap } from './screen-analysis.ts';

export interface VersionRow {
  readonly role: 'stable' | 'canary' | 'active' | 'preview' | 'experiment' | '';
  readonly revision: number;
  readonly image: string;
  readonly podHash: string;
  readonly ready: number;
  readonly desired: number;
  /** Percent that the load balancer was told; undefined where no weights are in play. */
  readonly wanted: number | undefined;
  /** Percent that the load saw in its window; undefined without load. */
  readonly measured: number | undefined;
}

export interface RolloutView {
  readonly namespace: string;
  readonly name: string;
  readonly strategy: string;
  readonly phase: string;
  readonly message: string;
  /** `1/2`; undefined without steps. */
  readonly step: string | undefined;
  /** What the current step is, e.g. `pause` or `setWeight 25`. */
  readonly stepText: string | undefined;
  readonly versions: readonly VersionRow[];
  readonly analyses: readonly AnalysisView[];
}

export interface ScreenState {
  readonly rollout: RolloutView | undefined;
  readonly load: LoadSummary | undefined;
  readonly links: readonly { readonly label: string; readonly url: string }[];
  readonly hints: readonly string[];
  readonly exports: readonly string[];
  readonly problems: readonly string[];
}

export interface ScreenOptions {
  readonly columns: number;
  readonly color: boolean;
}

const colorCodes: Readonly<Record<string, number>> = {
  red: 31,
  green: 32,
  orange: 33,
  yellow: 93,
  blue: 34,
  purple: 35,
};
const escapeCharacter = '\u001b';
const escapeOrCharacter = new RegExp(`${escapeCharacter}\\[[0-9;]*m|.`, 'gsu');
const phaseColors: Readonly<Record<string, string>> = {
  Healthy: 'green',
  Paused: 'yellow',
  Degraded: 'red',
  Progressing: 'blue',
};

export function renderScreen(state: ScreenState, options: ScreenOptions): string[] {
  const lines = [
    `${bold('Slipway', options)}  progressive delivery on an embedded cluster`,
    '',
    ...rolloutLines(state.rollout, options),
    '',
    ...loadLines(state.load, options),
    '',
    ...state.links.map(({ label, url }) => `${label.padEnd(12)}${url}`),
    ...(state.problems.length > 0
      ? ['', ...state.problems.map((problem) => paint(`! ${problem}`, 'red', options))]
      : []),
    '',
    'In a second terminal:',
    ...state.exports.flatMap((line) => commandLines(line, options.columns)),
    ...state.hints.flatMap((line) => commandLines(line, options.columns).map((part) => bold(part, options))),
    '',
    dim('Ctrl-C ends it.', options),
  ];
  return lines.map((line) => cut(line, options.columns));
}

function rolloutLines(rollout: RolloutView | undefined, options: ScreenOptions): string[] {
  if (rollout === undefined)
    return [dim('No Rollout yet: apply one, e.g. kubectl apply -f examples/canary-alb.yaml', options)];
  const phase = paint(rollout.phase || 'Progressing', phaseColors[rollout.phase] ?? 'blue', options);
  const step =
    rollout.step === undefined ? '' : `   step ${rollout.step}${rollout.stepText ? ` (${rollout.stepText})` : ''}`;
  return [
    `${bold(`${rollout.namespace}/${rollout.name}`, options)}   ${rollout.strategy}   ${phase}${step}`,
    ...messageLines(rollout.message, options.columns).map((line) => dim(line, options)),
    '',
    'REVISION  ROLE        VERSION                               PODS    WEIGHT  MEASURED',
    ...rollout.versions.map((row) => versionLine(row, options)),
    ...(rollout.analyses.length > 0 ? [''] : []),
    ...analysisLines(rollout.analyses, options.columns).map(({ text, tone }) => toned(text, tone, options)),
  ];
}

/** A command that is wider than the terminal can still be copied: a word that is too long goes on at the line's begin. */
export function commandLines(command: string, columns: number): string[] {
  const width = Math.max(columns - 6, 8);
  const lines: string[] = [];
  let indent = '  ';
  let rest = command;
  while (rest.length > width) {
    const blank = rest.lastIndexOf(' ', width);
    const at = blank > 0 ? blank + 1 : width;
    lines.push(`${indent}${rest.slice(0, at)}\\`);
    indent = blank > 0 ? '    ' : '';
    rest = rest.slice(at);
  }
  return [...lines, `${indent}${rest}`];
}

const longestMessage = 3;

/** The analyses tell the rest of a long one. */
function messageLines(message: string, columns: number): string[] {
  const lines = wrap(message, columns - 2);
  return lines.length <= longestMessage
    ? lines
    : [...lines.slice(0, longestMessage - 1), `${lines[longestMessage - 1]} …`];
}

function toned(text: string, tone: 'plain' | 'dim' | 'good' | 'bad', options: ScreenOptions): string {
  if (tone === 'plain') return text;
  return tone === 'dim' ? dim(text, options) : paint(text, tone === 'good' ? 'green' : 'red', options);
}

function versionLine(row: VersionRow, options: ScreenOptions): string {
  const color = colorOf(row.image);
  const cells = [
    `${row.revision}`.padEnd(10),
    row.role.padEnd(12),
    paint(row.image.length > 36 ? `…${row.image.slice(-35)}` : row.image.padEnd(36), color, options),
    '  ',
    `${row.ready}/${row.desired}`.padEnd(8),
    (row.wanted === undefined ? '' : `${row.wanted} %`).padStart(6),
    '  ',
    (row.measured === undefined ? '' : `${row.measured.toFixed(1)} %`).padStart(8),
    '  ',
    row.measured === undefined ? '' : paint('█'.repeat(Math.round(row.measured / 5)), color, options),
  ];
  return cells.join('').trimEnd();
}

function loadLines(load: LoadSummary | undefined, options: ScreenOptions): string[] {
  if (load === undefined) return [dim('No load: start it without --no-load to see requests flow.', options)];
  const failures = `${load.failuresPerSecond.toFixed(1)}/s failed (${load.totalFailed} of ${load.total} in all)`;
  const versions = Object.entries(load.byVersion)
    .toSorted(([a], [b]) => a.localeCompare(b))
    .map(
      ([version, share]) =>
        `${paint(version, version, options)} ${((share.percent / 100) * load.perSecond).toFixed(1)}/s`,
    );
  return [
    `requests  ${load.perSecond.toFixed(0)}/s   ${paint(failures, load.failuresPerSecond > 0 ? 'red' : 'green', options)}`,
    `          ${versions.join('   ')}`,
  ];
}

/** The colour that a demo image is named after: `argoproj/rollouts-demo:bad-yellow` → yellow. */
export function colorOf(image: string): string {
  return /:(?:bad-|slow-)?(\w+)$/.exec(image)?.[1] ?? '';
}

function paint(text: string, color: string, { color: enabled }: ScreenOptions): string {
  const code = colorCodes[color.replace(/^(bad|slow)-/, '')];
  return enabled && code !== undefined ? `\u001b[${code}m${text}\u001b[39m` : text;
}

function bold(text: string, { color }: ScreenOptions): string {
  return color ? `\u001b[1m${text}\u001b[22m` : text;
}

function dim(text: string, { color }: ScreenOptions): string {
  return color ? `\u001b[2m${text}\u001b[22m` : text;
}

/** Cuts a line to the terminal's width; escapeCharacter sequences take no room. */
function cut(line: string, columns: number): string {
  let width = 0;
  let result = '';
  for (const [part] of line.matchAll(escapeOrCharacter)) {
    if (part.startsWith(escapeCharacter)) result += part;
    else if (width < columns) {
      result += part;
      width += 1;
    }
  }
  return result;
}
