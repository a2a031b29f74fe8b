// Scalars that Go reads with types of its own: times and bytes.

const rfc3339 = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(\.\d+)?(Z|[+-]\d\d:\d\d)$/;
const layout = '2006-01-02T15:04:05Z07:00';

type NormalTime = { readonly text: string } | { readonly problem: string };

/** The same few times are read again with every write of an object. */
const knownTimes = new Map<string, NormalTime>();
const knownTimesLimit = 1000;

/** A time as the server writes it: UTC, whole seconds, or microseconds for MicroTime. */
export function normalTime(value: string, micro: boolean): NormalTime {
  if (micro) return readTime(value, true);
  let known = knownTimes.get(value);
  if (known === undefined) {
    known = readTime(value, false);
    if (knownTimes.size >= knownTimesLimit) knownTimes.clear();
    knownTimes.set(value, known);
  }
  return known;
}

function readTime(value: string, micro: boolean): NormalTime {
  const parts = rfc3339.exec(value);
  const millis = parts === null ? Number.NaN : Date.parse(value);
  if (parts === null || Number.isNaN(millis)) {
    const shape = micro ? '2006-01-02T15:04:05.000000Z07:00' : layout;
    return {
      problem: `parsing time ${JSON.stringify(value)} as ${JSON.stringify(shape)}: cannot parse ${JSON.stringify(value)} as "2006"`,
    };
  }
  const seconds = new Date(millis).toISOString().slice(0, 19);
  if (!micro) return { text: `${seconds}Z` };
  const fraction = (parts[7] ?? '.').slice(1).padEnd(6, '0').slice(0, 6);
  return { text: `${seconds}.${fraction}Z` };
}

/** Go's text for bytes that are not base64, with the position of the first bad one. */
export function checkBase64(value: string): string | undefined {
  const clean = value.replaceAll(/[\r\n]/g, '');
  const body = clean.replace(/={1,2}$/, '');
  const bad = /[^A-Za-z0-9+/]/.exec(body);
  if (bad !== null) return `illegal base64 data at input byte ${bad.index}`;
  return clean.length % 4 === 0 ? undefined : `illegal base64 data at input byte ${clean.length - (clean.length % 4)}`;
}
