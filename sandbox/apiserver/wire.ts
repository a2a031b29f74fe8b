// Answers and watch frames as text. Stored objects never change, so each is written out once, however many lists and
// watchers it goes to; the text goes with the object.

import { isObject } from './json.ts';
import type { WatchFrame } from './types.ts';

const texts = new WeakMap<object, string>();

/** JSON on one line. Some readers take U+2028 and U+2029 for ends of lines. */
function write(value: unknown): string {
  return (JSON.stringify(value) ?? 'null').replace(/[\u2028\u2029]/g, (letter) =>
    letter === '\u2028' ? '\\u2028' : '\\u2029',
  );
}

function writeObject(value: unknown): string {
  if (!isObject(value) || !Object.isFrozen(value) || !isObject(value.metadata)) return write(value);
  let text = texts.get(value);
  if (text === undefined) {
    text = write(value);
    texts.set(value, text);
  }
  return text;
}

/** A whole answer, of which the items of a list make the most. */
export function writeBody(body: unknown): string {
  if (!isObject(body) || !Array.isArray(body.items)) return `${writeObject(body)}\n`;
  const members = Object.entries(body)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => {
      const text = key === 'items' ? `[${(body.items as unknown[]).map(writeObject).join(',')}]` : write(value);
      return `${JSON.stringify(key)}:${text}`;
    });
  return `{${members.join(',')}}\n`;
}

/** As people read it: keys in order, nothing folded. */
export async function writeYaml(body: unknown): Promise<string> {
  const { dump } = await import('js-yaml');
  return dump(JSON.parse(JSON.stringify(body)), { sortKeys: true, lineWidth: -1, noRefs: true });
}

export function writeFrame({ type, object }: WatchFrame): string {
  return `{"type":${JSON.stringify(type)},"object":${writeObject(object)}}\n`;
}
