// What goes wrong in a command and which exit code and text it ends with (spec/cli.md §§2.2, 2.3, 2.5).

import { KubeError } from '../controller/kubernetes/transport.ts';

/** Exit codes of `--exit-codes=detailed`; without it every one of them is 1. */
export const detailedExitCode = {
  degraded: 3,
  paused: 4,
  timeout: 5,
  notFound: 6,
  forbidden: 7,
  conflict: 8,
  unreachable: 9,
} as const;

/** An expected failure: ends the command with the line `Error: <message>`. */
export class CliError extends Error {
  /** The exit code under `--exit-codes=detailed`. */
  readonly detailedCode: number;
  /** Written after the line, e.g. a hint; empty or ending in a newline. */
  readonly hint: string;

  constructor(message: string, options: { readonly detailedCode?: number; readonly hint?: string } = {}) {
    super(message);
    this.name = 'CliError';
    this.detailedCode = options.detailedCode ?? 1;
    this.hint = options.hint ?? '';
  }
}

/** Wrong number of arguments, or a group without a subcommand: ends the command with its usage text, no Error line. */
export class UsageError extends Error {
  constructor() {
    super('wrong usage');
    this.name = 'UsageError';
  }
}

export function messageOfError(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.replaceAll(/\s*\n\s*/g, ' ').trim();
}

export function detailedCodeOfError(error: unknown): number {
  if (error instanceof CliError) return error.detailedCode;
  if (!(error instanceof KubeError)) return 1;
  switch (error.status) {
    case 0:
      return error.reason === 'Timeout' ? detailedExitCode.timeout : detailedExitCode.unreachable;
    case 401:
    case 403:
      return detailedExitCode.forbidden;
    case 404:
      return detailedExitCode.notFound;
    case 409:
      return detailedExitCode.conflict;
    case 504:
      return detailedExitCode.timeout;
    default:
      return 1;
  }
}

/** `get`, `status` speak of objects in the singular, all other commands as the API server does (QUIRK, §2.5). */
export function singularNotFound(error: unknown, singular: string, name: string): unknown {
  if (!(error instanceof KubeError) || error.status !== 404) return error;
  // Without a name it is the kind that is missing.
  if (error.details?.name === undefined && !error.message.endsWith(`"${name}" not found`)) return error;
  return new CliError(`${singular}.argoproj.io "${name}" not found`, { detailedCode: detailedExitCode.notFound });
}
