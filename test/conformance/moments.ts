// Ours may be faster than the recording, so its times are compared as if the clocks had been set alike at the last
// action and at the last state that both came to.

export interface Moment {
  readonly oursMs: number;
  readonly theirsMs: number;
}

/** Translates `<T+5s>` of ours into the recording's time: by the last moment that both have in common. */
export function toTheirTime(text: string, moments: readonly Moment[]): string {
  const found = /^<T([+-])(\d+)s>$/.exec(text);
  if (!found) return text;
  const oursMs = Number(`${found[1]}${found[2]}`) * 1000;
  // Written times have their fraction cut off: a moment within the same second may be the one.
  const last = moments.filter((moment) => moment.oursMs < oursMs + 1000).toSorted((a, b) => b.oursMs - a.oursMs)[0];
  const seconds = Math.floor((oursMs + (last ? last.theirsMs - last.oursMs : 0)) / 1000);
  return `<T${seconds < 0 ? '-' : '+'}${Math.abs(seconds)}s>`;
}

export function withTheirTimes(value: unknown, moments: readonly Moment[]): unknown {
  if (typeof value === 'string') return toTheirTime(value, moments);
  if (Array.isArray(value)) return value.map((item) => withTheirTimes(item, moments));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, withTheirTimes(inner, moments)]));
}
