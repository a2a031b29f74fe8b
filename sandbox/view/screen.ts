// The one screen of `npm start`: what the rollout does, where the requests go, and what to type next. Pure: state in,
// lines out; terminal.ts puts them on the terminal and plain.ts tells the same without one.

import type { LoadSummary } from '../load/tally.ts';
import type { AnalysisView } from './analysis-view.ts';
import { type Block, fit } from './fit.ts';
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
  /** Default: as many as are needed. */
  readonly rows?: number;
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

/** How soon a part of the screen is left out where it is too high: what there is to do and to judge stays longest. */
const spare = {
  never: 0,
  exports: 1,
  moreHints: 2,
  oldVersions: 3,
  load: 4,
  analysis: 5,
  columnTitles: 6,
  message: 7,
  links: 8,
  details: 9,
  title: 10,
  blank: 11,
} as const;

const blank: Block = { lines: [''], spare: spare.blank };

export function renderScreen(state: ScreenState, options: ScreenOptions): string[] {
  const [hint = [], ...moreHints] = state.hints.map((line) =>
    commandLines(line, options.columns).map((part) => bold(part, options)),
  );
  const exports = state.exports.flatMap((line) => commandLines(line, options.columns));
  const blocks: Block[] = [
    { lines: [`${bold('Slipway', options)}  progressive delivery on an embedded cluster`], spare: spare.title },
    blank,
    ...rolloutBlocks(state.rollout, options),
    blank,
    ...each(loadLines(state.load, options), spare.load),
    blank,
    ...each(
      state.links.map(({ label, url }) => `${label.padEnd(12)}${url}`),
      spare.links,
    ),
    ...(state.problems.length > 0 ? [blank] : []),
    ...each(
      state.problems.map((problem) => paint(`! ${problem}`, 'red', options)),
      spare.never,
    ),
    blank,
    { lines: ['In a second terminal:'], spare: spare.title },
    { lines: exports, spare: spare.exports },
    { lines: hint, spare: spare.never },
    ...moreHints.map((lines) => ({ lines, spare: spare.moreHints })),
    blank,
    { lines: [dim('Ctrl-C ends it.', options)], spare: spare.title },
  ];
  const lines = fit(blocks, options.rows ?? Number.POSITIVE_INFINITY);
  return lines.map((line) => cut(line, options.columns));
}

function each(lines: readonly string[], howSoon: number): Block[] {
  return lines.map((line) => ({ lines: [line], spare: howSoon }));
}

function rolloutBlocks(rollout: RolloutView | undefined, options: ScreenOptions): Block[] {
  if (rollout === undefined) {
    const text = dim('No Rollout yet: apply one, e.g. kubectl apply -f examples/canary-alb.yaml', options);
    return [{ lines: [text], spare: spare.never }];
  }
  const phase = paint(rollout.phase || 'Progressing', phaseColors[rollout.phase] ?? 'blue', options);
  const step =
    rollout.step === undefined ? '' : `   step ${rollout.step}${rollout.stepText ? ` (${rollout.stepText})` : ''}`;
  const title = `${bold(`${rollout.namespace}/${rollout.name}`, options)}   ${rollout.strategy}   ${phase}${step}`;
  const isOld = (row: VersionRow): boolean => row.role === '';
  return [
    { lines: [title], spare: spare.never },
    { lines: messageLines(rollout.message, options.columns).map((line) => dim(line, options)), spare: spare.message },
    blank,
    {
      lines: [columnTitles(options)],
      spare: spare.columnTitles,
    },
    ...rollout.versions.map((row) => ({
      lines: [versionLine(row, options)],
      spare: isOld(row) ? spare.oldVersions : spare.never,
    })),
    ...(rollout.analyses.length > 0 ? [blank] : []),
    ...analysisBlocks(rollout.analyses, options),
  ];
}

/** A line for each analysis and metric; why one did not pass is told whole or not at all. */
function analysisBlocks(analyses: readonly AnalysisView[], options: ScreenOptions): Block[] {
  const blocks: { readonly lines: string[]; readonly spare: number }[] = [];
  for (const { text, tone, isDetail } of analysisLines(analyses, options.columns)) {
    const line = toned(text, tone, options);
    const before = blocks.at(-1);
    if (isDetail && before?.spare === spare.details) before.lines.push(line);
    else blocks.push({ lines: [line], spare: isDetail ? spare.details : spare.analysis });
  }
  return blocks;
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
  if (message === '') return [];
  const lines = wrap(message, columns - 2);
  return lines.length <= longestMessage
    ? lines
    : [...lines.slice(0, longestMessage - 1), `${lines[longestMessage - 1]} …`];
}

function toned(text: string, tone: 'plain' | 'dim' | 'good' | 'bad', options: ScreenOptions): string {
  if (tone === 'plain') return text;
  return tone === 'dim' ? dim(text, options) : paint(text, tone === 'good' ? 'green' : 'red', options);
}

/** The other columns take 48. */
function imageWidth({ columns }: ScreenOptions): number {
  return Math.min(36, Math.max(16, columns - 48));
}

function columnTitles(options: ScreenOptions): string {
  return `REVISION  ROLE        ${'VERSION'.padEnd(imageWidth(options))}  PODS    WEIGHT  MEASURED`;
}

function versionLine(row: VersionRow, options: ScreenOptions): string {
  const color = colorOf(row.image);
  const width = imageWidth(options);
  const cells = [
    `${row.revision}`.padEnd(10),
    row.role.padEnd(12),
    paint(row.image.length > width ? `…${row.image.slice(1 - width)}` : row.image.padEnd(width), color, options),
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
