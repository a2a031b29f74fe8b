// How many worlds a property is asked about: fresh ones in each run, whose seed fast-check prints when one fails.
// `RUNS=20000 npm test -- laws` asks about more, `SEED=… RUNS=…` about the same again.

import type fc from 'fast-check';

export function drawn(numRuns: number): fc.Parameters<unknown> {
  const { RUNS, SEED } = process.env;
  return {
    numRuns: RUNS === undefined ? numRuns : Number(RUNS),
    ...(SEED === undefined ? {} : { seed: Number(SEED) }),
  };
}
