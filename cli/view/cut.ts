// Fitting text into a narrow terminal: whole lines at their end, names in their middle (spec/cli.md §11).

import { visibleWidth } from './colour.ts';

/** At most `width` columns; escape sequences take none, and none of them is lost. */
export function cutToWidth(line: string, width: number): string {
  if (visibleWidth(line) <= width) return line;
  let left = width - 1;
  let text = '';
  // biome-ignore lint/suspicious/noControlCharactersInRegex: an escape sequence begins with the control character ESC
  for (const [part] of line.matchAll(/\u001b\[[0-9;?]*[A-Za-z]|./gu)) {
    if (part.startsWith('\u001b')) text += part;
    else if (left > 0) {
      text += part;
      left--;
    } else if (left === 0) {
      text += '…';
      left--;
    }
  }
  return text;
}

/** Draws once more with names cut so that the table fits, if it does not. */
export function fitToWidth(draw: (longestName?: number) => string, columns: number | undefined): string {
  const whole = draw();
  if (columns === undefined) return whole;
  const table = whole.slice(whole.indexOf('\n\n') + 2).split('\n');
  const overflow = Math.max(...table.map(visibleWidth)) - columns;
  const longest = Math.max(...table.map((row) => /\S+$/.exec(row.split('  ')[0] ?? '')?.[0].length ?? 0));
  return overflow > 0 ? draw(Math.max(shortestName, longest - overflow)) : whole;
}

const shortestName = 12;

/** `checkout-6d9f…8-2xk4p`: beginning and end of a name say most. */
export function cutInMiddle(name: string, width: number): string {
  if (name.length <= width) return name;
  const end = Math.floor((width - 1) / 2);
  return `${name.slice(0, width - 1 - end)}…${name.slice(name.length - end)}`;
}
