// Does a sequence of ours say the same as the reference's? Ours may leave out what the reference passes through without
// waiting; it may have nothing else and no other order (goldens/README, "To compare", 1).

export interface Item {
  readonly text: string;
  /** Ours must have it. */
  readonly required: boolean;
}

export interface Alignment {
  /** For every item of ours the index of its counterpart, or undefined. */
  readonly counterparts: readonly (number | undefined)[];
  /** `want …` and `got …` for what has no counterpart, each stretch after the item before it; empty: they agree. */
  readonly lines: readonly string[];
}

/** The alignment with the fewest items that have no counterpart. `openEnd`: the reference's sequence breaks off. */
export function align(want: readonly Item[], got: readonly string[], openEnd = false): Alignment {
  const costs = costTable(want, got, openEnd);
  const counterparts: (number | undefined)[] = [];
  const lines: string[] = [];
  let context: string | undefined;
  const tell = (line: string) => {
    if (context !== undefined) lines.push(`    …    ${context}`);
    context = undefined;
    lines.push(line);
  };
  let i = 0;
  let j = 0;
  while (i < got.length || j < want.length) {
    const here = costs[i]![j]!;
    if (i < got.length && j < want.length && got[i] === want[j]!.text && costs[i + 1]![j + 1] === here) {
      counterparts.push(j);
      context = got[i];
      i += 1;
      j += 1;
    } else if (j < want.length && costs[i]![j + 1]! + (want[j]!.required ? 1 : 0) === here) {
      if (want[j]!.required) tell(`    want ${want[j]!.text}`);
      j += 1;
    } else {
      counterparts.push(undefined);
      if (!openEnd || j < want.length) tell(`    got  ${got[i]}`);
      i += 1;
    }
  }
  return { counterparts, lines };
}

/** costs[i][j]: what the rest costs from the i-th of ours and the j-th of the reference's on. */
function costTable(want: readonly Item[], got: readonly string[], openEnd: boolean): number[][] {
  const costs = Array.from({ length: got.length + 1 }, () => Array<number>(want.length + 1).fill(0));
  for (let i = got.length; i >= 0; i -= 1) {
    for (let j = want.length; j >= 0; j -= 1) {
      if (i === got.length && j === want.length) continue;
      const choices: number[] = [];
      if (j < want.length) choices.push(costs[i]![j + 1]! + (want[j]!.required ? 1 : 0));
      if (i < got.length) choices.push(costs[i + 1]![j]! + (openEnd && j === want.length ? 0 : 1));
      if (i < got.length && j < want.length && got[i] === want[j]!.text) choices.push(costs[i + 1]![j + 1]!);
      costs[i]![j] = Math.min(...choices);
    }
  }
  return costs;
}
