// Where chance comes from (design law 8): a generator that a seed determines, so that a run can be repeated.
// The algorithm is mulberry32 by Tommy Ettinger (2017, public domain); text seeds are hashed with FNV-1a (32 bit).

import type { Random } from '../controller/lang/time.ts';

/** Equal seeds give equal sequences. Give each user a seed of its own (`'7/node'`), so that none shifts another's. */
export function seededRandom(seed: number | string): Random {
  let state = typeof seed === 'number' ? seed >>> 0 : fnv1a(seed);
  return {
    next() {
      state = (state + 0x6d2b79f5) >>> 0;
      let mixed = Math.imul(state ^ (state >>> 15), state | 1);
      mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
      return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
    },
  };
}

/** Chance for real runs, where nothing needs to be repeated. */
export function systemRandom(): Random {
  return { next: () => Math.random() };
}

/** A whole number in [0, below). */
export function randomBelow(random: Random, below: number): number {
  return Math.floor(random.next() * below);
}

/** The letters that Kubernetes uses for generated names: no vowels, no digits that look like letters. */
const nameLetters = 'bcdfghjklmnpqrstvwxz2456789';

/** The random end of a generated name, e.g. `x7k2p`. */
export function randomSuffix(random: Random, length = 5): string {
  let suffix = '';
  for (let index = 0; index < length; index++) suffix += nameLetters[randomBelow(random, nameLetters.length)];
  return suffix;
}

/** A version 4 UUID. */
export function randomUuid(random: Random): string {
  let hex = '';
  for (let index = 0; index < 32; index++) {
    const digit = randomBelow(random, 16);
    hex += (index === 12 ? 4 : index === 16 ? 8 + (digit & 3) : digit).toString(16);
  }
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

function fnv1a(text: string): number {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(text)) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash >>> 0;
}
