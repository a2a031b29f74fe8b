// Whether a command colours its output (spec/cli.md §10): by default only on a terminal that wants it.

import type { FlagValues } from './flags.ts';
import type { CliIo } from './io.ts';
import { type Paint, paintAnsi, paintNothing } from './view/colour.ts';

/** For commands with and without a `--no-color` flag of their own. */
export function choosePaint(flags: FlagValues, io: CliIo): Paint {
  return wantsColour(flags, io) ? paintAnsi : paintNothing;
}

function wantsColour(flags: FlagValues, { env = {}, terminal }: CliIo): boolean {
  if (flags.boolean('no-color')) return false;
  const choice = flags.text('color');
  if (choice !== 'auto') return choice === 'always';
  if (env.TERM === 'dumb' || env.NO_COLOR) return false;
  return terminal !== undefined || env.CLICOLOR_FORCE === '1';
}
