// FNV-1a with 32 bits, and the alphabet that makes a hash part of a name (spec/rollout.md §2.2).

const utf8 = new TextEncoder();

/** FNV-1a over the UTF-8 bytes of a text, continued over the collision count where there is one. */
export function fnv1a32(text: string, collisionCount?: number): number {
  let hash = 0x811c9dc5;
  for (const byte of utf8.encode(text)) hash = Math.imul(hash ^ byte, 0x01000193);
  if (collisionCount !== undefined) {
    // uint32, little endian, then four zero bytes.
    for (const shift of [0, 8, 16, 24]) hash = Math.imul(hash ^ ((collisionCount >>> shift) & 0xff), 0x01000193);
    for (let zero = 0; zero < 4; zero++) hash = Math.imul(hash, 0x01000193);
  }
  return hash >>> 0;
}

const safeAlphabet = 'bcdfghjklmnpqrstvwxz2456789';

/** The decimal digits of a hash in characters that form no words: up to 10 of `[a-z0-9]`. */
export function encodeSafely(hash: number): string {
  return [...String(hash)].map((digit) => safeAlphabet[digit.charCodeAt(0) % safeAlphabet.length]).join('');
}
