// Every list and map that a real API server merges strategically, in every built-in kind served: by the right key, with
// deletion and replacement. test/fixtures/openapi/patch-strategies.json holds what its OpenAPI documents say.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { makeBuiltinKinds } from '../kinds/builtin.ts';
import type { JsonObject, Schema } from '../kinds/types.ts';
import { applyStrategicMerge } from './strategic-merge.ts';

type Table = Readonly<Record<string, Readonly<Record<string, { strategy: string; key?: string }>>>>;

const published = JSON.parse(
  readFileSync(new URL('../../../test/fixtures/openapi/patch-strategies.json', import.meta.url), 'utf8'),
) as Table;

/** Every definition below a kind, by name. */
function definitionsBelow(schema: Schema, found: Map<string, Schema> = new Map()): Map<string, Schema> {
  if (schema.definition !== undefined) {
    if (found.has(schema.definition)) return found;
    found.set(schema.definition, schema);
  }
  const below = [...Object.values(schema.properties ?? {}), schema.items, schema.additionalProperties];
  for (const next of below) if (typeof next === 'object') definitionsBelow(next, found);
  return found;
}

const served = new Map<string, Schema>();
for (const kind of makeBuiltinKinds()) definitionsBelow(kind.schema(), served);

const rows = Object.entries(published).flatMap(([definition, fields]) =>
  served.has(definition)
    ? Object.entries(fields).map(([field, { strategy, key }]) => ({ definition, field, strategy, key }))
    : [],
);

test('the schemas have the strategies and keys that a real server publishes, and no others', () => {
  assert.ok(rows.length >= 46, `only ${rows.length} fields`);
  const own: Record<string, Record<string, { strategy: string; key?: string }>> = {};
  for (const [definition, schema] of served) {
    for (const [field, { patchStrategy, patchMergeKey }] of Object.entries(schema.properties ?? {})) {
      if (patchStrategy === undefined || patchStrategy.length === 0) continue;
      own[definition] ??= {};
      own[definition][field] = {
        strategy: patchStrategy.join(','),
        ...(patchMergeKey === undefined ? {} : { key: patchMergeKey }),
      };
    }
  }
  const wanted = Object.fromEntries(Object.entries(published).filter(([definition]) => served.has(definition)));
  assert.deepEqual(own, wanted);
});

for (const { definition, field, strategy, key } of rows) {
  const short = definition.split('.').at(-1);
  test(`${short}.${field} is patched by ${strategy}${key === undefined ? '' : ` with the key ${key}`}`, () => {
    const schema = served.get(definition)!;
    const patch = (current: JsonObject, change: JsonObject): unknown =>
      applyStrategicMerge(structuredClone(current), change, schema)[field];
    if (key !== undefined && strategy.includes('merge')) {
      const current = { [field]: [{ [key]: 'a', kept: 1 }, { [key]: 'b' }] };
      const merged = patch(current, { [field]: [{ [key]: 'c' }, { [key]: 'a', more: 2 }] }) as JsonObject[];
      assert.deepEqual(new Set(merged.map((item) => item[key])), new Set(['a', 'b', 'c']));
      assert.deepEqual(
        merged.find((item) => item[key] === 'a'),
        { [key]: 'a', kept: 1, more: 2 },
      );
      assert.deepEqual(patch(current, { [field]: [{ $patch: 'delete', [key]: 'a' }] }), [{ [key]: 'b' }]);
      assert.deepEqual(patch(current, { [field]: [{ [key]: 'z' }, { $patch: 'replace' }] }), [{ [key]: 'z' }]);
    } else if (strategy.includes('merge')) {
      const current = { [field]: ['a', 'b'] };
      assert.deepEqual(new Set(patch(current, { [field]: ['c'] }) as string[]), new Set(['a', 'b', 'c']));
      const gone = { [`$deleteFromPrimitiveList/${field}`]: ['a'] };
      assert.deepEqual(patch(current, gone), ['b']);
    } else {
      const current = { [field]: { type: 'Old', old: { x: 1 } } };
      const change = { [field]: { $retainKeys: ['type', 'fresh'], type: 'New', fresh: { y: 2 } } };
      assert.deepEqual(patch(current, change), { type: 'New', fresh: { y: 2 } });
    }
  });
}

test('lists without a strategy are replaced', () => {
  const container = served.get('io.k8s.api.core.v1.Container')!;
  assert.deepEqual(applyStrategicMerge({ args: ['a', 'b'] }, { args: ['c'] }, container), { args: ['c'] });
});
