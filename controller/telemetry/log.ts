// How log lines look: JSON with logrus's field names (`time`, `level`, `msg`) or text as logrus writes it without a
// terminal, `time="…" level=info msg="…" key=value` (operations.md §1, --loglevel and --logformat).

import { type DestinationStream, pino } from 'pino';
import type { Logger } from '../kubernetes/log.ts';
import { formatRfc3339 } from '../lang/rfc3339.ts';

export function createLogger(options: {
  readonly level: string;
  readonly format: string;
  /** Standard error unless told: what a process prints as its result goes to standard output. */
  readonly destination?: DestinationStream;
}): Logger {
  const { level, format, destination = process.stderr } = options;
  const stream: DestinationStream =
    format === 'json' ? destination : { write: (line: string) => destination.write(textOf(line)) };
  return pino(
    {
      level,
      base: null,
      messageKey: 'msg',
      errorKey: 'err',
      timestamp: () => `,"time":"${formatRfc3339(Date.now())}"`,
      formatters: { level: (label) => ({ level: label === 'warn' ? 'warning' : label }) },
      redact: {
        paths: ['authorization', '*.authorization', 'token', '*.token', 'password', '*.password'],
        censor: '*****',
      },
    },
    stream,
  ) as unknown as Logger;
}

/** A line of pino's JSON as logrus's text. */
function textOf(line: string): string {
  const { time, level, msg, ...fields } = JSON.parse(line) as Record<string, unknown>;
  const head = `time=${quoted(time)} level=${String(level)} msg=${quoted(msg)}`;
  const rest = Object.keys(fields)
    .sort()
    .map((key) => ` ${key}=${quoted(fields[key])}`)
    .join('');
  return `${head}${rest}\n`;
}

function quoted(value: unknown): string {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
  return /^[A-Za-z0-9\-._/@^+]+$/.test(text) ? text : JSON.stringify(text);
}
