// How large is something in the store of the cluster, which keeps JSON in UTF-8: etcd refuses objects of 1.5 MiB.

/** Bytes of a plain value as JSON. */
export function jsonSize(value: unknown): number {
  const text = JSON.stringify(value) ?? '';
  let size = text.length;
  for (let index = 0; index < text.length; index += 1) size += extraBytes(text.charCodeAt(index));
  return size;
}

/** The beginning of a text that takes at most so many bytes as a JSON string; the text itself where it fits. */
export function cutToSize(text: string, room: number): string {
  // Nothing takes more than the six bytes of an escape.
  if (text.length * 6 <= room) return text;
  let size = 0;
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    size += code < 0x20 || code === 0x22 || code === 0x5c ? escapedSize(code) : 1 + extraBytes(code);
    // Of a pair of surrogates both halves or none.
    if (size > room) return text.slice(0, isSecondHalf(code) ? index - 1 : index);
  }
  return text;
}

const longestMessage = 4 * 1024;

/** A text for people: what is too long says how much is missing. */
export function shortened(text: string, room = longestMessage): string {
  const kept = cutToSize(text, room);
  return kept === text ? text : `${kept}… (${text.length - kept.length} characters more)`;
}

/** Beyond the one that every UTF-16 unit counts as; each half of a pair takes two. */
function extraBytes(code: number): number {
  if (code <= 0x7f) return 0;
  return code > 0x7ff && (code < 0xd800 || code > 0xdfff) ? 2 : 1;
}

function escapedSize(code: number): number {
  return code >= 0x20 || [8, 9, 10, 12, 13].includes(code) ? 2 : 6;
}

function isSecondHalf(code: number): boolean {
  return code >= 0xdc00 && code <= 0xdfff;
}
