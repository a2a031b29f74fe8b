// What plugins write on stdout and stderr goes to the controller's log: with its level where it is JSON as hclog writes it.

import type { Logger } from '../../kubernetes/log.ts';

const message = 'A plugin says';

export function logLine(log: Logger, line: string): void {
  const told = line.startsWith('{') ? parsed(line) : undefined;
  const { '@level': level, '@message': says, '@timestamp': _at, ...fields } = told ?? {};
  if (typeof says !== 'string') log.info({ says: line }, message);
  else if (level === 'error') log.error({ ...fields, says }, message);
  else if (level === 'warn') log.warn({ ...fields, says }, message);
  else if (level === 'info') log.info({ ...fields, says }, message);
  else log.debug({ ...fields, says }, message);
}

function parsed(line: string): Readonly<Record<string, unknown>> | undefined {
  try {
    return JSON.parse(line);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
