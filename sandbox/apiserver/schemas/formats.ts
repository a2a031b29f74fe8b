// The formats of strings that a structural schema may ask for. Unknown ones hold everything.

import { checkBase64, normalTime } from './scalars.ts';

const tests: Readonly<Record<string, (value: string) => boolean>> = {
  'date-time': (value) => 'text' in normalTime(value, false),
  date: (value) => /^\d{4}-\d\d-\d\d$/.test(value) && !Number.isNaN(Date.parse(value)),
  byte: (value) => checkBase64(value) === undefined,
  email: (value) => /^[^@\s]+@[^@\s]+$/.test(value),
  hostname: (value) => value.length <= 255 && /^[A-Za-z0-9]([-A-Za-z0-9.]*[A-Za-z0-9])?$/.test(value),
  ipv4: (value) => /^(\d{1,3}\.){3}\d{1,3}$/.test(value) && value.split('.').every((part) => Number(part) <= 255),
  ipv6: (value) => value.includes(':') && /^[0-9A-Fa-f:.]+$/.test(value),
  uri: (value) => /^[A-Za-z][A-Za-z0-9+.-]*:/.test(value) || value.startsWith('/'),
  uuid: (value) => /^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$/i.test(value),
  // Go's durations, as strfmt reads them.
  duration: (value) => /^-?(\d+(\.\d*)?\s*(ns|us|µs|ms|s|m|h|d|w|[a-z]+)\s*)+$/i.test(value),
};

export function checkFormat(format: string, value: string): boolean {
  return tests[format]?.(value) ?? true;
}
