// Every vector of analysis.md §8 is named by the test that shows it.

import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const last = 84;
const numbers = Array.from({ length: last }, (_, index) => String(index + 1).padStart(2, '0'));
const vectors = [...numbers, '45a', '45b', '45c'].map((number) => `V-${number}`);

test('every vector of analysis and experiments has a test', () => {
  const texts = globSync('{controller,sandbox,cli,test}/**/*.test.ts', { cwd: root })
    .filter((file) => file !== 'test/analysis-vectors.test.ts')
    .map((file) => readFileSync(`${root}/${file}`, 'utf8'));
  assert.ok(texts.length > 100);
  const named = new Set(texts.flatMap((text) => text.match(/(?<![A-Z])V-\d\d[abc]?(?![0-9a-z])/g) ?? []));
  assert.deepEqual(
    vectors.filter((vector) => !named.has(vector)),
    [],
  );
});
