// What stays of the screen on a small terminal: its parts are left out whole, those first that are needed least, until the
// rest fits. A command that was cut in two could not be pasted.

export interface Block {
  readonly lines: readonly string[];
  /** 0 is never left out; the higher, the sooner. Of equal ones the lower on the screen goes first. */
  readonly spare: number;
}

/** At most `rows` lines. What may not be left out and does not fit is cut below. */
export function fit(blocks: readonly Block[], rows: number): string[] {
  let kept = blocks;
  while (countLines(kept) > rows) {
    const most = Math.max(...kept.map(({ spare }) => spare));
    if (most === 0) break;
    const last = kept.findLastIndex(({ spare }) => spare === most);
    kept = kept.filter((_, index) => index !== last);
  }
  return kept.flatMap(({ lines }) => lines).slice(0, rows);
}

function countLines(blocks: readonly Block[]): number {
  return blocks.reduce((sum, { lines }) => sum + lines.length, 0);
}
