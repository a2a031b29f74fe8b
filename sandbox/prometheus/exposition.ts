// Prometheus' text format, as far as a scrape needs it: one sample a line, comments left out.

import type { Labels } from './series.ts';

export interface ExposedSample {
  readonly labels: Labels;
  readonly value: number;
}

const line = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})?\s+([+-]?(?:[\d.]+(?:e[+-]?\d+)?|inf|nan))(?:\s+-?\d+)?$/i;

/** Lines that are no samples are left out; `extra` (job, instance) is added to each. */
export function parseExposition(text: string, extra: Labels = {}): ExposedSample[] {
  return text.split('\n').flatMap((raw) => {
    const trimmed = raw.trim();
    if (trimmed === '' || trimmed.startsWith('#')) return [];
    const [, name, list = '', number = ''] = line.exec(trimmed) ?? [];
    if (name === undefined) return [];
    const labels: Record<string, string> = { ...extra, __name__: name };
    for (const [, label = '', value = ''] of list.matchAll(/([a-zA-Z_]\w*)\s*=\s*"((?:[^"\\]|\\.)*)"/g)) {
      if (value !== '') labels[label] = value.replaceAll(/\\(.)/g, (_, c: string) => (c === 'n' ? '\n' : c));
    }
    return [{ labels, value: parseValue(number) }];
  });
}

function parseValue(text: string): number {
  const [, sign, rest = ''] = /^([+-]?)(.*)$/.exec(text) ?? [];
  const size = /^inf$/i.test(rest) ? Infinity : Number(rest);
  return sign === '-' ? -size : size;
}
