// Durations on the command line, with the texts of Go's time package for those that are none.

import { parseGoDuration } from '../controller/lang/go-duration.ts';
import { CliError } from './errors.ts';

/** Undefined for a duration that Go takes, else why it does not. */
export function problemOfDuration(text: string): string | undefined {
  if (parseGoDuration(text) !== undefined) return undefined;
  const quoted = JSON.stringify(text);
  const [, , unit] = /^[+-]?((?:\d+\.?\d*|\.\d+)([^\d.]*))+$/.exec(text) ?? [];
  if (unit === undefined || /^0*$/.test(text)) return `time: invalid duration ${quoted}`;
  if (unit === '') return `time: missing unit in duration ${quoted}`;
  const isKnown = parseGoDuration(`1${unit}`) !== undefined;
  return isKnown
    ? `time: invalid duration ${quoted}`
    : `time: unknown unit ${JSON.stringify(unit)} in duration ${quoted}`;
}

/** Milliseconds; throws a CliError with Go's text. */
export function durationArgumentMs(text: string): number {
  const problem = problemOfDuration(text);
  if (problem !== undefined) throw new CliError(problem);
  return parseGoDuration(text) ?? 0;
}
