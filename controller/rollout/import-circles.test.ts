// No file of the planners needs itself by a detour, not even for a type: each question can be read without those that
// read it.

import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../', import.meta.url));
const files = globSync('{rollout,traffic,explain,analysis,experiment}/**/*.ts', { cwd: root }).filter(
  (file) => !file.endsWith('.test.ts'),
);
const importsOf = new Map(
  files.map((file) => {
    const source = readFileSync(root + file, 'utf8');
    return [file, [...source.matchAll(/from '(\.[^']+)'/g)].map(([, path = '']) => join(dirname(file), path))];
  }),
);

/** The way from `file` back to itself, if there is one. */
function circleOf(file: string): string[] | undefined {
  const cameFrom = new Map<string, string>();
  const queue = [file];
  for (const at of queue) {
    for (const next of importsOf.get(at) ?? []) {
      if (next === file) return [...wayTo(at, cameFrom), file];
      if (cameFrom.has(next) || !importsOf.has(next)) continue;
      cameFrom.set(next, at);
      queue.push(next);
    }
  }
  return undefined;
}

function wayTo(file: string, cameFrom: ReadonlyMap<string, string>): string[] {
  const before = cameFrom.get(file);
  return before === undefined ? [file] : [...wayTo(before, cameFrom), file];
}

test('no planner imports itself by a detour', () => {
  assert.ok(files.length > 150, `only ${files.length} files were read`);
  assert.deepEqual(
    files.flatMap((file) => circleOf(file)?.join(' → ') ?? []),
    [],
  );
});
