// The table of who writes what is held against the sources, and no field has two owners (design.md §5, "Ownership"). A new
// kind of write does not compile before the table has a line for it.

import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { experimentOwnership } from '../experiment/ownership.ts';
import { type Ownership, ownership } from './ownership.ts';

const controller = fileURLToPath(new URL('../', import.meta.url));

interface Table {
  readonly of: string;
  readonly entries: readonly (readonly [kind: string, owners: readonly Ownership[]])[];
  readonly planners: readonly string[];
}

const tables: readonly Table[] = [
  {
    of: 'Rollouts',
    entries: Object.entries(ownership),
    planners: ['rollout/plan.ts', 'rollout/plan/**/*.ts', 'traffic/**/*.ts'],
  },
  {
    of: 'Experiments',
    entries: Object.entries(experimentOwnership),
    planners: ['experiment/plan.ts', 'experiment/plan/**/*.ts'],
  },
];
const entries = tables.flatMap((table) => table.entries);

for (const { of, entries: kinds, planners } of tables) {
  test(`each kind of write for ${of} is planned where the table says, and nowhere else`, () => {
    const files = globSync([...planners], { cwd: controller }).filter((file) => !file.endsWith('.test.ts'));
    assert.ok(files.length > 10, `only ${files.length} files were read`);
    const sources = files.map((file) => ({ file, text: readFileSync(controller + file, 'utf8') }));
    for (const [kind, owners] of kinds) {
      const found = sources.filter(({ text }) => text.includes(`kind: '${kind}',`)).map(({ file }) => file);
      assert.deepEqual(found.toSorted(), owners.map(({ plannedIn }) => plannedIn).toSorted(), kind);
    }
  });
}

test('no field has two owners', () => {
  assert.deepEqual(ownedTwice(entries), []);
  const fieldCount = entries.flatMap(([, owners]) => owners).flatMap(({ fields }) => fields).length;
  assert.ok(fieldCount > 15, `only ${fieldCount} fields`);
});

test('a second owner of a field, or of a part of one, is found', () => {
  const second = (object: string, field: string): Table['entries'][number] => [
    'patchReplicaSet',
    [{ plannedIn: 'rollout/plan/other.ts', object, fields: [field], how: 'merge patch', checks: 'uid' }],
  ];
  for (const field of ['spec.replicas', 'spec.template.metadata.labels', 'spec']) {
    assert.equal(ownedTwice([...entries, second('ReplicaSet', field)]).length > 0, true, field);
  }
  assert.deepEqual(ownedTwice([...entries, second('ReplicaSet', 'metadata.finalizers')]), []);
});

function ownedTwice(table: Table['entries']): string[] {
  const ownerOf = new Map<string, string>();
  const found: string[] = [];
  for (const { object, fields, plannedIn } of table.flatMap(([, owners]) => owners)) {
    for (const field of fields.filter((name) => name !== '*')) {
      const place = `${object} ${field}`;
      const other = [...ownerOf].find(([known, owner]) => owner !== plannedIn && overlaps(known, place));
      if (other) found.push(`${place}: ${plannedIn} and ${other[1]}`);
      ownerOf.set(place, plannedIn);
    }
  }
  return found;
}

/** One is the other, or a part of it. */
function overlaps(a: string, b: string): boolean {
  return a === b || a.startsWith(`${b}.`) || b.startsWith(`${a}.`);
}
