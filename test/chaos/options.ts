// The options of `npm run chaos`: what was asked for, or what is wrong with it in one sentence.

import { parseArgs } from 'node:util';

export interface ChaosOptions {
  readonly from: number;
  readonly count: number;
  /** Processes that share the seeds. */
  readonly jobs: number;
  /** One seed alone, with its story. */
  readonly isReplay: boolean;
  readonly trace: boolean;
}

export type Asked =
  | { readonly kind: 'run'; readonly options: ChaosOptions }
  | { readonly kind: 'help' }
  | { readonly kind: 'mistake'; readonly problem: string };

export const help = `Random rollouts, users and faults against the invariants of a cluster.

  npm run chaos -- [--seeds N] [--from S] [--jobs J]
  npm run chaos -- --seed X [--trace]

  --seeds N   how many seeds (default 200)
  --from S    the first of them (default 1)
  --jobs J    processes that share them (default 1)
  --seed X    one seed alone, with its story
  --trace     with --seed: every version of every object as well
  --help      this text

Ends with "chaos: N seeds, V violations"; the status is 0 without a violation, 1 with one, 2 after a wrong option.
A failing seed prints the command that replays it: the same seed gives the same run, byte for byte.`;

export function parseOptions(args: readonly string[]): Asked {
  try {
    return asked(args);
  } catch (error) {
    return { kind: 'mistake', problem: error instanceof Error ? error.message : String(error) };
  }
}

function asked(args: readonly string[]): Asked {
  const { values } = parseArgs({
    args: [...args],
    options: {
      seeds: { type: 'string' },
      from: { type: 'string' },
      jobs: { type: 'string' },
      seed: { type: 'string' },
      trace: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) return { kind: 'help' };
  const isReplay = values.seed !== undefined;
  const many = (['seeds', 'from', 'jobs'] as const).find((name) => values[name] !== undefined);
  if (isReplay && many) throw new Error(`--seed runs one seed alone: leave --${many} out`);
  if (values.trace && !isReplay) throw new Error('--trace belongs to --seed X');
  const options: ChaosOptions = {
    from: isReplay ? whole('seed', values.seed, 1) : whole('from', values.from, 1),
    count: isReplay ? 1 : whole('seeds', values.seeds, 200),
    jobs: whole('jobs', values.jobs, 1),
    isReplay,
    trace: values.trace,
  };
  return { kind: 'run', options };
}

function whole(name: string, text: string | undefined, otherwise: number): number {
  if (text === undefined) return otherwise;
  const value = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(value) || value < 1) {
    throw new Error(`--${name} takes a whole number from 1 on, not "${text}"`);
  }
  return value;
}
