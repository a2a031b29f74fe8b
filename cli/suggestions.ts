// Which commands a mistyped word may have meant: as cobra, those at a distance of two edits at most, or beginning with
// the word.

import type { Command } from './command.ts';

const maximumDistance = 2;

/** What follows the line "unknown command": empty, or the list between blank lines. */
export function suggestionsText(word: string, commands: readonly Command[]): string {
  const typed = word.toLowerCase();
  const near = commands
    .map(({ name }) => name)
    .filter((name) => editDistance(typed, name) <= maximumDistance || name.startsWith(typed));
  if (near.length === 0) return '';
  return `\nDid you mean this?\n${near.map((name) => `\t${name}\n`).join('')}\n`;
}

/** Levenshtein's: insertions, deletions, substitutions. */
export function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const current = [i];
    for (let j = 1; j <= b.length; j++) {
      const substituted = previous[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      current.push(Math.min(substituted, previous[j]! + 1, current[j - 1]! + 1));
    }
    previous = current;
  }
  return previous[b.length]!;
}
