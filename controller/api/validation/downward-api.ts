// Field paths of the downward API: `metadata.name`, `metadata.labels['key']`.

import { qualified } from './names.ts';

const plain: ReadonlySet<string> = new Set(
  ['annotations', 'labels', 'name', 'namespace', 'uid'].map((f) => `metadata.${f}`),
);

/** Whether a path names metadata that the downward API can hand to a pod. */
export function isDownwardApiPath(path: string): boolean {
  const subscript = /^metadata\.(labels|annotations)\['(.*)'\]$/s.exec(path);
  if (!subscript) return plain.has(path);
  const key = subscript[2] ?? '';
  return qualified(subscript[1] === 'annotations' ? key.toLowerCase() : key).length === 0;
}
