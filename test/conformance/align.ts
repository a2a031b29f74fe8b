// Does a sequence of ours say the same as the reference's? Ours may leave out what the reference passes through without
// waiting; it may have nothing else and no other order (goldens/README, "To compare", 1).

export interface Item {
  readonly text: string;
  /** Ours must have it. */
  readonly required: boolean;
}

/** For every item of `got` the index of its counterpart in `want`; undefined when there is no such alignment. */
export function align(want: readonly Item[], got: readonly string[]): number[] | undefined {
  // reachable[i][j]: the first i of ours can stand for the first j of the reference's.
  const reachable: boolean[][] = Array.from({ length: got.length + 1 }, () => Array(want.length + 1).fill(false));
  reachable[0]![0] = true;
  for (let i = 0; i <= got.length; i += 1) {
    for (let j = 1; j <= want.length; j += 1) {
      const skips = reachable[i]![j - 1] && !want[j - 1]!.required;
      const pairs = i > 0 && reachable[i - 1]![j - 1] && got[i - 1] === want[j - 1]!.text;
      reachable[i]![j] = Boolean(skips || pairs);
    }
  }
  if (!reachable[got.length]![want.length]) return undefined;
  const indexes: number[] = [];
  let i = got.length;
  for (let j = want.length; i > 0; j -= 1) {
    if (reachable[i - 1]![j - 1] && got[i - 1] === want[j - 1]!.text) {
      indexes.unshift(j - 1);
      i -= 1;
    }
  }
  return indexes;
}

/** Where two sequences part, side by side, with a little of what came before. */
export function showParting(want: readonly Item[], got: readonly string[]): string[] {
  let best = 0;
  for (let length = got.length; length > 0; length -= 1) {
    const prefix = got.slice(0, length);
    const fits = want.some((_, j) => align(want.slice(0, j + 1), prefix) !== undefined);
    if (fits) {
      best = length;
      break;
    }
  }
  const matched = got.slice(0, best);
  let at = want.length;
  for (let j = best; j <= want.length; j += 1) {
    if (align(want.slice(0, j), matched) !== undefined) {
      at = j;
      break;
    }
  }
  const before = matched.slice(-2).map((text) => `      …  ${text}`);
  const expected = want
    .slice(at, at + 4)
    .map(({ text, required }) => `    want ${text}${required ? '' : ' (may be left out)'}`);
  const actual = got.slice(best, best + 4).map((text) => `    got  ${text}`);
  return [
    ...before,
    ...(expected.length > 0 ? expected : ['    want nothing more']),
    ...(actual.length > 0 ? actual : ['    got  nothing more']),
  ];
}
