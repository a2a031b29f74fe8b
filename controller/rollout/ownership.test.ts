// The table of who writes what is held against the sources, and no field has two owners (design.md §5, "Ownership"). A new
// kind of write does not compile before the table has a line for it.

import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { type Ownership, ownership } from './ownership.ts';
import type { Write } from './types.ts';

const controller = fileURLToPath(new URL('../', import.meta.url));
const planners = globSync(['rollout/plan.ts', 'rollout/plan/**/*.ts', 'traffic/**/*.ts'], { cwd: controller }).filter(
  (file) => !file.endsWith('.test.ts'),
);
const entries = Object.entries(ownership) as [Write['kind'], readonly Ownership[]][];

test('each kind of write is planned where the table says, and nowhere else', () => {
  assert.ok(planners.length > 40, `only ${planners.length} files were read`);
  const sources = planners.map((file) => ({ file, text: readFileSync(controller + file, 'utf8') }));
  for (const [kind, owners] of entries) {
    const found = sources.filter(({ text }) => text.includes(`kind: '${kind}',`)).map(({ file }) => file);
    assert.deepEqual(found.toSorted(), owners.map(({ plannedIn }) => plannedIn).toSorted(), kind);
  }
});

test('no field has two owners', () => {
  const ownerOf = new Map<string, string>();
  for (const [, owners] of entries) {
    for (const { object, fields, plannedIn } of owners) {
      for (const field of fields.filter((name) => name !== '*')) {
        const place = `${object} ${field}`;
        const other = [...ownerOf].find(([known, owner]) => owner !== plannedIn && overlaps(known, place));
        assert.equal(other, undefined, `${place} of ${plannedIn}`);
        ownerOf.set(place, plannedIn);
      }
    }
  }
  assert.ok(ownerOf.size > 15);
});

/** One is the other, or a part of it. */
function overlaps(a: string, b: string): boolean {
  return a === b || a.startsWith(`${b}.`) || b.startsWith(`${a}.`);
}
