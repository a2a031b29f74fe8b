// Phases of runs, metrics and measurements, and which is worse (analysis.md §1.5).

const completed: ReadonlySet<string> = new Set(['Successful', 'Failed', 'Error', 'Inconclusive']);
const order: Readonly<Record<string, number>> = {
  Successful: 0,
  Running: 1,
  Pending: 2,
  Inconclusive: 3,
  Error: 4,
  Failed: 5,
};

export function isCompleted(phase: string | undefined): boolean {
  return phase !== undefined && completed.has(phase);
}

/** Unknown and empty ones rank like Successful. */
export function isWorse(phase: string, than: string): boolean {
  return (order[phase] ?? 0) > (order[than] ?? 0);
}
