// How figures are told: one line each while they are measured, and a row of docs/performance.md afterwards.

/** A row of a table. */
export interface Figure {
  readonly what: string;
  readonly value: string;
  /** What was aimed at, or what another program needs. */
  readonly beside?: string;
}

const told: Figure[] = [];

/** Prints a figure and keeps it for the table of its benchmark. */
export function tellFigure(figure: Figure): void {
  told.push(figure);
  const beside = figure.beside === undefined ? '' : ` (${figure.beside})`;
  console.log(`  ${figure.what}: ${figure.value}${beside}`);
}

/** What was told since the last call. */
export function takeFigures(): readonly Figure[] {
  return told.splice(0);
}

export function median(values: readonly number[]): number {
  return percentile(values, 50);
}

export function percentile(values: readonly number[], percent: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor((sorted.length * percent) / 100))] ?? Number.NaN;
}

/** Tells the median with its range and its ratio to a reference of the same run. */
export function tell(
  what: string,
  values: readonly number[],
  unit: string,
  reference?: { name: string; value: number },
  beside?: string,
) {
  const middle = median(values);
  const digits = middle < 10 ? 3 : 1;
  const range = `${Math.min(...values).toFixed(digits)} … ${Math.max(...values).toFixed(digits)}, ${values.length} runs`;
  const ratio = reference === undefined ? '' : `, ${(middle / reference.value).toFixed(2)} × ${reference.name}`;
  const value = `${middle.toFixed(digits)} ${unit} (${range}${ratio})`;
  tellFigure({ what, value, ...(beside === undefined ? {} : { beside }) });
}

export async function repeat(times: number, run: () => Promise<number> | number): Promise<number[]> {
  const values: number[] = [];
  for (let index = 0; index < times; index++) values.push(await run());
  return values;
}
