// The tables of docs/performance.md: each stands between two marks, which name its benchmark; all else is written by hand.

import { availableParallelism, loadavg } from 'node:os';
import { besideOf, type Figure } from './figures.ts';

/** The figures of one benchmark, with the machine as far as it matters. */
export function tableOf(figures: readonly Figure[]): string {
  const rows = figures.map((figure) => `| ${[figure.what, figure.value, besideOf(figure)].map(cell).join(' | ')} |`);
  const load = (loadavg()[0] ?? 0).toFixed(1);
  const machine = `${availableParallelism()} cores, Node ${process.version.slice(1)}; load of the machine ${load}`;
  return ['| what | measured | aim, or what to compare with |', '|---|---|---|', ...rows, '', machine].join('\n');
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|');
}

/** The page with that table in its place. Throws when the page has no place for it. */
export function withTable(page: string, name: string, table: string): string {
  const [start, end] = [`<!-- bench ${name} -->\n`, `<!-- end of ${name} -->`];
  const [from, to] = [page.indexOf(start), page.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`docs/performance.md has no place between ${start.trim()} and ${end}`);
  return `${page.slice(0, from + start.length)}\n${table}\n\n${page.slice(to)}`;
}
