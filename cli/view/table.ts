// How cells become aligned columns: the tree of `get` (spec/cli.md §5.2) and the tables of `list` (§7.1).

import { padEnd, visibleWidth } from './colour.ts';

const columnGap = 2;

/** One block of rows: each column as wide as its widest cell plus two; the last cell of a row is not padded. */
export function formatTree(rows: readonly (readonly string[])[]): string {
  const widths = columnWidths(rows);
  return rows
    .map((row) => row.map((cell, i) => (i === row.length - 1 ? cell : padEnd(cell, (widths[i] ?? 0) + columnGap))))
    .map((cells) => `${cells.join('')}\n`)
    .join('');
}

export interface ListColumn {
  readonly title: string;
  readonly minWidth: number;
}

/**
 * Cells are padded to their column's minimum first; then every column but the last is as wide as its widest cell plus
 * two. The last cell of a row keeps only its own minimum padding, so that rows end in spaces.
 */
export function formatList(columns: readonly ListColumn[], rows: readonly (readonly string[])[]): string {
  return formatTree(rows.map((row) => row.map((cell, i) => padEnd(cell, columns[i]?.minWidth ?? 0))));
}

function columnWidths(rows: readonly (readonly string[])[]): number[] {
  const widths: number[] = [];
  for (const row of rows) {
    row.forEach((cell, i) => {
      widths[i] = Math.max(widths[i] ?? 0, visibleWidth(cell));
    });
  }
  return widths;
}
