// Medians with their range, one line each.

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

/** Prints `what: median unit (min … max, n runs)`, and the ratio to a reference of the same run. */
export function tell(
  what: string,
  values: readonly number[],
  unit: string,
  reference?: { name: string; value: number },
) {
  const middle = median(values);
  const digits = middle < 10 ? 3 : 1;
  const range = `${Math.min(...values).toFixed(digits)} … ${Math.max(...values).toFixed(digits)}, ${values.length} runs`;
  const ratio = reference === undefined ? '' : `, ${(middle / reference.value).toFixed(2)} × ${reference.name}`;
  console.log(`  ${what}: ${middle.toFixed(digits)} ${unit} (${range}${ratio})`);
}

export async function repeat(times: number, run: () => Promise<number> | number): Promise<number[]> {
  const values: number[] = [];
  for (let index = 0; index < times; index++) values.push(await run());
  return values;
}
