// What must hold of ports, by number and by name.

import { invalid } from '../field-errors.ts';
import { portName } from './name-rules.ts';
import type { Cause, JsonValue } from './types.ts';

export function validatePortNumber(port: JsonValue | undefined, field: string): Cause[] {
  const isValid = typeof port === 'number' && port >= 1 && port <= 65535;
  return isValid ? [] : [invalid(field, port ?? 0, 'must be between 1 and 65535, inclusive')];
}

/** A port by number or by name. */
export function validatePortReference(port: JsonValue | undefined, field: string): Cause[] {
  if (typeof port !== 'string') return validatePortNumber(port, field);
  return portName(port).map((problem) => invalid(field, port, problem));
}
