// What plugins write on stdout and stderr goes to the controller's log: with its level where it is JSON as hclog writes it,
// and not more of it in a second than a log can take.

import type { Logger } from '../../kubernetes/log.ts';
import type { Clock } from '../../lang/time.ts';

const message = 'A plugin says';
const mostLinesPerSecond = 200;

export function pluginLog(log: Logger, clock: Clock): (line: string) => void {
  let second = 0;
  let count = 0;
  return (line) => {
    const now = Math.floor(clock.now() / 1000);
    if (now !== second) {
      if (count > mostLinesPerSecond)
        log.warn({ lines: count - mostLinesPerSecond }, 'A plugin said too much to be told');
      second = now;
      count = 0;
    }
    count += 1;
    if (count <= mostLinesPerSecond) logLine(log, line);
  };
}

function logLine(log: Logger, line: string): void {
  const told = line.startsWith('{') ? parsed(line) : undefined;
  const { '@level': level, '@message': says, '@timestamp': _at, ...others } = told ?? {};
  // Not among our own fields: it could name a level, a message and a plugin that are not true.
  const fields = { says, ...(Object.keys(others).length > 0 ? { fields: others } : {}) };
  if (typeof says !== 'string') log.info({ says: line }, message);
  else if (level === 'error') log.error(fields, message);
  else if (level === 'warn') log.warn(fields, message);
  else if (level === 'info') log.info(fields, message);
  else log.debug(fields, message);
}

function parsed(line: string): Readonly<Record<string, unknown>> | undefined {
  try {
    return JSON.parse(line);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
