// How figures are told: one line each while they are measured, and a row of docs/performance.md afterwards.

/** A row of a table. */
export interface Figure {
  readonly what: string;
  readonly value: string;
  readonly aim?: Aim;
  /** What another program needs, or what the value does not say by itself. */
  readonly beside?: string;
}

/** What was aimed at, in words, and whether it was reached. */
export interface Aim {
  readonly text: string;
  readonly isMet: boolean;
}

const told: Figure[] = [];

/** Prints a figure and keeps it for the table of its benchmark. */
export function tellFigure(figure: Figure): void {
  told.push(figure);
  const beside = besideOf(figure);
  console.log(`  ${figure.what}: ${figure.value}${beside === '' ? '' : ` (${beside})`}`);
}

/** What was told since the last call. */
export function takeFigures(): readonly Figure[] {
  return told.splice(0);
}

/** The aim with its outcome, and the remark. */
export function besideOf({ aim, beside }: Figure): string {
  const outcome = aim === undefined ? [] : [`${aim.text}: ${aim.isMet ? 'met' : 'missed'}`];
  return [...outcome, ...(beside === undefined ? [] : [beside])].join('; ');
}

export function below(limit: number, unit: string, value: number): Aim {
  return { text: `below ${limit} ${unit}`, isMet: value < limit };
}

export function atMost(limit: number, value: number): Aim {
  return { text: limit === 0 ? 'none' : `at most ${limit}`, isMet: value <= limit };
}

export function median(values: readonly number[]): number {
  return percentile(values, 50);
}

export function percentile(values: readonly number[], percent: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor((sorted.length * percent) / 100))] ?? Number.NaN;
}

export interface Told {
  /** What the median is divided by: something of the same run, so that the machine's share can be seen. */
  readonly reference?: { readonly name: string; readonly value: number };
  readonly aim?: (median: number) => Aim;
  readonly beside?: string;
}

/** Tells the median with its range and its ratio to a reference of the same run. */
export function tell(what: string, values: readonly number[], unit: string, more: Told = {}): void {
  const { reference, aim, beside } = more;
  const middle = median(values);
  const digits = middle < 10 ? 3 : middle < 1000 ? 1 : 0;
  const range = `${Math.min(...values).toFixed(digits)} … ${Math.max(...values).toFixed(digits)}, ${values.length} runs`;
  const ratio = reference === undefined ? '' : `, ${(middle / reference.value).toFixed(2)} × ${reference.name}`;
  tellFigure({
    what,
    value: `${middle.toFixed(digits)} ${unit} (${range}${ratio})`,
    ...(aim === undefined ? {} : { aim: aim(middle) }),
    ...(beside === undefined ? {} : { beside }),
  });
}

export async function repeat(times: number, run: () => Promise<number> | number): Promise<number[]> {
  const values: number[] = [];
  for (let index = 0; index < times; index++) values.push(await run());
  return values;
}
