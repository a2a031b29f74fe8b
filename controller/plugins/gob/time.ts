// How Go's time.Time encodes itself: version, seconds since the year 1, nanoseconds, offset of its zone in minutes
// (-1: UTC); version 2 has seconds of the offset, too. metav1.Time embeds it, and travels just so.

import type { EpochMillis } from '../../lang/time.ts';
import { GobError } from './types.ts';

/** From 0001-01-01T00:00:00Z to 1970-01-01T00:00:00Z. */
const secondsToEpoch = 62_135_596_800n;

/** Times that have a text in the API (RFC 3339): years of four digits. */
const [first, last] = [Date.parse('0000-01-01T00:00:00Z'), Date.parse('9999-12-31T23:59:59.999Z')];

export function encodeGoTime(at: EpochMillis): Uint8Array {
  const whole = Math.floor(at / 1000);
  const bytes = Buffer.alloc(15);
  bytes.writeUInt8(1);
  bytes.writeBigInt64BE(BigInt(whole) + secondsToEpoch, 1);
  bytes.writeInt32BE(Math.round((at - whole * 1000) * 1e6), 9);
  bytes.writeInt16BE(-1, 13);
  return bytes;
}

/** Undefined for Go's zero time. Throws a GobError for what is no time. */
export function decodeGoTime(given: Uint8Array): EpochMillis | undefined {
  const bytes = Buffer.from(given);
  const isKnown = (bytes[0] === 1 && bytes.length === 15) || (bytes[0] === 2 && bytes.length === 16);
  if (!isKnown) throw new GobError('a time is written in an unknown way');
  const seconds = bytes.readBigInt64BE(1);
  const nanoseconds = bytes.readInt32BE(9);
  if (seconds === 0n && nanoseconds === 0) return undefined;
  const at = Number(seconds - secondsToEpoch) * 1000 + Math.floor(nanoseconds / 1e6);
  if (!(first <= at && at <= last)) throw new GobError('a time is out of range');
  return at;
}
